/* SPDX-License-Identifier: Apache-2.0 */
#include "common/record/text.h"

#include "common/base/calendar.h"

#define MS_PER_DAY INT64_C(86400000)
#define MS_PER_HOUR 3600000
#define MS_PER_MINUTE 60000
#define MS_PER_SECOND 1000
#define TIME_LEN 24 /* "2026-11-24T13:32:52.123Z" */

size_t ats_text_decimal(uint64_t value, char ret_text[ATS_TEXT_NUMBER_SIZE])
{
    char digits[20];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    for (size_t i = 0; i < count; i++)
        ret_text[i] = digits[count - 1 - i];
    ret_text[count] = '\0';
    return count;
}

size_t ats_text_hex64(uint64_t value, char ret_text[ATS_TEXT_HEX64_SIZE])
{
    for (int i = 15; i >= 0; i--) {
        ret_text[i] = "0123456789abcdef"[value & 0xf];
        value >>= 4;
    }
    ret_text[16] = '\0';
    return 16;
}

/*
 * Days since 1970-01-01 to a date of the proleptic Gregorian calendar, counted in eras of 400 years (146,097 days) that start on
 * 1 March of year 0, so that the leap day ends a year.
 * Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
 */
static int64_t days_of_date(unsigned year, unsigned month, unsigned day)
{
    int64_t march_year = (int64_t)year - (month <= 2 ? 1 : 0);
    int64_t era = march_year / 400;
    unsigned year_of_era = (unsigned)(march_year - era * 400);
    unsigned of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    unsigned of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    return era * 146097 + (int64_t)of_era - 719468;
}

size_t ats_text_time(int64_t wall_ms, char ret_text[ATS_RFC3339_SIZE])
{
    return ats_calendar_format(wall_ms, ret_text);
}

enum ats_status ats_text_hex64_parse(struct ats_span text, uint64_t *ret_value)
{
    uint64_t value = 0;
    if (text.len != 16)
        return ATS_ERR_MALFORMED;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c >= '0' && c <= '9')
            value = value << 4 | (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            value = value << 4 | (uint64_t)(c - 'a' + 10);
        else
            return ATS_ERR_MALFORMED;
    }
    *ret_value = value;
    return ATS_OK;
}

/* The number in `width` places; digits were checked before. */
static unsigned get_digits(const uint8_t *text, size_t width)
{
    unsigned value = 0;
    for (size_t i = 0; i < width; i++)
        value = value * 10 + (unsigned)(text[i] - '0');
    return value;
}

enum ats_status ats_text_time_parse(struct ats_span text, int64_t *ret_wall_ms)
{
    static const char pattern[] = "0000-00-00T00:00:00.000Z";
    if (text.len != TIME_LEN)
        return ATS_ERR_MALFORMED;
    for (size_t i = 0; i < TIME_LEN; i++) {
        bool digit = text.data[i] >= '0' && text.data[i] <= '9';
        if (pattern[i] == '0' ? !digit : text.data[i] != (uint8_t)pattern[i])
            return ATS_ERR_MALFORMED;
    }
    const uint8_t *t = text.data;
    unsigned year = get_digits(t, 4), month = get_digits(t + 5, 2), day = get_digits(t + 8, 2);
    unsigned hour = get_digits(t + 11, 2), minute = get_digits(t + 14, 2);
    unsigned second = get_digits(t + 17, 2);
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 ||
        second > 59)
        return ATS_ERR_MALFORMED;
    *ret_wall_ms = days_of_date(year, month, day) * MS_PER_DAY + (int64_t)hour * MS_PER_HOUR +
                   (int64_t)minute * MS_PER_MINUTE + (int64_t)second * MS_PER_SECOND +
                   get_digits(t + 20, 3);
    return ATS_OK;
}
