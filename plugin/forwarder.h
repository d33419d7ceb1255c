/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The forwarder: a thread that reads the journal, sends each event to Kafka with its seal, and moves the journal's
 * watermark when Kafka has it. Any failure closes the producer and sends again from the watermark; order in a
 * partition is journal order. Between that, its thread does the upkeep (upkeep.h).
 *
 * Thread: start and stop on the broker's; everything else happens on its own.
 */
#ifndef ATS_PLUGIN_FORWARDER_H
#define ATS_PLUGIN_FORWARDER_H

#include "common/base/log.h"
#include "common/base/ring.h"
#include "common/control/follower.h"
#include "common/control/freshness.h"
#include "common/control/registry.h"
#include "common/journal/journal.h"
#include "common/kafka/config.h"
#include "plugin/metrics.h"

struct ats_claim_writer;
struct ats_device_rules;
struct ats_forwarder;
struct ats_shed;

/* All borrowed for the forwarder's life. */
struct ats_forwarder_options {
    const struct ats_kafka_config *kafka;
    struct ats_journal *journal;
    struct ats_registry *registry;
    struct ats_store *marks;    /* highest forwarded sequence by owner (numbers.h), written here */
    struct ats_store *counters; /* highest counter of CONNECT by owner, written here */
    struct ats_store *tokens;   /* single-use tokens that were used, written here */
    struct ats_ring *ephemeral_keys;
    const struct ats_key_pair *agreement; /* the gate's */
    const struct ats_key_pair *signing;   /* the gate's, for its journal checkpoints */
    const uint8_t *fleet;                 /* ATS_FLEET_ID_SIZE */
    int64_t evidence_interval_ms;         /* 0: no checkpoints */
    const char *gate;
    const char *fleet_hex;
    const char *group;
    const char *mode;
    const char *metrics_path;
    struct ats_ring *presence;                   /* from the broker's thread; NULL: none */
    const struct ats_device_rules *device_rules; /* NULL: none */
    const char *state_folder;                    /* where what comes from there is written */
    struct ats_claim_writer *claims;             /* NULL: none */
    struct ats_shed *shed;                       /* NULL: none */
    struct ats_gate_metrics *metrics;
    const struct ats_freshness_report *freshness; /* NULL: metrics.json has none */
    atomic_bool *acts_changed; /* set where records may have become void, taken back here; NULL */
    const struct ats_clock *clock;
    struct ats_log *log;
};

ATS_MUST_USE enum ats_status ats_forwarder_start(const struct ats_forwarder_options *options,
                                                 struct ats_forwarder **ret_forwarder,
                                                 struct ats_error *err);
/* Whom metrics.json asks whether the control log was read to its end; NULL before that is known. */
void ats_forwarder_watch(struct ats_forwarder *forwarder,
                         const struct ats_control_follower *follower);
/* Waits ATS_GATE_STOP_MS for what is in flight, writes metrics.json a last time, ends the thread. */
void ats_forwarder_stop(struct ats_forwarder *forwarder);

#endif
