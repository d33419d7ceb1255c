/* SPDX-License-Identifier: Apache-2.0 */
/* Which inputs a worker reads: the telemetry topic of each contract, as long as its partitions fit. */
#include "processor/runtime/worker_internal.h"

#include "common/base/limits.h"
#include "processor/outputs/output.h"
#include "processor/runtime/inputs.h"

static bool is_in(const rd_kafka_topic_partition_list_t *topics, const char *name)
{
    return topics && rd_kafka_topic_partition_list_find(topics, name, RD_KAFKA_PARTITION_UA);
}

static void tell_left_out(struct ats_worker *worker, size_t left_out)
{
    if (left_out > 0 && left_out != worker->left_out)
        ats_log_event(worker->options.tasks.log, ATS_LOG_ERROR, "worker.inputs_left_out",
                      "contracts=%zu reason=\"a processor reads at most %d input topics, those "
                      "whose contracts were first in the control log, and none whose name is too "
                      "long for Kafka\"",
                      left_out, ATS_INPUT_TOPICS_MAX);
    worker->left_out = left_out;
}

static enum ats_status choose(struct ats_worker *worker,
                              rd_kafka_topic_partition_list_t **ret_topics)
{
    struct ats_control *control = worker->options.tasks.control;
    struct ats_snapshot *snapshot = ats_control_current(control);
    struct ats_store_view *view = NULL;
    size_t left_out = 0;
    enum ats_status status = ats_registry_view_open(ats_control_registry(control), &view);
    if (status == ATS_OK)
        status = ats_inputs_choose(view, snapshot->contracts, worker->input_prefix,
                                   ATS_INPUT_TOPICS_MAX, ret_topics, &left_out);
    ats_store_view_close(view);
    ats_snapshot_unref(snapshot);
    if (status != ATS_OK)
        return ats_error_set(&worker->err, ATS_ERR_UNAVAILABLE,
                             "which contracts were first in the control log cannot be read: %s",
                             ats_status_name(status));
    tell_left_out(worker, left_out);
    return ATS_OK;
}

static enum ats_status is_not_there(const char *topic, struct ats_error *err)
{
    return ats_error_set(err, ATS_ERR_NOT_FOUND,
                         "topic %s is not there: `attestream topics create` makes it", topic);
}

/* The partition count of a topic. UNAVAILABLE: Kafka does not answer; NOT_FOUND: no such topic. */
static enum ats_status count_partitions(struct ats_worker *worker, const char *topic,
                                        int *ret_count, struct ats_error *err)
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(worker->consumer, topic, NULL);
    if (!handle)
        return ats_error_set(err, ATS_ERR_INTERNAL, "cannot ask for topic %s", topic);
    rd_kafka_resp_err_t code =
        rd_kafka_metadata(worker->consumer, 0, handle, &metadata, ATS_TOPIC_QUESTION_MS);
    enum ats_status status = ATS_OK;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        status = ats_error_set(err, ATS_ERR_UNAVAILABLE, "Kafka does not answer: %s",
                               rd_kafka_err2str(code));
    else if (metadata->topic_cnt != 1 || metadata->topics[0].err != RD_KAFKA_RESP_ERR_NO_ERROR)
        status = is_not_there(topic, err);
    else
        *ret_count = metadata->topics[0].partition_cnt;
    if (metadata)
        rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(handle);
    return status;
}

/* The changelog and every output must be there before anything is read. */
static enum ats_status check_own_topics(struct ats_worker *worker)
{
    char topic[ATS_KAFKA_TOPIC_MAX + 1];
    int partitions = 0;
    enum ats_status status =
        count_partitions(worker, worker->changelog, &worker->changelog_partitions, &worker->err);
    for (size_t i = 0; ats_outputs[i] && status == ATS_OK; i++) {
        status = ats_kafka_topic_name(worker->options.tasks.kafka, ats_outputs[i]->topic, topic,
                                      &worker->err);
        if (status == ATS_OK)
            status = count_partitions(worker, topic, &partitions, &worker->err);
    }
    return status == ATS_ERR_NOT_FOUND ? ATS_ERR_UNAVAILABLE : status;
}

static bool is_subscribed(const struct ats_worker *worker, const char *topic)
{
    return is_in(worker->subscribed, topic);
}

/* Asks Kafka for what it has of the topics that are not read yet; `ret_metadata` is NULL where there are none. One question for all: the
   worker does nothing else meanwhile, and contracts whose topics are not there may be many. */
static enum ats_status ask_for_inputs(struct ats_worker *worker,
                                      const rd_kafka_topic_partition_list_t *topics,
                                      const struct rd_kafka_metadata **ret_metadata)
{
    rd_kafka_topic_t *handles[ATS_INPUT_TOPICS_MAX]; /* those there are is what is asked for */
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    size_t count = 0;
    *ret_metadata = NULL;
    for (int i = 0; i < topics->cnt && count < ATS_INPUT_TOPICS_MAX; i++) {
        const char *topic = topics->elems[i].topic;
        if (!is_subscribed(worker, topic) &&
            (handles[count] = rd_kafka_topic_new(worker->consumer, topic, NULL)))
            count++;
    }
    if (count > 0)
        code = rd_kafka_metadata(worker->consumer, 0, NULL, ret_metadata, ATS_TOPIC_QUESTION_MS);
    for (size_t i = 0; i < count; i++)
        rd_kafka_topic_destroy(handles[i]);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return ATS_OK;
    return ats_error_set(&worker->err, ATS_ERR_UNAVAILABLE, "Kafka does not answer: %s",
                         rd_kafka_err2str(code));
}

