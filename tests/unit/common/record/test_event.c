/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/schema.h"
#include "common/record/event.h"
#include "common/record/quarantine.h"
#include "common/record/schemas.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static uint8_t value_bytes[] = {0, 0, 0, 0x30, 0x39, 2, 'x'};
static const uint8_t session_bytes[16] = {1, 2, 3};
static const uint8_t signature_bytes[64] = {9, 8, 7};

static struct ats_event admitted(void)
{
    return (struct ats_event){
        .kind = ATS_EVENT_ADMITTED,
        .gate = ats_span_text("gate-1"),
        .journal_id = 0x0123456789abcdef,
        .position = 42,
        .device = ats_span_text("press-7"),
        .asset = ats_span_text("line-3"),
        .topic = ats_span_text("plant/press-7/telemetry"),
        .qos = 1,
        .contract = ats_span_text("env-sensor"),
        .contract_version = ats_span_text("1.0.0"),
        .schema_id = 12345,
        .received_ms = INT64_C(1764000000123),
        .control_count = 17,
        .traceparent = ats_span_text("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        .proof = ATS_EVENT_PROOF_SIGNATURE,
        .sequence = 99,
        .proof_time_ms = 1764000000001,
        .session = ats_span_of(session_bytes, sizeof(session_bytes)),
        .key_id = ats_span_text("00112233aabbccdd"),
        .signature = ats_span_of(signature_bytes, sizeof(signature_bytes)),
        .digest = 77,
        .value = ats_span_of(value_bytes, sizeof(value_bytes)),
        .payload = ats_span_text("{\"temp\":21}"),
        .content_type = ats_span_text("application/json"),
    };
}

static struct ats_event quarantined(void)
{
    struct ats_event event = admitted();
    event.kind = ATS_EVENT_QUARANTINED;
    event.value = ats_span_of(NULL, 0);
    event.payload = ats_span_text("\xff\xfe not json");
    event.reason_class = ats_span_text("malformed");
    event.reason_rule = ats_span_text("utf8");
    event.reason_path = ats_span_text("data.temp");
    event.reason_text = ats_span_text("not UTF-8 at byte 0");
    return event;
}

static void assert_same(const struct ats_event *a, const struct ats_event *b)
{
    cr_assert_eq(a->kind, b->kind);
    cr_assert(ats_span_equal(a->device, b->device));
    cr_assert(ats_span_equal(a->asset, b->asset));
    cr_assert(ats_span_equal(a->topic, b->topic));
    cr_assert_eq(a->qos, b->qos);
    cr_assert_eq(a->retain, b->retain);
    cr_assert(ats_span_equal(a->contract, b->contract));
    cr_assert(ats_span_equal(a->contract_version, b->contract_version));
    cr_assert_eq(a->schema_id, b->schema_id);
    cr_assert_eq(a->received_ms, b->received_ms);
    cr_assert_eq(a->control_count, b->control_count);
    cr_assert(ats_span_equal(a->traceparent, b->traceparent));
    cr_assert_eq(a->proof, b->proof);
    cr_assert_eq(a->sequence, b->sequence);
    cr_assert_eq(a->proof_time_ms, b->proof_time_ms);
    cr_assert(ats_span_equal(a->session, b->session));
    cr_assert(ats_span_equal(a->key_id, b->key_id));
    cr_assert(ats_span_equal(a->signature, b->signature));
    cr_assert(ats_span_equal(a->value, b->value));
    cr_assert(ats_span_equal(a->payload, b->payload));
    cr_assert(ats_span_equal(a->content_type, b->content_type));
    cr_assert(ats_span_equal(a->replay, b->replay));
}

Test(event, comes_back_from_the_journal_as_it_went_in)
{
    uint8_t memory[ATS_EVENT_OVERHEAD_MAX];
    size_t len = 0;
    struct ats_event events[] = {admitted(), quarantined()};
    for (size_t i = 0; i < 2; i++) {
        struct ats_event back;
        cr_assert_eq(ats_event_encode(&events[i], memory, sizeof(memory), &len), ATS_OK);
        cr_assert_eq(ats_event_decode(ats_span_of(memory, len), &back), ATS_OK);
        assert_same(&events[i], &back);
        cr_assert_eq(back.digest, events[i].digest);
        cr_assert(ats_span_equal(back.reason_class, events[i].reason_class));
        cr_assert(ats_span_equal(back.reason_rule, events[i].reason_rule));
        cr_assert(ats_span_equal(back.reason_path, events[i].reason_path));
        cr_assert(ats_span_equal(back.reason_text, events[i].reason_text));
    }
}

Test(event, does_not_encode_into_too_little_memory)
{
    struct ats_event event = admitted();
    uint8_t memory[ATS_EVENT_OVERHEAD_MAX];
    size_t len = 0;
    cr_assert_eq(ats_event_encode(&event, memory, sizeof(memory), &len), ATS_OK);
    for (size_t cap = 0; cap < len; cap++) {
        size_t unused = 0;
        cr_assert_eq(ats_event_encode(&event, memory, cap, &unused), ATS_ERR_LIMIT);
    }
}

Test(event, refuses_every_torn_journal_record)
{
    struct ats_event event = quarantined();
    uint8_t memory[ATS_EVENT_OVERHEAD_MAX];
    size_t len = 0;
    cr_assert_eq(ats_event_encode(&event, memory, sizeof(memory), &len), ATS_OK);
    for (size_t cut = 0; cut < len; cut++)
        cr_assert_eq(ats_event_decode(ats_span_of(memory, cut), &event), ATS_ERR_MALFORMED);
    memory[0] = 4;
    cr_assert_eq(ats_event_decode(ats_span_of(memory, len), &event), ATS_ERR_MALFORMED);
}

/* What a gate of before left in its journal. */
Test(event, reads_the_form_that_had_no_items)
{
    struct ats_event event = quarantined();
    struct ats_event read;
    uint8_t memory[ATS_EVENT_OVERHEAD_MAX];
    size_t len = 0;
    event.item = 3;
    event.item_count = 7;
    event.content_type = ats_span_of(NULL, 0);
    cr_assert_eq(ats_event_encode(&event, memory, sizeof(memory), &len), ATS_OK);
    cr_assert_eq(ats_event_decode(ats_span_of(memory, len), &read), ATS_OK);
    cr_assert_eq(read.item, 3);
    cr_assert_eq(read.item_count, 7);
    memory[0] = 2; /* and no replays */
    cr_assert_eq(ats_event_decode(ats_span_of(memory, len), &read), ATS_ERR_MALFORMED);
    cr_assert_eq(ats_event_decode(ats_span_of(memory, len - 4), &read), ATS_OK);
    cr_assert_eq(read.item_count, 7);
    memory[0] = 1;
    cr_assert_eq(ats_event_decode(ats_span_of(memory, len), &read), ATS_ERR_MALFORMED);
    cr_assert_eq(ats_event_decode(ats_span_of(memory, len - 20), &read), ATS_OK);
    cr_assert_eq(read.item_count, 0);
    assert_same(&event, &read);
}

Test(event, refuses_an_item_that_cannot_be)
{
    static const struct {
        uint32_t item;
        uint32_t count;
    } cases[] = {{1, 0}, {2, 2}, {0, ATS_BATCH_ITEMS_MAX + 1}};
    struct ats_event event = admitted();
    uint8_t memory[ATS_EVENT_OVERHEAD_MAX];
    size_t len = 0;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ats_event read;
        event.item = cases[i].item;
        event.item_count = cases[i].count;
        cr_assert_eq(ats_event_encode(&event, memory, sizeof(memory), &len), ATS_OK);
        cr_assert_eq(ats_event_decode(ats_span_of(memory, len), &read), ATS_ERR_MALFORMED);
    }
}

