/* SPDX-License-Identifier: Apache-2.0 */
#include "common/record/text.h"

#define MS_PER_DAY INT64_C(86400000)
#define MS_PER_HOUR 3600000
#define MS_PER_MINUTE 60000
#define MS_PER_SECOND 1000
#define YEAR_1_MS (-INT64_C(719162) * MS_PER_DAY)
#define YEAR_10000_MS (INT64_C(2932897) * MS_PER_DAY)
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

/* Writes `value` with leading zeros into `width` places. */
static void put_digits(char *text, unsigned value, size_t width)
{
    for (size_t i = width; i > 0; i--) {
        text[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
}

/*
 * Days since 1970-01-01 to a date of the proleptic Gregorian calendar and back, counted in eras of 400 years
 * (146,097 days) that start on 1 March of year 0, so that the leap day ends a year.
 * Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days and days_from_civil.
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
    if (wall_ms < YEAR_1_MS)
        wall_ms = YEAR_1_MS;
    if (wall_ms >= YEAR_10000_MS)
        wall_ms = YEAR_10000_MS - 1;
    int64_t days = wall_ms / MS_PER_DAY - (wall_ms % MS_PER_DAY < 0 ? 1 : 0);
    unsigned of_day = (unsigned)(wall_ms - days * MS_PER_DAY);
    unsigned year, month, day;
    date_of_days(days, &year, &month, &day);
    memcpy(ret_text, "0000-00-00T00:00:00.000Z", TIME_LEN + 1);
    put_digits(ret_text, year, 4);
    put_digits(ret_text + 5, month, 2);
    put_digits(ret_text + 8, day, 2);
    put_digits(ret_text + 11, of_day / MS_PER_HOUR, 2);
    put_digits(ret_text + 14, of_day / MS_PER_MINUTE % 60, 2);
    put_digits(ret_text + 17, of_day / MS_PER_SECOND % 60, 2);
    put_digits(ret_text + 20, of_day % MS_PER_SECOND, 3);
    return TIME_LEN;
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
