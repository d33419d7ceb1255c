/* SPDX-License-Identifier: Apache-2.0 */
/*
 * State of the way to Kafka; only enter() changes it:
 *
 *   WAITING --group's key known--> CLOSED --producer opened--> SENDING
 *                                    ^------- any failure -------'   (a pause, then again from the watermark)
 */
#include "plugin/forwarder.h"

#include "common/kafka/producer.h"
#include "common/record/event.h"
#include "plugin/in_flight.h"
#include "plugin/marks.h"
#include "plugin/sealer.h"
#include "plugin/upkeep.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Idle rounds: how long to wait for the journal, and with records in flight for Kafka. */
#define IDLE_MS 100
#define IN_FLIGHT_MS 2
#define PAUSE_MS 20
/* Records sent between two looks at everything else. */
#define BURST 512
/* Marks are committed, and the watermark moved behind them, this often. */
#define ACKNOWLEDGE_MS 50

enum state { STARTING, WAITING, CLOSED, SENDING };

struct ats_forwarder {
    struct ats_forwarder_options options;
    enum state state;
    struct ats_kafka_producer *producer;
    struct ats_journal_reader *reader;
    struct ats_in_flight flights;
    struct ats_marks marks;
    struct ats_sealer sealer;
    struct ats_journal_entry entry; /* read, but not sent yet */
    bool has_entry;
    bool failed;    /* a delivery failed, or the producer */
    bool closing;   /* deliveries that fail now were given up by us */
    uint64_t alone; /* so many go one at a time: Kafka refused one of them, or only their batch */
    struct ats_flight refused; /* the one that Kafka refused when it was alone */
    bool unavailable;
    char last_failure[ATS_ERROR_TEXT_MAX];
    struct ats_flight taken; /* the newest that may be acknowledged */
    bool has_taken;
    int64_t next_acknowledge_ms;
    int64_t retry_at_ms;
    struct ats_event_texts texts;
    struct ats_buf scratch;
    pthread_t thread;
    atomic_bool stop;
    struct ats_upkeep upkeep;
};

static int64_t now_ms(const struct ats_forwarder *forwarder)
{
    return ats_clock_monotonic_ms(forwarder->options.clock);
}

static void enter(struct ats_forwarder *forwarder, enum state state)
{
    static const char *const events[] = {
        [STARTING] = "forwarder.starting",
        [WAITING] = "forwarder.waiting",
        [CLOSED] = "forwarder.closed",
        [SENDING] = "forwarder.sending",
    };
    if (forwarder->state == state)
        return;
    forwarder->state = state;
    if (state == WAITING)
        ats_log_event(forwarder->options.log, ATS_LOG_WARNING, events[state],
                      "group=%s reason=\"the control log has no record of this processor group "
                      "yet; the journal keeps what is admitted\"",
                      forwarder->options.group);
    else
        ats_log_event(forwarder->options.log, ATS_LOG_DEBUG, events[state], "group=%s",
                      forwarder->options.group);
}

/* --- what Kafka says --- */

/* Kafka's limit is on batches: which record is too large is known only of one that was sent alone. */
static void note_too_large(struct ats_forwarder *forwarder, uint64_t tag)
{
    uint64_t count = ats_in_flight_count(&forwarder->flights);
    const struct ats_flight *flight = ats_in_flight_find(&forwarder->flights, tag);
    if (count == 1 && flight)
        forwarder->refused = *flight;
    if (forwarder->alone < count)
        forwarder->alone = count;
}

static void on_delivered(void *ctx, uint64_t tag, enum ats_status status)
{
    struct ats_forwarder *forwarder = ctx;
    if (status == ATS_OK)
        ats_in_flight_done(&forwarder->flights, tag);
    else if (!forwarder->closing) {
        forwarder->failed = true;
        if (status == ATS_ERR_LIMIT)
            note_too_large(forwarder, tag);
    }
}

/* Said once, until Kafka has taken something again. */
static void on_notice(void *ctx, const char *text)
{
    struct ats_forwarder *forwarder = ctx;
    if (forwarder->unavailable || forwarder->closing)
        return;
    forwarder->unavailable = true;
    ats_log_event(forwarder->options.log, ATS_LOG_WARNING, "forwarder.kafka-notice",
                  "reason=\"%s\"", text);
}

/* --- the way there --- */

static void close_producer(struct ats_forwarder *forwarder)
{
    forwarder->closing = true;
    ats_kafka_producer_close(forwarder->producer);
    forwarder->producer = NULL;
    forwarder->closing = false;
    forwarder->failed = false;
}

