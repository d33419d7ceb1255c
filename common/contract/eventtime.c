/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/eventtime.h"

#include "common/contract/plan.h"

#include <inttypes.h>
#include <math.h>

/* The years 1 to 9999, which RFC 3339 can write. */
#define TIME_MIN_MS (INT64_C(-62135596800) * 1000)
#define TIME_MAX_MS (INT64_C(253402300800) * 1000 - 1)

/* Reads `count` digits at `at`; -1 if there are none. */
static int take_digits(struct ats_span text, size_t at, size_t count)
{
    int value = 0;
    for (size_t i = at; i < at + count; i++) {
        if (i >= text.len || text.data[i] < '0' || text.data[i] > '9')
            return -1;
        value = value * 10 + (text.data[i] - '0');
    }
    return value;
}

static bool is_mark(struct ats_span text, size_t at, char mark)
{
    return at < text.len && text.data[at] == (uint8_t)mark;
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar (H. Hinnant, "chrono-compatible low-level date algorithms"). */
static int64_t days_from_civil(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int era = (y >= 0 ? y : y - 399) / 400;
    int year_of_era = y - era * 400;
    int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (int64_t)era * 146097 + day_of_era - 719468;
}

static bool is_date(int year, int month, int day)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1 || month < 1 || month > 12 || day < 1)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* "Z", "+hh:mm" or "-hh:mm" as the rest of the text: minutes ahead of UTC. */
static bool take_offset(struct ats_span text, size_t at, int *ret_minutes)
{
    *ret_minutes = 0;
    if (is_mark(text, at, 'Z') || is_mark(text, at, 'z'))
        return at + 1 == text.len;
    int hours = take_digits(text, at + 1, 2);
    int minutes = take_digits(text, at + 4, 2);
    bool minus = is_mark(text, at, '-');
    if ((!minus && !is_mark(text, at, '+')) || !is_mark(text, at + 3, ':') || at + 6 != text.len ||
        hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
        return false;
    *ret_minutes = (minus ? -1 : 1) * (hours * 60 + minutes);
    return true;
}

/* Digits behind the decimal point, cut to milliseconds; moves `*at` behind them. */
static int take_fraction(struct ats_span text, size_t *at)
{
    int milliseconds = 0;
    int weight = 100;
    if (!is_mark(text, *at, '.'))
        return 0;
    if (take_digits(text, *at + 1, 1) < 0)
        return -1;
    for ((*at)++; take_digits(text, *at, 1) >= 0; (*at)++) {
        milliseconds += weight * take_digits(text, *at, 1);
        weight /= 10;
    }
    return milliseconds;
}

static bool read_rfc3339(struct ats_span text, int64_t *ret_ms)
{
    int year = take_digits(text, 0, 4);
    int month = take_digits(text, 5, 2);
    int day = take_digits(text, 8, 2);
    int hour = take_digits(text, 11, 2);
    int minute = take_digits(text, 14, 2);
    int second = take_digits(text, 17, 2);
    size_t at = 19;
    int offset = 0;
    bool marks = is_mark(text, 4, '-') && is_mark(text, 7, '-') && is_mark(text, 13, ':') &&
                 is_mark(text, 16, ':') &&
                 (is_mark(text, 10, 'T') || is_mark(text, 10, 't') || is_mark(text, 10, ' '));
    /* A leap second counts as the second after it. */
    if (!marks || !is_date(year, month, day) || hour < 0 || hour > 23 || minute < 0 ||
        minute > 59 || second < 0 || second > 60)
        return false;
    int milliseconds = take_fraction(text, &at);
    if (milliseconds < 0 || !take_offset(text, at, &offset))
        return false;
    int64_t minutes = days_from_civil(year, month, day) * 1440 + hour * 60 + minute - offset;
    *ret_ms = (minutes * 60 + second) * 1000 + milliseconds;
    return *ret_ms >= TIME_MIN_MS && *ret_ms <= TIME_MAX_MS;
}

bool ats_event_time_read(const struct ats_event_time *time, const struct ats_leaf *leaves,
                         int64_t *ret_ms)
{
    static const double factors[] = {[ATS_TIME_SECONDS] = 1000.0,
                                     [ATS_TIME_MILLISECONDS] = 1.0,
                                     [ATS_TIME_MICROSECONDS] = 0.001};
    if (time->leaf == ATS_PLAN_NO_LEAF)
        return false;
    const struct ats_leaf *leaf = &leaves[time->leaf];
    if (time->unit == ATS_TIME_RFC3339)
        return leaf->type == ATS_LEAF_TEXT && read_rfc3339(leaf->value.text, ret_ms);
    double number = 0;
    if (!ats_leaf_number(leaf, &number))
        return false;
    number = floor(number * factors[time->unit] + 0.5);
    if (!(number >= (double)TIME_MIN_MS && number <= (double)TIME_MAX_MS))
        return false;
    *ret_ms = (int64_t)number;
    return true;
}

bool ats_event_time_check(const struct ats_event_time *time, const struct ats_leaf *leaves,
                          const char *path, int64_t now_ms, struct ats_verdict *ret_verdict)
{
    int64_t event_ms = 0;
    if (time->leaf == ATS_PLAN_NO_LEAF || leaves[time->leaf].type == ATS_LEAF_ABSENT)
        return true;
    if (!ats_event_time_read(time, leaves, &event_ms)) {
        ats_verdict_set(ret_verdict, ATS_RULE_RANGE, path,
                        time->unit == ATS_TIME_RFC3339 ? "not a time as RFC 3339 writes it"
                                                       : "not a time of the years 1 to 9999");
        return false;
    }
    if (now_ms == 0)
        return true;
    if (time->max_future_ms != ATS_TIME_UNBOUNDED && event_ms - now_ms > time->max_future_ms) {
        ats_verdict_set(ret_verdict, ATS_RULE_TIME_FUTURE, path,
                        "%" PRId64 " ms ahead of the gate's clock (allowed: %" PRId64 ")",
                        event_ms - now_ms, time->max_future_ms);
        return false;
    }
    if (time->max_age_ms != ATS_TIME_UNBOUNDED && now_ms - event_ms > time->max_age_ms) {
        ats_verdict_set(ret_verdict, ATS_RULE_TIME_OLD, path,
                        "%" PRId64 " ms old (allowed: %" PRId64 ")", now_ms - event_ms,
                        time->max_age_ms);
        return false;
    }
    return true;
}
