/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/runtime/task.h"

#include "common/base/limits.h"

#include <stdio.h>
#include <stdlib.h>

struct ats_task {
    const struct ats_task_context *context;
    int32_t partition;
    struct ats_state *state;
    struct ats_pipeline *pipeline;
    struct ats_seal_ring *seals;
    struct ats_transaction *transaction;
    struct ats_changelog changelog;
    uint64_t generation; /* of the control's snapshot that the pipeline has */
    rd_kafka_topic_partition_list_t *committed;
    rd_kafka_topic_partition_list_t *next;
    bool in_transaction;
    int64_t since_ms;
    uint64_t records;                     /* in the open transaction */
    uint64_t inputs;                      /* of this run, for the changelog's stamp */
    struct ats_pipeline_counters counted; /* what the metrics have already */
    int64_t waiting_since_ms;             /* 0: not waiting */
};

static enum ats_status emit(void *ctx, const char *topic_suffix,
                            const struct ats_kafka_record *record, struct ats_error *err)
{
    struct ats_task *task = ctx;
    char topic[ATS_KAFKA_TOPIC_MAX + 1];
    struct ats_kafka_record out = *record;
    enum ats_status status = ats_kafka_topic_name(task->context->kafka, topic_suffix, topic, err);
    out.topic = topic;
    out.partition = ATS_KAFKA_PARTITION_ANY;
    return status == ATS_OK ? ats_transaction_produce(task->transaction, &out, err) : status;
}

static void report_usecase(struct ats_task *task, const struct ats_error *err)
{
    ats_log_event(task->context->log, ATS_LOG_WARNING, "task.usecase_left_out",
                  "partition=%d reason=\"%s\"", (int)task->partition, err->text);
}

static enum ats_status make_pipeline(struct ats_task *task, struct ats_error *err)
{
    struct ats_pipeline_options options = {
        .state = task->state,
        .sink = {.emit = emit, .ctx = task},
        .fleet = ats_control_fleet(task->context->control),
        .group = task->context->group,
        .seal_key = ats_seal_ring_find,
        .seal_ctx = task->seals,
    };
    task->generation = ats_control_generation(task->context->control);
    struct ats_snapshot *snapshot = ats_control_current(task->context->control);
    enum ats_status status = ats_pipeline_new(&options, snapshot, &task->pipeline, err);
    ats_snapshot_unref(snapshot);
    if (status == ATS_ERR_INVALID && task->pipeline) {
        report_usecase(task, err);
        return ATS_OK;
    }
    return status;
}

static enum ats_status prepare(struct ats_task *task, struct ats_error *err)
{
    const struct ats_task_context *context = task->context;
    char id[ATS_KAFKA_TOPIC_MAX + 32];
    const char *prefix =
        context->kafka->topic_prefix ? context->kafka->topic_prefix : ATS_TOPIC_PREFIX_DEFAULT;
    (void)snprintf(id, sizeof(id), "%s%s-%d", prefix, context->group, (int)task->partition);
    task->state = ats_state_new(context->state_bytes_max);
    task->seals = ats_seal_ring_new(context->control);
    if (!task->state || !task->seals)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    enum ats_status status = ats_changelog_init(&task->changelog, context->kafka, context->group,
                                                task->partition, context->group_key->seed, err);
    /* Fencing comes first: what a former owner has in flight is then decided before the changelog's end is read. */
    if (status == ATS_OK)
        status =
            ats_transaction_open(context->kafka, id, context->stopping, &task->transaction, err);
    if (status == ATS_OK)
        status = ats_changelog_restore(&task->changelog, task->state, context->metrics,
                                       context->stopping, err);
    return status == ATS_OK ? make_pipeline(task, err) : status;
}

