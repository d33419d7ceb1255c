/* SPDX-License-Identifier: Apache-2.0 */
/* A UUID as RFC 4122 writes it: in a string checked for its form, in a fixed of 16 bytes taken besides the bytes. */
#include "common/contract/logical.h"

#include "common/contract/avro.h"

#define TEXT_SIZE 36
#define BYTES_SIZE 16

static int digit(uint8_t byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    uint8_t lower = byte | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static bool parse(struct ats_span text, uint8_t ret_bytes[BYTES_SIZE])
{
    size_t nibble = 0;
    if (text.len != TEXT_SIZE)
        return false;
    memset(ret_bytes, 0, BYTES_SIZE);
    for (size_t i = 0; i < TEXT_SIZE; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        int value = dash ? 0 : digit(text.data[i]);
        if (value < 0 || (dash && text.data[i] != '-'))
            return false;
        if (dash)
            continue;
        ret_bytes[nibble / 2] = (uint8_t)(ret_bytes[nibble / 2] << 4 | value);
        nibble++;
    }
    return true;
}

static enum ats_logical_answer put_text(const struct ats_plan_node *node, struct ats_span text,
                                        struct ats_buf *out, struct ats_verdict *verdict)
{
    uint8_t bytes[BYTES_SIZE];
    (void)node;
    (void)verdict;
    if (!parse(text, bytes))
        return ATS_LOGICAL_PLAIN;
    ats_buf_append(out, bytes, sizeof(bytes));
    return ATS_LOGICAL_TAKEN;
}

static bool check(const struct ats_plan_node *node, struct ats_span encoding,
                  struct ats_verdict *verdict)
{
    uint8_t ignored[BYTES_SIZE];
    struct ats_avro_reader reader;
    ats_avro_reader_init(&reader, encoding);
    return parse(ats_avro_get_bytes(&reader), ignored) ||
           ats_logical_refuse(node, ATS_RULE_TYPE, verdict, "no UUID as RFC 4122 writes it") !=
               ATS_LOGICAL_REFUSED;
}

const struct ats_logical_ops ats_logical_uuid_text_ops = {NULL, NULL, check};
const struct ats_logical_ops ats_logical_uuid_fixed_ops = {put_text, NULL, NULL};
