/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/argument_time.h"

#include "common/base/calendar.h"
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/base/parse.h"

/* A hundred years: more is a slip. */
#define FROM_NOW_MS_MAX (INT64_C(36600) * 86400000)

static bool read_from_now(const char *text, int64_t *ret_ms)
{
    int64_t from_now_ms = 0;
    if (ats_parse_duration(text, &from_now_ms) != ATS_OK || from_now_ms <= 0 ||
        from_now_ms > FROM_NOW_MS_MAX)
        return false;
    *ret_ms = ats_clock_wall_ms(&ats_clock_system) + from_now_ms;
    return true;
}

enum ats_status ats_argument_time(const struct ats_arguments *arguments, const char *flag,
                                  int64_t *ret_ms, struct ats_error *err)
{
    const char *text = ats_argument_find(arguments, flag);
    *ret_ms = 0;
    if (!text)
        return ATS_OK;
    struct ats_span span = ats_span_text(text);
    if (read_from_now(text, ret_ms) ||
        ((ats_calendar_date(span, ret_ms) || ats_calendar_time(span, ret_ms)) && *ret_ms > 0))
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_CONFIG,
                         "%s: '%.*s' is not allowed (allowed: a date such as 2027-12-31, a time "
                         "such as 2027-12-31T23:59:59Z, or a duration from now such as 30d)",
                         flag, ATS_QUOTE_MAX, text);
}

enum ats_status ats_argument_end(const struct ats_arguments *arguments, const char *flag,
                                 bool *ret_given, int64_t *ret_ms, struct ats_error *err)
{
    const char *text = ats_argument_find(arguments, flag);
    *ret_given = text != NULL;
    *ret_ms = 0;
    if (text && strcmp(text, "never") == 0)
        return ATS_OK;
    return ats_argument_time(arguments, flag, ret_ms, err);
}
