/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate's signed checkpoints over what it has forwarded (common/identity/checkpoint.h), from the leaf of a record that Kafka
 * has to a record of <prefix>evidence that Kafka has:
 *
 *   note -> open interval -> [full, old enough, or the next position is no neighbour] signed -> stored -> sent -> delivered
 *
 * What is noted is stored before the journal may forget it, and what is signed before it is sent: after a crash at any point the
 * same bytes are sent again, and no position is signed twice. One signed checkpoint waits for Kafka at a time; past it and one
 * full interval the journal keeps the rest (docs/adr/0015).
 *
 * One that was not opened, only zeroed, notes, signs and sends nothing.
 *
 * Thread: the forwarder's; open and fini on any before and after. Owns: its memory; the options are borrowed.
 */
#ifndef ATS_PLUGIN_EVIDENCE_H
#define ATS_PLUGIN_EVIDENCE_H

#include "common/kafka/producer.h"
#include "common/record/evidence.h"
#include "plugin/forwarder.h"

/* Of the checkpoint that is on its way; records have numbers from 0. */
#define ATS_EVIDENCE_TAG UINT64_MAX

struct ats_evidence {
    const struct ats_forwarder_options *options;
    /* The newest checkpoint that was signed. */
    uint64_t number;
    uint8_t hash[ATS_CHECKPOINT_HASH_SIZE];
    uint64_t records;
    uint64_t control_count;
    /* The open interval: `count` leaves from `first` on; without a leaf `first` is the position that comes next. */
    uint64_t journal_id;
    uint64_t first;
    size_t count;
    size_t stored; /* of these */
    int64_t since_ms;
    uint8_t *leaves;
    /* Signed, and not known to be in Kafka. */
    struct ats_buf pending;
    bool in_flight;
    bool refused;       /* for its size, when it was sent last */
    bool dirty;         /* the store has an older state */
    bool pending_dirty; /* ... and another checkpoint that waits */
    struct ats_evidence_texts texts;
};

/* Goes on where the store of the marks says, whose other keys are names of devices, and acknowledges in the journal what was noted
   before the last stop, so that it is not sent, and so noted, once more: before the forwarder's reader is opened. A state that
   cannot be read is said, and a new chain begins. MEMORY, IO. */
ATS_MUST_USE enum ats_status ats_evidence_open(struct ats_evidence *evidence,
                                               const struct ats_forwarder_options *options);
void ats_evidence_fini(struct ats_evidence *evidence);
/* A record that Kafka has, in journal order; one that was noted before changes nothing. AGAIN: there is no room before the
   checkpoint that waits is in Kafka. INTERNAL: cannot be signed. */
ATS_MUST_USE enum ats_status ats_evidence_note(struct ats_evidence *evidence, uint64_t journal_id,
                                               uint64_t position,
                                               const uint8_t leaf[ATS_LEAF_SIZE]);
/* Signs the open interval if it is old enough, or `at_once`, and nothing else waits. */
void ats_evidence_sign_when_due(struct ats_evidence *evidence, bool at_once);
/* Adds what the store does not have to the batch; `stored` when it is committed. */
ATS_MUST_USE enum ats_status ats_evidence_put(const struct ats_evidence *evidence,
                                              struct ats_store_batch *batch);
void ats_evidence_stored(struct ats_evidence *evidence);
/* Sends the checkpoint that is signed and stored, if there is one that is not on its way. AGAIN: the producer's queue is full. */
ATS_MUST_USE enum ats_status ats_evidence_send(struct ats_evidence *evidence,
                                               struct ats_kafka_producer *producer,
                                               struct ats_error *err);
/* What the producer reports of ATS_EVIDENCE_TAG. */
void ats_evidence_delivered(struct ats_evidence *evidence, enum ats_status status);
/* What was in flight is to be sent again. */
void ats_evidence_gave_up(struct ats_evidence *evidence);
/* Whether something is signed, or could be, that is not known to be in Kafka. */
bool ats_evidence_waits(const struct ats_evidence *evidence);

#endif
