/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recordings of the evidence topic: gates' signed journal checkpoints, judged against the control log, and what they say of one
 * record or of each other.
 *
 * A checkpoint that does not hold (signature, revoked gate, ...) covers nothing. One that lies there several times counts once.
 * Where the history is not whole, or ends too early, a checkpoint may be undecided: it covers nothing and proves no fork, but what it
 * would cover is not called uncovered.
 *
 * Thread: one. Owns: copies of the checkpoints; the history is borrowed.
 */
#ifndef ATS_CLI_EVIDENCE_H
#define ATS_CLI_EVIDENCE_H

#include "cli/control_history.h"
#include "cli/message.h"
#include "common/identity/checkpoint.h"

enum ats_evidence_fault {
    ATS_EVIDENCE_HOLDS,
    /* of a line or one checkpoint */
    ATS_EVIDENCE_NOT_A_RECORD,
    ATS_EVIDENCE_TOPIC,
    ATS_EVIDENCE_MALFORMED,
    ATS_EVIDENCE_CONTROL_BEHIND,
    ATS_EVIDENCE_GATE_UNKNOWN,
    ATS_EVIDENCE_GATE_REVOKED,
    ATS_EVIDENCE_GATE_KEYS, /* not good yet, or no longer */
    ATS_EVIDENCE_SIGNATURE,
    ATS_EVIDENCE_UNDECIDED, /* by none of the newest record's keys, where older ones are not at hand */
    /* of a chain */
    ATS_EVIDENCE_FORK,        /* two over one position, or after one predecessor */
    ATS_EVIDENCE_GAP,         /* a number or predecessor is missing */
    ATS_EVIDENCE_NOT_COVERED, /* positions between two of one journal */
    ATS_EVIDENCE_BEGINS_ANEW, /* number 1 once more */
    ATS_EVIDENCE_GOES_BACK,   /* control count lower than before */
    ATS_EVIDENCE_FAULT_COUNT,
};

struct ats_evidence_entry {
    struct ats_checkpoint checkpoint; /* borrows from `value` */
    uint8_t hash[ATS_CHECKPOINT_HASH_SIZE];
    uint8_t *value;
    uint64_t order; /* its place in the files */
};

struct ats_evidence_set {
    struct ats_evidence_entry *entries;
    size_t count;
    size_t cap;
    size_t placed; /* so many are sorted by gate, journal and position: all, or it is to be done */
};

struct ats_evidence_log {
    const struct ats_control_history *history;
    const char *topic; /* full name */
    struct ats_evidence_set holds;
    struct ats_evidence_set undecided; /* the control log at hand says too little: each was told */
    uint64_t read;                     /* records and lines, whatever they were */
};

/* Called for what is found; `gate` is empty and `number` 0 where there is none to name. */
typedef void ats_evidence_found(void *ctx, enum ats_evidence_fault fault, struct ats_span gate,
                                uint64_t number, const char *text);

const char *ats_evidence_fault_name(enum ats_evidence_fault fault);

void ats_evidence_log_init(struct ats_evidence_log *log, const struct ats_control_history *history,
                           const char *topic);
void ats_evidence_log_fini(struct ats_evidence_log *log);
/* Takes one record of the topic in. A checkpoint is one by its value, as headers are not signed; what is none and says that it is of
   another kind is passed over. MEMORY. */
ATS_MUST_USE enum ats_status ats_evidence_log_add(struct ats_evidence_log *log,
                                                  const struct ats_kafka_record *record,
                                                  ats_evidence_found *found, void *ctx);
/* All records of a recording; `name` stands for the file. CONFIG, MEMORY. */
ATS_MUST_USE enum ats_status ats_evidence_log_read(struct ats_evidence_log *log, FILE *file,
                                                   const char *name, ats_evidence_found *found,
                                                   void *ctx, struct ats_error *err);

/* One gate's checkpoints. */
struct ats_evidence_chain {
    struct ats_span gate;
    uint64_t checkpoints;
    uint64_t first; /* numbers */
    uint64_t last;
    uint64_t positions; /* covered by these */
    uint64_t faults;
    uint64_t undecided; /* of that gate, not in the above */
};
typedef void ats_evidence_summed(void *ctx, const struct ats_evidence_chain *chain);

/* Holds each gate's checkpoints against each other, and sums them up; drops those that are there twice. A gap in which undecided
   ones lie is not told. */
void ats_evidence_log_chains(struct ats_evidence_log *log, ats_evidence_found *found,
                             ats_evidence_summed *summed, void *ctx);

/* Sorts the checkpoints by gate, journal and first position. Of appraise. */
void ats_evidence_set_place(struct ats_evidence_set *set);
/* The place of the first one, sorted so, that is of that gate and journal and begins at that position or later. */
size_t ats_evidence_set_floor(const struct ats_evidence_set *set, struct ats_span gate,
                              uint64_t journal_id, uint64_t position);
/* What the checkpoints make of a finding on that record: a gate's word becomes a signed one, a record that is not the one that was
   signed becomes wrong. Both, and a fork, take a gate's word, and are told beside what rests on the device's own signature. Where an
   undecided checkpoint alone would cover it, a gate's word is undecided. */
void ats_evidence_appraise(struct ats_evidence_log *log, const struct ats_kafka_record *record,
                           struct ats_message_finding *finding);

#endif
