/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/append.h"

#include "cli/cli.h"
#include "cli/fleet.h"
#include "cli/output.h"
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/base/utf8.h"
#include "common/kafka/producer.h"
#include "common/record/cloudevents.h"

#include <inttypes.h>
#include <stdio.h>

/* Ignored records that are told one by one; whoever may write to the topic decides how many there are. */
#define NOTES_MAX 10
/* A reason inside a sentence, in bytes: the sentence's end must still fit. */
#define REASON_MAX 256

static int64_t now_ms(void)
{
    return ats_clock_monotonic_ms(&ats_clock_system);
}

struct watch {
    const struct ats_buf *values; /* what was sent */
    size_t count;
    size_t seen; /* values[0 .. seen) were read back */
    size_t ignored;
    size_t foreign;           /* of those ignored, records of other fleets */
    struct ats_error refusal; /* of the first that was not accepted */
};

static bool is_expected(const struct watch *watch, struct ats_span value)
{
    return watch->seen < watch->count &&
           ats_span_equal(ats_buf_span(&watch->values[watch->seen]), value);
}

static void note_refusal(struct watch *watch, enum ats_control_outcome outcome,
                         const struct ats_error *reason)
{
    struct ats_control_record record;
    struct ats_span value = ats_buf_span(&watch->values[watch->seen]);
    if (watch->refusal.status != ATS_OK || ats_control_record_decode(value, &record) != ATS_OK)
        return;
    (void)ats_error_set(&watch->refusal, ATS_ERR_REFUSED, "%s '%s' was not accepted (%s): %.*s%s",
                        ats_control_kind_name(record.kind), record.name,
                        ats_control_outcome_name(outcome), ats_utf8_cut(reason->text, REASON_MAX),
                        reason->text,
                        outcome == ATS_CONTROL_WRONG_REVISION
                            ? "; another operator was faster, run the command again"
                            : "");
}

static void on_pulled(void *ctx, const struct ats_kafka_record *record,
                      enum ats_control_outcome outcome, const struct ats_error *reason)
{
    struct watch *watch = ctx;
    if (outcome == ATS_CONTROL_FOREIGN_FLEET)
        watch->foreign++;
    if (is_expected(watch, record->value)) {
        if (outcome != ATS_CONTROL_ACCEPTED)
            note_refusal(watch, outcome, reason);
        watch->seen++;
    } else if (outcome != ATS_CONTROL_ACCEPTED && outcome != ATS_CONTROL_LATE_CHECKPOINT &&
               watch->ignored++ < NOTES_MAX) { /* a late one is another writer's moment */
        ats_cli_note("control record at offset %" PRId64 " is ignored (%s): %s", record->offset,
                     ats_control_outcome_name(outcome), reason->text);
    }
}

/* What was sent is seen; with nothing sent, the log's end is reached. */
static bool is_done(const struct ats_append_target *target, const struct watch *watch)
{
    return watch->count > 0 ? watch->seen == watch->count : ats_kafka_reader_at_end(target->reader);
}

static enum ats_status read_log(const struct ats_append_target *target, struct watch *watch,
                                int64_t timeout_ms, struct ats_error *err)
{
    int64_t deadline_ms = now_ms() + timeout_ms;
    for (;;) {
        struct ats_error why = {0};
        enum ats_status reader_status = ATS_OK;
        enum ats_status status =
            ats_control_pull(target->reader, target->registry, ATS_CONTROL_POLL_TIMEOUT_MS,
                             on_pulled, watch, &reader_status, &why);
        if (status != ATS_OK)
            return ats_error_set(err, status, "%s", why.text);
        if (is_done(target, watch))
            return ATS_OK;
        bool waits = reader_status == ATS_OK || reader_status == ATS_ERR_AGAIN ||
                     reader_status == ATS_ERR_UNAVAILABLE;
        if (!waits)
            return ats_error_set(err, reader_status, "%s", why.text);
        if (reader_status != ATS_OK && now_ms() > deadline_ms)
            return ats_error_set(err, ATS_ERR_UNAVAILABLE, "Kafka does not answer%s%s",
                                 why.text[0] != '\0' ? ": " : "", why.text);
    }
}

enum ats_status ats_append_sync(const struct ats_append_target *target, int64_t timeout_ms,
                                size_t *ret_foreign, struct ats_error *err)
{
    struct watch watch = {0};
    enum ats_status status = read_log(target, &watch, timeout_ms, err);
    *ret_foreign = watch.foreign;
    if (status == ATS_OK)
        status = ats_registry_save_offset(target->registry, err);
    if (watch.ignored > NOTES_MAX)
        ats_cli_note("%zu more control %s ignored", watch.ignored - NOTES_MAX,
                     ats_output_word(watch.ignored - NOTES_MAX, "record is", "records are"));
    return status;
}

