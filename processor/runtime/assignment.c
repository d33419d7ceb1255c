/* SPDX-License-Identifier: Apache-2.0 */
/* What the group gives and takes: tasks open, commit and close with their partitions. */
#include "processor/runtime/worker_internal.h"

#include "common/base/limits.h"

#include <inttypes.h>
#include <stdlib.h>

struct ats_worker_task *ats_worker_find_task(struct ats_worker *worker, int32_t partition)
{
    for (size_t i = 0; i < worker->task_count; i++)
        if (ats_task_partition(worker->tasks[i].task) == partition)
            return &worker->tasks[i];
    return NULL;
}

void ats_worker_measure(struct ats_worker *worker)
{
    size_t waiting = 0;
    for (size_t i = 0; i < worker->task_count; i++) {
        ats_task_measure(worker->tasks[i].task);
        waiting += worker->tasks[i].pause != ATS_PAUSE_NONE ? 1 : 0;
    }
    /* Unsigned: less is more than what wraps. */
    ats_metrics_add(worker->options.tasks.metrics, ATS_METRIC_TASKS_WAITING,
                    (uint64_t)waiting - (uint64_t)worker->waiting);
    worker->waiting = waiting;
}

void ats_worker_close_tasks(struct ats_worker *worker)
{
    atomic_store(&worker->joined, false);
    atomic_store(&worker->full, 0);
    for (size_t i = 0; i < worker->task_count; i++)
        ats_task_close(worker->tasks[i].task);
    free(worker->tasks);
    worker->tasks = NULL;
    worker->task_count = 0;
    ats_worker_measure(worker);
}

/* ---- a task's inputs ---- */

static void seek(struct ats_worker *worker, const char *topic, int32_t partition, int64_t offset)
{
    rd_kafka_topic_t *handle = rd_kafka_topic_new(worker->consumer, topic, NULL);
    rd_kafka_resp_err_t code =
        handle ? rd_kafka_seek(handle, partition, offset, ATS_TRANSACTION_CALL_MS)
               : RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        ats_worker_fail(worker,
                        ats_error_set(&worker->err, ATS_ERR_UNAVAILABLE, "seek in %s [%d]: %s",
                                      topic, (int)partition, rd_kafka_err2str(code)));
    if (handle)
        rd_kafka_topic_destroy(handle);
}

/* Puts the inputs of a task back to what is committed. */
static void rewind_inputs(struct ats_worker *worker, const struct ats_task *task)
{
    const struct ats_offsets *offsets = ats_task_offsets(task);
    for (size_t i = 0; i < ats_offsets_count(offsets); i++)
        seek(worker, ats_offsets_topic(offsets, i), ats_task_partition(task),
             ats_offsets_committed(offsets, i));
}

static void set_pause(struct ats_worker *worker, struct ats_worker_task *slot, enum ats_pause why)
{
    const struct ats_offsets *offsets = ats_task_offsets(slot->task);
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)ats_offsets_count(offsets));
    for (size_t i = 0; i < ats_offsets_count(offsets); i++)
        rd_kafka_topic_partition_list_add(list, ats_offsets_topic(offsets, i),
                                          ats_task_partition(slot->task));
    (void)(why != ATS_PAUSE_NONE ? rd_kafka_pause_partitions(worker->consumer, list)
                                 : rd_kafka_resume_partitions(worker->consumer, list));
    rd_kafka_topic_partition_list_destroy(list);
    slot->pause = why;
}

void ats_worker_pause(struct ats_worker *worker, struct ats_worker_task *slot, enum ats_pause why)
{
    set_pause(worker, slot, why);
}

void ats_worker_resume(struct ats_worker *worker, struct ats_worker_task *slot)
{
    set_pause(worker, slot, ATS_PAUSE_NONE);
    rewind_inputs(worker, slot->task);
}

/* ---- commit and abort ---- */

/* The task reads again what was in its transaction: at once, or later if that has not helped so far. */
static void try_again(struct ats_worker *worker, struct ats_worker_task *slot)
{
    ats_log_event(worker->options.tasks.log, ATS_LOG_WARNING, "task.aborted",
                  "partition=%d reason=\"%s\"", (int)ats_task_partition(slot->task),
                  worker->err.text);
    if (++slot->aborts <= ATS_ABORTS_AT_ONCE_MAX) {
        rewind_inputs(worker, slot->task);
        return;
    }
    slot->until_ms = ats_worker_now_ms() + ATS_ABORT_PAUSE_MS;
    set_pause(worker, slot, ATS_PAUSE_FAILS);
}

enum ats_status ats_worker_commit(struct ats_worker *worker, struct ats_worker_task *slot,
                                  int64_t deadline_ms)
{
    enum ats_status status = ats_task_commit(slot->task, deadline_ms, &worker->err);
    if (status == ATS_OK)
        slot->aborts = 0;
    else if (status == ATS_ERR_AGAIN)
        try_again(worker, slot);
    else
        ats_worker_fail(worker, status);
    return status;
}

void ats_worker_abort(struct ats_worker *worker, struct ats_worker_task *slot, int64_t deadline_ms)
{
    enum ats_status status = ats_task_abort(slot->task, deadline_ms, &worker->err);
    if (status == ATS_ERR_AGAIN)
        try_again(worker, slot);
    else
        ats_worker_fail(worker, status);
}

