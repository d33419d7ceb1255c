/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/avro.h"

#include <math.h>

void ats_avro_put_boolean(struct ats_buf *buf, bool value)
{
    ats_buf_append_byte(buf, value ? 1 : 0);
}

void ats_avro_put_long(struct ats_buf *buf, int64_t value)
{
    uint8_t bytes[ATS_AVRO_LONG_MAX];
    ats_buf_append(buf, bytes, ats_avro_write_long(bytes, value));
}

void ats_avro_put_float(struct ats_buf *buf, float value)
{
    uint32_t bits;
    uint8_t bytes[sizeof(bits)];
    memcpy(&bits, &value, sizeof(bits));
    for (size_t i = 0; i < sizeof(bits); i++)
        bytes[i] = (uint8_t)(bits >> (8 * i));
    ats_buf_append(buf, bytes, sizeof(bytes));
}

void ats_avro_put_double(struct ats_buf *buf, double value)
{
    uint8_t bytes[sizeof(value)];
    ats_buf_append(buf, bytes, ats_avro_write_double(bytes, value));
}

void ats_avro_put_bytes(struct ats_buf *buf, struct ats_span value)
{
    ats_avro_put_long(buf, (int64_t)value.len);
    ats_buf_append(buf, value.data, value.len);
}

void ats_avro_put_text(struct ats_buf *buf, const char *text)
{
    ats_avro_put_bytes(buf, ats_span_text(text));
}

void ats_avro_put_optional_text(struct ats_buf *buf, const char *text)
{
    ats_avro_put_long(buf, text ? 1 : 0);
    if (text)
        ats_avro_put_text(buf, text);
}

void ats_avro_reader_init(struct ats_avro_reader *reader, struct ats_span body)
{
    *reader = (struct ats_avro_reader){.data = body.data, .len = body.len};
}

/* The next `len` bytes, or NULL and a failed reader. */
static const uint8_t *take(struct ats_avro_reader *reader, size_t len)
{
    static const uint8_t nothing[1];
    if (reader->failed || len > reader->len - reader->at) {
        reader->failed = true;
        return NULL;
    }
    const uint8_t *bytes = reader->data ? reader->data + reader->at : nothing;
    reader->at += len;
    return bytes;
}

bool ats_avro_get_boolean(struct ats_avro_reader *reader)
{
    const uint8_t *byte = take(reader, 1);
    if (!byte)
        return false;
    if (*byte > 1)
        reader->failed = true;
    return *byte == 1;
}

int64_t ats_avro_get_long(struct ats_avro_reader *reader)
{
    uint64_t zigzag = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const uint8_t *byte = take(reader, 1);
        if (!byte)
            return 0;
        /* The tenth byte has room for one bit. */
        if (shift == 63 && *byte > 1)
            break;
        zigzag |= (uint64_t)(*byte & 0x7f) << shift;
        if (!(*byte & 0x80))
            return (int64_t)(zigzag >> 1 ^ (~(zigzag & 1) + 1));
    }
    reader->failed = true;
    return 0;
}

static uint64_t get_little_endian(struct ats_avro_reader *reader, size_t size)
{
    const uint8_t *bytes = take(reader, size);
    uint64_t bits = 0;
    for (size_t i = 0; bytes && i < size; i++)
        bits |= (uint64_t)bytes[i] << (8 * i);
    return bits;
}

float ats_avro_get_float(struct ats_avro_reader *reader)
{
    uint32_t bits = (uint32_t)get_little_endian(reader, sizeof(bits));
    float value;
    memcpy(&value, &bits, sizeof(value));
    reader->not_finite = reader->not_finite || !isfinite(value);
    return value;
}

double ats_avro_get_double(struct ats_avro_reader *reader)
{
    uint64_t bits = get_little_endian(reader, sizeof(bits));
    double value;
    memcpy(&value, &bits, sizeof(value));
    reader->not_finite = reader->not_finite || !isfinite(value);
    return value;
}

struct ats_span ats_avro_get_bytes(struct ats_avro_reader *reader)
{
    int64_t len = ats_avro_get_long(reader);
    if (len < 0 || (uint64_t)len > SIZE_MAX) {
        reader->failed = true;
        return ats_span_of(NULL, 0);
    }
    return ats_avro_get_fixed(reader, (size_t)len);
}

struct ats_span ats_avro_get_fixed(struct ats_avro_reader *reader, size_t len)
{
    const uint8_t *bytes = take(reader, len);
    return ats_span_of(bytes, bytes ? len : 0);
}

bool ats_avro_reader_done(const struct ats_avro_reader *reader)
{
    return !reader->failed && reader->at == reader->len;
}
