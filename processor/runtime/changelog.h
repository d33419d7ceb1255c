/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A task's state as a compacted topic: <prefix>state.<group>, partition = the task's. Each record carries the task's input number
 * it results from and a keyed BLAKE2b tag under the group's key over partition, key and value, so that somebody who can
 * write to the topic cannot make up state. Thread: the worker's.
 */
#ifndef ATS_RUNTIME_CHANGELOG_H
#define ATS_RUNTIME_CHANGELOG_H

#include "processor/runtime/metrics.h"
#include "processor/runtime/transaction.h"
#include "processor/state/state.h"

#define ATS_CHANGELOG_KEY_SIZE 32

struct ats_changelog {
    const struct ats_kafka_config *kafka; /* borrowed */
    char topic[ATS_KAFKA_TOPIC_MAX + 1];
    int32_t partition;
    uint8_t key[ATS_CHANGELOG_KEY_SIZE];
};

/* Derives the tag key from the group's agreement secret; `topic_suffix` is "state.<group>". */
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
/* Writes what the running transaction changed in the state. */
ATS_MUST_USE enum ats_status ats_changelog_write(const struct ats_changelog *changelog,
                                                 const struct ats_state *state,
                                                 uint64_t input_number,
                                                 struct ats_transaction *transaction,
                                                 struct ats_error *err);

#endif
