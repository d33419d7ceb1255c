/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From "Kafka has it" to "the journal may forget it": flights that are done are taken in journal order, their sequences are
 * marked and their leaves noted, and a commit stores both, moves the watermark behind them and counts them. In that order, so that a replay
 * is known after a crash at any point, and a record that is sent twice counts once. Counters of CONNECTs and single-use tokens have
 * stores of their own, which are committed before: what the stored leaves reach up to is acknowledged at the next start.
 *
 * Thread: the forwarder's. Owns: flights and marks; journal, store, metrics and log are borrowed.
 */
#ifndef ATS_PLUGIN_ACKNOWLEDGE_H
#define ATS_PLUGIN_ACKNOWLEDGE_H

#include "common/base/log.h"
#include "common/journal/journal.h"
#include "plugin/evidence.h"
#include "plugin/in_flight.h"
#include "plugin/marks.h"
#include "plugin/metrics.h"
#include "plugin/token_marks.h"

struct ats_acknowledge {
    struct ats_journal *journal;
    struct ats_store *store;
    struct ats_store *counter_store;
    struct ats_store *token_store;
    const struct ats_clock *clock;
    struct ats_gate_metrics *metrics;
    struct ats_log *log;
    struct ats_evidence *evidence; /* borrowed; NULL: no checkpoints are made */
    struct ats_in_flight flights;
    struct ats_marks marks;
    struct ats_marks counters;
    struct ats_token_marks tokens;
    struct ats_flight newest; /* of those taken and not committed */
    uint64_t taken;
    uint64_t passed_over; /* of these: counters and tokens */
    uint64_t quarantined_bytes;
    uint64_t too_large;
    bool failing; /* a store takes nothing, which has been said */
    enum ats_state_store failing_store;
};

ATS_MUST_USE enum ats_status ats_acknowledge_init(struct ats_acknowledge *acknowledge);
void ats_acknowledge_fini(struct ats_acknowledge *acknowledge);
/* Takes what is done, up to the first flight that is not, or that no checkpoint has room for. How many, and how many of these Kafka was
   sent; MEMORY: what could not be marked stays in flight. */
ATS_MUST_USE enum ats_status ats_acknowledge_take(struct ats_acknowledge *acknowledge,
                                                  uint64_t *ret_count, uint64_t *ret_sent);
/* Commits what was taken. A failure is logged once; it is tried again with each next call, and until then the journal keeps all. */
void ats_acknowledge_commit(struct ats_acknowledge *acknowledge);
/* Forgets all that is not committed: it is sent, and comes here, once more. */
void ats_acknowledge_forget(struct ats_acknowledge *acknowledge);

#endif