static enum ats_status check_input(const struct ats_worker *worker,
                                   const struct rd_kafka_metadata *metadata, const char *topic,
                                   struct ats_error *err)
{
    for (int i = 0; metadata && i < metadata->topic_cnt; i++)
        if (strcmp(metadata->topics[i].topic, topic) == 0 &&
            metadata->topics[i].err == RD_KAFKA_RESP_ERR_NO_ERROR)
            return ats_partitions_check(topic, metadata->topics[i].partition_cnt, worker->changelog,
                                        worker->changelog_partitions, err);
    return is_not_there(topic, err);
}

/* Takes out of `topics` what is not read yet and cannot be. The status is the last one's that was taken out, or that of a Kafka that
   does not answer. */
static enum ats_status leave_out_unusable(struct ats_worker *worker,
                                          rd_kafka_topic_partition_list_t *topics)
{
    const struct rd_kafka_metadata *metadata = NULL;
    enum ats_status asked = ask_for_inputs(worker, topics, &metadata);
    enum ats_status first = asked;
    for (int i = topics->cnt - 1; i >= 0; i--) {
        struct ats_error err = {0};
        if (is_subscribed(worker, topics->elems[i].topic))
            continue;
        enum ats_status status =
            asked == ATS_OK ? check_input(worker, metadata, topics->elems[i].topic, &err) : asked;
        if (status == ATS_OK)
            continue;
        (void)rd_kafka_topic_partition_list_del_by_idx(topics, i);
        if (first == ATS_OK) {
            first = status;
            worker->err = err;
        }
    }
    if (metadata)
        rd_kafka_metadata_destroy(metadata);
    return first;
}

static bool is_same(const struct ats_worker *worker, const rd_kafka_topic_partition_list_t *topics)
{
    bool same = worker->subscribed && worker->subscribed->cnt == topics->cnt;
    for (int i = 0; same && i < topics->cnt; i++)
        same = is_subscribed(worker, topics->elems[i].topic);
    return same;
}

/* Takes the list. */
static enum ats_status subscribe_to(struct ats_worker *worker,
                                    rd_kafka_topic_partition_list_t *topics)
{
    rd_kafka_resp_err_t code = rd_kafka_subscribe(worker->consumer, topics);
    ats_worker_forget_subscription(worker);
    worker->subscribed = topics;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return ats_error_set(&worker->err, ATS_ERR_INTERNAL, "cannot subscribe: %s",
                             rd_kafka_err2str(code));
    for (int i = 0; i < topics->cnt; i++)
        ats_log_event(worker->options.tasks.log, ATS_LOG_INFO, "worker.reads", "topic=%s",
                      topics->elems[i].topic);
    return ATS_OK;
}

/* Subscribes to what can be read of the contracts' topics. One that cannot, also for its partition count, is left out and told: a
   single contract must keep no member from the others. */
static enum ats_status subscribe(struct ats_worker *worker)
{
    uint64_t generation = ats_control_generation(worker->options.tasks.control);
    rd_kafka_topic_partition_list_t *topics = NULL;
    enum ats_status status = choose(worker, &topics);
    int wanted = topics ? topics->cnt : 0;
    enum ats_status left_out = topics ? leave_out_unusable(worker, topics) : status;
    worker->subscribed_at = generation;
    worker->subscribe_again_ms =
        left_out == ATS_OK ? 0 : ats_worker_now_ms() + ATS_RETRY_INTERVAL_MS;
    if (left_out != ATS_OK)
        ats_worker_say_waiting(worker, &worker->err);
    if (!topics)
        return status;
    ats_metrics_set(worker->options.tasks.metrics, ATS_METRIC_INPUTS_LEFT_OUT,
                    (uint64_t)(wanted - topics->cnt) + worker->left_out);
    if (topics->cnt == 0)
        status = left_out == ATS_OK ? ats_error_set(&worker->err, ATS_ERR_UNAVAILABLE,
                                                    "no contract is published yet")
                                    : ATS_ERR_UNAVAILABLE;
    if (status == ATS_OK && !is_same(worker, topics))
        return subscribe_to(worker, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    return status;
}

enum ats_status ats_worker_subscribe(struct ats_worker *worker)
{
    enum ats_status status = ats_control_check_group(worker->options.tasks.control, &worker->err);
    if (status == ATS_OK)
        status = check_own_topics(worker);
    return status == ATS_OK ? subscribe(worker) : status;
}

void ats_worker_follow_contracts(struct ats_worker *worker)
{
    struct ats_control *control = worker->options.tasks.control;
    bool changed = worker->subscribed_at != ats_control_generation(control);
    bool again =
        worker->subscribe_again_ms != 0 && ats_worker_now_ms() >= worker->subscribe_again_ms;
    if (!changed && !again)
        return;
    enum ats_status status = changed ? ats_control_check_group(control, &worker->err) : ATS_OK;
    if (status == ATS_OK)
        status = subscribe(worker);
    if (status == ATS_ERR_CONFIG || status == ATS_ERR_INTERNAL)
        ats_worker_fail(worker, status);
}

void ats_worker_forget_subscription(struct ats_worker *worker)
{
    if (worker->subscribed)
        rd_kafka_topic_partition_list_destroy(worker->subscribed);
    worker->subscribed = NULL;
}
