/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A task's state as a compacted topic: <prefix>state.<group>, partition = the task's. Each record carries
 *
 *   ats_input   the number of the task's newest input in its transaction
 *   ats_tag     a keyed BLAKE2b tag under the group's key over topic, partition, key, value and that number
 *   ats_state   of the whole state after its transaction: the count of entries, and a tag over that number and a fingerprint
 *
 * The tag keeps others from making up state. It does not keep them from taking some away: what they write under a key of ours
 * is ignored, but compaction drops our record for it, and a copy of an old record may come to stand where its number looks
 * right. So what was restored must be what the newest transaction left: the fingerprint is the XOR of a keyed hash of each
 * entry, which a transaction can carry on, and which is never shown (hence the tag), so that nobody can aim at it. Who can
 * write to the topic can thus stop a task, but not change what it believes.
 *
 * Thread: the worker's.
 */
#ifndef ATS_RUNTIME_CHANGELOG_H
#define ATS_RUNTIME_CHANGELOG_H

#include "processor/runtime/metrics.h"
#include "processor/runtime/transaction.h"
#include "processor/state/state.h"

#define ATS_CHANGELOG_KEY_SIZE 32
#define ATS_CHANGELOG_TAG_SIZE 16

struct ats_changelog {
    const struct ats_kafka_config *kafka; /* borrowed */
    char topic[ATS_KAFKA_TOPIC_MAX + 1];
    int32_t partition;
    uint8_t key[ATS_CHANGELOG_KEY_SIZE];
    uint8_t committed[ATS_CHANGELOG_TAG_SIZE]; /* fingerprint of the state */
    uint8_t written[ATS_CHANGELOG_TAG_SIZE];   /* the same with the open transaction */
};

/* What a transaction leaves, as its records carry it. */
struct ats_changelog_summary {
    uint64_t input_number;
    uint64_t entries;
    uint8_t tag[ATS_CHANGELOG_TAG_SIZE];
};

/* What a record's headers borrow. */
struct ats_changelog_texts {
    char input[24];
    uint8_t tag[ATS_CHANGELOG_TAG_SIZE];
    uint8_t state[8 + ATS_CHANGELOG_TAG_SIZE];
};

/* How far a restore has come; all zero before the first record. */
struct ats_changelog_restored {
    struct ats_changelog_summary newest;
    uint64_t foreign; /* records that are not the group's own, or out of place */
};

/* Derives the tag key from the group's agreement secret. LIMIT, INVALID: the group's name does not fit a topic. */
ATS_MUST_USE enum ats_status ats_changelog_init(struct ats_changelog *changelog,
                                                const struct ats_kafka_config *kafka,
                                                const char *group, int32_t partition,
                                                const uint8_t group_secret[32],
                                                struct ats_error *err);
/* A keyed hash of three parts under the group's key, for the purpose that `label` names and the group and partition of the changelog. */
void ats_changelog_tag(const struct ats_changelog *changelog, const char *label,
                       const struct ats_span parts[3], uint8_t tag[ATS_CHANGELOG_TAG_SIZE]);
/* What a restore does that has read all it is given: its position, the partition's end for readers that do not wait for
   transactions, and a later answer of where the first open one begins. */
enum ats_restore_step {
    ATS_RESTORE_DONE,
    ATS_RESTORE_MORE, /* no transaction is open any more before that end: there is more to come */
    ATS_RESTORE_HELD_UP, /* one is */
};
enum ats_restore_step ats_restore_step(int64_t position, int64_t end, int64_t stable_end);

/* Reads the partition to its end under read_committed into an empty state; `stopping` ends the wait with UNAVAILABLE. AGAIN: a
   transaction that is open keeps the rest back, whoever began it. CORRUPT: it is not the state that the newest transaction left. */
ATS_MUST_USE enum ats_status
ats_changelog_restore(struct ats_changelog *changelog, struct ats_state *state,
                      struct ats_metrics *metrics, struct ats_changelog_restored *ret_restored,
                      const atomic_bool *stopping, struct ats_error *err);
/* One record of the partition, in their order; what is not the group's own is counted and left out. LIMIT: the state's bound;
   MEMORY. */
ATS_MUST_USE enum ats_status ats_changelog_take(struct ats_changelog *changelog,
                                                const struct ats_kafka_record *record,
                                                struct ats_state *state,
                                                struct ats_changelog_restored *restored,
                                                struct ats_metrics *metrics, struct ats_error *err);
/* After the last of them. CORRUPT: as above. */
ATS_MUST_USE enum ats_status ats_changelog_check(const struct ats_changelog *changelog,
                                                 const struct ats_state *state,
                                                 const struct ats_changelog_restored *restored,
                                                 struct ats_error *err);
/* Carries the fingerprint on over what the running transaction changed; `ret_summary` is for its records. */
void ats_changelog_summarize(struct ats_changelog *changelog, const struct ats_state *state,
                             uint64_t input_number, struct ats_changelog_summary *ret_summary);
/* That transaction was committed. One that was rolled back leaves nothing to do. */
void ats_changelog_commit(struct ats_changelog *changelog);
/* The record of an entry; it borrows from the arguments. */
void ats_changelog_record(const struct ats_changelog *changelog, struct ats_span key,
                          struct ats_span value, const struct ats_changelog_summary *summary,
                          struct ats_changelog_texts *texts, struct ats_kafka_record *ret_record);
/* Writes what the running transaction changed in the state. */
ATS_MUST_USE enum ats_status ats_changelog_write(struct ats_changelog *changelog,
                                                 const struct ats_state *state,
                                                 uint64_t input_number,
                                                 struct ats_transaction *transaction,
                                                 struct ats_error *err);

#endif
