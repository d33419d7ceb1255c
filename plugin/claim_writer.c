/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/claim_writer.h"

#include "common/base/limits.h"
#include "common/base/ring.h"
#include "common/control/acts.h"
#include "common/control/claim.h"
#include "common/kafka/producer.h"
#include "common/record/cloudevents.h"

#include <stdio.h>
#include <stdlib.h>

struct waiting {
    size_t len;
    uint8_t data[ATS_DEVICE_CLAIM_DATA_MAX];
};

struct ats_claim_writer {
    struct ats_claim_writer_options options;
    char topic[ATS_KAFKA_TOPIC_MAX + 1];
    struct ats_ring ring; /* struct waiting */
    struct ats_kafka_producer *producer;
    size_t in_flight;
    int64_t
        last_progress_ms; /* monotonic: when something was sent into an empty flight, or arrived */
    struct ats_buf body;
    struct ats_buf value;
    /* For the broker's thread. */
    _Atomic int64_t blocked_until_ms; /* monotonic */
    _Atomic uint64_t losses;
};

static int64_t now_ms(const struct ats_claim_writer *writer)
{
    return ats_clock_monotonic_ms(writer->options.clock);
}

enum ats_status ats_claim_writer_new(const struct ats_claim_writer_options *options,
                                     struct ats_claim_writer **ret_writer, struct ats_error *err)
{
    struct ats_claim_writer *writer = calloc(1, sizeof(*writer));
    if (!writer)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    writer->options = *options;
    ats_buf_init(&writer->body, ATS_CONTROL_RECORD_MAX);
    ats_buf_init(&writer->value, ATS_CONTROL_RECORD_MAX);
    enum ats_status status = ats_kafka_topic_name(options->kafka, "control", writer->topic, err);
    if (status == ATS_OK &&
        ats_ring_init(&writer->ring, sizeof(struct waiting), ATS_GATE_CLAIMS_QUEUED) != ATS_OK)
        status = ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    if (status != ATS_OK) {
        ats_claim_writer_free(writer);
        return status;
    }
    *ret_writer = writer;
    return ATS_OK;
}

void ats_claim_writer_free(struct ats_claim_writer *writer)
{
    if (!writer)
        return;
    ats_kafka_producer_close(writer->producer);
    ats_ring_fini(&writer->ring);
    ats_buf_fini(&writer->body);
    ats_buf_fini(&writer->value);
    free(writer);
}

bool ats_claim_writer_ready(const struct ats_claim_writer *writer)
{
    return now_ms(writer) >= atomic_load(&writer->blocked_until_ms);
}

uint64_t ats_claim_writer_losses(const struct ats_claim_writer *writer)
{
    return atomic_load(&writer->losses);
}

bool ats_claim_writer_push(struct ats_claim_writer *writer, struct ats_span claim)
{
    struct waiting waiting = {.len = claim.len};
    if (claim.len > sizeof(waiting.data))
        return false;
    memcpy(waiting.data, claim.data, claim.len);
    return ats_ring_push(&writer->ring, &waiting);
}

/* ---- the forwarder's thread ---- */

static void block(struct ats_claim_writer *writer, int64_t for_ms)
{
    atomic_store(&writer->blocked_until_ms, now_ms(writer) + for_ms);
}

static void say_lost(struct ats_claim_writer *writer, const char *reason)
{
    block(writer, ATS_GATE_CLAIM_PAUSE_MS);
    atomic_fetch_add(&writer->losses, 1);
    ats_log_event(writer->options.log, ATS_LOG_ERROR, "claim.not-written", "reason=\"%s\"", reason);
}

static void on_delivered(void *ctx, uint64_t tag, enum ats_status status)
{
    struct ats_claim_writer *writer = ctx;
    (void)tag;
    writer->in_flight--;
    writer->last_progress_ms = now_ms(writer);
    if (status == ATS_OK)
        ats_counter_add(&writer->options.metrics->claims_written, 1);
    else
        say_lost(writer, ats_status_name(status));
}

