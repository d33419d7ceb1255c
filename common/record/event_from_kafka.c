/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Kafka record of a telemetry topic as the event that it carries. One pass over the headers: the table below stands in
 * the order in which event_to_kafka.c writes them, so that the search for each begins where the last one ended.
 */
#include "common/base/parse.h"
#include "common/contract/schema.h"
#include "common/record/event.h"
#include "common/record/event_headers.h"
#include "common/record/text.h"

#define SESSION_SIZE 16
#define SIGNATURE_SIZE 64
#define TRACEPARENT_MAX 128

/* Takes a header's value; false if it is not what the header must hold. */
typedef bool take_header(struct ats_span value, struct ats_event *event);

static bool take_name(struct ats_span value, struct ats_span *ret_name)
{
    *ret_name = value;
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] < 0x20 || value.data[i] == 0x7f)
            return false;
    }
    return value.len > 0 && value.len <= ATS_NAME_MAX;
}

static bool take_time(struct ats_span value, struct ats_event *event)
{
    return ats_text_time_parse(value, &event->received_ms) == ATS_OK;
}

static bool take_gate(struct ats_span value, struct ats_event *event)
{
    return take_name(value, &event->gate);
}

static bool take_journal(struct ats_span value, struct ats_event *event)
{
    return ats_text_hex64_parse(value, &event->journal_id) == ATS_OK;
}

static bool take_position(struct ats_span value, struct ats_event *event)
{
    return ats_parse_uint64(value, &event->position) == ATS_OK;
}

static bool take_control(struct ats_span value, struct ats_event *event)
{
    return ats_parse_uint64(value, &event->control_count) == ATS_OK;
}

static bool take_device(struct ats_span value, struct ats_event *event)
{
    return take_name(value, &event->device);
}

/* "name@version". */
static bool take_contract(struct ats_span value, struct ats_event *event)
{
    const uint8_t *at = value.len > 0 ? memchr(value.data, '@', value.len) : NULL;
    if (!at)
        return false;
    size_t name_len = (size_t)(at - value.data);
    return take_name(ats_span_of(value.data, name_len), &event->contract) &&
           take_name(ats_span_of(at + 1, value.len - name_len - 1), &event->contract_version);
}

static bool take_topic(struct ats_span value, struct ats_event *event)
{
    event->topic = value;
    return value.len <= ATS_TOPIC_MAX;
}

static bool take_qos(struct ats_span value, struct ats_event *event)
{
    if (value.len != 1 || value.data[0] < '0' || value.data[0] > '2')
        return false;
    event->qos = (uint8_t)(value.data[0] - '0');
    return true;
}

static bool take_retain(struct ats_span value, struct ats_event *event)
{
    event->retain = true;
    return ats_span_is(value, "1");
}

static bool take_proof(struct ats_span value, struct ats_event *event)
{
    for (int proof = ATS_EVENT_PROOF_NONE; proof <= ATS_EVENT_PROOF_SIGNATURE; proof++) {
        if (ats_span_is(value, ats_event_proof_name((enum ats_event_proof)proof))) {
            event->proof = (enum ats_event_proof)proof;
            return true;
        }
    }
    return false;
}

static bool take_sequence(struct ats_span value, struct ats_event *event)
{
    return ats_parse_uint64(value, &event->sequence) == ATS_OK;
}

static bool take_proof_time(struct ats_span value, struct ats_event *event)
{
    return ats_parse_uint64(value, &event->proof_time_ms) == ATS_OK;
}

static bool take_session(struct ats_span value, struct ats_event *event)
{
    event->session = value;
    return value.len == SESSION_SIZE;
}

static bool take_key(struct ats_span value, struct ats_event *event)
{
    return take_name(value, &event->key_id);
}

static bool take_signature(struct ats_span value, struct ats_event *event)
{
    event->signature = value;
    return value.len == SIGNATURE_SIZE;
}

static bool take_payload(struct ats_span value, struct ats_event *event)
{
    event->payload = value;
    return value.len <= ATS_PAYLOAD_MAX;
}

static bool take_item_number(struct ats_span value, uint32_t *ret_number)
{
    uint64_t number = 0;
    bool good = ats_parse_uint64(value, &number) == ATS_OK && number <= ATS_BATCH_ITEMS_MAX;
    *ret_number = (uint32_t)number;
    return good;
}

static bool take_item(struct ats_span value, struct ats_event *event)
{
    return take_item_number(value, &event->item);
}

static bool take_items(struct ats_span value, struct ats_event *event)
{
    return take_item_number(value, &event->item_count);
}

static bool take_warnings(struct ats_span value, struct ats_event *event)
{
    event->warnings = value;
    return value.len < ATS_VERDICT_WARNINGS_MAX;
}

