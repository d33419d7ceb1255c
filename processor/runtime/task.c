/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/runtime/task.h"

#include "common/base/limits.h"
#include "processor/runtime/refused.h"
#include "processor/runtime/sink.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * For control records that a gate had seen before.
 *
 * Who claims to have seen more of the control log is not known yet: the gate's own record, with the key of its seal, may be
 * among those that are still to come. So garbage can make a task wait, and must not make it wait long or often. A wait is over
 * once the log has been read to the end that it had after the wait began: what an honest gate had seen was in the log before
 * its record was in Kafka, and so is read by then. The same holds for every record that was in the inputs when the wait
 * began: none of them is waited for again, so that a flood of garbage costs one short wait for each fetch, not one for each
 * record. Nothing else ends a wait: while Kafka does not say where the log ends, an honest record must not become a dead letter.
 */
struct wait {
    bool on;
    uint64_t question;   /* to the control log, whose answer ends the wait */
    uint64_t generation; /* of the snapshot that the record was tried with last */
};

struct ats_task {
    const struct ats_task_context *context;
    int32_t partition;
    int32_t partition_count;
    struct ats_state *state;
    struct ats_pipeline *pipeline;
    struct ats_seal_ring *seals;
    struct ats_transaction *transaction;
    struct ats_kafka_sink sink;
    struct ats_changelog changelog;
    struct ats_offsets *offsets;
    rd_kafka_t *consumer; /* borrowed */
    uint64_t generation;  /* of the control's snapshot that the pipeline has */
    bool in_transaction;
    bool state_written; /* the changelog's records of the open transaction are queued */
    int64_t since_ms;
    uint64_t records;                     /* in the open transaction */
    uint64_t tried;                       /* the same, and the one that it may have failed at */
    struct ats_pipeline_counters counted; /* what the metrics have already */
    struct wait wait;
    struct ats_refused refused;
};

static int64_t now_ms(void)
{
    return ats_clock_monotonic_ms(&ats_clock_system);
}

/* ---- opening and closing ---- */

static void report_usecase(struct ats_task *task, const struct ats_error *err)
{
    ats_log_event(task->context->log, ATS_LOG_WARNING, "task.usecase_left_out",
                  "partition=%d reason=\"%s\"", (int)task->partition, err->text);
}

