/* SPDX-License-Identifier: Apache-2.0 */
/*
 * State of the way to Kafka; only enter() changes it:
 *
 *   from      to        when
 *   any       WAITING   nobody would take the seal: the group's key is not known, or the gate's record has another key
 *   STARTING  CLOSED    somebody would, but the producer does not open
 *   STARTING  SENDING   the same, and the producer is open
 *   WAITING   CLOSED    somebody takes it now, but the producer does not open
 *   WAITING   SENDING   the same, and the producer is open, or was all the time
 *   WAITING   ASKING    the same, after a topic was missing
 *   CLOSED    SENDING   the producer is open
 *   CLOSED    ASKING    the same, after a topic was missing
 *   ASKING    SENDING   the topic is there
 *   any       CLOSED    any failure of the producer or of a record
 *
 * A failure gives up what is in flight; after a pause (none where something was learnt) it is sent again from the
 * watermark. ASKING keeps its producer: over a slow link a new one would first have to connect, each time.
 */
#include "plugin/forwarder.h"

#include "common/identity/secret.h"
#include "common/kafka/producer.h"
#include "common/record/event.h"
#include "plugin/acknowledge.h"
#include "plugin/forward_cause.h"
#include "plugin/forward_told.h"
#include "plugin/oversize.h"
#include "plugin/pass_over.h"
#include "plugin/sealer.h"
#include "plugin/signals.h"
#include "plugin/upkeep.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* Idle rounds: how long to wait for the journal, and with records in flight for Kafka. */
#define IDLE_MS 100
#define IN_FLIGHT_MS 2
/* Records sent between two looks at everything else. */
#define BURST 512
/* Marks are committed, and the watermark moved behind them, this often. */
#define ACKNOWLEDGE_MS 50

enum state { STARTING, WAITING, CLOSED, ASKING, SENDING };

struct ats_forwarder {
    struct ats_forwarder_options options;
    enum state state;
    struct ats_kafka_producer *producer;
    struct ats_journal_reader *reader;
    struct ats_acknowledge acknowledge;
    struct ats_sealer sealer;
    struct ats_evidence evidence;   /* used if acknowledge has it */
    uint8_t leaf[ATS_LEAF_SIZE];    /* of the record that was sent last */
    struct ats_journal_entry entry; /* read, but not sent yet */
    bool has_entry;
    bool failed;  /* a delivery failed, or the producer */
    bool closing; /* deliveries that fail now were given up by us */
    struct ats_oversize oversize;
    char missing_topic[ATS_KAFKA_TOPIC_MAX + 1]; /* asked for before anything is sent again */
    int question_ms;                             /* what an answer about it is waited for */
    struct ats_forward_told told;
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
        [STARTING] = "forwarder.starting", [WAITING] = "forwarder.waiting",
        [CLOSED] = "forwarder.closed",     [ASKING] = "forwarder.asking",
        [SENDING] = "forwarder.sending",
    };
    if (forwarder->state == state)
        return;
    forwarder->state = state;
    if (state == SENDING)
        ats_forward_told_sending(&forwarder->told);
    ats_log_event(forwarder->options.log, ATS_LOG_DEBUG, events[state], "group=%s",
                  forwarder->options.group);
}

/* Told once the control log was read: before that nobody knows what it says. */
static void wait_for_log(struct ats_forwarder *forwarder)
{
    enter(forwarder, WAITING);
    if (ats_upkeep_knows_log(&forwarder->upkeep))
        ats_forward_told_waiting(&forwarder->told, forwarder->options.group,
                                 forwarder->sealer.known);
}

/* --- what Kafka says --- */

static void log_too_large(const struct ats_forwarder *forwarder, struct ats_span device,
                          uint64_t position)
{
    ats_log_event(forwarder->options.log, ATS_LOG_ERROR, "forwarder.too-large",
                  "device=\"%.*s\" position=%" PRIu64, ATS_SPAN_ARGS(device), position);
}

static void on_delivered(void *ctx, uint64_t tag, enum ats_status status)
{
    struct ats_forwarder *forwarder = ctx;
    struct ats_in_flight *flights = &forwarder->acknowledge.flights;
    if (tag == ATS_EVIDENCE_TAG)
        ats_evidence_delivered(&forwarder->evidence, status);
    else if (status == ATS_OK)
        ats_in_flight_done(flights, tag);
    if (status == ATS_OK)
        return;
    if (forwarder->closing)
        return;
    forwarder->failed = true;
    if (status == ATS_ERR_LIMIT && tag != ATS_EVIDENCE_TAG &&
        ats_oversize_note(&forwarder->oversize, flights, tag)) {
        const struct ats_flight *flight = ats_in_flight_find(flights, tag);
        log_too_large(forwarder, flight->device, flight->position);
    }
}

