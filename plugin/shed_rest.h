/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A flood that holding back does not help against, told in the log: of those whom nobody holds back (shed.h) more CONNECTs are refused than the
 * budget, because none of their addresses is refused often enough, or they have none. `connect.shedding-insufficient` once it has lasted for
 * ATS_GATE_SHED_REST_MS, and again only after it was over for ATS_GATE_SHED_HOLD_MS (`connect.shedding-insufficient-over`).
 *
 * Thread: that of shedding's steps.
 */
#ifndef ATS_PLUGIN_SHED_REST_H
#define ATS_PLUGIN_SHED_REST_H

#include "common/base/log.h"

#include <stdbool.h>
#include <stdint.h>

/* All zero: nothing is refused. */
struct ats_shed_rest {
    double rate;      /* a second, over about the last one */
    bool is_flood;    /* which has been said */
    int64_t since_ms; /* monotonic: it is otherwise than was said; 0: it is not */
};

/* Once a step, in which so many a second were refused of who is not held back; `now_ms` monotonic. */
void ats_shed_rest_step(struct ats_shed_rest *rest, double rate, int64_t budget, int64_t now_ms,
                        struct ats_log *log);
/* Instead of a step, while it is declined to hold anybody back, which is told apart: what was said stands, and how long it must be
   otherwise is counted anew. */
void ats_shed_rest_pause(struct ats_shed_rest *rest);

#endif
