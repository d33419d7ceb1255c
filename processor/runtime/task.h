/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Task n: partition n of every input topic, with its state, changelog and transactional producer.
 *
 *   open: fence (init_transactions) -> restore the changelog
 *   process: [begin] -> pipeline -> outputs into the open transaction
 *   commit: changelog + input offsets + commit -> state commit        (AGAIN: aborted, state rolled back, read again)
 *
 * Thread: the worker's.
 */
#ifndef ATS_RUNTIME_TASK_H
#define ATS_RUNTIME_TASK_H

#include "processor/runtime/changelog.h"
#include "processor/runtime/control.h"

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

ATS_MUST_USE enum ats_status ats_task_open(const struct ats_task_context *context,
                                           int32_t partition, struct ats_task **ret_task,
                                           struct ats_error *err);
void ats_task_close(struct ats_task *task);

int32_t ats_task_partition(const struct ats_task *task);
/* Where each input stands: offsets as committed (set at assignment), and behind the newest processed record. The list's
   entries are this partition of each topic. */
void ats_task_start_at(struct ats_task *task, const rd_kafka_topic_partition_list_t *committed);
const rd_kafka_topic_partition_list_t *ats_task_committed(const struct ats_task *task);

/* One record. `ret_wait`: the task must wait for control records and get this record again. */
ATS_MUST_USE enum ats_status ats_task_process(struct ats_task *task,
                                              const struct ats_kafka_record *record, bool *ret_wait,
                                              struct ats_error *err);
/* Whether a transaction is open, and since when (monotonic, ms); how many records are in it. */
bool ats_task_in_transaction(const struct ats_task *task, int64_t *ret_since_ms,
                             uint64_t *ret_records);
/* OK: committed. AGAIN: rolled back, read again from ats_task_committed(). Else: begin the worker anew. */
ATS_MUST_USE enum ats_status ats_task_commit(struct ats_task *task, rd_kafka_t *consumer,
                                             struct ats_error *err);
/* Gives up the open transaction, if any: AGAIN (rolled back) or a fatal status. */
ATS_MUST_USE enum ats_status ats_task_abort(struct ats_task *task, struct ats_error *err);

#endif
