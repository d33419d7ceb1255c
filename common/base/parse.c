/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/parse.h"

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#define NEAREST_NAME_MAX 64 /* longer names are not compared */
#define NEAREST_DISTANCE_MAX 3

enum ats_status ats_parse_int64(const char *text, int64_t *ret_value)
{
    char *end = NULL;
    errno = 0;
    if ((*text < '0' || *text > '9') && *text != '-')
        return ATS_ERR_MALFORMED;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end != '\0')
        return ATS_ERR_MALFORMED;
    if (errno == ERANGE)
        return ATS_ERR_LIMIT;
    *ret_value = value;
    return ATS_OK;
}

enum ats_status ats_parse_uint64(struct ats_span text, uint64_t *ret_value)
{
    uint64_t value = 0;
    if (text.len == 0 || (text.len > 1 && text.data[0] == '0'))
        return ATS_ERR_MALFORMED;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return ATS_ERR_MALFORMED;
        uint64_t digit = (uint64_t)(text.data[i] - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return ATS_ERR_LIMIT;
        value = value * 10 + digit;
    }
    *ret_value = value;
    return ATS_OK;
}

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void make_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

static bool is_decimal(const char *text)
{
    return *text != '\0' && text[strspn(text, "+-.0123456789eE")] == '\0';
}

enum ats_status ats_parse_double(const char *text, double *ret_value)
{
    char *end = NULL;
    if (!is_decimal(text))
        return ATS_ERR_MALFORMED;
    (void)pthread_once(&c_locale_once, make_c_locale);
    double value = c_locale ? strtod_l(text, &end, c_locale) : strtod(text, &end);
    if (end == text || *end != '\0')
        return ATS_ERR_MALFORMED;
    if (!isfinite(value))
        return ATS_ERR_LIMIT;
    *ret_value = value;
    return ATS_OK;
}

enum ats_status ats_parse_float(const char *text, float *ret_value)
{
    char *end = NULL;
    if (!is_decimal(text))
        return ATS_ERR_MALFORMED;
    (void)pthread_once(&c_locale_once, make_c_locale);
    float value = c_locale ? strtof_l(text, &end, c_locale) : strtof(text, &end);
    if (end == text || *end != '\0')
        return ATS_ERR_MALFORMED;
    if (!isfinite(value))
        return ATS_ERR_LIMIT;
    *ret_value = value;
    return ATS_OK;
}

struct unit {
    const char *name;
    int64_t factor;
};

static enum ats_status parse_with_unit(const char *text, const struct unit *units,
                                       int64_t *ret_value)
{
    char *end = NULL;
    errno = 0;
    if (*text < '0' || *text > '9')
        return ATS_ERR_MALFORMED;
    long long value = strtoll(text, &end, 10);
    if (errno == ERANGE)
        return ATS_ERR_LIMIT;
    for (; units->name; units++) {
        if (strcmp(end, units->name) != 0)
            continue;
        if (value > INT64_MAX / units->factor)
            return ATS_ERR_LIMIT;
        *ret_value = value * units->factor;
        return ATS_OK;
    }
    return ATS_ERR_MALFORMED;
}

enum ats_status ats_parse_duration(const char *text, int64_t *ret_ms)
{
    static const struct unit units[] = {{"ms", 1},      {"s", 1000},     {"m", 60000},
                                        {"h", 3600000}, {"d", 86400000}, {NULL, 0}};
    return parse_with_unit(text, units, ret_ms);
}

enum ats_status ats_parse_size(const char *text, int64_t *ret_bytes)
{
    static const struct unit units[] = {
        {"", 1}, {"KiB", 1024}, {"MiB", 1024 * 1024}, {"GiB", 1024 * 1024 * 1024}, {NULL, 0}};
    return parse_with_unit(text, units, ret_bytes);
}

/* Levenshtein's distance, one row at a time. */
static size_t distance(const char *a, const char *b)
{
    size_t row[NEAREST_NAME_MAX + 1];
    size_t len = strlen(b);
    for (size_t j = 0; j <= len; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < len; j++) {
            size_t best = diagonal + (a[i] == b[j] ? 0 : 1);
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j + 1] + 1 < best)
                best = row[j + 1] + 1;
            diagonal = row[j + 1];
            row[j + 1] = best;
        }
    }
    return row[len];
}

const char *ats_nearest_name(const char *name, const char *const *names)
{
    const char *nearest = NULL;
    size_t least = NEAREST_DISTANCE_MAX + 1;
    if (strlen(name) > NEAREST_NAME_MAX)
        return NULL;
    for (; *names; names++) {
        size_t d = strlen(*names) > NEAREST_NAME_MAX ? least : distance(name, *names);
        if (d < least && d < strlen(*names)) {
            least = d;
            nearest = *names;
        }
    }
    return nearest;
}

char *ats_text_trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    char *end = text + strlen(text);
    while (end > text && isspace((unsigned char)end[-1]))
        end--;
    *end = '\0';
    return text;
}
