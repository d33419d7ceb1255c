/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Task n: partition n of every input topic, with its state, changelog and transactional producer.
 *
 *   open: fence (init_transactions) -> restore the changelog -> start_at the committed offsets
 *   process: [begin] -> pipeline -> outputs into the open transaction
 *   commit: changelog + input offsets + commit -> state commit        (AGAIN: aborted, state rolled back, read again)
 *
 * A record whose gate had seen more of the control log than this process waits: the task's inputs pause at it until the
 * log has come that far, or was read to the end that it had when the wait began. After that the record is taken as it is;
 * one whose gate is still not known becomes a dead letter.
 *
 * Thread: the worker's. Deadlines are monotonic times.
 */
#ifndef ATS_RUNTIME_TASK_H
#define ATS_RUNTIME_TASK_H

#include "processor/runtime/changelog.h"
#include "processor/runtime/control.h"
#include "processor/runtime/offsets.h"

struct ats_task;

/* What all tasks of a process share; borrowed. */
struct ats_task_context {
    const struct ats_kafka_config *kafka;
    struct ats_control *control;
    struct ats_metrics *metrics;
    struct ats_log *log;
    const char *group;
    const struct ats_key_pair *group_key;
    size_t state_bytes_max;
    const atomic_bool *stopping;
};

/* `partition_count` is that of every input topic. */
ATS_MUST_USE enum ats_status ats_task_open(const struct ats_task_context *context,
                                           int32_t partition, int32_t partition_count,
                                           struct ats_task **ret_task, struct ats_error *err);
void ats_task_close(struct ats_task *task);

/* The consumer (borrowed, for the task's life) and the assignment with its committed offsets, asked for after open, and marks of the group alone. CORRUPT: the
   restored state ends before them. */
ATS_MUST_USE enum ats_status ats_task_start_at(struct ats_task *task, rd_kafka_t *consumer,
                                               const rd_kafka_topic_partition_list_t *committed,
                                               struct ats_error *err);
int32_t ats_task_partition(const struct ats_task *task);
/* The restored or present state, borrowed. */
const struct ats_state *ats_task_state(const struct ats_task *task);
const struct ats_changelog *ats_task_changelog(const struct ats_task *task);
const struct ats_offsets *ats_task_offsets(const struct ats_task *task);

/* One record. `ret_wait`: its time has not come, nothing was done; the task must get it again when ats_task_may_go_on().
   AGAIN: the transaction has failed, abort it. LIMIT: the state is full; abort it, and do not go on. */
ATS_MUST_USE enum ats_status ats_task_process(struct ats_task *task,
                                              const struct ats_kafka_record *record, bool *ret_wait,
                                              struct ats_error *err);
/* For a task that waits: whether trying again can tell more than before. */
bool ats_task_may_go_on(struct ats_task *task);

/* The consumer is at the end of an input, and each record before `offset` was given to the task. */
void ats_task_note_idle(struct ats_task *task, const char *topic, int64_t offset);

/* Lag and size into the metrics; also done by each commit. */
void ats_task_measure(const struct ats_task *task);

/* Whether a transaction is open, and since when (monotonic, ms); how many records are in it. */
bool ats_task_in_transaction(const struct ats_task *task, int64_t *ret_since_ms,
                             uint64_t *ret_records);
/* Whether the open transaction must be committed before another record is processed. */
bool ats_task_wants_commit(const struct ats_task *task);
/* Queues the changelog's records of the open transaction, so that they are on their way while other tasks commit; nothing
   may be processed between this and commit. AGAIN: the transaction has failed, abort it. */
ATS_MUST_USE enum ats_status ats_task_write_state(struct ats_task *task, struct ats_error *err);
/* OK: committed. AGAIN: rolled back, read again from the committed offsets. Else: begin the worker anew. */
ATS_MUST_USE enum ats_status ats_task_commit(struct ats_task *task, int64_t deadline_ms,
                                             struct ats_error *err);
/* Gives up the open transaction, if any: AGAIN (rolled back) or a fatal status. */
ATS_MUST_USE enum ats_status ats_task_abort(struct ats_task *task, int64_t deadline_ms,
                                            struct ats_error *err);
/* The same for one in which nothing has failed. */
ATS_MUST_USE enum ats_status ats_task_give_up(struct ats_task *task, int64_t deadline_ms,
                                              struct ats_error *err);

#endif
