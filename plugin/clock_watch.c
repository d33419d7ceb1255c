/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/clock_watch.h"

#include "common/base/limits.h"

#include <inttypes.h>

void ats_clock_watch_check(struct ats_clock_watch *watch, const struct ats_clock *clock,
                           struct ats_log *log)
{
    int64_t before_ms = ats_clock_monotonic_ms(clock);
    int64_t wall_ms = ats_clock_wall_ms(clock);
    int64_t after_ms = ats_clock_monotonic_ms(clock);
    if (after_ms - before_ms >= ATS_GATE_CLOCK_JUMP_MS) /* the thread was held between the two */
        return;
    int64_t by_ms = wall_ms - after_ms - watch->apart_ms;
    bool jumped = by_ms >= ATS_GATE_CLOCK_JUMP_MS || by_ms <= -ATS_GATE_CLOCK_JUMP_MS;
    if (watch->begun && !jumped)
        return;
    watch->apart_ms = wall_ms - after_ms;
    if (watch->begun)
        ats_log_event(log, ATS_LOG_WARNING, "gate.clock-jumped",
                      "by_ms=%" PRId64
                      " hint=\"tokens, certificates and keys are judged by this clock: is it right "
                      "now?\"",
                      by_ms);
    watch->begun = true;
}