static void on_notice(void *ctx, const char *text)
{
    struct ats_forwarder *forwarder = ctx;
    if (!forwarder->closing)
        ats_forward_told_notice(&forwarder->told, text);
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
    uint64_t count, sent;
    if (ats_acknowledge_take(&forwarder->acknowledge, &count, &sent) != ATS_OK)
        forwarder->failed = true; /* without its mark a record must not be forgotten */
    ats_oversize_taken(&forwarder->oversize, count);
    if (sent > 0)
        ats_forward_told_taken(&forwarder->told);
}

static void say_failed(struct ats_forwarder *forwarder, enum ats_status status, const char *reason,
                       int retry_ms)
{
    ats_counter_add(&forwarder->options.metrics->forward_failures, 1);
    forwarder->retry_at_ms = now_ms(forwarder) + retry_ms;
    ats_forward_told_failed(&forwarder->told, status, reason, retry_ms);
}

/* Gives up what is in flight: it is sent again from the watermark, which moves up to what is known to be there. */
static void give_up(struct ats_forwarder *forwarder, enum ats_status status, const char *reason,
                    int retry_ms)
{
    close_producer(forwarder);
    take_delivered(forwarder);
    ats_acknowledge_commit(&forwarder->acknowledge);
    ats_acknowledge_forget(&forwarder->acknowledge);
    ats_evidence_gave_up(&forwarder->evidence);
    say_failed(forwarder, status, reason, retry_ms);
    forwarder->failed = false;
    ats_journal_reader_rewind(forwarder->reader);
    forwarder->has_entry = false;
    enter(forwarder, CLOSED);
}

static void open_producer(struct ats_forwarder *forwarder)
{
    struct ats_error err = {0};
    if (now_ms(forwarder) < forwarder->retry_at_ms)
        return;
    enum ats_status status = ats_kafka_producer_open(
        forwarder->options.kafka, on_delivered, on_notice, forwarder, &forwarder->producer, &err);
    forwarder->question_ms = ATS_GATE_QUESTION_MS;
    if (status != ATS_OK)
        give_up(forwarder, status, err.text, ATS_GATE_RETRY_MS);
    else
        enter(forwarder, forwarder->missing_topic[0] ? ASKING : SENDING);
}

/* What lies behind a record of a missing topic would be sent again with each try: nothing is, before the topic is there. */
static void ask_for_missing_topic(struct ats_forwarder *forwarder)
{
    struct ats_error err = {0};
    if (now_ms(forwarder) < forwarder->retry_at_ms)
        return;
    enum ats_status status = ats_kafka_producer_ask(forwarder->producer, forwarder->missing_topic,
                                                    forwarder->question_ms, &err);
    if (status == ATS_OK) {
        forwarder->missing_topic[0] = '\0';
        enter(forwarder, SENDING);
        return;
    }
    if (status == ATS_ERR_UNAVAILABLE && forwarder->question_ms < ATS_GATE_QUESTION_MAX_MS)
        forwarder->question_ms *= 2;
    say_failed(forwarder, status, err.text, ATS_GATE_RETRY_MS);
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
    if (forwarder->acknowledge.evidence)
        ats_seal_leaf(&record, forwarder->leaf);
    ats_sealer_seal(&forwarder->sealer, &record);
    return ats_kafka_producer_send(forwarder->producer, &record,
                                   ats_in_flight_next_tag(&forwarder->acknowledge.flights), err);
}

static void push_flight(struct ats_forwarder *forwarder, struct ats_flight flight)
{
    const struct ats_journal_entry *entry = &forwarder->entry;
    flight.journal_id = entry->journal_id;
    flight.position = entry->position;
    if (entry->kind == ATS_EVENT_QUARANTINED)
        flight.quarantined_len = entry->data.len;
    ats_in_flight_push(&forwarder->acknowledge.flights, &flight);
    forwarder->has_entry = false;
}