Test(event, overhead_covers_the_longest_names)
{
    static char longest[ATS_TOPIC_MAX + 1];
    memset(longest, 'x', sizeof(longest) - 1);
    struct ats_event event = quarantined();
    struct ats_span name = ats_span_of(longest, ATS_NAME_MAX);
    event.device = event.asset = event.contract = event.contract_version = name;
    event.key_id = event.traceparent = event.reason_class = event.reason_rule = name;
    event.topic = ats_span_text(longest);
    event.reason_path = event.reason_text = ats_span_of(longest, 256);
    event.content_type = ats_span_of(longest, ATS_CONTENT_TYPE_MAX);
    event.replay = ats_span_of(longest, ATS_EVENT_ID_SIZE);
    event.payload = ats_span_of(NULL, 0);
    uint8_t memory[ATS_EVENT_OVERHEAD_MAX];
    size_t len = 0;
    cr_assert_eq(ats_event_encode(&event, memory, sizeof(memory), &len), ATS_OK);
}

static struct ats_event_texts texts;

static struct ats_kafka_record to_kafka(const struct ats_event *event, struct ats_buf *scratch)
{
    struct ats_kafka_record record;
    cr_assert_eq(ats_event_to_kafka(event, "f1ee7", "ats.", &texts, scratch, &record), ATS_OK);
    return record;
}

