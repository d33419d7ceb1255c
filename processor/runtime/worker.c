/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/runtime/worker_internal.h"

#include "common/base/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define POLL_MS 20
#define INPUT_SUFFIX "telemetry."

static bool stopping(const struct ats_worker *worker)
{
    return atomic_load(worker->options.tasks.stopping);
}

static void pause_ms(const struct ats_worker *worker, int64_t ms)
{
    for (int64_t slept = 0; slept < ms && !stopping(worker); slept += 50)
        (void)nanosleep(&(struct timespec){.tv_nsec = 50 * 1000000L}, NULL);
}

/* ---- joining ---- */

static enum ats_status make_consumer(struct ats_worker *worker)
{
    char session[24];
    (void)snprintf(session, sizeof(session), "%lld", (long long)worker->options.session_timeout_ms);
    const struct {
        const char *name;
        const char *value;
    } settings[] = {
        {"group.id", worker->options.tasks.group},
        {"group.instance.id", worker->instance_id},
        {"session.timeout.ms", session},
        {"partition.assignment.strategy", "range"},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "earliest"},
        {"isolation.level", "read_committed"},
        {"fetch.wait.max.ms", "50"},
        {"fetch.error.backoff.ms", "50"},
        {"allow.auto.create.topics", "false"},
    };
    rd_kafka_conf_t *conf = NULL;
    char text[ATS_ERROR_TEXT_MAX];
    enum ats_status status = ats_kafka_conf_new(worker->options.tasks.kafka, &conf, &worker->err);
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]) && status == ATS_OK; i++)
        status = ats_kafka_conf_set(conf, settings[i].name, settings[i].value, &worker->err);
    if (status != ATS_OK) {
        if (conf)
            rd_kafka_conf_destroy(conf);
        return status;
    }
    rd_kafka_conf_set_rebalance_cb(conf, ats_worker_on_rebalance);
    rd_kafka_conf_set_opaque(conf, worker);
    worker->consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof(text));
    if (!worker->consumer) {
        rd_kafka_conf_destroy(conf);
        return ats_error_set(&worker->err, ATS_ERR_CONFIG, "cannot make a consumer: %s", text);
    }
    (void)rd_kafka_poll_set_consumer(worker->consumer);
    return ATS_OK;
}

/* The input topics of the contracts in force; several versions of a contract share one. */
static rd_kafka_topic_partition_list_t *input_topics(struct ats_worker *worker)
{
    struct ats_snapshot *snapshot = ats_control_current(worker->options.tasks.control);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(8);
    size_t count = ats_contract_set_count(snapshot->contracts);
    for (size_t i = 0; i < count && topics->cnt < ATS_INPUT_TOPICS_MAX; i++) {
        char name[ATS_KAFKA_TOPIC_MAX + 1];
        const char *contract = ats_contract_name(ats_contract_set_at(snapshot->contracts, i));
        if (snprintf(name, sizeof(name), "%s%s", worker->input_prefix, contract) <
                (int)sizeof(name) &&
            !rd_kafka_topic_partition_list_find(topics, name, RD_KAFKA_PARTITION_UA))
            rd_kafka_topic_partition_list_add(topics, name, RD_KAFKA_PARTITION_UA);
    }
    ats_snapshot_unref(snapshot);
    return topics;
}

/* The partition count of a topic; 0 and the reason in `err` while it is not known. */
static int partition_count(struct ats_worker *worker, const char *topic, struct ats_error *err)
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(worker->consumer, topic, NULL);
    if (!handle)
        return 0;
    rd_kafka_resp_err_t code =
        rd_kafka_metadata(worker->consumer, 0, handle, &metadata, ATS_KAFKA_METADATA_TIMEOUT_MS);
    int count = 0;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        (void)ats_error_set(err, ATS_ERR_UNAVAILABLE, "Kafka does not answer: %s",
                            rd_kafka_err2str(code));
    else if (metadata->topic_cnt != 1 || metadata->topics[0].err != RD_KAFKA_RESP_ERR_NO_ERROR)
        (void)ats_error_set(err, ATS_ERR_NOT_FOUND,
                            "topic %s is not there: `attestream topics create` makes it", topic);
    else
        count = metadata->topics[0].partition_cnt;
    if (metadata)
        rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(handle);
    return count;
}