static void take_delivered(struct ats_forwarder *forwarder)
{
    const struct ats_flight *flight;
    struct ats_gate_metrics *metrics = forwarder->options.metrics;
    while ((flight = ats_in_flight_take(&forwarder->flights))) {
        if (flight->sequence > 0 &&
            ats_marks_note(&forwarder->marks, flight->device, flight->sequence) != ATS_OK) {
            forwarder->failed = true; /* without its mark it must not be forgotten */
            return;
        }
        ats_counter_add(&metrics->forwarded, 1);
        ats_counter_add(&metrics->quarantine_bytes_out, flight->quarantined_len);
        forwarder->alone -= forwarder->alone > 0;
        forwarder->taken = *flight;
        forwarder->has_taken = true;
        forwarder->unavailable = false;
        forwarder->last_failure[0] = '\0';
    }
}

static void acknowledge(struct ats_forwarder *forwarder)
{
    if (!forwarder->has_taken)
        return;
    enum ats_status status = ats_marks_store(&forwarder->marks, forwarder->options.marks);
    if (status != ATS_OK) {
        ats_log_event(forwarder->options.log, ATS_LOG_ERROR, "forwarder.marks",
                      "reason=\"cannot store the sequences seen: %s\"", ats_status_name(status));
        return;
    }
    ats_journal_acknowledge(forwarder->options.journal, forwarder->taken.journal_id,
                            forwarder->taken.position);
    forwarder->has_taken = false;
}

/* Says it once, until it is something else or Kafka has taken something again. */
static void say_failed(struct ats_forwarder *forwarder, const char *reason)
{
    ats_counter_add(&forwarder->options.metrics->forward_failures, 1);
    if (strcmp(forwarder->last_failure, reason) == 0)
        return;
    (void)snprintf(forwarder->last_failure, sizeof(forwarder->last_failure), "%s", reason);
    ats_log_event(forwarder->options.log, ATS_LOG_WARNING, "forwarder.failed",
                  "reason=\"%s\" retry_ms=%d", reason, ATS_GATE_RETRY_MS);
}

/* Gives up what is in flight: it is sent again from the watermark, which moves up to what is known to be there. */
static void give_up(struct ats_forwarder *forwarder, const char *reason)
{
    say_failed(forwarder, reason);
    close_producer(forwarder);
    take_delivered(forwarder);
    forwarder->failed = false;
    ats_in_flight_clear(&forwarder->flights);
    acknowledge(forwarder);
    ats_journal_reader_rewind(forwarder->reader);
    forwarder->has_entry = false;
    forwarder->retry_at_ms = now_ms(forwarder) + ATS_GATE_RETRY_MS;
    enter(forwarder, CLOSED);
}

static void open_producer(struct ats_forwarder *forwarder)
{
    struct ats_error err = {0};
    if (now_ms(forwarder) < forwarder->retry_at_ms)
        return;
    if (ats_kafka_producer_open(forwarder->options.kafka, on_delivered, on_notice, forwarder,
                                &forwarder->producer, &err) != ATS_OK)
        give_up(forwarder, err.text);
    else
        enter(forwarder, SENDING);
}

/* A record that Kafka will never take, as one that says so: nothing is dropped silently, and the next ones go on. */
static void shrink(struct ats_event *event)
{
    event->kind = ATS_EVENT_QUARANTINED;
    event->value = ats_span_of(NULL, 0);
    event->payload = ats_span_of(NULL, 0);
    event->reason_class = ats_span_text(ats_verdict_class_name(ATS_VERDICT_MALFORMED));
    event->reason_rule = ats_span_text(ats_rule_name(ATS_RULE_SIZE));
    event->reason_path = ats_span_text("");
    event->reason_text = ats_span_text("larger than Kafka takes (max.message.bytes)");
}

static enum ats_status send_event(struct ats_forwarder *forwarder, const struct ats_event *event,
                                  struct ats_error *err)
{
    struct ats_kafka_record record;
    ats_buf_clear(&forwarder->scratch);
    enum ats_status status = ats_event_to_kafka(event, forwarder->options.fleet_hex,
                                                forwarder->options.kafka->topic_prefix,
                                                &forwarder->texts, &forwarder->scratch, &record);
    if (status != ATS_OK)
        return ats_error_set(err, ATS_ERR_LIMIT, "the event does not fit a record");
    ats_sealer_seal(&forwarder->sealer, &record);
    return ats_kafka_producer_send(forwarder->producer, &record,
                                   ats_in_flight_next_tag(&forwarder->flights), err);
}

