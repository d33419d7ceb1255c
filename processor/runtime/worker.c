/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/runtime/worker_internal.h"

#include "common/base/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define POLL_MS 20
#define ROUND_MS 5
#define MEASURE_MS 500
#define NAP_MS 50
#define INPUT_SUFFIX "telemetry."

int64_t ats_worker_now_ms(void)
{
    return ats_clock_monotonic_ms(&ats_clock_system);
}

bool ats_worker_stopping(const struct ats_worker *worker)
{
    return atomic_load(worker->options.tasks.stopping);
}

void ats_worker_fail(struct ats_worker *worker, enum ats_status status)
{
    if (worker->failed == ATS_OK)
        worker->failed = status;
}

void ats_worker_set_held_up(struct ats_worker *worker, bool held_up)
{
    bool was = atomic_exchange(&worker->held_up, held_up);
    /* Unsigned: less is more than what wraps. */
    ats_metrics_add(worker->options.tasks.metrics, ATS_METRIC_WORKERS_HELD_UP,
                    (uint64_t)held_up - (uint64_t)was);
}

void ats_worker_say_waiting(struct ats_worker *worker, const struct ats_error *err)
{
    if (strcmp(worker->said, err->text) == 0)
        return;
    (void)snprintf(worker->said, sizeof(worker->said), "%s", err->text);
    ats_log_event(worker->options.tasks.log, ATS_LOG_WARNING, "worker.waiting",
                  "instance=%s reason=\"%s\"", worker->instance_id, err->text);
}

static void pause_ms(const struct ats_worker *worker, int64_t ms)
{
    for (int64_t slept = 0; slept < ms && !ats_worker_stopping(worker); slept += NAP_MS)
        (void)nanosleep(&(struct timespec){.tv_nsec = NAP_MS * 1000000L}, NULL);
}

/* ---- the consumer ---- */

/* Where every broker was away, what they confirmed before is asked for again: a cluster of one broker that was killed can
   complete a transaction and leave it open in its partitions (docs/topics.md), and going on from there would lose what is in
   it once somebody ends it. */
static void on_error(rd_kafka_t *consumer, int code, const char *reason, void *opaque)
{
    struct ats_worker *worker = opaque;
    (void)consumer;
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && worker->task_count > 0)
        ats_worker_fail(worker,
                        ats_error_set(&worker->err, ATS_ERR_UNAVAILABLE,
                                      "the tasks begin anew from what Kafka holds: %s", reason));
}

static enum ats_status configure(struct ats_worker *worker, rd_kafka_conf_t *conf)
{
    char session[24];
    char poll[24];
    int64_t session_ms = worker->options.session_timeout_ms;
    (void)snprintf(session, sizeof(session), "%lld", (long long)session_ms);
    (void)snprintf(
        poll, sizeof(poll), "%lld",
        (long long)(session_ms > ATS_TASK_OPEN_MAX_MS ? session_ms : ATS_TASK_OPEN_MAX_MS));
    const struct {
        const char *name;
        const char *value;
    } settings[] = {
        {"group.id", worker->group_id},
        {"group.instance.id", worker->instance_id},
        {"session.timeout.ms", session},
        {"max.poll.interval.ms", poll},
        {"partition.assignment.strategy", "range"},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"enable.partition.eof", "true"}, /* for the lag, see take_end() */
        /* An input that no longer holds what is to be read next is told, see assignment.c. */
        {"auto.offset.reset", "error"},
        /* Each input record is judged by its seal alone, and gates write none in a transaction: one that somebody leaves
           open must not hold up what is behind it (docs/adr/0029-inputs-read-uncommitted.md). */
        {"isolation.level", "read_uncommitted"},
    };
    enum ats_status status = ATS_OK;
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]) && status == ATS_OK; i++)
        status = ats_kafka_conf_set(conf, settings[i].name, settings[i].value, &worker->err);
    rd_kafka_conf_set_rebalance_cb(conf, ats_worker_on_rebalance);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_opaque(conf, worker);
    return status;
}

static enum ats_status open_consumer(struct ats_worker *worker)
{
    rd_kafka_conf_t *conf = NULL;
    char text[ATS_ERROR_TEXT_MAX - 64];
    enum ats_status status = ats_kafka_conf_new(worker->options.tasks.kafka, &conf, &worker->err);
    if (status != ATS_OK)
        return status;
    status = configure(worker, conf);
    if (status == ATS_OK) {
        worker->consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof(text));
        if (!worker->consumer)
            status =
                ats_error_set(&worker->err, ATS_ERR_CONFIG, "cannot make a consumer: %s", text);
    }
    if (status != ATS_OK) {
        rd_kafka_conf_destroy(conf);
        return status;
    }
    (void)rd_kafka_poll_set_consumer(worker->consumer);
    return ATS_OK;
}

/* Leaves the group; what is assigned is revoked, which commits and closes the tasks. Bounded in time: then the group finds
   out by itself. */
