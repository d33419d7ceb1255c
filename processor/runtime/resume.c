/* SPDX-License-Identifier: Apache-2.0 */
/* From where each input is read on: Kafka is asked for what position.h judges, and what does not hold is told. */
#include "processor/runtime/worker_internal.h"

#include "common/base/limits.h"
#include "processor/operators/operator.h"
#include "processor/runtime/commit_mark.h"
#include "processor/runtime/position.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define NOT_ASKED INT64_MIN

struct input {
    rd_kafka_topic_partition_t *entry; /* of the assignment */
    struct ats_position_facts facts;
    int64_t time_ms; /* the newest of what was read; negative: not known */
};

struct inputs {
    struct input *inputs;
    size_t count;
    int32_t partition; /* of the task whose state is looked at */
};

/* ---- what the group has said ---- */

/* What somebody else has said with an offset is gone from here on: neither its number nor its time counts for anything. */
static void drop_foreign_marks(struct ats_worker *worker,
                               rd_kafka_topic_partition_list_t *partitions)
{
    for (int i = 0; i < partitions->cnt; i++) {
        rd_kafka_topic_partition_t *entry = &partitions->elems[i];
        const struct ats_worker_task *slot = ats_worker_find_task(worker, entry->partition);
        if (!slot || !ats_commit_mark_holds(ats_task_changelog(slot->task), entry))
            ats_commit_mark_drop(entry);
    }
}

/* ---- what the state has seen ---- */

static void note_seen(void *ctx, struct ats_span topic)
{
    const struct inputs *all = ctx;
    for (size_t i = 0; i < all->count; i++) {
        struct input *input = &all->inputs[i];
        if (input->entry->partition == all->partition && ats_span_is(topic, input->entry->topic))
            input->facts.was_read = true;
    }
}

/* Only where it matters: a state can be large. */
static bool is_in_question(const struct inputs *all)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->inputs[i].entry->partition == all->partition && all->inputs[i].facts.committed < 0)
            return true;
    return false;
}

static void look_into_states(const struct ats_worker *worker, struct inputs *all)
{
    for (size_t i = 0; i < worker->task_count; i++) {
        const struct ats_task *task = worker->tasks[i].task;
        all->partition = ats_task_partition(task);
        if (is_in_question(all))
            ats_deduplicate_each_topic(ats_task_state(task), note_seen, all);
    }
}

/* ---- what Kafka says ---- */

typedef int64_t question(const struct input *input);

/* Kafka's own numbers for the first and the last offset, in the place of a time. */
static int64_t ask_first(const struct input *input)
{
    return input->facts.committed >= 0 || input->facts.was_read ? RD_KAFKA_OFFSET_BEGINNING
                                                                : NOT_ASKED;
}

static int64_t ask_end(const struct input *input)
{
    return input->facts.committed >= 0 ? RD_KAFKA_OFFSET_END : NOT_ASKED;
}

static int64_t ask_newer(const struct input *input)
{
    bool has_later = input->time_ms >= 0 && input->time_ms < INT64_MAX;
    return input->facts.committed >= 0 && has_later ? input->time_ms + 1 : NOT_ASKED;
}

/* The answer for each input that is asked for, into the facts' member at `member`. A leader that is new and does not know the
   end yet says so, which is a failure and asked again. */
static rd_kafka_resp_err_t ask(struct ats_worker *worker, struct inputs *all, question *asked,
                               size_t member)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)all->count);
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    for (size_t i = 0; i < all->count; i++) {
        const rd_kafka_topic_partition_t *entry = all->inputs[i].entry;
        if (asked(&all->inputs[i]) != NOT_ASKED)
            rd_kafka_topic_partition_list_add(list, entry->topic, entry->partition)->offset =
                asked(&all->inputs[i]);
    }
    if (list->cnt > 0)
        code = rd_kafka_offsets_for_times(worker->consumer, list, ATS_TRANSACTION_CALL_MS);
    for (size_t i = 0; i < all->count && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        const rd_kafka_topic_partition_t *entry = all->inputs[i].entry;
        const rd_kafka_topic_partition_t *answer =
            rd_kafka_topic_partition_list_find(list, entry->topic, entry->partition);
        if (!answer)
            continue;
        code = answer->err;
        memcpy((uint8_t *)&all->inputs[i].facts + member, &answer->offset, sizeof(answer->offset));
    }
    rd_kafka_topic_partition_list_destroy(list);
    return code;
}