static void push_flight(struct ats_forwarder *forwarder, const struct ats_event *event)
{
    const struct ats_journal_entry *entry = &forwarder->entry;
    struct ats_flight flight = {.journal_id = entry->journal_id,
                                .position = entry->position,
                                .sequence = event->sequence,
                                .device = event->device};
    if (entry->kind == ATS_EVENT_QUARANTINED)
        flight.quarantined_len = entry->data.len;
    ats_in_flight_push(&forwarder->flights, &flight);
    forwarder->has_entry = false;
}

/* A record whose sum holds but which this code cannot read: only another version's. The ones behind it shall go on. */
static void pass_over(struct ats_forwarder *forwarder)
{
    const struct ats_journal_entry *entry = &forwarder->entry;
    ats_log_event(forwarder->options.log, ATS_LOG_ERROR, "journal.unreadable",
                  "journal=%016" PRIx64 " position=%" PRIu64 " bytes=%zu", entry->journal_id,
                  entry->position, entry->data.len);
    struct ats_flight flight = {
        .journal_id = entry->journal_id, .position = entry->position, .done = true};
    ats_in_flight_push(&forwarder->flights, &flight);
    forwarder->has_entry = false;
}

static bool was_refused(const struct ats_forwarder *forwarder)
{
    return forwarder->refused.journal_id == forwarder->entry.journal_id &&
           forwarder->refused.position == forwarder->entry.position;
}

/* Sends the entry that was read. AGAIN: the producer's queue is full, the entry waits. */
static enum ats_status send_entry(struct ats_forwarder *forwarder, struct ats_error *err)
{
    const struct ats_journal_entry *entry = &forwarder->entry;
    struct ats_event event;
    if (ats_event_decode(entry->data, &event) != ATS_OK) {
        pass_over(forwarder);
        return ATS_OK;
    }
    event.gate = ats_span_text(forwarder->options.gate);
    event.journal_id = entry->journal_id;
    event.position = entry->position;
    enum ats_status status =
        was_refused(forwarder) ? ats_error_set(err, ATS_ERR_LIMIT, "Kafka refused it for its size")
                               : send_event(forwarder, &event, err);
    if (status == ATS_ERR_LIMIT) {
        ats_log_event(forwarder->options.log, ATS_LOG_ERROR, "forwarder.too-large",
                      "device=\"%.*s\" position=%" PRIu64 " reason=\"%s\"",
                      ATS_SPAN_ARGS(event.device), event.position, err->text);
        shrink(&event);
        status = send_event(forwarder, &event, err);
    }
    if (status == ATS_OK)
        push_flight(forwarder, &event);
    return status;
}

/* Whether anything was sent. */
static bool send_burst(struct ats_forwarder *forwarder)
{
    struct ats_error err = {0};
    for (int sent = 0; sent < BURST; sent++) {
        if (ats_in_flight_full(&forwarder->flights) ||
            (forwarder->alone > 0 && !ats_in_flight_empty(&forwarder->flights)))
            return sent > 0;
        if (!forwarder->has_entry &&
            ats_journal_reader_next(forwarder->reader, &forwarder->entry) != ATS_OK)
            return sent > 0;
        forwarder->has_entry = true;
        enum ats_status status = send_entry(forwarder, &err);
        if (status == ATS_ERR_AGAIN)
            return sent > 0;
        if (status != ATS_OK) {
            give_up(forwarder, err.text);
            return false;
        }
    }
    return true;
}

/* --- the thread --- */

static void serve_kafka(struct ats_forwarder *forwarder, bool busy)
{
    struct ats_error err = {0};
    bool in_flight = !ats_in_flight_empty(&forwarder->flights);
    (void)ats_kafka_producer_poll(forwarder->producer, !busy && in_flight ? IN_FLIGHT_MS : 0);
    take_delivered(forwarder);
    if (ats_kafka_producer_failed(forwarder->producer, &err) || forwarder->failed)
        give_up(forwarder, err.text[0] ? err.text : "a record was not delivered");
}

/* Nobody reads the journal then, so that it cannot tell when to wake up; but it must get its next segment in time. */
static void pause_without_kafka(void)
{
    struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    (void)nanosleep(&pause, NULL);
}

