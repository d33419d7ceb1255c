/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/eventtime.h"

#include "common/base/calendar.h"
#include "common/contract/plan.h"

#include <inttypes.h>
#include <math.h>

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
        return leaf->type == ATS_LEAF_TEXT && ats_calendar_time(leaf->value.text, ret_ms);
    double number = 0;
    if (!ats_leaf_number(leaf, &number))
        return false;
    number = floor(number * factors[time->unit] + 0.5);
    if (!(number >= (double)ATS_CALENDAR_MIN_MS && number <= (double)ATS_CALENDAR_MAX_MS))
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
