/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/calendar.h"

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

/* "YYYY-MM-DD" at the beginning of the text. */
static bool take_date(struct ats_span text, int64_t *ret_ms)
{
    int year = take_digits(text, 0, 4);
    int month = take_digits(text, 5, 2);
    int day = take_digits(text, 8, 2);
    if (!is_mark(text, 4, '-') || !is_mark(text, 7, '-') || !is_date(year, month, day))
        return false;
    *ret_ms = days_from_civil(year, month, day) * ATS_DAY_MS;
    return true;
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

bool ats_calendar_time(struct ats_span text, int64_t *ret_ms)
{
    int64_t day_ms = 0;
    int hour = take_digits(text, 11, 2);
    int minute = take_digits(text, 14, 2);
    int second = take_digits(text, 17, 2);
    size_t at = 19;
    int offset = 0;
    bool marks = is_mark(text, 13, ':') && is_mark(text, 16, ':') &&
                 (is_mark(text, 10, 'T') || is_mark(text, 10, 't') || is_mark(text, 10, ' '));
    /* A leap second counts as the second after it. */
    if (!marks || !take_date(text, &day_ms) || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
        second < 0 || second > 60)
        return false;
    int milliseconds = take_fraction(text, &at);
    if (milliseconds < 0 || !take_offset(text, at, &offset))
        return false;
    int64_t minutes = (int64_t)hour * 60 + minute - offset;
    *ret_ms = day_ms + (minutes * 60 + second) * 1000 + milliseconds;
    return *ret_ms >= ATS_CALENDAR_MIN_MS && *ret_ms <= ATS_CALENDAR_MAX_MS;
}

bool ats_calendar_date(struct ats_span text, int64_t *ret_ms)
{
    return text.len == 10 && take_date(text, ret_ms);
}

/* Writes `value` with leading zeros into `width` places. */
static void put_digits(char *text, unsigned value, size_t width)
{
    for (size_t i = width; i > 0; i--) {
        text[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
}

/*
 * The date of a day of the proleptic Gregorian calendar, counted from 1970-01-01 in eras of 400 years
 * (146,097 days) that start on 1 March of year 0, so that the leap day ends a year.
 * Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
 */
static void date_of_days(int64_t days, unsigned *ret_year, unsigned *ret_month, unsigned *ret_day)
{
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    unsigned of_era = (unsigned)(shifted - era * 146097);
    unsigned year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned march_month = (5 * of_year + 2) / 153;
    *ret_day = of_year - (153 * march_month + 2) / 5 + 1;
    *ret_month = march_month < 10 ? march_month + 3 : march_month - 9;
    *ret_year = (unsigned)(year_of_era + era * 400) + (*ret_month <= 2 ? 1 : 0);
}

size_t ats_calendar_format(int64_t wall_ms, char ret_text[ATS_RFC3339_SIZE])
{
    static const char pattern[] = "0000-00-00T00:00:00.000Z";
    if (wall_ms < ATS_CALENDAR_MIN_MS)
        wall_ms = ATS_CALENDAR_MIN_MS;
    if (wall_ms > ATS_CALENDAR_MAX_MS)
        wall_ms = ATS_CALENDAR_MAX_MS;
    int64_t days = wall_ms / ATS_DAY_MS - (wall_ms % ATS_DAY_MS < 0 ? 1 : 0);
    unsigned of_day = (unsigned)(wall_ms - days * ATS_DAY_MS);
    unsigned year, month, day;
    date_of_days(days, &year, &month, &day);
    memcpy(ret_text, pattern, sizeof(pattern));
    put_digits(ret_text, year, 4);
    put_digits(ret_text + 5, month, 2);
    put_digits(ret_text + 8, day, 2);
    put_digits(ret_text + 11, of_day / 3600000, 2);
    put_digits(ret_text + 14, of_day / 60000 % 60, 2);
    put_digits(ret_text + 17, of_day / 1000 % 60, 2);
    put_digits(ret_text + 20, of_day % 1000, 3);
    return sizeof(pattern) - 1;
}