enum ats_status ats_task_open(const struct ats_task_context *context, int32_t partition,
                              struct ats_task **ret_task, struct ats_error *err)
{
    struct ats_task *task = calloc(1, sizeof(*task));
    if (!task)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    task->context = context;
    task->partition = partition;
    enum ats_status status = prepare(task, err);
    if (status != ATS_OK) {
        ats_task_close(task);
        return status;
    }
    ats_metrics_add(context->metrics, ATS_METRIC_TASKS, 1);
    *ret_task = task;
    return ATS_OK;
}

void ats_task_close(struct ats_task *task)
{
    if (!task)
        return;
    if (task->pipeline)
        ats_metrics_add(task->context->metrics, ATS_METRIC_TASKS, UINT64_MAX); /* one less */
    ats_pipeline_free(task->pipeline);
    ats_transaction_close(task->transaction);
    ats_seal_ring_free(task->seals);
    ats_state_free(task->state);
    if (task->committed)
        rd_kafka_topic_partition_list_destroy(task->committed);
    if (task->next)
        rd_kafka_topic_partition_list_destroy(task->next);
    free(task);
}

int32_t ats_task_partition(const struct ats_task *task)
{
    return task->partition;
}

void ats_task_start_at(struct ats_task *task, const rd_kafka_topic_partition_list_t *committed)
{
    task->committed = rd_kafka_topic_partition_list_copy(committed);
    task->next = rd_kafka_topic_partition_list_new(committed->cnt);
}

const rd_kafka_topic_partition_list_t *ats_task_committed(const struct ats_task *task)
{
    return task->committed;
}

static void set_offset(rd_kafka_topic_partition_list_t *list, const char *topic, int32_t partition,
                       int64_t offset)
{
    rd_kafka_topic_partition_t *entry = rd_kafka_topic_partition_list_find(list, topic, partition);
    if (!entry)
        entry = rd_kafka_topic_partition_list_add(list, topic, partition);
    entry->offset = offset;
}

/* Between records: the newest contracts and use cases. */
static enum ats_status take_snapshot(struct ats_task *task, struct ats_error *err)
{
    uint64_t generation = ats_control_generation(task->context->control);
    if (generation == task->generation)
        return ATS_OK;
    struct ats_snapshot *snapshot = ats_control_current(task->context->control);
    enum ats_status status = ats_pipeline_update(task->pipeline, snapshot, err);
    ats_snapshot_unref(snapshot);
    if (status == ATS_ERR_INVALID)
        report_usecase(task, err);
    else if (status != ATS_OK)
        return status;
    task->generation = generation;
    return ATS_OK;
}

static enum ats_status begin(struct ats_task *task, struct ats_error *err)
{
    if (task->in_transaction)
        return ATS_OK;
    enum ats_status status = ats_transaction_begin(task->transaction, err);
    task->in_transaction = status == ATS_OK;
    task->since_ms = ats_clock_monotonic_ms(&ats_clock_system);
    task->records = 0;
    return status;
}

/* A wait has an end: then the record becomes a dead letter, so that it cannot hold the partition for ever. */
static bool may_wait(struct ats_task *task)
{
    int64_t now_ms = ats_clock_monotonic_ms(&ats_clock_system);
    if (task->waiting_since_ms == 0) {
        task->waiting_since_ms = now_ms;
        ats_metrics_add(task->context->metrics, ATS_METRIC_WAITS, 1);
    }
    return now_ms - task->waiting_since_ms < ATS_CONTROL_WAIT_MS;
}

enum ats_status ats_task_process(struct ats_task *task, const struct ats_kafka_record *record,
                                 bool *ret_wait, struct ats_error *err)
{
    enum ats_pipeline_outcome outcome = ATS_PIPELINE_DECIDED;
    *ret_wait = false;
    enum ats_status status = take_snapshot(task, err);
    if (status == ATS_OK)
        status = begin(task, err);
    if (status == ATS_OK)
        status = ats_pipeline_process(task->pipeline, record, &outcome, err);
    if (status == ATS_OK && outcome == ATS_PIPELINE_WAIT) {
        if (may_wait(task)) {
            *ret_wait = true;
            return ATS_OK;
        }
        ats_pipeline_set_wait(task->pipeline, false);
        status = ats_pipeline_process(task->pipeline, record, &outcome, err);
        ats_pipeline_set_wait(task->pipeline, true);
    }
    if (status != ATS_OK)
        return status;
    task->waiting_since_ms = 0;
    task->records++;
    task->inputs++;
    set_offset(task->next, record->topic, task->partition, record->offset + 1);
    return ATS_OK;
}

