/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A duration: months, days and milliseconds, each 32 bits without a sign, little-endian. As JSON an ISO 8601 text such as
 * "P1Y2M10DT2H30M1.5S" (weeks as "P2W"), besides the twelve bytes.
 */
#include "common/contract/logical.h"

static const struct part {
    char letter;
    bool time;       /* behind the T */
    int place;       /* 0 months, 1 days, 2 milliseconds */
    uint64_t factor; /* of that place's unit */
} parts[] = {
    {'Y', false, 0, 12},     {'M', false, 0, 1},    {'W', false, 1, 7},   {'D', false, 1, 1},
    {'H', true, 2, 3600000}, {'M', true, 2, 60000}, {'S', true, 2, 1000},
};

#define PART_COUNT (sizeof(parts) / sizeof(parts[0]))
#define NUMBER_MAX UINT64_C(100000000000)

struct cursor {
    struct ats_span text;
    size_t at;
};

static bool take(struct cursor *c, char letter)
{
    bool is = c->at < c->text.len && c->text.data[c->at] == (uint8_t)letter;
    c->at += is ? 1 : 0;
    return is;
}

/* Digits; a larger number than any place holds counts as NUMBER_MAX. */
static bool take_number(struct cursor *c, uint64_t *ret_value, size_t *ret_digits)
{
    size_t begin = c->at;
    *ret_value = 0;
    for (; c->at < c->text.len && c->text.data[c->at] >= '0' && c->text.data[c->at] <= '9'; c->at++)
        *ret_value =
            *ret_value >= NUMBER_MAX ? NUMBER_MAX : *ret_value * 10 + (c->text.data[c->at] - '0');
    *ret_digits = c->at - begin;
    return *ret_digits > 0;
}

/* Behind a point: up to three digits are milliseconds. */
static bool take_milliseconds(struct cursor *c, uint64_t *ret_ms)
{
    size_t digits = 0;
    if (!take_number(c, ret_ms, &digits) || digits > 3)
        return false;
    for (; digits < 3; digits++)
        *ret_ms *= 10;
    return true;
}

/* The next part in their order, from `*next` on; moves it behind. */
static bool take_part(struct cursor *c, bool time, size_t *next, uint64_t values[3])
{
    uint64_t number = 0;
    uint64_t ms = 0;
    size_t digits = 0;
    if (!take_number(c, &number, &digits))
        return false;
    bool fraction = time && take(c, '.');
    if (fraction && !take_milliseconds(c, &ms))
        return false;
    for (; *next < PART_COUNT; (*next)++) {
        const struct part *part = &parts[*next];
        if (part->time != time || !take(c, part->letter))
            continue;
        (*next)++;
        values[part->place] += number * part->factor + ms;
        return !fraction || part->letter == 'S';
    }
    return false;
}

static bool parse(struct ats_span text, uint64_t values[3])
{
    struct cursor c = {text, 1};
    size_t next = 0;
    bool time = false;
    if (text.len < 3 || text.data[0] != 'P')
        return false;
    while (c.at < text.len) {
        if (!time && take(&c, 'T'))
            time = true;
        if (!take_part(&c, time, &next, values))
            return false;
    }
    return true;
}

static enum ats_logical_answer put_text(const struct ats_plan_node *node, struct ats_span text,
                                        struct ats_buf *out, struct ats_verdict *verdict)
{
    uint64_t values[3] = {0, 0, 0};
    if (!parse(text, values))
        return ATS_LOGICAL_PLAIN;
    for (int i = 0; i < 3; i++)
        if (values[i] > UINT32_MAX)
            return ats_logical_refuse(node, ATS_RULE_NUMBER_RANGE, verdict,
                                      "a part of the duration does not fit 32 bits");
    for (int i = 0; i < 3; i++)
        for (int shift = 0; shift < 32; shift += 8)
            ats_buf_append_byte(out, (uint8_t)(values[i] >> shift));
    return ATS_LOGICAL_TAKEN;
}

const struct ats_logical_ops ats_logical_duration_ops = {put_text, NULL, NULL};
