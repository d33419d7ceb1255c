/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/text.h"

#include "common/contract/avro.h"

void ats_text_insert_count(struct ats_buf *out, size_t begin, int64_t value)
{
    uint8_t bytes[ATS_AVRO_LONG_MAX];
    size_t len = out->len - begin;
    ats_avro_put_long(out, value);
    if (out->status != ATS_OK)
        return;
    size_t size = out->len - begin - len;
    memcpy(bytes, out->data + begin + len, size);
    memmove(out->data + begin + size, out->data + begin, len);
    memcpy(out->data + begin, bytes, size);
}

void ats_text_append(struct ats_buf *out, struct ats_json_text text)
{
    if (!text.escaped) {
        ats_buf_append(out, text.raw.data, text.raw.len);
        return;
    }
    uint8_t *room = ats_buf_reserve(out, text.raw.len);
    if (room)
        out->len += ats_json_unescape(text.raw, room);
}

struct ats_span ats_text_peek(struct ats_buf *out, struct ats_json_text text)
{
    if (!text.escaped)
        return text.raw;
    uint8_t *room = ats_buf_reserve(out, text.raw.len);
    return ats_span_of(room, room ? ats_json_unescape(text.raw, room) : 0);
}

void ats_text_put(struct ats_buf *out, struct ats_json_text text)
{
    size_t begin = out->len;
    if (!text.escaped) {
        ats_avro_put_bytes(out, text.raw);
        return;
    }
    ats_text_append(out, text);
    ats_text_insert_count(out, begin, (int64_t)(out->len - begin));
}

bool ats_text_narrow(struct ats_buf *out, size_t begin)
{
    size_t to = begin;
    for (size_t from = begin; from < out->len; from++) {
        uint8_t byte = out->data[from];
        if (byte > 0xc3)
            return false;
        if (byte >= 0x80)
            byte = (uint8_t)((byte & 0x03) << 6 | (out->data[++from] & 0x3f));
        out->data[to++] = byte;
    }
    out->len = to;
    return true;
}
