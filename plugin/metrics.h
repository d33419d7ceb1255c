/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate's counters. Each is written by one thread and read by any: plain stores, no locked instruction.
 *
 *   published = admitted + quarantined + refused + duplicates      (publishes to governed topics)
 *   in the journal, and then forwarded: admitted + quarantined + quarantine_copies - lists + items_admitted + items_quarantined
 *                                                                 + replays_admitted
 */
#ifndef ATS_PLUGIN_METRICS_H
#define ATS_PLUGIN_METRICS_H

#include "common/control/follower.h"
#include "plugin/reasons.h"
#include "plugin/shed.h"
#include "plugin/state_room.h"

#include <stdatomic.h>

typedef _Atomic(uint64_t) ats_counter;

/* Why a CONNECT is none of the gate's, which it leaves to the broker's own rules and to other plugins. */
enum ats_not_ours {
    ATS_NOT_OURS_METHOD, /* an authentication method that is not the gate's */
    ATS_NOT_OURS_USER,   /* no device's user name */
    ATS_NOT_OURS_COUNT,
};

/* Events by the rule that kept them out, or that warned of them. */
struct ats_rule_counts {
    uint32_t quarantined[ATS_RULE_COUNT];
    uint32_t warned[ATS_RULE_COUNT];
    uint32_t with_warnings;
};

struct ats_gate_metrics {
    /* broker thread */
    ats_counter published;
    ats_counter admitted;
    ats_counter quarantined;
    ats_counter quarantine_copies;                   /* of refused publishes, in observe mode */
    ats_counter lists;                               /* kept publishes that are lists of events */
    ats_counter items_admitted;                      /* of these */
    ats_counter items_quarantined;                   /* of these */
    ats_counter quarantined_by_rule[ATS_RULE_COUNT]; /* records, copies too */
    ats_counter warned;                              /* events that were admitted with a warning */
    ats_counter warned_by_rule[ATS_RULE_COUNT];
    ats_counter duplicates;
    ats_counter
        sequence_gaps; /* kept publishes whose sequence was not the next one: lost at QoS 0, or refused */
    ats_counter refused[ATS_REASON_COUNT];
    ats_counter connections_refused[ATS_REASON_COUNT];
    ats_counter subscriptions_refused[ATS_REASON_COUNT];
    ats_counter deliveries_refused[ATS_REASON_COUNT];
    ats_counter sessions_closed[ATS_REASON_COUNT]; /* by the gate; each once */
    ats_counter connections_accepted;
    ats_counter connections_deferred[ATS_NOT_OURS_COUNT];
    ats_counter sessions;
    ats_counter claims_taken; /* verified and queued */
    ats_counter receipts_sent;
    ats_counter receipts_dropped;
    ats_counter refusals_not_logged; /* past the log's share of a device or address */
    ats_counter quarantine_bytes_in;
    /* forwarder */
    ats_counter claims_written;      /* in the control log, where they are judged */
    ats_counter forwarded;           /* in Kafka for good; one that is sent again counts once */
    ats_counter forwarded_too_large; /* of these: as a record in quarantine that says so */
    ats_counter forward_failures;
    ats_counter quarantine_bytes_out;
    /* replayer */
    ats_counter replays_admitted; /* quarantined events that were admitted anew */
    ats_counter replays_repeated; /* that were before */
    ats_counter replays_refused;
    ats_counter replays_waiting; /* of the replay that is being done */
    /* forwarder */
    ats_counter tokens_forgotten; /* single-use ones that expired long ago */
};

/* One event's verdict; what was counted, into the metrics. Thread: the broker's. */
void ats_rule_counts_add(struct ats_rule_counts *counts, const struct ats_verdict *verdict);
void ats_metrics_add_rules(struct ats_gate_metrics *metrics, const struct ats_rule_counts *counts);

static inline void ats_counter_add(ats_counter *counter, uint64_t more)
{
    uint64_t now = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, now + more, memory_order_relaxed);
}

static inline void ats_counter_set(ats_counter *counter, uint64_t value)
{
    atomic_store_explicit(counter, value, memory_order_relaxed);
}

static inline uint64_t ats_counter_get(const ats_counter *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

uint64_t ats_metrics_refused(const struct ats_gate_metrics *metrics);

/* What stands beside the counters in metrics.json. */
struct ats_gate_status {
    const char *gate;
    const char *mode;
    int64_t now_ms;
    uint64_t control_count;
    bool control_caught_up;
    int64_t control_age_ms; /* 0 with control_max_age 0 */
    bool control_stale;
    bool control_withheld;
    uint64_t control_heartbeats_refused;
    struct ats_store_size control_copy;
    uint64_t control_void; /* accepted records that a later act made void */
    uint64_t control_rejected[ATS_CONTROL_OUTCOME_COUNT];
    uint64_t control_imports[ATS_CONTROL_IMPORT_COUNT];
    uint64_t backlog_bytes;
    double state_used_percent[ATS_STATE_STORE_COUNT];
    struct ats_shed_report shed;
    uint64_t session_rows_lost; /* presence_file.h */
    const char *missing_topic;  /* Kafka's, which holds up forwarding; "" if none */
};

/* The file's text; docs/gate.md lists its names. */
ATS_MUST_USE enum ats_status ats_metrics_json(const struct ats_gate_metrics *metrics,
                                              const struct ats_gate_status *status,
                                              struct ats_buf *out);
/* One line "key=value ..." for the log. */
void ats_metrics_line(const struct ats_gate_metrics *metrics, struct ats_buf *out);

#endif
