/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/schema.h"

#include <sodium.h>

static uint32_t read_big_endian(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

uint32_t ats_schema_id(struct ats_span text)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    (void)crypto_hash_sha256(hash, text.data, text.len);
    return read_big_endian(hash) >> 1;
}

void ats_framing_put(struct ats_buf *buf, uint32_t schema_id)
{
    const uint8_t head[ATS_FRAMING_SIZE] = {0, (uint8_t)(schema_id >> 24),
                                            (uint8_t)(schema_id >> 16), (uint8_t)(schema_id >> 8),
                                            (uint8_t)schema_id};
    ats_buf_append(buf, head, sizeof(head));
}

enum ats_status ats_framing_get(struct ats_span value, uint32_t *ret_schema_id,
                                struct ats_span *ret_body)
{
    if (value.len < ATS_FRAMING_SIZE || value.data[0] != 0)
        return ATS_ERR_MALFORMED;
    *ret_schema_id = read_big_endian(value.data + 1);
    *ret_body = ats_span_of(value.data + ATS_FRAMING_SIZE, value.len - ATS_FRAMING_SIZE);
    return ATS_OK;
}