/* It follows what is void of that name, if anything is: a name that a thief held can be claimed again. */
static enum ats_status place(struct ats_claim_writer *writer, struct ats_control_record *record)
{
    struct ats_store_view *view = NULL;
    uint64_t newest = 0;
    enum ats_status status = ats_registry_view_open(writer->options.registry, &view);
    if (status != ATS_OK)
        return status;
    status = ats_control_place(view, record->kind, record->name, &newest, record->predecessor);
    record->revision = newest + 1;
    ats_store_view_close(view);
    return status;
}

/* The record that states the claim, signed by the gate. */
static enum ats_status make_record(struct ats_claim_writer *writer, const struct waiting *waiting,
                                   struct ats_control_record *record)
{
    struct ats_claim claim;
    struct ats_claim_token token;
    const struct ats_gate_identity *identity = writer->options.identity;
    struct ats_span data = ats_span_of(waiting->data, waiting->len);
    ats_buf_clear(&writer->body);
    ats_buf_clear(&writer->value);
    *record = (struct ats_control_record){.kind = ATS_CONTROL_DEVICE};
    if (ats_claim_decode(data.data, data.len, &claim) != ATS_DEVICE_OK ||
        ats_claim_token_decode(claim.token, claim.token_len, &token) != ATS_OK)
        return ATS_ERR_MALFORMED;
    enum ats_status status = ats_claim_body_format(&token, &claim, data, &writer->body);
    if (status != ATS_OK)
        return status;
    memcpy(record->fleet, identity->fleet, sizeof(record->fleet));
    memcpy(record->name, token.device, sizeof(record->name));
    status = place(writer, record);
    if (status != ATS_OK)
        return status;
    (void)snprintf(record->signer, sizeof(record->signer), "%s", identity->name);
    record->time_ms = ats_clock_wall_ms(writer->options.clock);
    record->body = ats_buf_span(&writer->body);
    status = ats_control_record_sign(record, &identity->signing);
    return status == ATS_OK ? ats_control_record_encode(record, &writer->value) : status;
}

static enum ats_status send_record(struct ats_claim_writer *writer, const char *device,
                                   struct ats_error *err)
{
    char key[ATS_NAME_MAX + 16];
    (void)snprintf(key, sizeof(key), "device/%s", device);
    struct ats_kafka_record record = {.topic = writer->topic,
                                      .partition = 0,
                                      .key = ats_span_text(key),
                                      .value = ats_buf_span(&writer->value)};
    ats_kafka_record_add_text(&record, "content-type", ATS_CONTENT_TYPE_AVRO);
    return ats_kafka_producer_send(writer->producer, &record, 0, err);
}

static void write_one(struct ats_claim_writer *writer, const struct waiting *waiting)
{
    struct ats_control_record record;
    struct ats_error err = {0};
    enum ats_status status = make_record(writer, waiting, &record);
    if (status == ATS_OK)
        status = send_record(writer, record.name, &err);
    if (status != ATS_OK) {
        say_lost(writer, err.text[0] ? err.text : ats_status_name(status));
        return;
    }
    if (writer->in_flight++ == 0)
        writer->last_progress_ms = now_ms(writer);
}

static bool open_producer(struct ats_claim_writer *writer)
{
    struct ats_error err = {0};
    if (writer->producer)
        return true;
    enum ats_status status = ats_kafka_producer_open(writer->options.kafka, on_delivered, NULL,
                                                     writer, &writer->producer, &err);
    if (status != ATS_OK)
        say_lost(writer, err.text);
    return status == ATS_OK;
}

void ats_claim_writer_step(struct ats_claim_writer *writer)
{
    struct waiting waiting;
    struct ats_error err = {0};
    while (writer->in_flight < ATS_GATE_CLAIMS_QUEUED && ats_ring_pop(&writer->ring, &waiting))
        if (open_producer(writer))
            write_one(writer, &waiting);
    if (!writer->producer)
        return;
    (void)ats_kafka_producer_poll(writer->producer, 0);
    if (ats_kafka_producer_failed(writer->producer, &err)) {
        say_lost(writer, err.text);
        ats_kafka_producer_close(writer->producer);
        writer->producer = NULL;
        writer->in_flight = 0;
    } else if (writer->in_flight > 0 &&
               now_ms(writer) - writer->last_progress_ms > ATS_GATE_CLAIM_STALL_MS) {
        block(writer, ATS_GATE_CLAIM_STALL_MS);
    }
}