/* Sends the entry that was read. AGAIN: the producer's queue is full, the entry waits. */
static enum ats_status send_entry(struct ats_forwarder *forwarder, struct ats_error *err)
{
    const struct ats_journal_entry *entry = &forwarder->entry;
    struct ats_event event;
    struct ats_flight flight;
    if (ats_pass_over(entry, forwarder->options.log, &event, &flight)) {
        push_flight(forwarder, flight);
        return ATS_OK;
    }
    event.gate = ats_span_text(forwarder->options.gate);
    event.journal_id = entry->journal_id;
    event.position = entry->position;
    enum ats_oversize_step step = ats_oversize_first(&forwarder->oversize, entry);
    ats_oversize_apply(step, &event);
    enum ats_status status = send_event(forwarder, &event, err);
    if (status == ATS_ERR_LIMIT && step == ATS_OVERSIZE_WHOLE)
        log_too_large(forwarder, event.device, event.position);
    while (status == ATS_ERR_LIMIT && step < ATS_OVERSIZE_BARE) {
        ats_oversize_apply(++step, &event);
        status = send_event(forwarder, &event, err);
    }
    if (status != ATS_OK)
        return status;
    /* The sequence of a replayed event was another record's. */
    flight = (struct ats_flight){.sequence = event.replay.len > 0 ? 0 : event.sequence,
                                 .replay = event.replay,
                                 .device = event.device,
                                 .key_id = event.key_id,
                                 .too_large = step != ATS_OVERSIZE_WHOLE};
    memcpy(flight.leaf, forwarder->leaf, sizeof(flight.leaf));
    push_flight(forwarder, flight);
    return ATS_OK;
}

/* Whether anything was sent. */
static bool send_burst(struct ats_forwarder *forwarder)
{
    struct ats_error err = {0};
    const struct ats_in_flight *flights = &forwarder->acknowledge.flights;
    for (int sent = 0; sent < BURST; sent++) {
        /* A record that has failed meanwhile must not be overtaken: the processor would take it for a duplicate. */
        (void)ats_kafka_producer_poll(forwarder->producer, 0);
        if (forwarder->failed)
            return false;
        if (ats_in_flight_full(flights) || !ats_oversize_allows(&forwarder->oversize, flights))
            return sent > 0;
        if (!forwarder->has_entry &&
            ats_journal_reader_next(forwarder->reader, &forwarder->entry) != ATS_OK)
            return sent > 0;
        forwarder->has_entry = true;
        enum ats_status status = send_entry(forwarder, &err);
        if (status == ATS_ERR_AGAIN)
            return sent > 0;
        if (status != ATS_OK) {
            give_up(forwarder, status, err.text, ATS_GATE_RETRY_MS);
            return false;
        }
    }
    return true;
}

static void send_checkpoint(struct ats_forwarder *forwarder)
{
    struct ats_error err = {0};
    enum ats_status status = ats_evidence_send(&forwarder->evidence, forwarder->producer, &err);
    if (status != ATS_OK && status != ATS_ERR_AGAIN)
        give_up(forwarder, status, err.text, ATS_GATE_RETRY_MS);
}

static bool is_in_flight(const struct ats_forwarder *forwarder)
{
    return forwarder->evidence.in_flight || !ats_in_flight_empty(&forwarder->acknowledge.flights);
}

/* --- the thread --- */

/* The producer tells that it cannot go on before it reports the record that is the reason. */
static void wait_for_report(struct ats_forwarder *forwarder)
{
    int64_t until_ms = now_ms(forwarder) + ATS_GATE_REPORT_MS;
    while (!forwarder->failed && is_in_flight(forwarder) && now_ms(forwarder) < until_ms)
        (void)ats_kafka_producer_poll(forwarder->producer, IN_FLIGHT_MS);
}

static void serve_kafka(struct ats_forwarder *forwarder, bool busy)
{
    struct ats_error err = {0};
    (void)ats_kafka_producer_poll(forwarder->producer,
                                  !busy && is_in_flight(forwarder) ? IN_FLIGHT_MS : 0);
    take_delivered(forwarder);
    if (ats_kafka_producer_failed(forwarder->producer, &err) || forwarder->failed) {
        wait_for_report(forwarder);
        enum ats_status cause =
            ats_forward_cause(forwarder->producer, forwarder->missing_topic, &err);
        bool learnt = cause == ATS_ERR_LIMIT && !ats_oversize_stuck(&forwarder->oversize) &&
                      !forwarder->evidence.refused;
        give_up(forwarder, cause, err.text, learnt ? 0 : ATS_GATE_RETRY_MS);
    }
}