static void close_consumer(struct ats_worker *worker)
{
    if (!worker->consumer)
        return;
    int64_t deadline_ms = ats_worker_now_ms() + ATS_REVOKE_BUDGET_MS + ATS_LEAVE_BUDGET_MS;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(worker->consumer);
    rd_kafka_error_t *error = rd_kafka_consumer_close_queue(worker->consumer, queue);
    while (!error && !rd_kafka_consumer_closed(worker->consumer) &&
           ats_worker_now_ms() < deadline_ms) {
        /* The queue also holds fetched records, which rd_kafka_queue_poll_callback() does not survive. They are not
           committed, so whoever has the partition next reads them again. */
        rd_kafka_message_t *message = rd_kafka_consume_queue(queue, POLL_MS);
        if (message)
            rd_kafka_message_destroy(message);
    }
    bool closed = rd_kafka_consumer_closed(worker->consumer) != 0;
    if (error)
        rd_kafka_error_destroy(error);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy_flags(worker->consumer, closed ? 0 : RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    worker->consumer = NULL;
}

/* ---- running ---- */

static void take_record(struct ats_worker *worker, const rd_kafka_message_t *message)
{
    struct ats_worker_task *slot = ats_worker_find_task(worker, message->partition);
    struct ats_kafka_record record;
    bool wait = false;
    if (!slot || slot->pause != ATS_PAUSE_NONE)
        return; /* fetched before a revocation or a pause */
    ats_kafka_record_view(message, &record);
    enum ats_status status = ats_task_process(slot->task, &record, &wait, &worker->err);
    if (status == ATS_OK && !wait && !ats_task_wants_commit(slot->task))
        return;
    int64_t deadline_ms = ats_worker_now_ms() + ATS_TRANSACTION_TIMEOUT_MS;
    if (status == ATS_ERR_AGAIN)
        ats_worker_abort(worker, slot, deadline_ms);
    else if (status == ATS_ERR_LIMIT)
        ats_worker_stop_full(worker, slot, deadline_ms);
    else if (status != ATS_OK)
        ats_worker_fail(worker, status);
    else if (ats_worker_commit(worker, slot, deadline_ms) == ATS_OK && wait)
        ats_worker_pause(worker, slot, ATS_PAUSE_WAITS);
}

/* Comes behind the records before it. Where the task is paused it has not had them: then it comes again. */
static void take_end(struct ats_worker *worker, const rd_kafka_message_t *message)
{
    struct ats_worker_task *slot = ats_worker_find_task(worker, message->partition);
    if (slot && slot->pause == ATS_PAUSE_NONE)
        ats_task_note_idle(slot->task, rd_kafka_topic_name(message->rkt), message->offset);
}

static void take_message(struct ats_worker *worker, rd_kafka_message_t *message)
{
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        take_record(worker, message);
    else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
        take_end(worker, message);
    else if (message->err == RD_KAFKA_RESP_ERR__FATAL ||
             message->err == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID)
        ats_worker_fail(
            worker, ats_error_set(&worker->err, ATS_ERR_FENCED,
                                  "%s (where that goes on, another process runs as this member: "
                                  "each needs one of its own, `attestream processor add`)",
                                  rd_kafka_message_errstr(message)));
    else if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
        /* Deleted while it was waiting to be read: joining anew finds out how much. */
        ats_worker_fail(worker, ats_error_set(&worker->err, ATS_ERR_UNAVAILABLE, "%s",
                                              rd_kafka_message_errstr(message)));
    else
        ats_log_event(worker->options.tasks.log, ATS_LOG_WARNING, "worker.input", "reason=\"%s\"",
                      rd_kafka_message_errstr(message));
    rd_kafka_message_destroy(message);
}

static bool may_go_on(const struct ats_worker_task *slot, int64_t now_ms)
{
    switch (slot->pause) {
    case ATS_PAUSE_WAITS:
        return ats_task_may_go_on(slot->task);
    case ATS_PAUSE_FAILS:
        return now_ms >= slot->until_ms;
    default:
        return false;
    }
}

/* What has to be looked at now and then, rather than with each record. */
static void do_round(struct ats_worker *worker, int64_t now_ms)
{
    const struct ats_worker_options *options = &worker->options;
    ats_control_poll(options->tasks.control);
    for (size_t i = 0; i < worker->task_count; i++) {
        struct ats_worker_task *slot = &worker->tasks[i];
        int64_t since_ms = 0;
        uint64_t records = 0;
        if (may_go_on(slot, now_ms))
            ats_worker_resume(worker, slot);
        slot->due = ats_task_in_transaction(slot->task, &since_ms, &records) &&
                    (now_ms - since_ms >= options->commit_interval_ms ||
                     records >= (uint64_t)options->commit_events_max);
    }
    ats_worker_commit_due(worker, now_ms + ATS_TRANSACTION_TIMEOUT_MS);
    if (worker->failed == ATS_OK)
        ats_worker_follow_contracts(worker);
}

static void run_until_failure(struct ats_worker *worker)
{
    int64_t next_round_ms = 0;
    int64_t next_measure_ms = 0;
    while (!ats_worker_stopping(worker) && worker->failed == ATS_OK) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(worker->consumer, POLL_MS);
        if (message)
            take_message(worker, message);
        int64_t now_ms = ats_worker_now_ms();
        if (now_ms >= next_round_ms && worker->failed == ATS_OK) {
            do_round(worker, now_ms);
            next_round_ms = now_ms + ROUND_MS;
        }
        if (now_ms >= next_measure_ms) {
            ats_worker_measure(worker);
            next_measure_ms = now_ms + MEASURE_MS;
        }
    }
}

