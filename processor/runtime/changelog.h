/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A task's state as a compacted topic: <prefix>state.<group>, partition = the task's. Each record carries the number of the
 * task's newest input in its transaction, and a keyed BLAKE2b tag under the group's key over topic, partition, key, value and
 * that number, so that somebody who can write to the topic can neither make up state nor bring back an old one.
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
};

/* What a record's headers borrow. */
struct ats_changelog_texts {
    char input[24];
    uint8_t tag[ATS_CHANGELOG_TAG_SIZE];
};

/* Derives the tag key from the group's agreement secret. LIMIT, INVALID: the group's name does not fit a topic. */
ATS_MUST_USE enum ats_status ats_changelog_init(struct ats_changelog *changelog,
                                                const struct ats_kafka_config *kafka,
                                                const char *group, int32_t partition,
                                                const uint8_t group_secret[32],
                                                struct ats_error *err);
/* Reads the partition to its end under read_committed into an empty state; `stopping` ends the wait with UNAVAILABLE. */
ATS_MUST_USE enum ats_status ats_changelog_restore(const struct ats_changelog *changelog,
                                                   struct ats_state *state,
                                                   struct ats_metrics *metrics,
                                                   const atomic_bool *stopping,
                                                   struct ats_error *err);
/* One record of the partition, in their order; what is not the group's own is counted and left out. `newest_input` is 0 before
   the first. LIMIT: the state's bound; MEMORY. */
ATS_MUST_USE enum ats_status ats_changelog_take(const struct ats_changelog *changelog,
                                                const struct ats_kafka_record *record,
                                                struct ats_state *state, uint64_t *newest_input,
                                                struct ats_metrics *metrics, struct ats_error *err);
/* The record of an entry; it borrows from the arguments. */
void ats_changelog_record(const struct ats_changelog *changelog, struct ats_span key,
                          struct ats_span value, uint64_t input_number,
                          struct ats_changelog_texts *texts, struct ats_kafka_record *ret_record);
/* Writes what the running transaction changed in the state. */
ATS_MUST_USE enum ats_status ats_changelog_write(const struct ats_changelog *changelog,
                                                 const struct ats_state *state,
                                                 uint64_t input_number,
                                                 struct ats_transaction *transaction,
                                                 struct ats_error *err);

#endif
