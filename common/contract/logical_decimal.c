/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A decimal is an integer in two's complement, big-endian, times 10^-scale. As JSON it is a number, or a text of digits for devices
 * whose JSON library has doubles only; neither passes through a double here. Any other text is the plain form: the bytes.
 */
#include "common/contract/logical.h"

#include "common/base/limits.h"
#include "common/contract/avro.h"

#define LIMB_DIGITS 9
#define LIMB_BASE 1000000000u
/* 32 bits are more than nine digits. */
#define LIMBS_MAX (ATS_DECIMAL_PRECISION_MAX / LIMB_DIGITS + 2)
#define BYTES_MAX (4 * LIMBS_MAX + 1)
/* Beyond this every exponent has the same effect. */
#define EXPONENT_MAX 100000

/* The digits as they are written, without leading zeros; the value is digits * 10^exponent. */
struct decimal {
    bool negative;
    uint8_t digits[ATS_JSON_NUMBER_MAX];
    size_t count;
    int exponent;
};

/* The magnitude, the least significant limb first. */
struct magnitude {
    uint32_t limbs[LIMBS_MAX];
    size_t count;
};

/* ---- texts ---- */

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static size_t take_digits(struct ats_span text, size_t at, struct decimal *decimal)
{
    for (; at < text.len && is_digit(text.data[at]); at++)
        if (decimal->count > 0 || text.data[at] != '0')
            decimal->digits[decimal->count++] = (uint8_t)(text.data[at] - '0');
    return at;
}

/* "e-5", which only a JSON number may have. */
static size_t take_exponent(struct ats_span text, size_t at, struct decimal *decimal)
{
    int exponent = 0;
    bool minus = text.data[at] == '-';
    if (minus || text.data[at] == '+')
        at++;
    for (; at < text.len && is_digit(text.data[at]); at++)
        if (exponent < EXPONENT_MAX)
            exponent = exponent * 10 + (text.data[at] - '0');
    decimal->exponent += minus ? -exponent : exponent;
    return at;
}

/* The text has at most ATS_JSON_NUMBER_MAX characters. */
static bool parse(struct ats_span text, bool exponents, struct decimal *decimal)
{
    decimal->count = 0;
    decimal->exponent = 0;
    decimal->negative = text.len > 0 && text.data[0] == '-';
    size_t begin = decimal->negative ? 1 : 0;
    size_t at = take_digits(text, begin, decimal);
    if (at == begin)
        return false;
    if (at + 1 < text.len && text.data[at] == '.' && is_digit(text.data[at + 1])) {
        begin = at + 1;
        at = take_digits(text, begin, decimal);
        decimal->exponent = -(int)(at - begin);
    }
    if (exponents && at + 1 < text.len && (text.data[at] == 'e' || text.data[at] == 'E'))
        at = take_exponent(text, at + 1, decimal);
    return at == text.len;
}

/* ---- numbers ---- */

static void multiply_add(struct magnitude *m, uint32_t factor, uint32_t summand)
{
    uint64_t carry = summand;
    for (size_t i = 0; i < m->count; i++) {
        carry += (uint64_t)m->limbs[i] * factor;
        m->limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry > 0)
        m->limbs[m->count++] = (uint32_t)carry;
}

/* The digits and then so many zeros; together at most ATS_DECIMAL_PRECISION_MAX. */
static void make_magnitude(const uint8_t *digits, size_t count, size_t zeros, struct magnitude *m)
{
    uint32_t part = 0;
    uint32_t factor = 1;
    m->count = 0;
    for (size_t i = 0; i < count + zeros; i++) {
        part = part * 10 + (i < count ? digits[i] : 0);
        factor *= 10;
        if (factor == LIMB_BASE || i + 1 == count + zeros) {
            multiply_add(m, factor, part);
            part = 0;
            factor = 1;
        }
    }
}

/* Two's complement in as few bytes as hold it, at the end of `bytes`; where they begin. */
static size_t to_bytes(const struct magnitude *m, bool negative, uint8_t bytes[BYTES_MAX])
{
    unsigned carry = 1;
    size_t at = BYTES_MAX;
    for (size_t i = 0; i < BYTES_MAX; i++) {
        uint32_t limb = i / 4 < m->count ? m->limbs[i / 4] : 0;
        unsigned byte = limb >> (8 * (i % 4)) & 0xff;
        if (negative) {
            byte = (~byte & 0xff) + carry;
            carry = byte >> 8;
        }
        bytes[--at] = (uint8_t)byte;
    }
    while (at + 1 < BYTES_MAX && ((bytes[at] == 0x00 && bytes[at + 1] < 0x80) ||
                                  (bytes[at] == 0xff && bytes[at + 1] >= 0x80)))
        at++;
    return at;
}

static void put_bytes(const struct ats_plan_node *node, const struct magnitude *m, bool negative,
                      struct ats_buf *out)
{
    uint8_t bytes[BYTES_MAX];
    size_t at = to_bytes(m, negative, bytes);
    if (node->type == ATS_AVRO_BYTES) {
        ats_avro_put_bytes(out, ats_span_of(&bytes[at], BYTES_MAX - at));
        return;
    }
    /* The schema's compiler has seen that a fixed holds its precision. */
    for (size_t i = BYTES_MAX - at; i < node->fixed_size; i++)
        ats_buf_append_byte(out, negative && m->count > 0 ? 0xff : 0x00);
    ats_buf_append(out, &bytes[at], BYTES_MAX - at);
}