static enum ats_status make_pipeline(struct ats_task *task, struct ats_error *err)
{
    struct ats_pipeline_options options = {
        .state = task->state,
        .sink = {.emit = ats_kafka_sink_emit, .ctx = &task->sink},
        .fleet = ats_control_fleet(task->context->control),
        .group = task->context->group,
        .seal_key = ats_seal_ring_find,
        .seal_ctx = task->seals,
        .partition_count = task->partition_count,
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

static enum ats_status restore(struct ats_task *task, struct ats_error *err)
{
    const struct ats_task_context *context = task->context;
    int64_t begun_ms = now_ms();
    struct ats_changelog_restored restored;
    enum ats_status status = ats_changelog_restore(&task->changelog, task->state, context->metrics,
                                                   &restored, context->stopping, err);
    int64_t spent_ms = now_ms() - begun_ms;
    ats_metrics_add(context->metrics, ATS_METRIC_RESTORE_US, (uint64_t)spent_ms * 1000);
    if (restored.foreign > 0)
        ats_log_event(context->log, ATS_LOG_WARNING, "task.foreign_state",
                      "topic=%s partition=%d records=%" PRIu64, task->changelog.topic,
                      (int)task->partition, restored.foreign);
    if (status == ATS_OK)
        ats_log_event(context->log, ATS_LOG_INFO, "task.restored",
                      "partition=%d entries=%zu bytes=%zu ms=%" PRId64, (int)task->partition,
                      ats_state_count(task->state), ats_state_bytes(task->state), spent_ms);
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
    if (status != ATS_OK)
        return status;
    task->sink.kafka = context->kafka;
    task->sink.transaction = task->transaction;
    status = restore(task, err);
    return status == ATS_OK ? make_pipeline(task, err) : status;
}

enum ats_status ats_task_open(const struct ats_task_context *context, int32_t partition,
                              int32_t partition_count, struct ats_task **ret_task,
                              struct ats_error *err)
{
    struct ats_task *task = calloc(1, sizeof(*task));
    if (!task)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    task->context = context;
    task->partition = partition;
    task->partition_count = partition_count;
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
    if (task->pipeline)                                                        /* it was opened */
        ats_metrics_add(task->context->metrics, ATS_METRIC_TASKS, UINT64_MAX); /* one less */
    for (int i = 0; i < ATS_PARTITION_METRICS; i++)
        ats_metrics_set_partition(task->context->metrics, (enum ats_partition_metric)i,
                                  task->partition, ATS_METRIC_UNKNOWN);
    ats_pipeline_free(task->pipeline);
    ats_transaction_close(task->transaction);
    ats_seal_ring_free(task->seals);
    ats_state_free(task->state);
    ats_offsets_free(task->offsets);
    free(task);
}

enum ats_status ats_task_start_at(struct ats_task *task, rd_kafka_t *consumer,
                                  const rd_kafka_topic_partition_list_t *committed,
                                  struct ats_error *err)
{
    task->consumer = consumer;
    task->offsets = ats_offsets_new(committed, task->partition);
    if (!task->offsets)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    uint64_t expected = ats_offsets_input_number(task->offsets);
    uint64_t restored = ats_pipeline_input_number(task->pipeline);
    if (restored < expected)
        return ats_error_set(err, ATS_ERR_CORRUPT,
                             "partition %d of %s ends at input %" PRIu64
                             ", but the committed offsets belong to input %" PRIu64
                             ": its records are missing or not tagged with this group's key, or "
                             "offsets of an aborted transaction were put in force (an offset that "
                             "is committed without a tag has the input read again)",
                             (int)task->partition, task->changelog.topic, restored, expected);
    return ATS_OK;
}

int32_t ats_task_partition(const struct ats_task *task)
{
    return task->partition;
}

const struct ats_state *ats_task_state(const struct ats_task *task)
{
    return task->state;
}

const struct ats_changelog *ats_task_changelog(const struct ats_task *task)
{
    return &task->changelog;
}

const struct ats_offsets *ats_task_offsets(const struct ats_task *task)
{
    return task->offsets;
}

/* ---- processing ---- */

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
    task->state_written = false;
    task->since_ms = now_ms();
    task->records = 0;
    task->tried = 0;
    return status;
}

/* As far as the consumer has heard; no question to Kafka. */
static void note_ends(struct ats_task *task, const struct ats_kafka_record *record)
{
    ats_offsets_note_end(task->offsets, record->topic, record->offset + 1);
    for (size_t i = 0; i < ats_offsets_count(task->offsets); i++) {
        int64_t low = 0;
        int64_t high = 0;
        const char *topic = ats_offsets_topic(task->offsets, i);
        if (rd_kafka_get_watermark_offsets(task->consumer, topic, task->partition, &low, &high) ==
            RD_KAFKA_RESP_ERR_NO_ERROR)
            ats_offsets_note_end(task->offsets, topic, high);
    }
}

static void begin_wait(struct ats_task *task, const struct ats_kafka_record *record)
{
    struct wait *wait = &task->wait;
    wait->generation = task->generation;
    if (wait->on)
        return;
    wait->on = true;
    note_ends(task, record);
    wait->question = ats_control_ask(task->context->control);
    ats_metrics_add(task->context->metrics, ATS_METRIC_WAITS, 1);
    ats_log_event(task->context->log, ATS_LOG_INFO, "task.waiting_for_control",
                  "topic=%s partition=%d offset=%" PRId64, record->topic, (int)task->partition,
                  record->offset);
}

static bool is_wait_over(const struct ats_task *task)
{
    return task->wait.on && ats_control_read(task->context->control) >= task->wait.question;
}

bool ats_task_may_go_on(struct ats_task *task)
{
    return ats_control_generation(task->context->control) != task->wait.generation ||
           is_wait_over(task);
}

static enum ats_status run_pipeline(struct ats_task *task, const struct ats_kafka_record *record,
                                    enum ats_pipeline_outcome *ret_outcome, struct ats_error *err)
{
    ats_pipeline_set_refused(task->pipeline, ats_refused_try(&task->refused, record));
    ats_pipeline_set_wait(task->pipeline,
                          !ats_offsets_is_settled(task->offsets, record->topic, record->offset));
    enum ats_status status = ats_pipeline_process(task->pipeline, record, ret_outcome, err);
    if (status != ATS_OK || *ret_outcome != ATS_PIPELINE_WAIT)
        task->tried++;
    if (status != ATS_ERR_LIMIT || ats_state_is_full(task->state))
        return status;
    ats_refused_note(&task->refused, task->tried);
    return ATS_ERR_AGAIN;
}

enum ats_status ats_task_process(struct ats_task *task, const struct ats_kafka_record *record,
                                 bool *ret_wait, struct ats_error *err)
{
    enum ats_pipeline_outcome outcome = ATS_PIPELINE_DECIDED;
    *ret_wait = false;
    if (is_wait_over(task)) {
        ats_offsets_settle(task->offsets);
        task->wait.on = false;
    }
    /* After that question: its answer holds for the newest snapshot. */
    enum ats_status status = take_snapshot(task, err);
    if (status == ATS_OK)
        status = begin(task, err);
    if (status != ATS_OK)
        return status;
    status = run_pipeline(task, record, &outcome, err);
    if (status != ATS_OK)
        return status;
    if (outcome == ATS_PIPELINE_WAIT) {
        begin_wait(task, record);
        *ret_wait = true;
        return ATS_OK;
    }
    task->wait.on = false;
    task->records++;
    status = ats_offsets_note(task->offsets, record->topic, record->offset, record->timestamp_ms);
    return status == ATS_OK ? ATS_OK
                            : ats_error_set(err, ATS_ERR_INTERNAL,
                                            "a record of topic %s, which "
                                            "is not an input",
                                            record->topic);
}

/* ---- the transaction's end ---- */

bool ats_task_in_transaction(const struct ats_task *task, int64_t *ret_since_ms,
                             uint64_t *ret_records)
{
    *ret_since_ms = task->since_ms;
    *ret_records = task->records;
    return task->in_transaction;
}

/* After their commit: an aborted transaction's come again. */
static void tell_dead_letters(const struct ats_task *task, const struct ats_pipeline_counters *now)
{
    for (int i = 0; i < ATS_DEAD_LETTER_RULES; i++) {
        uint64_t more = now->dead_letters_by[i] - task->counted.dead_letters_by[i];
        if (more == 0)
            continue;
        ats_metrics_add(task->context->metrics, ATS_METRIC_DEAD_LETTERS + (enum ats_metric)i, more);
        ats_log_event(task->context->log, ATS_LOG_WARNING, "task.dead_letters",
                      "partition=%d rule=%s records=%" PRIu64, (int)task->partition,
                      ats_dead_letter_info((enum ats_dead_letter_rule)i)->rule, more);
    }
}

/* Adds what the pipeline has counted since the last commit. */
static void count(struct ats_task *task)
{
    const struct ats_pipeline_counters *now = ats_pipeline_counters(task->pipeline);
    struct ats_pipeline_counters *then = &task->counted;
    struct ats_metrics *metrics = task->context->metrics;
    ats_metrics_add(metrics, ATS_METRIC_RECORDS, task->records);
    ats_metrics_add(metrics, ATS_METRIC_DECIDED, now->decided - then->decided);
    ats_metrics_add(metrics, ATS_METRIC_DUPLICATES, now->duplicates - then->duplicates);
    tell_dead_letters(task, now);
    ats_metrics_add(metrics, ATS_METRIC_LATE, now->late - then->late);
    ats_metrics_add(metrics, ATS_METRIC_EPISODES_OPENED,
                    now->episodes_opened - then->episodes_opened);
    ats_metrics_add(metrics, ATS_METRIC_EPISODES_CLOSED,
                    now->episodes_closed - then->episodes_closed);
    *then = *now;
}

/* After an abort; Kafka's own reason is better than what followed from it. */
static void roll_back(struct ats_task *task, struct ats_error *err)
{
    const struct ats_error *refusal = ats_transaction_refusal(task->transaction);
    if (refusal)
        (void)ats_error_set(err, ATS_ERR_AGAIN, "%s", refusal->text);
    if (refusal && refusal->status == ATS_ERR_LIMIT)
        ats_refused_note(&task->refused, task->tried);
    task->in_transaction = false;
    task->counted = *ats_pipeline_counters(task->pipeline);
    ats_state_rollback(task->state);
    ats_offsets_rollback(task->offsets);
    ats_metrics_add(task->context->metrics, ATS_METRIC_ABORTS, 1);
}

/* What is in the inputs behind the committed offsets, as far as the consumer has heard. */
static struct ats_lag measure_lag(const struct ats_task *task)
{
    struct ats_lag lag = {0};
    for (size_t i = 0; i < ats_offsets_count(task->offsets); i++) {
        int64_t low = 0;
        int64_t high = 0;
        if (rd_kafka_get_watermark_offsets(task->consumer, ats_offsets_topic(task->offsets, i),
                                           task->partition, &low,
                                           &high) != RD_KAFKA_RESP_ERR_NO_ERROR)
            high = -1;
        ats_lag_add(&lag, task->offsets, i, low, high);
    }
    return lag;
}

void ats_task_note_idle(struct ats_task *task, const char *topic, int64_t offset)
{
    ats_offsets_note_idle(task->offsets, topic, offset);
}

void ats_task_measure(const struct ats_task *task)
{
    struct ats_metrics *metrics = task->context->metrics;
    struct ats_lag lag = measure_lag(task);
    ats_metrics_set_partition(metrics, ATS_PARTITION_LAG, task->partition, ats_lag_shown(&lag));
    ats_metrics_set_partition(metrics, ATS_PARTITION_LAG_UNKNOWN, task->partition,
                              (int64_t)lag.unknown);
    ats_metrics_set_partition(metrics, ATS_PARTITION_STATE_BYTES, task->partition,
                              (int64_t)ats_state_bytes(task->state));
}

static void note_committed(struct ats_task *task)
{
    task->in_transaction = false;
    ats_refused_passed(&task->refused);
    ats_offsets_commit(task->offsets);
    ats_state_commit(task->state);
    ats_changelog_commit(&task->changelog);
    count(task);
    ats_task_measure(task);
    ats_metrics_add(task->context->metrics, ATS_METRIC_COMMITS, 1);
}

enum ats_status ats_task_write_state(struct ats_task *task, struct ats_error *err)
{
    if (!task->in_transaction || task->state_written || task->records == 0)
        return ATS_OK;
    task->state_written = true;
    enum ats_status status =
        ats_changelog_write(&task->changelog, task->state,
                            ats_pipeline_input_number(task->pipeline), task->transaction, err);
    if (status != ATS_ERR_LIMIT)
        return status;
    ats_refused_note(&task->refused, task->tried);
    return ATS_ERR_AGAIN;
}

bool ats_task_wants_commit(const struct ats_task *task)
{
    return ats_refused_wants_one(&task->refused) && task->records > 0;
}

static enum ats_status end_transaction(struct ats_task *task, int64_t deadline_ms,
                                       struct ats_error *err)
{
    enum ats_status status = ats_task_write_state(task, err);
    if (status != ATS_OK)
        return ats_task_abort(task, deadline_ms, err);
    rd_kafka_topic_partition_list_t *offsets = ats_offsets_to_commit(
        task->offsets, &task->changelog, ats_pipeline_input_number(task->pipeline));
    if (!offsets)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    status = ats_transaction_commit(task->transaction, offsets, task->consumer, deadline_ms, err);
    rd_kafka_topic_partition_list_destroy(offsets);
    if (status == ATS_OK)
        note_committed(task);
    else if (status == ATS_ERR_AGAIN)
        roll_back(task, err);
    return status;
}

enum ats_status ats_task_commit(struct ats_task *task, int64_t deadline_ms, struct ats_error *err)
{
    if (!task->in_transaction)
        return ATS_OK;
    if (task->records == 0) { /* begun for a record that has to wait */
        enum ats_status aborted = ats_task_abort(task, deadline_ms, err);
        return aborted == ATS_ERR_AGAIN ? ATS_OK : aborted;
    }
    int64_t begun_us = ats_metrics_clock_us();
    enum ats_status status = end_transaction(task, deadline_ms, err);
    ats_metrics_add(task->context->metrics, ATS_METRIC_COMMIT_US,
                    (uint64_t)(ats_metrics_clock_us() - begun_us));
    return status;
}

enum ats_status ats_task_abort(struct ats_task *task, int64_t deadline_ms, struct ats_error *err)
{
    if (!task->in_transaction)
        return ATS_ERR_AGAIN;
    enum ats_status status = ats_transaction_abort(task->transaction, deadline_ms, err);
    if (status == ATS_ERR_AGAIN)
        roll_back(task, err);
    return status;
}

enum ats_status ats_task_give_up(struct ats_task *task, int64_t deadline_ms, struct ats_error *err)
{
    ats_transaction_flush(task->transaction, deadline_ms);
    return ats_task_abort(task, deadline_ms, err);
}