static enum ats_status ask_kafka(struct ats_worker *worker, struct inputs *all)
{
    rd_kafka_resp_err_t code =
        ask(worker, all, ask_first, offsetof(struct ats_position_facts, first));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        code = ask(worker, all, ask_end, offsetof(struct ats_position_facts, end));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        code = ask(worker, all, ask_newer, offsetof(struct ats_position_facts, newer));
    return code == RD_KAFKA_RESP_ERR_NO_ERROR
               ? ATS_OK
               : ats_error_set(&worker->err, ATS_ERR_UNAVAILABLE,
                               "the inputs' first and last offsets: %s", rd_kafka_err2str(code));
}

/* ---- what becomes of it ---- */

static void tell_missed(struct ats_worker *worker, const struct input *input)
{
    const struct ats_position_facts *facts = &input->facts;
    ats_metrics_add(worker->options.tasks.metrics, ATS_METRIC_MISSED,
                    (uint64_t)(facts->first - facts->committed));
    ats_log_event(worker->options.tasks.log, ATS_LOG_ERROR, "worker.records_missed",
                  "topic=%s partition=%d from=%" PRId64 " to=%" PRId64
                  " reason=\"the topic's retention deleted them before they were read\"",
                  input->entry->topic, (int)input->entry->partition, facts->committed,
                  facts->first - 1);
}

static const struct {
    const char *event;
    const char *reason;
} told[ATS_POSITION_REASONS] = {
    {"worker.offset_past_end",
     "the partition ends before what is committed: Kafka lost records that were read"},
    {"worker.offset_overwritten",
     "before what is committed stand records that are newer than what was read: Kafka lost records "
     "that were read, and took others since"},
    {"worker.offset_foreign",
     "its metadata has no tag of this group's that holds, so somebody else has committed it, or a "
     "version before there were tags; what retention has deleted unread is not known"},
    {"worker.offset_gone",
     "Kafka knows of no committed offset, though records were read: the group was away for longer "
     "than offsets.retention.minutes, somebody deleted its offsets, or the topic was made anew; "
     "what retention has deleted unread is not known"},
};

static void tell_read_again(struct ats_worker *worker, const struct input *input,
                            enum ats_position position)
{
    int which = (int)position - (int)ATS_POSITION_PAST_END;
    char committed[24] = "none";
    if (input->facts.committed >= 0)
        (void)snprintf(committed, sizeof(committed), "%" PRId64, input->facts.committed);
    ats_metrics_add(worker->options.tasks.metrics,
                    (enum ats_metric)((int)ATS_METRIC_READ_AGAIN + which), 1);
    ats_log_event(worker->options.tasks.log, ATS_LOG_ERROR, told[which].event,
                  "topic=%s partition=%d committed=%s first=%" PRId64
                  " reason=\"%s; it is read again from its first record: nothing is decided "
                  "twice, and what was decided is a duplicate, or a dead letter where its gate was "
                  "revoked or its gate's key has ended since\"",
                  input->entry->topic, (int)input->entry->partition, committed, input->facts.first,
                  told[which].reason);
}

static void settle(struct ats_worker *worker, struct input *input)
{
    enum ats_position position = ats_position_judge(&input->facts);
    if (position == ATS_POSITION_HOLDS)
        return;
    if (position == ATS_POSITION_DELETED)
        tell_missed(worker, input);
    else
        tell_read_again(worker, input, position);
    input->entry->offset = input->facts.first;
}

enum ats_status ats_worker_check_positions(struct ats_worker *worker,
                                           rd_kafka_topic_partition_list_t *partitions)
{
    struct inputs all = {.count = (size_t)partitions->cnt};
    drop_foreign_marks(worker, partitions);
    all.inputs = calloc(all.count + 1, sizeof(struct input));
    if (!all.inputs)
        return ats_error_set(&worker->err, ATS_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < all.count; i++) {
        struct ats_commit_mark mark = ats_commit_mark_read(&partitions->elems[i]);
        all.inputs[i] = (struct input){.entry = &partitions->elems[i],
                                       .facts = {.committed = partitions->elems[i].offset,
                                                 .is_ours = mark.is_there,
                                                 .newer = -1},
                                       .time_ms = mark.time_ms};
    }
    look_into_states(worker, &all);
    enum ats_status status = ask_kafka(worker, &all);
    for (size_t i = 0; i < all.count && status == ATS_OK; i++)
        settle(worker, &all.inputs[i]);
    free(all.inputs);
    return status;
}