struct delivery {
    size_t delivered;
    enum ats_status failure;
};

static void on_delivered(void *ctx, uint64_t tag, enum ats_status status)
{
    struct delivery *delivery = ctx;
    (void)tag;
    if (status == ATS_OK)
        delivery->delivered++;
    else
        delivery->failure = status;
}

static enum ats_status send_one(const struct ats_append_target *target,
                                struct ats_kafka_producer *producer, const struct ats_buf *value,
                                int64_t deadline_ms, struct ats_error *err)
{
    struct ats_control_record decoded;
    char key[ATS_NAME_MAX + 32];
    if (ats_control_record_decode(ats_buf_span(value), &decoded) != ATS_OK)
        return ats_error_set(err, ATS_ERR_CORRUPT, "a record to be sent cannot be read");
    (void)snprintf(key, sizeof(key), "%s/%s", ats_control_kind_name(decoded.kind), decoded.name);
    struct ats_kafka_record record = {.topic = target->topic,
                                      .partition = 0,
                                      .key = ats_span_text(key),
                                      .value = ats_buf_span(value)};
    ats_kafka_record_add_text(&record, "content-type", ATS_CONTENT_TYPE_AVRO);
    for (;;) {
        enum ats_status status = ats_kafka_producer_send(producer, &record, 0, err);
        if (status != ATS_ERR_AGAIN || now_ms() > deadline_ms)
            return status;
        (void)ats_kafka_producer_poll(producer, ATS_CONTROL_POLL_TIMEOUT_MS);
    }
}

static enum ats_status send_all(const struct ats_append_target *target,
                                struct ats_kafka_producer *producer, const struct ats_buf *values,
                                size_t count, struct ats_error *err)
{
    int64_t deadline_ms = now_ms() + ATS_CLI_KAFKA_TIMEOUT_MS;
    for (size_t i = 0; i < count; i++) {
        enum ats_status status = send_one(target, producer, &values[i], deadline_ms, err);
        if (status != ATS_OK)
            return status;
    }
    return ats_kafka_producer_flush(producer, ATS_CLI_KAFKA_TIMEOUT_MS);
}

/* A failure of which nobody knows whether the log has what was sent, and so none that says no: keys that were made for it are kept. */
static enum ats_status not_known(enum ats_status status)
{
    return ats_fleet_is_refusal(status) ? ATS_ERR_UNAVAILABLE : status;
}

static enum ats_status send_and_wait(const struct ats_append_target *target,
                                     const struct ats_buf *values, size_t count,
                                     struct ats_error *err)
{
    struct delivery delivery = {0};
    struct ats_kafka_producer *producer = NULL;
    struct ats_error why = {0};
    enum ats_status status =
        ats_kafka_producer_open(target->kafka, on_delivered, NULL, &delivery, &producer, err);
    if (status != ATS_OK)
        return status;
    status = send_all(target, producer, values, count, &why);
    size_t delivered = delivery.delivered;
    if (status == ATS_OK && delivered < count)
        status = delivery.failure != ATS_OK ? delivery.failure : ATS_ERR_UNAVAILABLE;
    ats_kafka_producer_close(producer);
    if (status == ATS_OK)
        return ATS_OK;
    if (status == ATS_ERR_AGAIN)
        status = ATS_ERR_UNAVAILABLE;
    return ats_error_set(err, not_known(status),
                         "Kafka confirmed %zu of %zu %s (%s%s%s); whether it has more is "
                         "not known, `attestream status` reads the log",
                         delivered, count, ats_output_word(count, "record", "records"),
                         ats_status_name(status), why.text[0] != '\0' ? ": " : "", why.text);
}

enum ats_status ats_append(const struct ats_append_target *target, const struct ats_buf *values,
                           size_t count, struct ats_error *err)
{
    struct watch watch = {.values = values, .count = count};
    struct ats_error why = {0};
    enum ats_status status = send_and_wait(target, values, count, err);
    if (status != ATS_OK)
        return status;
    status = read_log(target, &watch, ATS_CLI_KAFKA_TIMEOUT_MS, &why);
    if (status != ATS_OK)
        return ats_error_set(err, not_known(status),
                             "it is in the control log, but could not be read back (%.*s); "
                             "`attestream status` reads the log",
                             ats_utf8_cut(why.text, REASON_MAX), why.text);
    if (watch.refusal.status != ATS_OK)
        return ats_error_set(err, ATS_ERR_REFUSED, "%s", watch.refusal.text);
    return status;
}
