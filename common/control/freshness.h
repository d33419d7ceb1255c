/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listens to the topic `heartbeat` on a thread of its own and says when the copy of the control log is older than it may be
 * (freshness_state.h says how that is told). Log events: control.stale and control.fresh, control.withheld, control.forked and
 * control.complete; control.heartbeat-refused and control.heartbeat-ahead, each once a minute.
 *
 * A thread beside the follower's: what a hostile topic of heartbeats can hold up must not be a revocation.
 */
#ifndef ATS_CONTROL_FRESHNESS_H
#define ATS_CONTROL_FRESHNESS_H

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/control/registry.h"
#include "common/kafka/config.h"

#include <stdatomic.h>

struct ats_freshness;

/* What the thread has found last. Thread: any, each by one load. */
struct ats_freshness_report {
    _Atomic(bool) stale;
    _Atomic(bool) withheld; /* or forked */
    _Atomic(int64_t) age_ms;
    _Atomic(uint64_t)
        refused; /* heartbeats that did not count: none, forged, of nobody who may, or ahead of the clock */
};

struct ats_freshness_options {
    const struct ats_kafka_config *kafka; /* borrowed for its life, like all here */
    struct ats_registry *registry;
    const uint8_t *fleet;
    const struct ats_clock *clock;
    struct ats_log *log; /* the thread's own */
    int64_t max_age_ms;
    const char *consequence; /* what the log says is done about a stale copy */
    struct ats_freshness_report *report;
};

/* Kafka may be down, and the topic may be missing: then nothing is heard. */
ATS_MUST_USE enum ats_status ats_freshness_start(const struct ats_freshness_options *options,
                                                 struct ats_freshness **ret_freshness,
                                                 struct ats_error *err);
void ats_freshness_stop(struct ats_freshness *freshness);

#endif