static void assert_header(const struct ats_kafka_record *record, const char *name, const char *text)
{
    struct ats_span value = ats_kafka_record_header(record, name);
    cr_assert(ats_span_is(value, text), "%s is '%.*s'", name, ATS_SPAN_ARGS(value));
}

Test(event, becomes_a_telemetry_record_with_cloudevents_headers)
{
    struct ats_event event = admitted();
    struct ats_buf scratch;
    ats_buf_init(&scratch, ATS_RECORD_MAX);
    struct ats_kafka_record record = to_kafka(&event, &scratch);
    cr_assert_str_eq(record.topic, "ats.telemetry.env-sensor");
    cr_assert(ats_span_is(record.key, "line-3"));
    cr_assert(ats_span_equal(record.value, event.value));
    assert_header(&record, "ce_specversion", "1.0");
    assert_header(&record, "ce_id", "gate-1/0123456789abcdef/42");
    assert_header(&record, "ce_source", "/attestream/f1ee7/gate-1");
    assert_header(&record, "ce_type", "attestream.telemetry.v1");
    assert_header(&record, "ce_time", "2025-11-24T16:00:00.123Z");
    assert_header(&record, "ce_subject", "press-7");
    assert_header(&record, "ce_dataschema", "/schemas/ids/12345");
    assert_header(&record, "content-type", "application/avro");
    assert_header(&record, "ats_gate", "gate-1");
    assert_header(&record, "ats_journal", "0123456789abcdef");
    assert_header(&record, "ats_position", "42");
    assert_header(&record, "ats_control", "17");
    assert_header(&record, "ats_contract", "env-sensor@1.0.0");
    assert_header(&record, "ats_proof", "signature");
    assert_header(&record, "ats_sequence", "99");
    assert_header(&record, "ats_content_type", "application/json");
    assert_header(&record, "traceparent",
                  "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    cr_assert_eq(ats_kafka_record_header(&record, "ats_signature").len, 64);
    ats_buf_fini(&scratch);
}

Test(event, comes_back_from_kafka_as_it_went_in)
{
    struct ats_event event = admitted(), back;
    struct ats_buf scratch;
    struct ats_error err = {0};
    ats_buf_init(&scratch, ATS_RECORD_MAX);
    event.retain = true;
    event.replay = ats_span_text("gate-2/fedcba9876543210/7");
    struct ats_kafka_record record = to_kafka(&event, &scratch);
    assert_header(&record, "ats_replay", "gate-2/fedcba9876543210/7");
    cr_assert_eq(ats_event_from_kafka(&record, &back, &err), ATS_OK, "%s", err.text);
    assert_same(&event, &back);
    cr_assert(ats_span_equal(back.gate, event.gate));
    cr_assert_eq(back.journal_id, event.journal_id);
    cr_assert_eq(back.position, event.position);
    ats_buf_fini(&scratch);
}

Test(event, headers_may_come_in_any_order_and_with_strangers)
{
    struct ats_event event = admitted(), back;
    struct ats_buf scratch;
    ats_buf_init(&scratch, ATS_RECORD_MAX);
    struct ats_kafka_record record = to_kafka(&event, &scratch);
    for (size_t i = 0; i < record.header_count / 2; i++) {
        struct ats_kafka_header header = record.headers[i];
        record.headers[i] = record.headers[record.header_count - 1 - i];
        record.headers[record.header_count - 1 - i] = header;
    }
    ats_kafka_record_add_text(&record, "x-stranger", "hello");
    cr_assert_eq(ats_event_from_kafka(&record, &back, NULL), ATS_OK);
    assert_same(&event, &back);
    ats_buf_fini(&scratch);
}

static const char *without(const char *name, struct ats_event *back, struct ats_error *err)
{
    struct ats_event event = admitted();
    struct ats_buf scratch;
    ats_buf_init(&scratch, ATS_RECORD_MAX);
    struct ats_kafka_record record = to_kafka(&event, &scratch);
    for (size_t i = 0; i < record.header_count; i++) {
        if (strcmp(record.headers[i].name, name) == 0)
            record.headers[i].name = "x-gone";
    }
    cr_assert_eq(ats_event_from_kafka(&record, back, err), ATS_ERR_MALFORMED, "%s", name);
    ats_buf_fini(&scratch);
    return err->text;
}

Test(event, names_the_header_that_is_missing)
{
    static const char *const names[] = {"ce_time",      "ats_gate",    "ats_journal",
                                        "ats_position", "ats_control", "ats_device",
                                        "ats_contract", "ats_topic",   "ats_proof"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct ats_event back;
        struct ats_error err = {0};
        const char *text = without(names[i], &back, &err);
        cr_assert_not_null(strstr(text, names[i]), "%s", text);
    }
}

Test(event, names_the_header_that_is_bad_or_stands_twice)
{
    static const struct {
        const char *name, *value;
    } bad[] = {
        {"ats_position", "-1"},
        {"ats_position", ""},
        {"ats_journal", "xyz"},
        {"ats_journal", "0123456789ABCDEF"},
        {"ats_contract", "nothing"},
        {"ats_contract", "@1"},
        {"ats_proof", "trust me"},
        {"ats_qos", "3"},
        {"ats_session", "short"},
        {"ats_signature", "short"},
        {"ats_gate", ""},
        {"ce_time", "2025-13-24T16:00:00.123Z"},
        {"ce_time", "yesterday"},
        {"ats_control", "99999999999999999999"},
        {"ats_replay", "gate-2/fedcba9876543210"},
        {"ats_replay", "/fedcba9876543210/7"},
        {"ats_replay", "gate-2/fedcba987654321/7"},
        {"ats_replay", "gate-2/fedcba9876543210/x"},
    };
    struct ats_buf scratch;
    ats_buf_init(&scratch, ATS_RECORD_MAX);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct ats_event event = admitted(), back;
        struct ats_error err = {0};
        event.replay = ats_span_text("gate-2/fedcba9876543210/7");
        struct ats_kafka_record record = to_kafka(&event, &scratch);
        for (size_t j = 0; j < record.header_count; j++) {
            if (strcmp(record.headers[j].name, bad[i].name) == 0)
                record.headers[j].value = ats_span_text(bad[i].value);
        }
        cr_assert_eq(ats_event_from_kafka(&record, &back, &err), ATS_ERR_MALFORMED, "%s %s",
                     bad[i].name, bad[i].value);
        cr_assert_not_null(strstr(err.text, bad[i].name), "%s", err.text);
        record = to_kafka(&event, &scratch);
        ats_kafka_record_add_text(&record, bad[i].name, "again");
        cr_assert_eq(ats_event_from_kafka(&record, &back, &err), ATS_ERR_MALFORMED);
        cr_assert_not_null(strstr(err.text, "twice"), "%s", err.text);
    }
    ats_buf_fini(&scratch);
}