static void step(struct ats_forwarder *forwarder)
{
    bool busy = false;
    if (!ats_sealer_ready(&forwarder->sealer))
        enter(forwarder, WAITING);
    else if (!forwarder->producer)
        open_producer(forwarder);
    if (forwarder->producer) {
        busy = send_burst(forwarder);
        if (forwarder->producer)
            serve_kafka(forwarder, busy);
    }
    int64_t now = now_ms(forwarder);
    if (now >= forwarder->next_acknowledge_ms) {
        forwarder->next_acknowledge_ms = now + ACKNOWLEDGE_MS;
        acknowledge(forwarder);
    }
    ats_upkeep_step(&forwarder->upkeep);
    if (!forwarder->producer)
        pause_without_kafka();
    else if (!busy && ats_in_flight_empty(&forwarder->flights))
        ats_journal_wait(forwarder->options.journal,
                         forwarder->has_taken ? ACKNOWLEDGE_MS : IDLE_MS);
}

/* Until the journal is forwarded or the time is up. */
static void finish(struct ats_forwarder *forwarder)
{
    int64_t until_ms = now_ms(forwarder) + ATS_GATE_STOP_MS;
    while (now_ms(forwarder) < until_ms && forwarder->producer &&
           ats_journal_backlog_bytes(forwarder->options.journal) > 0)
        step(forwarder);
    close_producer(forwarder);
    take_delivered(forwarder);
    acknowledge(forwarder);
    ats_upkeep_write_metrics(&forwarder->upkeep);
}

static void *run(void *arg)
{
    struct ats_forwarder *forwarder = arg;
    enum ats_status status = ats_sealer_init(&forwarder->sealer);
    if (status != ATS_OK) {
        ats_log_event(forwarder->options.log, ATS_LOG_ERROR, "forwarder.broken", "reason=\"%s\"",
                      ats_status_name(status));
        return NULL;
    }
    while (!atomic_load(&forwarder->stop))
        step(forwarder);
    finish(forwarder);
    ats_sealer_fini(&forwarder->sealer);
    return NULL;
}

static enum ats_status prepare(struct ats_forwarder *forwarder)
{
    const struct ats_forwarder_options *options = &forwarder->options;
    ats_buf_init(&forwarder->scratch, ATS_RECORD_MAX);
    ats_upkeep_init(&forwarder->upkeep, options);
    forwarder->sealer.registry = options->registry;
    forwarder->sealer.agreement = options->agreement;
    forwarder->sealer.gate = options->gate;
    forwarder->sealer.group = options->group;
    enum ats_status status = ats_in_flight_init(&forwarder->flights);
    if (status == ATS_OK)
        status = ats_journal_reader_open(options->journal, false, &forwarder->reader);
    return status;
}

static void release(struct ats_forwarder *forwarder)
{
    ats_journal_reader_close(forwarder->reader);
    ats_in_flight_fini(&forwarder->flights);
    ats_marks_fini(&forwarder->marks);
    ats_buf_fini(&forwarder->scratch);
    ats_upkeep_fini(&forwarder->upkeep);
    free(forwarder);
}

/* Signals are the broker's: its own thread takes them. */
static enum ats_status start_thread(struct ats_forwarder *forwarder)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&forwarder->thread, NULL, run, forwarder);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code == 0 ? ATS_OK : ATS_ERR_MEMORY;
}

enum ats_status ats_forwarder_start(const struct ats_forwarder_options *options,
                                    struct ats_forwarder **ret_forwarder, struct ats_error *err)
{
    struct ats_forwarder *forwarder = calloc(1, sizeof(*forwarder));
    if (!forwarder)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory for the forwarder");
    forwarder->options = *options;
    enum ats_status status = prepare(forwarder);
    if (status == ATS_OK)
        status = start_thread(forwarder);
    if (status != ATS_OK) {
        release(forwarder);
        return ats_error_set(err, status, "cannot start the forwarder: %s",
                             ats_status_name(status));
    }
    *ret_forwarder = forwarder;
    return ATS_OK;
}

void ats_forwarder_watch(struct ats_forwarder *forwarder,
                         const struct ats_control_follower *follower)
{
    atomic_store(&forwarder->upkeep.follower, follower);
}

void ats_forwarder_stop(struct ats_forwarder *forwarder)
{
    if (!forwarder)
        return;
    atomic_store(&forwarder->stop, true);
    (void)pthread_join(forwarder->thread, NULL);
    release(forwarder);
}