/* ---- JSON ---- */

static enum ats_logical_answer too_long(const struct ats_plan_node *node,
                                        struct ats_verdict *verdict)
{
    ats_verdict_set(verdict, ATS_RULE_NUMBER_RANGE, node->path,
                    "more than %lld digits of a decimal", (long long)node->logical->precision);
    return ATS_LOGICAL_REFUSED;
}

static bool all_zeros(const uint8_t *digits, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (digits[i] != 0)
            return false;
    return true;
}

static enum ats_logical_answer put(const struct ats_plan_node *node, struct decimal *decimal,
                                   struct ats_buf *out, struct ats_verdict *verdict)
{
    const struct ats_logical *logical = node->logical;
    struct magnitude magnitude = {.count = 0};
    int64_t shift = decimal->exponent + logical->scale;
    size_t dropped = shift < 0 ? (size_t)-shift : 0;
    size_t zeros = shift > 0 && decimal->count > 0 ? (size_t)shift : 0;
    if (decimal->count > 0 && dropped > 0) {
        if (dropped >= decimal->count ||
            !all_zeros(&decimal->digits[decimal->count - dropped], dropped)) {
            ats_verdict_set(verdict, ATS_RULE_NUMBER_RANGE, node->path,
                            "more than %lld decimals of a decimal", (long long)logical->scale);
            return ATS_LOGICAL_REFUSED;
        }
        decimal->count -= dropped;
    }
    if ((int64_t)(decimal->count + zeros) > logical->precision)
        return too_long(node, verdict);
    make_magnitude(decimal->digits, decimal->count, zeros, &magnitude);
    put_bytes(node, &magnitude, decimal->negative && magnitude.count > 0, out);
    return ATS_LOGICAL_TAKEN;
}

static enum ats_logical_answer put_number(const struct ats_plan_node *node, struct ats_span number,
                                          struct ats_buf *out, struct ats_verdict *verdict)
{
    struct decimal decimal;
    if (number.len > ATS_JSON_NUMBER_MAX || !parse(number, true, &decimal))
        return ats_logical_refuse(node, ATS_RULE_NUMBER_RANGE, verdict,
                                  "too many characters for a number");
    return put(node, &decimal, out, verdict);
}

static enum ats_logical_answer put_text(const struct ats_plan_node *node, struct ats_span text,
                                        struct ats_buf *out, struct ats_verdict *verdict)
{
    struct decimal decimal;
    if (text.len > ATS_JSON_NUMBER_MAX || !parse(text, false, &decimal))
        return ATS_LOGICAL_PLAIN;
    return put(node, &decimal, out, verdict);
}

/* ---- plain bytes ---- */

/* False where they are too many. */
static bool read_magnitude(struct ats_span bytes, struct magnitude *m)
{
    bool negative = bytes.data[0] >= 0x80;
    unsigned carry = 1;
    while (bytes.len > 1 && bytes.data[0] == (negative ? 0xff : 0x00))
        bytes = ats_span_of(bytes.data + 1, bytes.len - 1);
    if (bytes.len > (size_t)4 * (LIMBS_MAX - 1))
        return false;
    *m = (struct magnitude){.count = bytes.len / 4 + 1};
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned byte = bytes.data[bytes.len - 1 - i];
        if (negative) {
            byte = (~byte & 0xff) + carry;
            carry = byte >> 8;
        }
        m->limbs[i / 4] |= (byte & 0xff) << (8 * (i % 4));
    }
    if (negative &&
        carry > 0) /* a power of 256, whose ones' complement had no room for the carry */
        m->limbs[bytes.len / 4] |= carry << (8 * (bytes.len % 4));
    while (m->count > 0 && m->limbs[m->count - 1] == 0)
        m->count--;
    return true;
}

static bool is_less(const struct magnitude *a, const struct magnitude *b)
{
    if (a->count != b->count)
        return a->count < b->count;
    for (size_t i = a->count; i-- > 0;)
        if (a->limbs[i] != b->limbs[i])
            return a->limbs[i] < b->limbs[i];
    return false;
}

static bool check(const struct ats_plan_node *node, struct ats_span encoding,
                  struct ats_verdict *verdict)
{
    static const uint8_t one = 1;
    struct ats_avro_reader reader;
    struct magnitude value;
    struct magnitude limit;
    struct ats_span bytes = encoding;
    ats_avro_reader_init(&reader, encoding);
    if (node->type == ATS_AVRO_BYTES)
        bytes = ats_avro_get_bytes(&reader);
    if (bytes.len == 0) {
        ats_verdict_set(verdict, ATS_RULE_LENGTH, node->path, "a decimal has at least one byte");
        return false;
    }
    make_magnitude(&one, 1, (size_t)node->logical->precision, &limit);
    if (read_magnitude(bytes, &value) && is_less(&value, &limit))
        return true;
    (void)too_long(node, verdict);
    return false;
}

const struct ats_logical_ops ats_logical_decimal_ops = {put_text, put_number, check};