Test(event, refuses_a_record_without_key_value_or_framing)
{
    struct ats_event event = admitted(), back;
    struct ats_buf scratch;
    ats_buf_init(&scratch, ATS_RECORD_MAX);
    struct ats_kafka_record record = to_kafka(&event, &scratch);
    record.value = ats_span_of(NULL, 0);
    cr_assert_eq(ats_event_from_kafka(&record, &back, NULL), ATS_ERR_MALFORMED);
    record.value = ats_span_text("\x01\x02\x03\x04\x05\x06");
    cr_assert_eq(ats_event_from_kafka(&record, &back, NULL), ATS_ERR_MALFORMED);
    record = to_kafka(&event, &scratch);
    record.key = ats_span_of(NULL, 0);
    cr_assert_eq(ats_event_from_kafka(&record, &back, NULL), ATS_ERR_MALFORMED);
    ats_buf_fini(&scratch);
}

Test(event, goes_to_quarantine_under_its_device_where_the_asset_is_unknown)
{
    struct ats_event event = quarantined();
    struct ats_buf scratch;
    ats_buf_init(&scratch, ATS_RECORD_MAX);
    event.asset = ats_span_of(NULL, 0);
    struct ats_kafka_record record = to_kafka(&event, &scratch);
    cr_assert_str_eq(record.topic, "ats.quarantine");
    cr_assert(ats_span_is(record.key, "press-7"));
    assert_header(&record, "ce_type", "attestream.quarantine.v1");
    cr_assert_null(ats_kafka_record_header(&record, "ats_payload").data);
    uint32_t schema_id = 0;
    struct ats_span body;
    cr_assert_eq(ats_framing_get(record.value, &schema_id, &body), ATS_OK);
    cr_assert_eq(schema_id, ats_record_schema_id("quarantine"));
    ats_buf_fini(&scratch);
}

