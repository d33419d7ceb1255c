/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The group's committed offsets, as Kafka's transactions have left them.
 *
 * rd_kafka_committed() asks for stable offsets only where the consumer reads its inputs under read_committed, which this one
 * does not (worker.c). So the question is an admin's: what a transaction of a task has committed is either decided or not
 * answered yet, never taken for something that was not there.
 */
#include "processor/runtime/worker_internal.h"

#include "common/base/limits.h"

#include <stdlib.h>
#include <time.h>

#define PAUSE_MS 100
/* A transaction that was just ended is decided before that, and a coordinator that moved is found. */
#define UNSAID_MS 2000

/* The answer for one partition, into the place of the question. */
static rd_kafka_resp_err_t take_entry(const rd_kafka_topic_partition_list_t *answer,
                                      rd_kafka_topic_partition_t *entry)
{
    const rd_kafka_topic_partition_t *found =
        rd_kafka_topic_partition_list_find(answer, entry->topic, entry->partition);
    if (!found)
        return RD_KAFKA_RESP_ERR__BAD_MSG;
    free(entry->metadata);
    entry->metadata = NULL;
    entry->metadata_size = 0;
    if (found->metadata_size > 0) {
        entry->metadata = malloc(found->metadata_size); /* freed with the list */
        if (!entry->metadata)
            return RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE;
        memcpy(entry->metadata, found->metadata, found->metadata_size);
        entry->metadata_size = found->metadata_size;
    }
    entry->offset = found->offset;
    entry->err = found->err;
    return found->err == RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT ? found->err
                                                                  : RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t take_answer(rd_kafka_event_t *event,
                                       rd_kafka_topic_partition_list_t *partitions)
{
    size_t count = 0;
    if (!event)
        return RD_KAFKA_RESP_ERR__TIMED_OUT;
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return code;
    const rd_kafka_ListConsumerGroupOffsets_result_t *result =
        rd_kafka_event_ListConsumerGroupOffsets_result(event);
    const rd_kafka_group_result_t **groups =
        result ? rd_kafka_ListConsumerGroupOffsets_result_groups(result, &count) : NULL;
    if (count != 1)
        return RD_KAFKA_RESP_ERR__BAD_MSG;
    const rd_kafka_error_t *error = rd_kafka_group_result_error(groups[0]);
    const rd_kafka_topic_partition_list_t *answer = rd_kafka_group_result_partitions(groups[0]);
    if (error || !answer)
        return error ? rd_kafka_error_code(error) : RD_KAFKA_RESP_ERR__BAD_MSG;
    for (int i = 0; i < partitions->cnt && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
        code = take_entry(answer, &partitions->elems[i]);
    return code;
}

static rd_kafka_resp_err_t ask(struct ats_worker *worker,
                               rd_kafka_topic_partition_list_t *partitions)
{
    char why[128];
    rd_kafka_event_t *event = NULL;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(worker->consumer);
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(worker->consumer, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);
    rd_kafka_ListConsumerGroupOffsets_t *question =
        rd_kafka_ListConsumerGroupOffsets_new(worker->group_id, partitions);
    rd_kafka_error_t *error = rd_kafka_AdminOptions_set_require_stable_offsets(options, 1);
    rd_kafka_resp_err_t code = error ? rd_kafka_error_code(error)
                                     : rd_kafka_AdminOptions_set_request_timeout(
                                           options, ATS_TRANSACTION_CALL_MS, why, sizeof(why));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_ListConsumerGroupOffsets(worker->consumer, &question, 1, options, queue);
        event = rd_kafka_queue_poll(queue, ATS_TRANSACTION_CALL_MS + ATS_KAFKA_ADMIN_SLACK_MS);
        code = take_answer(event, partitions);
    }
    if (event)
        rd_kafka_event_destroy(event);
    if (error)
        rd_kafka_error_destroy(error);
    rd_kafka_ListConsumerGroupOffsets_destroy(question);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    return code;
}

/* The first entry that cannot be told ends it; one that was never committed is the beginning. */
static enum ats_status check_entries(struct ats_worker *worker,
                                     rd_kafka_topic_partition_list_t *partitions)
{
    for (int i = 0; i < partitions->cnt; i++) {
        rd_kafka_topic_partition_t *entry = &partitions->elems[i];
        if (entry->err != RD_KAFKA_RESP_ERR_NO_ERROR)
            return ats_error_set(&worker->err,
                                 ats_committed_is_refused(entry->err) ? ats_kafka_status(entry->err)
                                                                      : ATS_ERR_UNAVAILABLE,
                                 "committed offset of %s [%d]: %s", entry->topic,
                                 (int)entry->partition, rd_kafka_err2str(entry->err));
        if (entry->offset == RD_KAFKA_OFFSET_INVALID)
            entry->offset = RD_KAFKA_OFFSET_BEGINNING;
    }
    return ATS_OK;
}

bool ats_committed_is_refused(rd_kafka_resp_err_t code)
{
    enum ats_status status = ats_kafka_status(code);
    return status == ATS_ERR_REFUSED || status == ATS_ERR_CONFIG || status == ATS_ERR_FENCED ||
           status == ATS_ERR_INVALID || code == RD_KAFKA_RESP_ERR_INVALID_GROUP_ID;
}

const char *ats_committed_waits_for(rd_kafka_resp_err_t code)
{
    if (code == RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT)
        return "a transaction on them stays open, and docs/topics.md says how to end it";
    return "Kafka is asked again until it answers";
}

static enum ats_status refused(struct ats_worker *worker, rd_kafka_resp_err_t code)
{
    enum ats_status status = ats_kafka_status(code);
    if (code == RD_KAFKA_RESP_ERR_INVALID_GROUP_ID)
        status = ATS_ERR_INVALID;
    return ats_error_set(&worker->err, status,
                         "Kafka refuses the committed offsets of group %s: %s", worker->group_id,
                         rd_kafka_err2str(code));
}

static enum ats_status undecided(struct ats_worker *worker, rd_kafka_resp_err_t code)
{
    return ats_error_set(&worker->err, ATS_ERR_UNAVAILABLE, "committed offsets: %s; %s",
                         rd_kafka_err2str(code), ats_committed_waits_for(code));
}

enum ats_status ats_worker_read_committed(struct ats_worker *worker,
                                          rd_kafka_topic_partition_list_t *partitions)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__TIMED_OUT;
    int64_t begun_ms = ats_worker_now_ms();
    int64_t now_ms = begun_ms;
    if (partitions->cnt == 0)
        return ATS_OK;
    while (!ats_worker_stopping(worker) && now_ms - begun_ms < ATS_TRANSACTION_TIMEOUT_MS) {
        code = ask(worker, partitions);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
            return check_entries(worker, partitions);
        if (ats_committed_is_refused(code))
            return refused(worker, code);
        now_ms = ats_worker_now_ms();
        if (now_ms - begun_ms >= UNSAID_MS) {
            (void)undecided(worker, code);
            ats_worker_say_waiting(worker, &worker->err); /* once for each reason */
        }
        (void)nanosleep(&pause, NULL);
    }
    return undecided(worker, code);
}