static void step(struct ats_forwarder *forwarder)
{
    bool busy = false;
    if (!ats_sealer_ready(&forwarder->sealer))
        wait_for_log(forwarder);
    else if (!forwarder->producer)
        open_producer(forwarder);
    else if (forwarder->state == WAITING)
        enter(forwarder, forwarder->missing_topic[0] ? ASKING : SENDING);
    if (forwarder->state == ASKING)
        ask_for_missing_topic(forwarder);
    if (forwarder->state == SENDING)
        busy = send_burst(forwarder);
    if (forwarder->producer)
        serve_kafka(forwarder, busy);
    int64_t now = now_ms(forwarder);
    if (now >= forwarder->next_acknowledge_ms) {
        forwarder->next_acknowledge_ms = now + ACKNOWLEDGE_MS;
        ats_evidence_sign_when_due(&forwarder->evidence, atomic_load(&forwarder->stop));
        ats_acknowledge_commit(&forwarder->acknowledge);
    }
    if (forwarder->state == SENDING)
        send_checkpoint(forwarder);
    ats_upkeep_step(&forwarder->upkeep);
    if (forwarder->state != SENDING)
        ats_upkeep_pause();
    else if (!busy && !is_in_flight(forwarder))
        ats_journal_wait(forwarder->options.journal,
                         ats_upkeep_wait_ms(&forwarder->upkeep, forwarder->acknowledge.taken > 0
                                                                    ? ACKNOWLEDGE_MS
                                                                    : IDLE_MS));
}

static bool has_more(const struct ats_forwarder *forwarder)
{
    return ats_journal_backlog_bytes(forwarder->options.journal) > 0 ||
           ats_evidence_waits(&forwarder->evidence);
}

/* Until the journal is forwarded and covered, or the time is up. */
static void finish(struct ats_forwarder *forwarder)
{
    int64_t until_ms = now_ms(forwarder) + ATS_GATE_STOP_MS;
    while (now_ms(forwarder) < until_ms && forwarder->producer && has_more(forwarder))
        step(forwarder);
    close_producer(forwarder);
    take_delivered(forwarder);
    ats_acknowledge_commit(&forwarder->acknowledge);
    ats_upkeep_write_metrics(&forwarder->upkeep);
    ats_device_rules_file_finish(&forwarder->upkeep.device_rules);
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
    forwarder->told.log = options->log;
    forwarder->upkeep.missing_topic = forwarder->missing_topic;
    forwarder->sealer.registry = options->registry;
    forwarder->sealer.agreement = options->agreement;
    forwarder->sealer.gate = options->gate;
    forwarder->sealer.group = options->group;
    forwarder->acknowledge = (struct ats_acknowledge){
        .journal = options->journal,
        .store = options->marks,
        .counter_store = options->counters,
        .token_store = options->tokens,
        .clock = options->clock,
        .metrics = options->metrics,
        .log = options->log,
        .evidence = options->evidence_interval_ms > 0 ? &forwarder->evidence : NULL};
    enum ats_status status = ats_acknowledge_init(&forwarder->acknowledge);
    if (status == ATS_OK && forwarder->acknowledge.evidence)
        status = ats_evidence_open(&forwarder->evidence, options);
    if (status == ATS_OK)
        status = ats_journal_reader_open(options->journal, false, &forwarder->reader);
    return status;
}

static void release(struct ats_forwarder *forwarder)
{
    ats_journal_reader_close(forwarder->reader);
    ats_acknowledge_fini(&forwarder->acknowledge);
    ats_evidence_fini(&forwarder->evidence);
    ats_buf_fini(&forwarder->scratch);
    ats_upkeep_fini(&forwarder->upkeep);
    ats_secret_free(forwarder); /* the seal's key is in there */
}

static enum ats_status start_thread(struct ats_forwarder *forwarder)
{
    sigset_t before = ats_signals_block();
    int code = pthread_create(&forwarder->thread, NULL, run, forwarder);
    ats_signals_restore(before);
    return code == 0 ? ATS_OK : ATS_ERR_MEMORY;
}

enum ats_status ats_forwarder_start(const struct ats_forwarder_options *options,
                                    struct ats_forwarder **ret_forwarder, struct ats_error *err)
{
    struct ats_forwarder *forwarder = ats_secret_new(sizeof(*forwarder), &(bool){true});
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
