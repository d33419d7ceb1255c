/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a task stands in each of its inputs: what is committed, and how far it has processed since. Each committed offset
 * carries its mark (commit_mark.h).
 *
 * Thread: the worker's. Owns: the topics' names.
 */
#ifndef ATS_RUNTIME_OFFSETS_H
#define ATS_RUNTIME_OFFSETS_H

#include "common/kafka/conf.h"

struct ats_changelog;
struct ats_offsets;

/* From the committed offsets of the whole assignment, of which this partition is taken; one that was never committed is the
   beginning. Their marks are believed: those that do not hold must be gone. NULL when out of memory. */
struct ats_offsets *ats_offsets_new(const rd_kafka_topic_partition_list_t *committed,
                                    int32_t partition);
void ats_offsets_free(struct ats_offsets *offsets);

/* The record at `offset`, which Kafka wrote at `time_ms`, is processed; NOT_FOUND: not one of the inputs. */
ATS_MUST_USE enum ats_status ats_offsets_note(struct ats_offsets *offsets, const char *topic,
                                              int64_t offset, int64_t time_ms);
/* What is to be committed, with the marks of `changelog`, the partition's, and this input number; the caller destroys it. NULL when out of memory. */
rd_kafka_topic_partition_list_t *ats_offsets_to_commit(const struct ats_offsets *offsets,
                                                       const struct ats_changelog *changelog,
                                                       uint64_t input_number);
/* The transaction was committed, or aborted. */
void ats_offsets_commit(struct ats_offsets *offsets);
void ats_offsets_rollback(struct ats_offsets *offsets);

/* How far an input reaches at least, as known when a wait for the control log begins; and that this wait is over: what was in
   the inputs when it began is settled, and not waited for again. */
void ats_offsets_note_end(struct ats_offsets *offsets, const char *topic, int64_t end);
void ats_offsets_settle(struct ats_offsets *offsets);
bool ats_offsets_is_settled(const struct ats_offsets *offsets, const char *topic, int64_t offset);

/* The consumer has given out everything of the input that is before `offset`, and it was all processed: from the newest record on
   to there nothing is for us (marks of transactions, aborted records). */
void ats_offsets_note_idle(struct ats_offsets *offsets, const char *topic, int64_t offset);
/* How many offsets of an input from `low` up to `end` are behind what is committed, and not known to hold nothing. */
int64_t ats_offsets_lag(const struct ats_offsets *offsets, size_t index, int64_t low, int64_t end);

/* The lag of a task's inputs together. */
struct ats_lag {
    int64_t records; /* of the known ones */
    size_t known;    /* inputs */
    size_t unknown;  /* inputs of which it is not known where they end */
};
/* `end` negative: not known. */
void ats_lag_add(struct ats_lag *lag, const struct ats_offsets *offsets, size_t index, int64_t low,
                 int64_t end);
/* The records, or -1 where no input is known. */
int64_t ats_lag_shown(const struct ats_lag *lag);

size_t ats_offsets_count(const struct ats_offsets *offsets);
const char *ats_offsets_topic(const struct ats_offsets *offsets, size_t index);
/* From where to read: committed, or RD_KAFKA_OFFSET_BEGINNING. */
int64_t ats_offsets_committed(const struct ats_offsets *offsets, size_t index);
/* The greatest input number that the committed offsets carry; 0 if none does. */
uint64_t ats_offsets_input_number(const struct ats_offsets *offsets);

/* Task n is partition n of everything: CONFIG names two topics whose partition counts differ. */
ATS_MUST_USE enum ats_status ats_partitions_check(const char *topic, int count, const char *other,
                                                  int other_count, struct ats_error *err);

#endif
