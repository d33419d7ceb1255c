/* SPDX-License-Identifier: Apache-2.0 */
/* An event as the Kafka record that the gate sends. event_from_kafka.c is the way back; both keep the same order. */
#include "common/base/parse.h"
#include "common/contract/schema.h"
#include "common/record/cloudevents.h"
#include "common/record/event.h"
#include "common/record/quarantine.h"
#include "common/record/text.h"

#include <stdio.h>

enum number {
    NUMBER_JOURNAL,
    NUMBER_POSITION,
    NUMBER_CONTROL,
    NUMBER_SEQUENCE,
    NUMBER_TIME,
    NUMBER_ITEM,
    NUMBER_ITEMS
};

const char *ats_event_proof_name(enum ats_event_proof proof)
{
    static const char *const names[] = {"none", "connection", "mac", "signature"};
    return names[proof];
}

static void add_number(struct ats_kafka_record *record, const char *name, uint64_t value,
                       char text[ATS_TEXT_NUMBER_SIZE])
{
    ats_kafka_record_add(record, name, ats_span_of(text, ats_text_decimal(value, text)));
}

static void add_if_any(struct ats_kafka_record *record, const char *name, struct ats_span value)
{
    if (value.len > 0)
        ats_kafka_record_add(record, name, value);
}

/* Copies `first`, a separator and `second`; LIMIT if they do not fit. */
static enum ats_status join(struct ats_span first, char separator, struct ats_span second,
                            char *text, size_t size, struct ats_span *ret_joined)
{
    size_t len = first.len + 1 + second.len;
    if (first.len > size || second.len > size || len >= size)
        return ATS_ERR_LIMIT;
    if (first.len > 0)
        memcpy(text, first.data, first.len);
    text[first.len] = separator;
    if (second.len > 0)
        memcpy(text + first.len + 1, second.data, second.len);
    text[len] = '\0';
    *ret_joined = ats_span_of(text, len);
    return ATS_OK;
}

enum ats_status ats_event_id(const struct ats_event *event, char ret_text[ATS_EVENT_ID_SIZE],
                             struct ats_span *ret_id)
{
    if (event->gate.len > ATS_NAME_MAX)
        return ATS_ERR_LIMIT;
    size_t len = event->gate.len;
    if (len > 0)
        memcpy(ret_text, event->gate.data, len);
    ret_text[len++] = '/';
    len += ats_text_hex64(event->journal_id, ret_text + len);
    ret_text[len++] = '/';
    len += ats_text_decimal(event->position, ret_text + len);
    *ret_id = ats_span_of(ret_text, len);
    return ATS_OK;
}

enum ats_status ats_event_id_parse(struct ats_span id, struct ats_span *ret_gate,
                                   uint64_t *ret_journal_id, uint64_t *ret_position)
{
    const uint8_t *first = id.len > 0 ? memchr(id.data, '/', id.len) : NULL;
    if (!first)
        return ATS_ERR_MALFORMED;
    size_t gate_len = (size_t)(first - id.data);
    struct ats_span rest = ats_span_of(first + 1, id.len - gate_len - 1);
    const uint8_t *second = rest.len > 0 ? memchr(rest.data, '/', rest.len) : NULL;
    if (!second || gate_len == 0 || gate_len > ATS_NAME_MAX)
        return ATS_ERR_MALFORMED;
    size_t journal_len = (size_t)(second - rest.data);
    *ret_gate = ats_span_of(id.data, gate_len);
    if (ats_text_hex64_parse(ats_span_of(rest.data, journal_len), ret_journal_id) != ATS_OK ||
        ats_parse_uint64(ats_span_of(second + 1, rest.len - journal_len - 1), ret_position) !=
            ATS_OK)
        return ATS_ERR_MALFORMED;
    return ATS_OK;
}

static enum ats_status add_cloudevent(const struct ats_event *event, const char *fleet,
                                      struct ats_event_texts *texts,
                                      struct ats_kafka_record *record)
{
    bool admitted = event->kind == ATS_EVENT_ADMITTED;
    uint32_t schema_id = event->schema_id;
    struct ats_span body;
    /* Taken from the value: another thread may set quarantine's id meanwhile. */
    if (!admitted && ats_framing_get(record->value, &schema_id, &body) != ATS_OK)
        return ATS_ERR_MALFORMED;
    struct ats_cloudevent attributes = {
        .type = admitted ? ATS_CE_TYPE_TELEMETRY : ATS_CE_TYPE_QUARANTINE,
        .time = ats_span_of(texts->time, ats_text_time(event->received_ms, texts->time)),
        .subject = event->device,
        .dataschema = ats_cloudevent_dataschema(schema_id, texts->schema),
        .content_type = ATS_CONTENT_TYPE_AVRO,
    };
    enum ats_status status = ats_event_id(event, texts->id, &attributes.id);
    if (status == ATS_OK)
        status = ats_cloudevent_source(fleet, event->gate, texts->source, &attributes.source);
    if (status == ATS_OK)
        ats_cloudevent_add(record, &attributes);
    return status;
}

