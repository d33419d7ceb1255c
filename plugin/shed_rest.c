/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/shed_rest.h"

#include "common/base/limits.h"

/* What a step adds to the rate: one of those in a second. */
#define PART ((double)ATS_GATE_SHED_STEP_MS / 1000)

void ats_shed_rest_step(struct ats_shed_rest *rest, double rate, int64_t budget, int64_t now_ms,
                        struct ats_log *log)
{
    rest->rate += (rate - rest->rate) * PART;
    bool is_flood = rest->rate > (double)budget;
    if (is_flood == rest->is_flood) {
        rest->since_ms = 0;
        return;
    }
    if (rest->since_ms == 0)
        rest->since_ms = now_ms;
    if (now_ms - rest->since_ms < (is_flood ? ATS_GATE_SHED_REST_MS : ATS_GATE_SHED_HOLD_MS))
        return;
    rest->is_flood = is_flood;
    rest->since_ms = 0;
    ats_log_event(log, is_flood ? ATS_LOG_WARNING : ATS_LOG_INFO,
                  is_flood ? "connect.shedding-insufficient" : "connect.shedding-insufficient-over",
                  "refused_per_second=%.0f budget=%lld", rest->rate, (long long)budget);
}

void ats_shed_rest_pause(struct ats_shed_rest *rest)
{
    *rest = (struct ats_shed_rest){.is_flood = rest->is_flood};
}