static bool others_set_ids;

uint32_t __real_ats_record_schema_id(const char *name);
uint32_t __wrap_ats_record_schema_id(const char *name);
uint32_t __wrap_ats_record_schema_id(const char *name)
{
    uint32_t id = __real_ats_record_schema_id(name);
    if (others_set_ids)
        ats_record_schema_set_id(name, id + 1);
    return id;
}

Test(event, quarantine_names_one_schema_while_another_thread_sets_its_id)
{
    struct ats_event event = quarantined();
    struct ats_buf scratch;
    uint32_t schema_id = 0;
    struct ats_span body;
    ats_buf_init(&scratch, ATS_RECORD_MAX);
    ats_record_schema_set_id("quarantine", 7);
    others_set_ids = true;
    struct ats_kafka_record record = to_kafka(&event, &scratch);
    others_set_ids = false;
    cr_assert_neq(ats_record_schema_id("quarantine"), 7);
    cr_assert_eq(ats_framing_get(record.value, &schema_id, &body), ATS_OK);
    cr_assert_eq(schema_id, 7);
    assert_header(&record, "ce_dataschema", "/schemas/ids/7");
    ats_buf_fini(&scratch);
}

Test(event, a_name_too_long_for_its_place_is_a_limit)
{
    static char longest[300];
    memset(longest, 'x', sizeof(longest) - 1);
    struct ats_event event = admitted();
    struct ats_buf scratch;
    struct ats_kafka_record record;
    ats_buf_init(&scratch, ATS_RECORD_MAX);
    event.gate = ats_span_text(longest);
    cr_assert_eq(ats_event_to_kafka(&event, "f", "ats.", &texts, &scratch, &record), ATS_ERR_LIMIT);
    event = admitted();
    event.contract = ats_span_text(longest);
    cr_assert_eq(ats_event_to_kafka(&event, "f", "ats.", &texts, &scratch, &record), ATS_ERR_LIMIT);
    event = admitted();
    cr_assert_eq(ats_event_to_kafka(&event, longest, "ats.", &texts, &scratch, &record),
                 ATS_ERR_LIMIT);
    ats_buf_fini(&scratch);
}