/* Task n is partition n of everything, so all counts must be equal. */
static enum ats_status check_partitions(struct ats_worker *worker,
                                        const rd_kafka_topic_partition_list_t *topics)
{
    char state[ATS_KAFKA_TOPIC_MAX + 1];
    char suffix[ATS_KAFKA_TOPIC_MAX + 1];
    (void)snprintf(suffix, sizeof(suffix), "state.%s", worker->options.tasks.group);
    enum ats_status status =
        ats_kafka_topic_name(worker->options.tasks.kafka, suffix, state, &worker->err);
    if (status != ATS_OK)
        return status;
    int expected = partition_count(worker, state, &worker->err);
    for (int i = 0; i < topics->cnt && expected > 0; i++) {
        int found = partition_count(worker, topics->elems[i].topic, &worker->err);
        if (found == 0)
            return ATS_ERR_UNAVAILABLE;
        if (found != expected)
            return ats_error_set(&worker->err, ATS_ERR_CONFIG,
                                 "topic %s has %d partitions and %s has %d (allowed: equal counts)",
                                 topics->elems[i].topic, found, state, expected);
    }
    return expected > 0 ? ATS_OK : ATS_ERR_UNAVAILABLE;
}

/* Subscribes to the inputs of the present contracts; UNAVAILABLE while there are none, or topics are missing. */
static enum ats_status subscribe(struct ats_worker *worker)
{
    uint64_t generation = ats_control_generation(worker->options.tasks.control);
    rd_kafka_topic_partition_list_t *topics = input_topics(worker);
    enum ats_status status = ATS_OK;
    if (topics->cnt == 0)
        status = ats_error_set(&worker->err, ATS_ERR_UNAVAILABLE, "no contract is published yet");
    if (status == ATS_OK)
        status = check_partitions(worker, topics);
    rd_kafka_topic_partition_list_t *former = NULL;
    bool same = status == ATS_OK &&
                rd_kafka_subscription(worker->consumer, &former) == RD_KAFKA_RESP_ERR_NO_ERROR &&
                former->cnt == topics->cnt;
    for (int i = 0; same && i < topics->cnt; i++)
        same = rd_kafka_topic_partition_list_find(former, topics->elems[i].topic,
                                                  RD_KAFKA_PARTITION_UA) != NULL;
    if (former)
        rd_kafka_topic_partition_list_destroy(former);
    if (status == ATS_OK && !same &&
        rd_kafka_subscribe(worker->consumer, topics) != RD_KAFKA_RESP_ERR_NO_ERROR)
        status = ats_error_set(&worker->err, ATS_ERR_INTERNAL, "cannot subscribe");
    rd_kafka_topic_partition_list_destroy(topics);
    if (status == ATS_OK)
        worker->subscribed = generation;
    return status;
}

/* ---- running ---- */

/* The record has to wait: what came before it is committed, and the input goes back to it. */
static void wait_for_control(struct ats_worker *worker, struct ats_task *task)
{
    if (ats_worker_commit(worker, task) == ATS_OK)
        ats_worker_rewind(worker, task);
    pause_ms(worker, 50);
}

static void take_record(struct ats_worker *worker, const rd_kafka_message_t *message)
{
    struct ats_task *task = ats_worker_find_task(worker, message->partition);
    struct ats_kafka_record record;
    bool wait = false;
    if (!task)
        return; /* fetched before a revocation */
    ats_kafka_record_view(message, &record);
    enum ats_status status = ats_task_process(task, &record, &wait, &worker->err);
    if (wait) {
        wait_for_control(worker, task);
    } else if (status == ATS_ERR_AGAIN) {
        if (ats_task_abort(task, &worker->err) == ATS_ERR_AGAIN)
            ats_worker_rewind(worker, task);
        else
            ats_worker_fail(worker, ATS_ERR_FENCED);
    } else if (status != ATS_OK) {
        ats_worker_fail(worker, status);
    }
}

static void take_message(struct ats_worker *worker, rd_kafka_message_t *message)
{
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        take_record(worker, message);
    else if (message->err == RD_KAFKA_RESP_ERR__FATAL ||
             message->err == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID)
        ats_worker_fail(worker, ats_error_set(&worker->err, ATS_ERR_FENCED, "%s",
                                              rd_kafka_message_errstr(message)));
    else
        ats_log_event(worker->options.tasks.log, ATS_LOG_WARNING, "worker.input", "reason=\"%s\"",
                      rd_kafka_message_errstr(message));
    rd_kafka_message_destroy(message);
}