static bool take_content_type(struct ats_span value, struct ats_event *event)
{
    event->content_type = value;
    return value.len > 0 && value.len <= ATS_CONTENT_TYPE_MAX;
}

static bool take_replay(struct ats_span value, struct ats_event *event)
{
    struct ats_span gate;
    uint64_t journal_id = 0;
    uint64_t position = 0;
    event->replay = value;
    return ats_event_id_parse(value, &gate, &journal_id, &position) == ATS_OK;
}

static bool take_traceparent(struct ats_span value, struct ats_event *event)
{
    event->traceparent = value;
    return value.len <= TRACEPARENT_MAX;
}

/* For consumers of other make; ours needs it from elsewhere or not at all. */
static bool pass(struct ats_span value, struct ats_event *event)
{
    (void)value;
    (void)event;
    return true;
}

/* `required`: of an admitted event; a quarantined one may have no device and no contract. */
static const struct {
    const char *name;
    bool required;
    take_header *take;
} headers[] = {
    {"ce_specversion", false, pass},
    {"ce_id", false, pass},
    {"ce_source", false, pass},
    {"ce_type", false, pass},
    {"ce_time", true, take_time},
    {"ce_subject", false, pass},
    {"ce_dataschema", false, pass},
    {"content-type", false, pass},
    {"ats_gate", true, take_gate},
    {"ats_journal", true, take_journal},
    {"ats_position", true, take_position},
    {"ats_control", true, take_control},
    {"ats_device", true, take_device},
    {"ats_contract", true, take_contract},
    {"ats_topic", true, take_topic},
    {"ats_qos", false, take_qos},
    {"ats_retain", false, take_retain},
    {"ats_proof", true, take_proof},
    {"ats_sequence", false, take_sequence},
    {"ats_time", false, take_proof_time},
    {"ats_session", false, take_session},
    {"ats_key", false, take_key},
    {"ats_signature", false, take_signature},
    {"ats_payload", false, take_payload},
    {"ats_item", false, take_item},
    {"ats_items", false, take_items},
    {"ats_warnings", false, take_warnings},
    {"ats_content_type", false, take_content_type},
    {"ats_replay", false, take_replay},
    {"traceparent", false, take_traceparent},
    {"ats_seal", false, pass},
};

#define HEADER_COUNT (sizeof(headers) / sizeof(headers[0]))

static bool is_required(size_t header, const struct ats_event *event)
{
    return headers[header].required &&
           (event->kind == ATS_EVENT_ADMITTED ||
            (headers[header].take != take_device && headers[header].take != take_contract));
}

enum ats_status ats_event_take_headers(const struct ats_kafka_record *record,
                                       struct ats_event *event, struct ats_error *err)
{
    bool seen[HEADER_COUNT] = {false};
    size_t next = 0;
    for (size_t i = 0; i < record->header_count; i++) {
        const struct ats_kafka_header *header = &record->headers[i];
        size_t tries = 0;
        while (tries < HEADER_COUNT && strcmp(headers[next].name, header->name) != 0) {
            next = (next + 1) % HEADER_COUNT;
            tries++;
        }
        if (tries == HEADER_COUNT)
            continue;
        if (seen[next])
            return ats_error_set(err, ATS_ERR_MALFORMED, "header %s stands twice",
                                 headers[next].name);
        seen[next] = true;
        if (!headers[next].take(header->value, event))
            return ats_error_set(err, ATS_ERR_MALFORMED, "header %s has a bad value",
                                 headers[next].name);
        next = (next + 1) % HEADER_COUNT;
    }
    for (size_t i = 0; i < HEADER_COUNT; i++) {
        if (is_required(i, event) && !seen[i])
            return ats_error_set(err, ATS_ERR_MALFORMED, "header %s is missing", headers[i].name);
    }
    return ATS_OK;
}

enum ats_status ats_event_from_kafka(const struct ats_kafka_record *record,
                                     struct ats_event *ret_event, struct ats_error *err)
{
    struct ats_span body;
    *ret_event = (struct ats_event){
        .kind = ATS_EVENT_ADMITTED, .asset = record->key, .value = record->value};
    enum ats_status status = ats_event_take_headers(record, ret_event, err);
    if (status != ATS_OK)
        return status;
    if (record->key.len == 0 || record->key.len > ATS_NAME_MAX)
        return ats_error_set(err, ATS_ERR_MALFORMED, "key is not the name of an asset");
    if (!ats_event_item_is_good(ret_event))
        return ats_error_set(err, ATS_ERR_MALFORMED, "headers ats_item and ats_items do not fit");
    if (!record->value.data ||
        ats_framing_get(record->value, &ret_event->schema_id, &body) != ATS_OK)
        return ats_error_set(err, ATS_ERR_MALFORMED, "value has no schema id");
    return ATS_OK;
}