Test(event, its_publish_is_what_the_contract_judges_again)
{
    struct ats_event event = admitted();
    struct ats_contract_input input = ats_event_input(&event);
    cr_assert(ats_span_equal(input.payload, event.payload));
    cr_assert(ats_span_equal(input.device, event.device));
    cr_assert(ats_span_is(input.content_type, "application/json"));
    cr_assert_eq(input.now_ms, event.received_ms);
}

Test(event, comes_back_from_quarantine_with_its_reason_and_bytes)
{
    struct ats_event event = quarantined(), back;
    struct ats_buf scratch;
    struct ats_error err = {0};
    ats_buf_init(&scratch, ATS_RECORD_MAX);
    event.item = 2;
    event.item_count = 3;
    struct ats_kafka_record record = to_kafka(&event, &scratch);
    cr_assert_eq(ats_event_from_quarantine(&record, &back, &err), ATS_OK, "%s", err.text);
    back.schema_id = event.schema_id; /* stands nowhere, as it is of no use */
    assert_same(&event, &back);
    cr_assert_eq(back.position, event.position);
    cr_assert_eq(back.item, 2);
    cr_assert(ats_span_equal(back.reason_rule, event.reason_rule));
    cr_assert(ats_span_equal(back.reason_path, event.reason_path));
    ats_buf_fini(&scratch);
}

Test(event, of_nobody_comes_back_from_quarantine)
{
    struct ats_event event = quarantined(), back;
    struct ats_buf scratch;
    ats_buf_init(&scratch, ATS_RECORD_MAX);
    event.device = event.asset = ats_span_of(NULL, 0);
    event.proof = ATS_EVENT_PROOF_NONE;
    struct ats_kafka_record record = to_kafka(&event, &scratch);
    cr_assert_eq(ats_event_from_quarantine(&record, &back, NULL), ATS_OK);
    cr_assert_eq(back.device.len, 0);
    ats_buf_fini(&scratch);
}

Test(event, refuses_what_is_no_gates_record_of_quarantine)
{
    struct ats_event event = admitted(), back;
    struct ats_error err = {0};
    struct ats_buf scratch, letter;
    ats_buf_init(&scratch, ATS_RECORD_MAX);
    ats_buf_init(&letter, ATS_RECORD_MAX);
    struct ats_kafka_record record = to_kafka(&event, &scratch);
    cr_assert_eq(ats_event_from_quarantine(&record, &back, &err), ATS_ERR_MALFORMED);
    event = quarantined();
    record = to_kafka(&event, &scratch);
    for (size_t len = 0; len < scratch.len; len++) {
        record.value.len = len;
        cr_assert_eq(ats_event_from_quarantine(&record, &back, &err), ATS_ERR_MALFORMED);
    }
    const struct ats_quarantine dead = {.source = ATS_QUARANTINE_PROCESSOR};
    ats_quarantine_encode(&dead, &letter);
    record.value = ats_buf_span(&letter);
    cr_assert_eq(ats_event_from_quarantine(&record, &back, &err), ATS_ERR_MALFORMED);
    cr_assert_not_null(strstr(err.text, "dead letter"));
    ats_buf_fini(&scratch);
    ats_buf_fini(&letter);
}