static void commit_due(struct ats_worker *worker)
{
    int64_t now_ms = ats_clock_monotonic_ms(&ats_clock_system);
    for (size_t i = 0; i < worker->task_count && worker->failed == ATS_OK; i++) {
        int64_t since_ms = 0;
        uint64_t records = 0;
        if (ats_task_in_transaction(worker->tasks[i], &since_ms, &records) &&
            (now_ms - since_ms >= worker->options.commit_interval_ms ||
             records >= (uint64_t)worker->options.commit_records_max))
            (void)ats_worker_commit(worker, worker->tasks[i]);
    }
}

static void subscribe_if_changed(struct ats_worker *worker)
{
    if (worker->subscribed == ats_control_generation(worker->options.tasks.control))
        return;
    enum ats_status status = subscribe(worker);
    if (status == ATS_ERR_CONFIG) {
        ats_worker_fail(worker, status);
        return;
    }
    /* A contract whose topic is not there yet: go on with what there is, look again when the log grows. */
    worker->subscribed = ats_control_generation(worker->options.tasks.control);
}

static void run_until_failure(struct ats_worker *worker)
{
    int64_t next_commit_ms = 0;
    while (!stopping(worker) && worker->failed == ATS_OK) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(worker->consumer, POLL_MS);
        if (message)
            take_message(worker, message);
        int64_t now_ms = ats_clock_monotonic_ms(&ats_clock_system);
        if (now_ms >= next_commit_ms) {
            commit_due(worker);
            subscribe_if_changed(worker);
            next_commit_ms = now_ms + 5;
        }
    }
}

/* From joining to the end or the first failure. */
static void run_once(struct ats_worker *worker)
{
    bool said = false;
    worker->failed = make_consumer(worker);
    while (worker->failed == ATS_OK && !stopping(worker)) {
        enum ats_status status = subscribe(worker);
        if (status == ATS_OK) {
            run_until_failure(worker);
            break;
        }
        if (status == ATS_ERR_CONFIG)
            worker->failed = status;
        if (!said)
            ats_log_event(worker->options.tasks.log, ATS_LOG_WARNING, "worker.waiting",
                          "reason=\"%s\"", worker->err.text);
        said = true;
        pause_ms(worker, ATS_RETRY_INTERVAL_MS);
    }
    atomic_store(&worker->joined, false);
    if (worker->failed != ATS_OK)
        ats_worker_close_tasks(
            worker); /* nothing is committed: the outcome of something is unknown */
    if (worker->consumer) {
        (void)rd_kafka_consumer_close(
            worker->consumer); /* revokes, which commits and closes the tasks */
        rd_kafka_destroy(worker->consumer);
        worker->consumer = NULL;
    }
    ats_worker_close_tasks(worker);
}

static void *run(void *arg)
{
    struct ats_worker *worker = arg;
    while (!stopping(worker)) {
        run_once(worker);
        if (stopping(worker) || worker->failed == ATS_OK)
            continue;
        ats_metrics_add(worker->options.tasks.metrics, ATS_METRIC_RESTARTS, 1);
        ats_log_event(worker->options.tasks.log, ATS_LOG_WARNING, "worker.restart",
                      "instance=%s status=%s reason=\"%s\"", worker->instance_id,
                      ats_status_name(worker->failed), worker->err.text);
        pause_ms(worker, ATS_RETRY_INTERVAL_MS);
    }
    return NULL;
}

enum ats_status ats_worker_start(const struct ats_worker_options *options,
                                 struct ats_worker **ret_worker, struct ats_error *err)
{
    struct ats_worker *worker = calloc(1, sizeof(*worker));
    if (!worker)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    worker->options = *options;
    worker->instance_id = strdup(options->instance_id);
    enum ats_status status =
        worker->instance_id ? ATS_OK : ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    if (status == ATS_OK)
        status =
            ats_kafka_topic_name(options->tasks.kafka, INPUT_SUFFIX, worker->input_prefix, err);
    if (status == ATS_OK && pthread_create(&worker->thread, NULL, run, worker) != 0)
        status = ats_error_set(err, ATS_ERR_MEMORY, "cannot start a thread");
    if (status != ATS_OK) {
        free(worker->instance_id);
        free(worker);
        return status;
    }
    (void)pthread_setname_np(worker->thread, "ats-worker");
    *ret_worker = worker;
    return ATS_OK;
}

bool ats_worker_joined(const struct ats_worker *worker)
{
    return atomic_load(&worker->joined);
}

void ats_worker_join(struct ats_worker *worker)
{
    if (!worker)
        return;
    (void)pthread_join(worker->thread, NULL);
    free(worker->instance_id);
    free(worker);
}
