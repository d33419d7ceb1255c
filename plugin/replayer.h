/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The replayer: a thread that does what replays in the control log ask of this gate (docs/control-log.md). It reads the records that they name
 * from the quarantine topic, checks hash and seal, and hands them to the broker's thread (replay_candidate.h). A replay is done once
 * Kafka has what was admitted by it, which the store remembers; what is not done at a stop is done after the next start. While Kafka
 * is away it waits.
 *
 * Thread: start and stop on the broker's; everything else happens on its own.
 */
#ifndef ATS_PLUGIN_REPLAYER_H
#define ATS_PLUGIN_REPLAYER_H

#include "common/base/log.h"
#include "common/control/follower.h"
#include "common/kafka/config.h"
#include "plugin/metrics.h"
#include "plugin/replay_candidate.h"

struct ats_replayer;

/* All borrowed for the replayer's life. */
struct ats_replayer_options {
    const struct ats_kafka_config *kafka;
    struct ats_registry *registry;
    const struct ats_control_follower *follower; /* outlives the replayer */
    struct ats_store *marks;                     /* where the forwarder marks what Kafka has */
    const struct ats_key_pair *agreement;        /* the gate's */
    const char *gate;
    const char *group;
    struct ats_replay_rings *rings;
    struct ats_gate_metrics *metrics;
    /* See replay_log.h. */
    const _Atomic(uint64_t) *settled;
    const _Atomic(uint64_t) *stated;
    const struct ats_clock *clock;
    struct ats_log *log;
};

ATS_MUST_USE enum ats_status ats_replayer_start(const struct ats_replayer_options *options,
                                                struct ats_replayer **ret_replayer,
                                                struct ats_error *err);
void ats_replayer_stop(struct ats_replayer *replayer);

#endif
