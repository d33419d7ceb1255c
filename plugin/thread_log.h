/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log for a thread that must not call the broker: lines wait in a bounded ring until the broker's thread writes them.
 * Thread: `log` belongs to one thread, drain to the broker's.
 */
#ifndef ATS_PLUGIN_THREAD_LOG_H
#define ATS_PLUGIN_THREAD_LOG_H

#include "common/base/log.h"
#include "common/base/ring.h"
#include "plugin/gate.h"

struct ats_thread_log {
    struct ats_ring ring;
    struct ats_log *log;
    _Atomic(uint64_t) dropped;
};

ATS_MUST_USE enum ats_status ats_thread_log_init(struct ats_thread_log *thread_log,
                                                 enum ats_log_level least,
                                                 const struct ats_clock *clock);
void ats_thread_log_fini(struct ats_thread_log *thread_log);
void ats_thread_log_drain(struct ats_thread_log *thread_log, const struct ats_gate_broker *broker);

#endif