/* Tries until there is something to subscribe to; false when stopped before. While the control log is still being read for
   the first time, what is missing is not worth a word yet. */
static bool join_group(struct ats_worker *worker)
{
    struct ats_control *control = worker->options.tasks.control;
    int64_t begun_ms = ats_worker_now_ms();
    for (unsigned tries = 1; !ats_worker_stopping(worker); tries++) {
        ats_control_poll(control);
        if (ats_worker_subscribe(worker) == ATS_OK)
            return true;
        bool early = !ats_control_caught_up(control) &&
                     ats_worker_now_ms() - begun_ms < ATS_RETRY_INTERVAL_MS;
        if (!early)
            ats_worker_say_waiting(worker, &worker->err);
        ats_log_event(worker->options.tasks.log, ATS_LOG_DEBUG, "worker.tried",
                      "instance=%s tries=%u reason=\"%s\"", worker->instance_id, tries,
                      worker->err.text);
        pause_ms(worker, early ? NAP_MS : ATS_RETRY_INTERVAL_MS);
    }
    return false;
}

/* From joining to the end or the first failure. */
static void run_once(struct ats_worker *worker)
{
    worker->failed = open_consumer(worker);
    if (worker->failed == ATS_OK && join_group(worker))
        run_until_failure(worker);
    if (worker->failed != ATS_OK)
        ats_worker_close_tasks(worker); /* not committed: the outcome of something is unknown */
    close_consumer(worker);
    ats_worker_close_tasks(worker);
    ats_worker_forget_subscription(worker);
}

/* What somebody else keeps open is no failure: it is told once, not with each try. */
static void tell_restart(struct ats_worker *worker)
{
    ats_metrics_add(worker->options.tasks.metrics, ATS_METRIC_RESTARTS, 1);
    ats_worker_set_held_up(worker, worker->failed == ATS_ERR_AGAIN);
    if (atomic_load(&worker->held_up))
        ats_worker_say_waiting(worker, &worker->err);
    else
        ats_log_event(worker->options.tasks.log, ATS_LOG_WARNING, "worker.restart",
                      "instance=%s status=%s reason=\"%s\"", worker->instance_id,
                      ats_status_name(worker->failed), worker->err.text);
}

static void *run(void *arg)
{
    struct ats_worker *worker = arg;
    while (!ats_worker_stopping(worker)) {
        run_once(worker);
        if (ats_worker_stopping(worker) || worker->failed == ATS_OK)
            continue;
        tell_restart(worker);
        pause_ms(worker, ATS_RETRY_INTERVAL_MS);
    }
    return NULL;
}

/* ---- start and end ---- */

static enum ats_status init(struct ats_worker *worker, struct ats_error *err)
{
    const struct ats_task_context *tasks = &worker->options.tasks;
    char suffix[ATS_KAFKA_TOPIC_MAX + 1];
    worker->instance_id = strdup(worker->options.instance_id);
    if (!worker->instance_id)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    enum ats_status status =
        ats_kafka_topic_name(tasks->kafka, INPUT_SUFFIX, worker->input_prefix, err);
    if (status == ATS_OK)
        status = ats_kafka_topic_name(tasks->kafka, tasks->group, worker->group_id, err);
    if (status != ATS_OK)
        return status;
    if (snprintf(suffix, sizeof(suffix), "state.%s", tasks->group) >= (int)sizeof(suffix))
        return ats_error_set(err, ATS_ERR_CONFIG, "the group's name is too long for a topic");
    return ats_kafka_topic_name(tasks->kafka, suffix, worker->changelog, err);
}

enum ats_status ats_worker_start(const struct ats_worker_options *options,
                                 struct ats_worker **ret_worker, struct ats_error *err)
{
    struct ats_worker *worker = calloc(1, sizeof(*worker));
    if (!worker)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    worker->options = *options;
    enum ats_status status = init(worker, err);
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

bool ats_worker_held_up(const struct ats_worker *worker)
{
    return atomic_load(&worker->held_up);
}

size_t ats_worker_full(const struct ats_worker *worker)
{
    return atomic_load(&worker->full);
}

void ats_worker_join(struct ats_worker *worker)
{
    if (!worker)
        return;
    (void)pthread_join(worker->thread, NULL);
    free(worker->instance_id);
    free(worker);
}
