/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a task says with an offset that it commits, as the offset's metadata: "input=NUMBER time=MILLISECONDS tag=HEX".
 *
 *   input   the task's newest input, which the changelog carries as well: a restored state that ends before it is not the state
 *           that the offset belongs to
 *   time    the newest of Kafka's times of what was read of this topic: a record before the offset with a later time has taken
 *           the place of a lost one (position.h); left out where Kafka told none
 *   tag     as a changelog record's (changelog.h), under the same key and in the group's name, over topic, partition, offset,
 *           input and time
 *
 * Who may read the group and the topic can commit any offset with any text. So an offset is a task's only where the text is the
 * one that this group has for it, byte by byte. The group's key does not change (another key is another group), so that each
 * offset that a member has committed holds for every member after it.
 */
#ifndef ATS_RUNTIME_COMMIT_MARK_H
#define ATS_RUNTIME_COMMIT_MARK_H

#include "processor/runtime/changelog.h"

/* The longest such text; Kafka's default bound is 4096 (offset.metadata.max.bytes). */
#define ATS_COMMIT_MARK_MAX 96

struct ats_commit_mark {
    bool is_there; /* false: there is nothing, or another text */
    uint64_t input_number;
    int64_t time_ms; /* negative: not said */
};

/* What the entry says, by whomever. */
struct ats_commit_mark ats_commit_mark_read(const rd_kafka_topic_partition_t *entry);
/* Whether the group of this changelog has said it, of this offset. `changelog`: of the entry's partition. */
bool ats_commit_mark_holds(const struct ats_changelog *changelog,
                           const rd_kafka_topic_partition_t *entry);
/* Gives an entry without metadata its mark, which is freed with the entry's list; false: out of memory. */
bool ats_commit_mark_set(const struct ats_changelog *changelog, rd_kafka_topic_partition_t *entry,
                         uint64_t input_number, int64_t time_ms);
/* Takes away what the entry says. */
void ats_commit_mark_drop(rd_kafka_topic_partition_t *entry);

#endif
