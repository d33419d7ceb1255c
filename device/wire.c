/* SPDX-License-Identifier: Apache-2.0 */
#include "device/wire.h"

#include <string.h>

void ats_wire_writer_init(struct ats_wire_writer *writer, void *memory, size_t cap)
{
    *writer = (struct ats_wire_writer){.data = memory, .cap = cap};
}

static void put_number(struct ats_wire_writer *writer, uint64_t value, size_t width)
{
    if (writer->overflow || writer->cap - writer->len < width) {
        writer->overflow = true;
        return;
    }
    for (size_t i = 0; i < width; i++)
        writer->data[writer->len + i] = (uint8_t)(value >> (8 * (width - 1 - i)));
    writer->len += width;
}

void ats_wire_put_u8(struct ats_wire_writer *writer, uint8_t value)
{
    put_number(writer, value, 1);
}

void ats_wire_put_u16(struct ats_wire_writer *writer, uint16_t value)
{
    put_number(writer, value, 2);
}

void ats_wire_put_u32(struct ats_wire_writer *writer, uint32_t value)
{
    put_number(writer, value, 4);
}

void ats_wire_put_u64(struct ats_wire_writer *writer, uint64_t value)
{
    put_number(writer, value, 8);
}

void ats_wire_put_fixed(struct ats_wire_writer *writer, const void *data, size_t len)
{
    if (writer->overflow || writer->cap - writer->len < len) {
        writer->overflow = true;
        return;
    }
    if (len > 0)
        memcpy(writer->data + writer->len, data, len);
    writer->len += len;
}

void ats_wire_put_bytes(struct ats_wire_writer *writer, const void *data, size_t len)
{
    if (len > UINT32_MAX) {
        writer->overflow = true;
        return;
    }
    ats_wire_put_u32(writer, (uint32_t)len);
    ats_wire_put_fixed(writer, data, len);
}

void ats_wire_put_text(struct ats_wire_writer *writer, const char *text)
{
    ats_wire_put_bytes(writer, text, strlen(text));
}

void ats_wire_reader_init(struct ats_wire_reader *reader, const void *data, size_t len)
{
    *reader = (struct ats_wire_reader){.data = data, .len = len};
}

const uint8_t *ats_wire_get_fixed(struct ats_wire_reader *reader, size_t len)
{
    if (reader->failed || reader->len - reader->at < len) {
        reader->failed = true;
        return NULL;
    }
    const uint8_t *bytes = reader->data + reader->at;
    reader->at += len;
    return bytes;
}

static uint64_t get_number(struct ats_wire_reader *reader, size_t width)
{
    const uint8_t *bytes = ats_wire_get_fixed(reader, width);
    uint64_t value = 0;
    if (!bytes)
        return 0;
    for (size_t i = 0; i < width; i++)
        value = value << 8 | bytes[i];
    return value;
}

uint8_t ats_wire_get_u8(struct ats_wire_reader *reader)
{
    return (uint8_t)get_number(reader, 1);
}

uint32_t ats_wire_get_u32(struct ats_wire_reader *reader)
{
    return (uint32_t)get_number(reader, 4);
}

uint64_t ats_wire_get_u64(struct ats_wire_reader *reader)
{
    return get_number(reader, 8);
}

const uint8_t *ats_wire_get_bytes(struct ats_wire_reader *reader, size_t *ret_len)
{
    size_t len = ats_wire_get_u32(reader);
    const uint8_t *bytes = ats_wire_get_fixed(reader, len);
    *ret_len = bytes ? len : 0;
    return bytes;
}

bool ats_wire_reader_done(const struct ats_wire_reader *reader)
{
    return !reader->failed && reader->at == reader->len;
}
