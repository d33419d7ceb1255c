/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dates and times as RFC 3339 writes them, besides the plain numbers. A time that is finer than the type's unit is refused, not
 * rounded. A local timestamp has no offset, a timestamp must have one.
 */
#include "common/contract/logical.h"

#include "common/base/calendar.h"
#include "common/contract/avro.h"

#define TEXT_MAX 64
#define FIRST_DAY "1970-01-01T"
#define SECONDS_LENGTH 19 /* "2026-11-24T13:32:52" */
#define NANOS_PER_SECOND INT64_C(1000000000)
#define NANOS_PER_DAY (86400 * NANOS_PER_SECOND)

/* Nanoseconds that one unit of the type has. */
static int64_t unit_of(enum ats_logical_type type)
{
    switch (type) {
    case ATS_LOGICAL_TIME_MILLIS:
    case ATS_LOGICAL_TIMESTAMP_MILLIS:
    case ATS_LOGICAL_LOCAL_MILLIS:
        return 1000000;
    case ATS_LOGICAL_TIME_MICROS:
    case ATS_LOGICAL_TIMESTAMP_MICROS:
    case ATS_LOGICAL_LOCAL_MICROS:
        return 1000;
    default:
        return 1;
    }
}

static bool is_local(enum ats_logical_type type)
{
    return type == ATS_LOGICAL_LOCAL_MILLIS || type == ATS_LOGICAL_LOCAL_MICROS ||
           type == ATS_LOGICAL_LOCAL_NANOS;
}

/* Digits behind a point as nanoseconds; false where finer ones are not 0. Moves `*at` behind them. */
static bool take_fraction(struct ats_span text, size_t *at, int64_t *ret_nanos)
{
    int64_t weight = NANOS_PER_SECOND / 10;
    bool exact = true;
    *ret_nanos = 0;
    if (*at >= text.len || text.data[*at] != '.')
        return true;
    for ((*at)++; *at < text.len && text.data[*at] >= '0' && text.data[*at] <= '9'; (*at)++) {
        *ret_nanos += weight * (text.data[*at] - '0');
        exact = exact && (weight > 0 || text.data[*at] == '0');
        weight /= 10;
    }
    return exact && text.data[*at - 1] != '.';
}

/* A date and time in two parts: whole seconds since 1970, and nanoseconds. PLAIN: it is none; REFUSED: finer than nanoseconds. */
static enum ats_logical_answer parse(struct ats_span text, bool local, int64_t *ret_seconds,
                                     int64_t *ret_nanos)
{
    char whole[TEXT_MAX];
    int64_t ms = 0;
    size_t at = SECONDS_LENGTH;
    if (text.len < SECONDS_LENGTH || text.len > TEXT_MAX / 2 + SECONDS_LENGTH)
        return ATS_LOGICAL_PLAIN;
    bool exact = take_fraction(text, &at, ret_nanos);
    if (text.data[at - 1] == '.' || (at < text.len && text.data[at] == '.') ||
        (local && at != text.len))
        return ATS_LOGICAL_PLAIN;
    /* Byte for byte: a text may have a NUL in it. */
    memcpy(whole, text.data, SECONDS_LENGTH);
    memcpy(whole + SECONDS_LENGTH, text.data + at, text.len - at);
    size_t len = SECONDS_LENGTH + text.len - at;
    if (local)
        whole[len++] = 'Z';
    if (!ats_calendar_time(ats_span_of(whole, len), &ms))
        return ATS_LOGICAL_PLAIN;
    *ret_seconds = ms / 1000;
    return exact ? ATS_LOGICAL_TAKEN : ATS_LOGICAL_REFUSED;
}

static enum ats_logical_answer too_fine(const struct ats_plan_node *node,
                                        struct ats_verdict *verdict)
{
    return ats_logical_refuse(node, ATS_RULE_NUMBER_RANGE, verdict,
                              "a time finer than the field's unit");
}

/* ---- timestamps ---- */