/* Where it came from, and how it was sent. */
static void add_origin(const struct ats_event *event, struct ats_span contract,
                       struct ats_event_texts *texts, struct ats_kafka_record *record)
{
    static const char *const qos_texts[] = {"0", "1", "2"};
    char *journal = texts->numbers[NUMBER_JOURNAL];
    ats_kafka_record_add(record, "ats_gate", event->gate);
    ats_kafka_record_add(record, "ats_journal",
                         ats_span_of(journal, ats_text_hex64(event->journal_id, journal)));
    add_number(record, "ats_position", event->position, texts->numbers[NUMBER_POSITION]);
    add_number(record, "ats_control", event->control_count, texts->numbers[NUMBER_CONTROL]);
    add_if_any(record, "ats_device", event->device);
    add_if_any(record, "ats_contract", contract);
    ats_kafka_record_add(record, "ats_topic", event->topic);
    ats_kafka_record_add_text(record, "ats_qos", qos_texts[event->qos <= 2 ? event->qos : 2]);
    if (event->retain)
        ats_kafka_record_add_text(record, "ats_retain", "1");
}

static void add_proof(const struct ats_event *event, struct ats_event_texts *texts,
                      struct ats_kafka_record *record)
{
    ats_kafka_record_add_text(record, "ats_proof", ats_event_proof_name(event->proof));
    if (event->sequence > 0)
        add_number(record, "ats_sequence", event->sequence, texts->numbers[NUMBER_SEQUENCE]);
    if (event->proof_time_ms > 0)
        add_number(record, "ats_time", event->proof_time_ms, texts->numbers[NUMBER_TIME]);
    add_if_any(record, "ats_session", event->session);
    if (event->signature.len >
        0) /* of a tag it says under which key the sequence counts, to the gate alone */
        add_if_any(record, "ats_key", event->key_id);
    add_if_any(record, "ats_signature", event->signature);
    /* A quarantined payload stands in the value. */
    if (event->kind == ATS_EVENT_ADMITTED)
        add_if_any(record, "ats_payload", event->payload);
    if (event->item_count > 0) {
        add_number(record, "ats_item", event->item, texts->numbers[NUMBER_ITEM]);
        add_number(record, "ats_items", event->item_count, texts->numbers[NUMBER_ITEMS]);
    }
    if (event->kind == ATS_EVENT_ADMITTED)
        add_if_any(record, "ats_warnings", event->warnings);
    add_if_any(record, "ats_content_type", event->content_type);
    add_if_any(record, "ats_replay", event->replay);
    add_if_any(record, "traceparent", event->traceparent);
}

static enum ats_status set_value(const struct ats_event *event, struct ats_span contract,
                                 struct ats_event_texts *texts, struct ats_buf *scratch,
                                 struct ats_kafka_record *record)
{
    if (event->kind == ATS_EVENT_ADMITTED) {
        record->value = event->value;
        return ATS_OK;
    }
    char *journal = texts->numbers[NUMBER_JOURNAL];
    const struct ats_quarantine quarantine = {
        .source = ATS_QUARANTINE_GATE,
        .reason_class = event->reason_class,
        .rule = event->reason_rule,
        .path = event->reason_path,
        .text = event->reason_text,
        .time_ms = event->received_ms,
        .device = event->device,
        .contract = contract,
        .topic = event->topic,
        .gate = event->gate,
        .journal = ats_span_of(journal, ats_text_hex64(event->journal_id, journal)),
        .position = event->position,
        .item = event->item,
        .item_count = event->item_count,
        .payload = event->payload,
    };
    ats_buf_clear(scratch);
    ats_quarantine_encode(&quarantine, scratch);
    record->value = ats_buf_span(scratch);
    return scratch->status;
}

static enum ats_status set_topic(const struct ats_event *event, const char *prefix,
                                 struct ats_event_texts *texts, struct ats_kafka_record *record)
{
    int len = 0;
    if (event->kind == ATS_EVENT_ADMITTED)
        len = snprintf(texts->topic, sizeof(texts->topic), "%stelemetry.%.*s", prefix,
                       ATS_SPAN_ARGS(event->contract));
    else
        len = snprintf(texts->topic, sizeof(texts->topic), "%squarantine", prefix);
    record->topic = texts->topic;
    return len > 0 && (size_t)len < sizeof(texts->topic) ? ATS_OK : ATS_ERR_LIMIT;
}

enum ats_status ats_event_to_kafka(const struct ats_event *event, const char *fleet,
                                   const char *topic_prefix, struct ats_event_texts *texts,
                                   struct ats_buf *scratch, struct ats_kafka_record *ret_record)
{
    struct ats_span contract = {0};
    ret_record->partition = ATS_KAFKA_PARTITION_ANY;
    ret_record->offset = 0;
    ret_record->key = event->asset.len > 0 ? event->asset : event->device;
    ret_record->header_count = 0;
    enum ats_status status = ATS_OK;
    if (event->contract.len > 0)
        status = join(event->contract, '@', event->contract_version, texts->contract,
                      sizeof(texts->contract), &contract);
    if (status == ATS_OK)
        status = set_topic(event, topic_prefix, texts, ret_record);
    if (status == ATS_OK)
        status = set_value(event, contract, texts, scratch, ret_record);
    if (status == ATS_OK)
        status = add_cloudevent(event, fleet, texts, ret_record);
    if (status != ATS_OK)
        return status;
    add_origin(event, contract, texts, ret_record);
    add_proof(event, texts, ret_record);
    return ATS_OK;
}
