/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/argument_time.h"

#include "common/base/calendar.h"
#include "common/base/limits.h"

enum ats_status ats_argument_time(const struct ats_arguments *arguments, const char *flag,
                                  int64_t *ret_ms, struct ats_error *err)
{
    const char *text = ats_argument_find(arguments, flag);
    *ret_ms = 0;
    if (!text)
        return ATS_OK;
    struct ats_span span = ats_span_text(text);
    if ((ats_calendar_date(span, ret_ms) || ats_calendar_time(span, ret_ms)) && *ret_ms > 0)
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_CONFIG,
                         "%s: '%.*s' is not allowed (allowed: a date such as 2027-12-31, or a time "
                         "such as 2027-12-31T23:59:59Z)",
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