static enum ats_logical_answer put_timestamp(const struct ats_plan_node *node, struct ats_span text,
                                             struct ats_buf *out, struct ats_verdict *verdict)
{
    enum ats_logical_type type = node->logical->type;
    int64_t unit = unit_of(type);
    int64_t seconds = 0;
    int64_t nanos = 0;
    int64_t value = 0;
    enum ats_logical_answer answer = parse(text, is_local(type), &seconds, &nanos);
    if (answer == ATS_LOGICAL_PLAIN)
        return ats_logical_refuse(node, ATS_RULE_TYPE, verdict,
                                  is_local(type)
                                      ? "no date and time without an offset, as RFC 3339 begins"
                                      : "no date and time as RFC 3339 writes it");
    if (answer == ATS_LOGICAL_REFUSED || nanos % unit != 0)
        return too_fine(node, verdict);
    if (__builtin_mul_overflow(seconds, NANOS_PER_SECOND / unit, &value) ||
        __builtin_add_overflow(value, nanos / unit, &value))
        return ats_logical_refuse(node, ATS_RULE_NUMBER_RANGE, verdict,
                                  "the time does not fit the field");
    ats_avro_put_long(out, value);
    return ATS_LOGICAL_TAKEN;
}

/* ---- dates ---- */

static enum ats_logical_answer put_date(const struct ats_plan_node *node, struct ats_span text,
                                        struct ats_buf *out, struct ats_verdict *verdict)
{
    int64_t ms = 0;
    if (!ats_calendar_date(text, &ms))
        return ats_logical_refuse(node, ATS_RULE_TYPE, verdict,
                                  "no date such as 2026-11-24 (RFC 3339)");
    ats_avro_put_long(out, ms / ATS_DAY_MS);
    return ATS_LOGICAL_TAKEN;
}

/* ---- times of day ---- */

static enum ats_logical_answer put_time(const struct ats_plan_node *node, struct ats_span text,
                                        struct ats_buf *out, struct ats_verdict *verdict)
{
    char whole[TEXT_MAX];
    int64_t unit = unit_of(node->logical->type);
    int64_t seconds = 0;
    int64_t nanos = 0;
    enum ats_logical_answer answer = ATS_LOGICAL_PLAIN;
    if (text.len <= TEXT_MAX / 2) {
        memcpy(whole, FIRST_DAY, sizeof(FIRST_DAY) - 1);
        memcpy(whole + sizeof(FIRST_DAY) - 1, text.data, text.len);
        answer =
            parse(ats_span_of(whole, sizeof(FIRST_DAY) - 1 + text.len), true, &seconds, &nanos);
    }
    if (answer == ATS_LOGICAL_PLAIN || seconds >= 86400)
        return ats_logical_refuse(node, ATS_RULE_TYPE, verdict,
                                  "no time of day such as 13:32:52.123 (RFC 3339)");
    if (answer == ATS_LOGICAL_REFUSED || nanos % unit != 0)
        return too_fine(node, verdict);
    ats_avro_put_long(out, seconds * (NANOS_PER_SECOND / unit) + nanos / unit);
    return ATS_LOGICAL_TAKEN;
}

static bool check_time(const struct ats_plan_node *node, struct ats_span encoding,
                       struct ats_verdict *verdict)
{
    struct ats_avro_reader reader;
    ats_avro_reader_init(&reader, encoding);
    int64_t value = ats_avro_get_long(&reader);
    if (value >= 0 && value < NANOS_PER_DAY / unit_of(node->logical->type))
        return true;
    ats_verdict_set(verdict, ATS_RULE_NUMBER_RANGE, node->path, "no time of a day");
    return false;
}

const struct ats_logical_ops ats_logical_date_ops = {put_date, NULL, NULL};
const struct ats_logical_ops ats_logical_time_ops = {put_time, NULL, check_time};
const struct ats_logical_ops ats_logical_timestamp_ops = {put_timestamp, NULL, NULL};
