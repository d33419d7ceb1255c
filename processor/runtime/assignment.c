/* SPDX-License-Identifier: Apache-2.0 */
/* What the group gives and takes: tasks open and close with their partitions. */
#include "processor/runtime/worker_internal.h"

#include "common/base/limits.h"

#include <stdlib.h>

struct ats_task *ats_worker_find_task(struct ats_worker *worker, int32_t partition)
{
    for (size_t i = 0; i < worker->task_count; i++)
        if (ats_task_partition(worker->tasks[i]) == partition)
            return worker->tasks[i];
    return NULL;
}

void ats_worker_fail(struct ats_worker *worker, enum ats_status status)
{
    if (worker->failed == ATS_OK)
        worker->failed = status;
}

void ats_worker_close_tasks(struct ats_worker *worker)
{
    for (size_t i = 0; i < worker->task_count; i++)
        ats_task_close(worker->tasks[i]);
    free(worker->tasks);
    worker->tasks = NULL;
    worker->task_count = 0;
}

static void seek(struct ats_worker *worker, const char *topic, int32_t partition, int64_t offset)
{
    rd_kafka_topic_t *handle = rd_kafka_topic_new(worker->consumer, topic, NULL);
    int64_t to = offset == RD_KAFKA_OFFSET_INVALID ? RD_KAFKA_OFFSET_BEGINNING : offset;
    rd_kafka_resp_err_t code = handle
                                   ? rd_kafka_seek(handle, partition, to, ATS_TRANSACTION_CALL_MS)
                                   : RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        ats_worker_fail(worker,
                        ats_error_set(&worker->err, ATS_ERR_UNAVAILABLE, "seek in %s [%d]: %s",
                                      topic, (int)partition, rd_kafka_err2str(code)));
    if (handle)
        rd_kafka_topic_destroy(handle);
}

void ats_worker_rewind(struct ats_worker *worker, struct ats_task *task)
{
    const rd_kafka_topic_partition_list_t *list = ats_task_committed(task);
    for (int i = 0; i < list->cnt; i++)
        seek(worker, list->elems[i].topic, list->elems[i].partition, list->elems[i].offset);
}

enum ats_status ats_worker_commit(struct ats_worker *worker, struct ats_task *task)
{
    enum ats_status status = ats_task_commit(task, worker->consumer, &worker->err);
    if (status == ATS_ERR_AGAIN) {
        ats_log_event(worker->options.tasks.log, ATS_LOG_WARNING, "task.aborted",
                      "partition=%d reason=\"%s\"", (int)ats_task_partition(task),
                      worker->err.text);
        ats_worker_rewind(worker, task);
    } else if (status != ATS_OK) {
        ats_worker_fail(worker, status);
    }
    return status;
}

/* The task of each partition, opened; its inputs' committed offsets are asked for only after that, since opening fences. */
static enum ats_status open_tasks(struct ats_worker *worker,
                                  const rd_kafka_topic_partition_list_t *partitions)
{
    enum ats_status status = ATS_OK;
    worker->tasks = calloc((size_t)partitions->cnt + 1, sizeof(struct ats_task *));
    if (!worker->tasks)
        return ats_error_set(&worker->err, ATS_ERR_MEMORY, "out of memory");
    for (int i = 0; i < partitions->cnt && status == ATS_OK; i++) {
        int32_t partition = partitions->elems[i].partition;
        if (ats_worker_find_task(worker, partition))
            continue;
        status = ats_task_open(&worker->options.tasks, partition,
                               &worker->tasks[worker->task_count], &worker->err);
        if (status == ATS_OK)
            worker->task_count++;
    }
    return status;
}

static enum ats_status read_committed_offsets(struct ats_worker *worker,
                                              rd_kafka_topic_partition_list_t *partitions)
{
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__TIMED_OUT;
    for (int tries = 0; tries < 6 && code != RD_KAFKA_RESP_ERR_NO_ERROR &&
                        !atomic_load(worker->options.tasks.stopping);
         tries++)
        code = rd_kafka_committed(worker->consumer, partitions, ATS_TRANSACTION_CALL_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return ats_error_set(&worker->err, ATS_ERR_UNAVAILABLE, "committed offsets: %s",
                             rd_kafka_err2str(code));
    for (int i = 0; i < partitions->cnt; i++) {
        if (partitions->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR)
            return ats_error_set(&worker->err, ATS_ERR_UNAVAILABLE,
                                 "committed offset of %s [%d]: %s", partitions->elems[i].topic,
                                 (int)partitions->elems[i].partition,
                                 rd_kafka_err2str(partitions->elems[i].err));
        if (partitions->elems[i].offset == RD_KAFKA_OFFSET_INVALID)
            partitions->elems[i].offset = RD_KAFKA_OFFSET_BEGINNING;
    }
    return ATS_OK;
}

static void start_tasks(struct ats_worker *worker,
                        const rd_kafka_topic_partition_list_t *partitions)
{
    for (size_t i = 0; i < worker->task_count; i++) {
        rd_kafka_topic_partition_list_t *own = rd_kafka_topic_partition_list_new(1);
        for (int k = 0; k < partitions->cnt; k++)
            if (partitions->elems[k].partition == ats_task_partition(worker->tasks[i]))
                rd_kafka_topic_partition_list_add(own, partitions->elems[k].topic,
                                                  partitions->elems[k].partition)
                    ->offset = partitions->elems[k].offset;
        ats_task_start_at(worker->tasks[i], own);
        rd_kafka_topic_partition_list_destroy(own);
    }
}

static void on_assigned(struct ats_worker *worker, rd_kafka_topic_partition_list_t *partitions)
{
    ats_worker_close_tasks(worker);
    enum ats_status status = open_tasks(worker, partitions);
    if (status == ATS_OK)
        status = read_committed_offsets(worker, partitions);
    if (status != ATS_OK) {
        ats_worker_close_tasks(worker);
        ats_worker_fail(worker, status);
        (void)rd_kafka_assign(worker->consumer, NULL);
        return;
    }
    start_tasks(worker, partitions);
    (void)rd_kafka_assign(worker->consumer, partitions);
    atomic_store(&worker->joined, true);
    ats_log_event(worker->options.tasks.log, ATS_LOG_INFO, "worker.assigned",
                  "instance=%s tasks=%zu partitions=%d", worker->instance_id, worker->task_count,
                  partitions->cnt);
}

/* What the transactions hold is committed while the partitions are still ours; where they are lost, it is given up. */
static void on_revoked(struct ats_worker *worker)
{
    bool lost = rd_kafka_assignment_lost(worker->consumer) != 0;
    for (size_t i = 0; i < worker->task_count; i++) {
        enum ats_status status =
            lost ? ats_task_abort(worker->tasks[i], &worker->err)
                 : ats_task_commit(worker->tasks[i], worker->consumer, &worker->err);
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
    if (worker->consumer != consumer)
        worker->consumer = consumer;
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS)
        on_assigned(worker, partitions);
    else
        on_revoked(worker);
}