bool ats_task_in_transaction(const struct ats_task *task, int64_t *ret_since_ms,
                             uint64_t *ret_records)
{
    *ret_since_ms = task->since_ms;
    *ret_records = task->records;
    return task->in_transaction;
}

/* Adds what the pipeline has counted since the last commit. */
static void count(struct ats_task *task)
{
    const struct ats_pipeline_counters *now = ats_pipeline_counters(task->pipeline);
    struct ats_pipeline_counters *then = &task->counted;
    struct ats_metrics *metrics = task->context->metrics;
    ats_metrics_add(metrics, ATS_METRIC_DECIDED, now->decided - then->decided);
    ats_metrics_add(metrics, ATS_METRIC_DUPLICATES, now->duplicates - then->duplicates);
    ats_metrics_add(metrics, ATS_METRIC_DEAD_LETTERS, now->dead_letters - then->dead_letters);
    ats_metrics_add(metrics, ATS_METRIC_LATE, now->late - then->late);
    ats_metrics_add(metrics, ATS_METRIC_EPISODES_OPENED,
                    now->episodes_opened - then->episodes_opened);
    ats_metrics_add(metrics, ATS_METRIC_EPISODES_CLOSED,
                    now->episodes_closed - then->episodes_closed);
    *then = *now;
}

static void roll_back(struct ats_task *task)
{
    task->in_transaction = false;
    task->counted = *ats_pipeline_counters(task->pipeline);
    ats_state_rollback(task->state);
    rd_kafka_topic_partition_list_destroy(task->next);
    task->next = rd_kafka_topic_partition_list_new(1);
    ats_metrics_add(task->context->metrics, ATS_METRIC_ABORTS, 1);
}

static void note_committed(struct ats_task *task)
{
    for (int i = 0; i < task->next->cnt; i++)
        set_offset(task->committed, task->next->elems[i].topic, task->partition,
                   task->next->elems[i].offset);
    task->in_transaction = false;
    ats_state_commit(task->state);
    count(task);
    ats_metrics_add(task->context->metrics, ATS_METRIC_COMMITS, 1);
}

enum ats_status ats_task_commit(struct ats_task *task, rd_kafka_t *consumer, struct ats_error *err)
{
    if (!task->in_transaction)
        return ATS_OK;
    if (task->records == 0) { /* begun for a record that has to wait */
        enum ats_status aborted = ats_task_abort(task, err);
        return aborted == ATS_ERR_AGAIN ? ATS_OK : aborted;
    }
    int64_t begun_ms = ats_clock_monotonic_ms(&ats_clock_system);
    enum ats_status status =
        ats_changelog_write(&task->changelog, task->state, task->inputs, task->transaction, err);
    if (status != ATS_OK)
        return ats_task_abort(task, err);
    status = ats_transaction_commit(task->transaction, task->next, consumer, err);
    if (status == ATS_OK)
        note_committed(task);
    else if (status == ATS_ERR_AGAIN)
        roll_back(task);
    int64_t spent_ms = ats_clock_monotonic_ms(&ats_clock_system) - begun_ms;
    ats_metrics_add(task->context->metrics, ATS_METRIC_COMMIT_US, (uint64_t)spent_ms * 1000);
    return status;
}

enum ats_status ats_task_abort(struct ats_task *task, struct ats_error *err)
{
    if (!task->in_transaction)
        return ATS_ERR_AGAIN;
    enum ats_status status = ats_transaction_abort(task->transaction, err);
    if (status == ATS_ERR_AGAIN)
        roll_back(task);
    return status;
}
