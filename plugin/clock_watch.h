/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Says when the wall clock was set: what it goes ahead or back by beside the monotonic clock. Nothing else is done about it. Order and
 * waits do not use the wall clock; what has an end (tokens, certificates, keys) follows it, wrong or not.
 *
 * Thread: the broker's. Owns: nothing.
 */
#ifndef ATS_PLUGIN_CLOCK_WATCH_H
#define ATS_PLUGIN_CLOCK_WATCH_H

#include "common/base/clock.h"
#include "common/base/log.h"

#include <stdbool.h>

/* All zero: not begun. */
struct ats_clock_watch {
    int64_t apart_ms; /* wall less monotonic */
    bool begun;
};

/* Logs `gate.clock-jumped` where both have come apart by ATS_GATE_CLOCK_JUMP_MS or more since the last call. */
void ats_clock_watch_check(struct ats_clock_watch *watch, const struct ats_clock *clock,
                           struct ats_log *log);

#endif