void ats_worker_stop_full(struct ats_worker *worker, struct ats_worker_task *slot,
                          int64_t deadline_ms)
{
    ats_log_event(worker->options.tasks.log, ATS_LOG_ERROR, "task.full",
                  "partition=%d state_max=%zu reason=\"%s: nothing of this partition is decided "
                  "until the processor is started with a larger state_max\"",
                  (int)ats_task_partition(slot->task), worker->options.tasks.state_bytes_max,
                  worker->err.text);
    enum ats_status status = ats_task_give_up(slot->task, deadline_ms, &worker->err);
    if (status != ATS_ERR_AGAIN) {
        ats_worker_fail(worker, status);
        return;
    }
    set_pause(worker, slot, ATS_PAUSE_FULL);
    (void)atomic_fetch_add(&worker->full, 1);
}

void ats_worker_commit_due(struct ats_worker *worker, int64_t deadline_ms)
{
    for (size_t i = 0; i < worker->task_count; i++) {
        struct ats_worker_task *slot = &worker->tasks[i];
        if (slot->due && ats_task_write_state(slot->task, &worker->err) != ATS_OK) {
            slot->due = false;
            ats_worker_abort(worker, slot, deadline_ms);
        }
    }
    for (size_t i = 0; i < worker->task_count && worker->failed == ATS_OK; i++) {
        if (worker->tasks[i].due)
            (void)ats_worker_commit(worker, &worker->tasks[i], deadline_ms);
        worker->tasks[i].due = false;
    }
}

/* ---- given ---- */

static enum ats_status open_tasks(struct ats_worker *worker,
                                  const rd_kafka_topic_partition_list_t *partitions)
{
    enum ats_status status = ATS_OK;
    worker->tasks = calloc((size_t)partitions->cnt + 1, sizeof(struct ats_worker_task));
    if (!worker->tasks)
        return ats_error_set(&worker->err, ATS_ERR_MEMORY, "out of memory");
    for (int i = 0; i < partitions->cnt && status == ATS_OK; i++) {
        int32_t partition = partitions->elems[i].partition;
        if (ats_worker_find_task(worker, partition))
            continue;
        status = ats_task_open(&worker->options.tasks, partition, worker->changelog_partitions,
                               &worker->tasks[worker->task_count].task, &worker->err);
        if (status == ATS_OK)
            worker->task_count++;
    }
    return status;
}

/* Opens every task, and asks for the committed offsets only then: opening fences, so what they say is final. AGAIN: a transaction
   in the changelog keeps a task's state back. */
static enum ats_status take_over(struct ats_worker *worker,
                                 rd_kafka_topic_partition_list_t *partitions)
{
    enum ats_status status = open_tasks(worker, partitions);
    if (status == ATS_OK)
        status = ats_worker_read_committed(worker, partitions);
    if (status == ATS_OK)
        status = ats_worker_check_positions(worker, partitions);
    for (size_t i = 0; i < worker->task_count && status == ATS_OK; i++)
        status =
            ats_task_start_at(worker->tasks[i].task, worker->consumer, partitions, &worker->err);
    return status;
}

static void on_assigned(struct ats_worker *worker, rd_kafka_topic_partition_list_t *partitions)
{
    ats_worker_close_tasks(worker);
    enum ats_status status = take_over(worker, partitions);
    if (status != ATS_OK) {
        ats_worker_close_tasks(worker);
        ats_worker_fail(worker, status);
        (void)rd_kafka_assign(worker->consumer, NULL);
        return;
    }
    (void)rd_kafka_assign(worker->consumer, partitions);
    worker->said[0] = '\0';
    ats_worker_set_held_up(worker, false);
    atomic_store(&worker->joined, true);
    ats_log_event(worker->options.tasks.log, ATS_LOG_INFO, "worker.assigned",
                  "instance=%s tasks=%zu partitions=%d", worker->instance_id, worker->task_count,
                  partitions->cnt);
}

/* ---- taken ---- */

/* What the transactions hold is committed while the partitions are still ours, as far as the time goes; where they are lost,
   it is given up. */
static void on_revoked(struct ats_worker *worker)
{
    bool lost = rd_kafka_assignment_lost(worker->consumer) != 0;
    int64_t deadline_ms = ats_worker_now_ms() + ATS_REVOKE_BUDGET_MS;
    for (size_t i = 0; i < worker->task_count; i++) {
        if (worker->tasks[i].pause != ATS_PAUSE_NONE)
            set_pause(worker, &worker->tasks[i], ATS_PAUSE_NONE);
        worker->tasks[i].due = !lost;
    }
    for (size_t i = 0; i < worker->task_count && !lost; i++)
        if (ats_task_write_state(worker->tasks[i].task, &worker->err) != ATS_OK)
            worker->tasks[i].due = false;
    for (size_t i = 0; i < worker->task_count; i++) {
        struct ats_task *task = worker->tasks[i].task;
        enum ats_status status = worker->tasks[i].due
                                     ? ats_task_commit(task, deadline_ms, &worker->err)
                                     : ats_task_abort(task, deadline_ms, &worker->err);
        if (status != ATS_OK && status != ATS_ERR_AGAIN)
            ats_worker_fail(worker, status);
    }
    ats_worker_close_tasks(worker);
    (void)rd_kafka_assign(worker->consumer, NULL);
    ats_log_event(worker->options.tasks.log, ATS_LOG_INFO, "worker.revoked", "instance=%s lost=%d",
                  worker->instance_id, lost);
}

void ats_worker_on_rebalance(rd_kafka_t *consumer, rd_kafka_resp_err_t code,
                             rd_kafka_topic_partition_list_t *partitions, void *opaque)
{
    struct ats_worker *worker = opaque;
    (void)consumer;
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS)
        on_assigned(worker, partitions);
    else
        on_revoked(worker);
}
