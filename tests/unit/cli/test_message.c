/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/message.h"

#include "common/contract/schema.h"
#include "device/protocol.h"
#include "tests/unit/common/control/fleet.h"

#define GATE "gate-1"
#define DEVICE "press-17"
#define TOPIC "site/hall/" DEVICE "/env"
#define CONTRACT_FOLDER ATS_SOURCE_DIR "/schemas/contracts/env-sensor/"
#define PAYLOAD                                                                                    \
    "{\"device_id\":\"" DEVICE "\",\"device\":\"Press\",\"ts\":1763999999,"                        \
    "\"data\":{\"co\":0.004,\"humidity\":51.0,\"light\":false,\"lpg\":0.007,\"motion\":false,"     \
    "\"smoke\":0.02,\"temp\":22.5}}"

/* One signed message on its way from a gate to an auditor, and the log that the auditor has. */
static struct ats_key_pair device_key;
static struct ats_body_device device;
static struct ats_control_history history;
static struct ats_contract *contract;
static struct ats_buf transcoded; /* the gate's */
static struct ats_buf scratch;
static struct ats_buf judged;
static uint8_t signature[ATS_SIGNATURE_SIZE];
static struct ats_event event;
static struct ats_event_texts texts;
static struct ats_kafka_record record;
static struct ats_message_finding finding;
static uint64_t applied; /* records of the log */

static char *read_document(const char *path)
{
    struct ats_buf buf;
    ats_buf_init(&buf, ATS_DOCUMENT_MAX);
    cr_assert_eq(ats_file_read(path, &buf, NULL), ATS_OK, "%s", path);
    char *text = strdup(ats_buf_text(&buf));
    ats_buf_fini(&buf);
    return text;
}

/* The newest record of that name, at the present count. */
static void note(enum ats_control_kind kind, const char *name)
{
    struct ats_store_view *view = NULL;
    struct ats_control_record newest;
    applied++;
    if (!history.whole)
        return;
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    cr_assert_eq(ats_registry_find(view, kind, ats_span_text(name), &newest), ATS_OK);
    cr_assert_eq(ats_control_history_add(&history, &newest, applied), ATS_OK);
    ats_store_view_close(view);
}

static void apply_text_as(enum ats_control_kind kind, const char *name, struct ats_buf *text)
{
    cr_assert_eq(apply_body(kind, name, "op", &fleet.operator_, ats_buf_span(text)),
                 ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_buf_fini(text);
    note(kind, name);
}

/* With new keys; the former ones are those of the record before. */
static void put_gate_of(struct ats_body_gate body)
{
    static struct ats_gate_former former;
    struct ats_key_pair pair;
    struct ats_buf text;
    int64_t former_end_ms = body.former.not_after_ms;
    if (former_end_ms != 0)
        body.former = former;
    body.former.not_after_ms = former_end_ms;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    ats_key_pair_generate(&pair, ATS_KEY_SIGNING);
    memcpy(body.signing_key, pair.public_key, sizeof(body.signing_key));
    ats_key_pair_generate(&pair, ATS_KEY_AGREEMENT);
    memcpy(body.agreement_key, pair.public_key, sizeof(body.agreement_key));
    make_certificate(ATS_CERTIFICATE_GATE, GATE, body.signing_key, &fleet.operator_,
                     body.certificate, &body.certificate_len);
    memcpy(former.signing_key, body.signing_key, sizeof(former.signing_key));
    memcpy(former.agreement_key, body.agreement_key, sizeof(former.agreement_key));
    memcpy(former.certificate, body.certificate, body.certificate_len);
    former.certificate_len = body.certificate_len;
    cr_assert_eq(ats_body_gate_format(&body, &text), ATS_OK);
    apply_text_as(ATS_CONTROL_GATE, GATE, &text);
}

static void put_gate_until(bool revoked, int64_t not_after_ms)
{
    put_gate_of((struct ats_body_gate){.revoked = revoked, .not_after_ms = not_after_ms});
}

static void put_gate(bool revoked)
{
    put_gate_until(revoked, 0);
}

static char *with_proof(char *odcs, const char *proof)
{
    static const char line[] = "proof: connection";
    char *at = strstr(odcs, line);
    char *changed = NULL;
    cr_assert_not_null(at);
    cr_assert_geq(
        asprintf(&changed, "%.*sproof: %s%s", (int)(at - odcs), odcs, proof, at + strlen(line)), 0);
    free(odcs);
    return changed;
}

/* The environmental sensor's, with this least proof. */
static void put_contract(const char *proof)
{
    struct ats_body_contract body = {0};
    struct ats_buf text;
    struct ats_error err = {0};
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    body.odcs = with_proof(read_document(CONTRACT_FOLDER "contract.odcs.yaml"), proof);
    body.avsc = read_document(CONTRACT_FOLDER "schema.avsc");
    body.schema_id = ats_schema_id(ats_span_text(body.avsc));
    cr_assert_eq(ats_body_contract_format(&body, &text), ATS_OK);
    apply_text_as(ATS_CONTROL_CONTRACT, "env-sensor@1.0.0", &text);
    cr_assert_eq(ats_contract_compile(ats_span_text(body.odcs), "odcs", ats_span_text(body.avsc),
                                      "avsc", &contract, &err),
                 ATS_OK, "%s", err.text);
    ats_body_contract_fini(&body);
}

/* The same under a later version, which takes the same payloads. */
static void put_later_version(void)
{
    static const char line[] = "\nversion: 1.0.0";
    struct ats_body_contract body = {0};
    struct ats_buf text;
    char *later = NULL;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    body.odcs = read_document(CONTRACT_FOLDER "contract.odcs.yaml");
    char *at = strstr(body.odcs, line);
    cr_assert_not_null(at);
    cr_assert_geq(asprintf(&later, "%.*s\nversion: 1.1.0%s", (int)(at - body.odcs), body.odcs,
                           at + strlen(line)),
                  0);
    free(body.odcs);
    body.odcs = later;
    body.avsc = read_document(CONTRACT_FOLDER "schema.avsc");
    body.schema_id = ats_schema_id(ats_span_text(body.avsc));
    cr_assert_eq(ats_body_contract_format(&body, &text), ATS_OK);
    apply_text_as(ATS_CONTROL_CONTRACT, "env-sensor@1.1.0", &text);
    ats_body_contract_fini(&body);
}

/* The end of 1.0.0, which says the same. */
static void put_end(void)
{
    struct ats_body_contract body = {.retired = true};
    struct ats_buf text;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    body.odcs = with_proof(read_document(CONTRACT_FOLDER "contract.odcs.yaml"), "connection");
    body.avsc = read_document(CONTRACT_FOLDER "schema.avsc");
    body.schema_id = ats_schema_id(ats_span_text(body.avsc));
    cr_assert_eq(ats_body_contract_format(&body, &text), ATS_OK);
    apply_text_as(ATS_CONTROL_CONTRACT, "env-sensor@1.0.0", &text);
    ats_body_contract_fini(&body);
}

static void put_device(enum ats_device_state state)
{
    device.state = state;
    cr_assert_eq(apply_device(DEVICE, &device), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    note(ATS_CONTROL_DEVICE, DEVICE);
}

static void begin(bool whole, const char *proof)
{
    fleet_begin_with_operator();
    applied = 2;
    ats_control_history_init(&history, &fleet.pins, whole);
    ats_buf_init(&transcoded, ATS_RECORD_MAX);
    ats_buf_init(&scratch, ATS_RECORD_MAX);
    ats_buf_init(&judged, ATS_RECORD_MAX);
    ats_key_pair_generate(&device_key, ATS_KEY_SIGNING);
    device = (struct ats_body_device){.key_count = 1};
    memcpy(device.keys[0].key, device_key.public_key, ATS_PUBLIC_KEY_SIZE);
    ats_key_id(device_key.public_key, device.keys[0].id);
    put_gate(false);
    put_contract(proof);
    put_device(ATS_DEVICE_ACTIVE);
}

static void start(void)
{
    begin(false, "connection");
}

static void start_whole(void)
{
    begin(true, "connection");
}

static void finish(void)
{
    ats_control_history_fini(&history);
    ats_contract_unref(contract);
    ats_buf_fini(&transcoded);
    ats_buf_fini(&scratch);
    ats_buf_fini(&judged);
    fleet_end();
}

TestSuite(message, .init = start, .fini = finish);
TestSuite(message_whole, .init = start_whole, .fini = finish);

/* The auditor's log ends here. */
static void close_log(void)
{
    struct ats_store_view *view = NULL;
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    if (!history.whole)
        cr_assert_eq(ats_control_history_add_newest(&history, view), ATS_OK);
    cr_assert_eq(ats_control_history_complete(&history, view, applied), ATS_OK);
    ats_store_view_close(view);
}

static void admit(void)
{
    struct ats_verdict verdict;
    const struct ats_contract_input input = {
        .payload = ats_span_text(PAYLOAD), .device = ats_span_text(DEVICE), .now_ms = TEST_TIME_MS};
    ats_buf_clear(&transcoded);
    cr_assert_eq(ats_contract_admit(contract, &input, &transcoded, &verdict), ATS_OK, "%s",
                 verdict.text);
}

/* What the gate says of the message, its proof left open. */
static void take_message(enum ats_event_proof proof)
{
    admit();
    event = (struct ats_event){.kind = ATS_EVENT_ADMITTED,
                               .gate = ats_span_text(GATE),
                               .journal_id = 7,
                               .position = 3,
                               .device = ats_span_text(DEVICE),
                               .asset = ats_span_text(DEVICE),
                               .topic = ats_span_text(TOPIC),
                               .qos = 1,
                               .contract = ats_span_text("env-sensor"),
                               .contract_version = ats_span_text("1.0.0"),
                               .schema_id = ats_contract_schema_id(contract),
                               .received_ms = TEST_TIME_MS,
                               .control_count = applied,
                               .proof = proof,
                               .value = ats_buf_span(&transcoded)};
}

/* As the device does it (device/proof.c), outside of a session. */
/* As that gate takes it. */
static void sign_message_for(const char *gate)
{
    uint8_t memory[ATS_PROOF_HEAD_MAX];
    uint8_t digest[32];
    uint8_t message[ATS_LABEL_MESSAGE_MAX];
    struct ats_wire_writer head;
    struct ats_proof proof = {.kind = ATS_PROOF_SIGNATURE, .sequence = 5, .time_ms = 1764000000001};
    const struct ats_device_publish publish = {.topic = TOPIC,
                                               .qos = 1,
                                               .time_ms = proof.time_ms,
                                               .payload = (const uint8_t *)PAYLOAD,
                                               .payload_len = strlen(PAYLOAD)};
    ats_wire_writer_init(&head, memory, sizeof(memory));
    cr_assert_eq(ats_proof_signed_head(&proof, DEVICE, gate, &publish, &head), ATS_DEVICE_OK);
    ats_proof_digest(memory, head.len, publish.payload, publish.payload_len, digest);
    size_t len = ats_label_message(ATS_LABEL_PUBLISH_SIGNATURE, digest, message);
    ats_sign(&device_key, ats_span_of(message, len), signature);
    event.sequence = proof.sequence;
    event.proof_time_ms = proof.time_ms;
    event.key_id = ats_span_text(device.keys[0].id);
    event.signature = ats_span_of(signature, sizeof(signature));
    event.payload = ats_span_text(PAYLOAD);
}

static void take_signed(void)
{
    take_message(ATS_EVENT_PROOF_SIGNATURE);
    sign_message_for(GATE);
}

static void forward(void)
{
    record = (struct ats_kafka_record){0};
    cr_assert_eq(ats_event_to_kafka(&event, history.fleet, "ats.", &texts, &scratch, &record),
                 ATS_OK);
}

/* Another value for a header; data NULL: the header goes. */
static void change(const char *name, struct ats_span value)
{
    for (size_t i = 0; i < record.header_count; i++) {
        if (strcmp(record.headers[i].name, name) != 0)
            continue;
        record.headers[i].value = value;
        if (!value.data)
            record.headers[i] = record.headers[--record.header_count];
        return;
    }
    cr_assert_fail("no header %s", name);
}

static void expect(enum ats_message_verdict verdict, const char *reason)
{
    cr_assert_eq(ats_message_judge(&history, "ats.", &record, &judged, &finding), ATS_OK);
    cr_assert_eq(finding.verdict, verdict, "%s (%s): %s", ats_message_verdict_name(finding.verdict),
                 ats_message_reason_name(finding.reason), finding.text.text);
    cr_assert_str_eq(ats_message_reason_name(finding.reason), reason, "%s", finding.text.text);
    cr_assert_neq(finding.text.text[0], '\0');
}

static void expect_after(void (*spoil)(void), const char *reason)
{
    take_signed();
    spoil();
    forward();
    expect(ATS_MESSAGE_WRONG, reason);
}

/* ---- what holds ---- */

Test(message, is_verified_with_the_devices_signature)
{
    close_log();
    take_signed();
    forward();
    expect(ATS_MESSAGE_VERIFIED, "");
    ats_kafka_record_add(&record, "ats_seal", ats_span_text("for the processor alone"));
    expect(ATS_MESSAGE_VERIFIED, "");
}

Test(message, is_verified_where_another_gate_took_it_and_it_was_admitted_anew)
{
    close_log();
    take_message(ATS_EVENT_PROOF_SIGNATURE);
    sign_message_for("gate-0");
    forward();
    expect(ATS_MESSAGE_WRONG, "signature");
    event.replay = ats_span_text("gate-0/0123456789abcdef/7");
    forward();
    expect(ATS_MESSAGE_VERIFIED, "");
    cr_assert_not_null(strstr(finding.text.text, "admitted anew"));
    event.replay = ats_span_text("gate-9/0123456789abcdef/7");
    forward();
    expect(ATS_MESSAGE_WRONG, "signature");
}

Test(message, is_the_gates_word_with_a_tag_or_a_token)
{
    close_log();
    take_message(ATS_EVENT_PROOF_MAC);
    forward();
    expect(ATS_MESSAGE_GATES_WORD, "mac");
    cr_assert_not_null(strstr(finding.text.text, "no proof to third parties"));
    take_message(ATS_EVENT_PROOF_CONNECTION);
    forward();
    expect(ATS_MESSAGE_GATES_WORD, "connection");
}

/* ---- one byte changed ---- */

Test(message, is_wrong_with_any_byte_of_signature_payload_or_value_changed)
{
    uint8_t changed[1024];
    close_log();
    take_signed();
    forward();
    for (size_t i = 0; i < sizeof(signature); i++) {
        memcpy(changed, signature, sizeof(signature));
        changed[i] ^= 1;
        change("ats_signature", ats_span_of(changed, sizeof(signature)));
        expect(ATS_MESSAGE_WRONG, "signature");
    }
    change("ats_signature", event.signature);
    for (size_t i = 0; i < strlen(PAYLOAD); i++) {
        memcpy(changed, PAYLOAD, strlen(PAYLOAD));
        changed[i] ^= 1;
        change("ats_payload", ats_span_of(changed, strlen(PAYLOAD)));
        expect(ATS_MESSAGE_WRONG, "signature");
    }
    change("ats_payload", event.payload);
    for (size_t i = 0; i < event.value.len; i++) {
        memcpy(changed, event.value.data, event.value.len);
        changed[i] ^= 1;
        record.value = ats_span_of(changed, event.value.len);
        expect(ATS_MESSAGE_WRONG, i == 0   ? "headers" /* no Confluent framing */
                                  : i <= 4 ? "schema-id"
                                           : "transcoding-differs");
    }
    record.value = event.value;
    expect(ATS_MESSAGE_VERIFIED, "");
}

static void change_time(void)
{
    event.proof_time_ms++;
}

static void change_sequence(void)
{
    event.sequence++;
}

static void change_topic(void)
{
    event.topic = ats_span_text("site/hell/" DEVICE "/env");
}

static void change_qos(void)
{
    event.qos = 0;
}

static void change_retain(void)
{
    event.retain = true;
}

static void add_session(void)
{
    static const uint8_t session[ATS_SESSION_ID_SIZE] = {1};
    event.session = ats_span_of(session, sizeof(session));
}

static void change_key(void)
{
    event.key_id = ats_span_text("0011223344556677");
}

static void change_device(void)
{
    event.device = event.asset = ats_span_text("press-18");
}

static void change_gate(void)
{
    event.gate = ats_span_text("gate-2");
}

static void change_contract(void)
{
    event.contract_version = ats_span_text("1.0.1");
}

static void change_asset(void)
{
    event.asset = ats_span_text("line-3");
}

static void change_schema(void)
{
    transcoded.data[4] ^= 1;
    event.schema_id ^= 1;
}

static void claim_nothing(void)
{
    take_message(ATS_EVENT_PROOF_NONE);
}

static void keep_no_payload(void)
{
    event.payload = ats_span_of(NULL, 0);
}

static void shorten_key(void)
{
    event.key_id.len--;
}

static void call_it_a_tag(void)
{
    event.proof = ATS_EVENT_PROOF_MAC;
}

Test(message, names_the_reason_of_what_is_wrong)
{
    close_log();
    expect_after(change_time, "signature");
    expect_after(change_sequence, "signature");
    expect_after(change_topic, "signature");
    expect_after(change_qos, "signature");
    expect_after(change_retain, "signature");
    expect_after(add_session, "signature");
    expect_after(change_key, "key-unknown");
    expect_after(change_device, "device-unknown");
    expect_after(change_gate, "gate-unknown");
    expect_after(change_contract, "contract-unknown");
    expect_after(change_asset, "asset");
    expect_after(change_schema, "schema-id");
    expect_after(claim_nothing, "unproven");
    expect_after(keep_no_payload, "headers");
    expect_after(shorten_key, "headers");
    expect_after(call_it_a_tag, "headers");
}

/* The topic of a fleet with another prefix is told from that of another contract, with what can be done. */
Test(message, of_another_prefix_is_told_as_that)
{
    close_log();
    take_signed();
    forward();
    record.topic = "other.ats.telemetry.env-sensor";
    expect(ATS_MESSAGE_WRONG, "topic");
    cr_assert_not_null(strstr(finding.text.text, "not below the prefix 'ats.'"), "%s",
                       finding.text.text);
    cr_assert_not_null(strstr(finding.text.text, "--topic-prefix"), "%s", finding.text.text);
    record.topic = "ats.telemetry.env-sensos";
    expect(ATS_MESSAGE_WRONG, "topic");
    cr_assert_null(strstr(finding.text.text, "prefix"), "%s", finding.text.text);
}

Test(message, is_wrong_where_the_record_contradicts_itself)
{
    close_log();
    take_signed();
    forward();
    record.topic = "ats.telemetry.env-sensos";
    expect(ATS_MESSAGE_WRONG, "topic");
    forward();
    change("ce_source", ats_span_text("/attestream/another/" GATE));
    expect(ATS_MESSAGE_WRONG, "fleet");
    forward();
    change("ce_id", ats_span_text(GATE "/0000000000000007/4"));
    expect(ATS_MESSAGE_WRONG, "headers");
    forward();
    change("ats_gate", ats_span_of(NULL, 0));
    expect(ATS_MESSAGE_WRONG, "headers");
    cr_assert_not_null(strstr(finding.text.text, "ats_gate is missing"), "%s", finding.text.text);
    cr_assert_not(finding.has_event);
    forward();
    change("ats_topic", ats_span_of("site\0x", 6));
    expect(ATS_MESSAGE_WRONG, "headers");
}

Test(message, of_a_tag_is_wrong_where_the_value_cannot_be_the_contracts)
{
    close_log();
    take_message(ATS_EVENT_PROOF_MAC);
    event.value.len--;
    forward();
    expect(ATS_MESSAGE_WRONG, "value");
}

Test(message, is_wrong_where_the_contract_does_not_take_its_payload)
{
    close_log();
    take_signed();
    event.received_ms -= INT64_C(86400000) * 400; /* the event's time lies far ahead */
    forward();
    expect(ATS_MESSAGE_WRONG, "payload");
}

/* ---- what the device may ---- */

Test(message, is_undecided_where_the_device_may_not_publish_it_now)
{
    (void)snprintf(device.contracts[0], sizeof(device.contracts[0]), "machine-temp");
    device.contract_count = 1;
    put_device(ATS_DEVICE_ACTIVE);
    close_log();
    take_signed();
    forward();
    expect(ATS_MESSAGE_UNDECIDED, "contract-not-allowed"); /* it may have been allowed before */
}

Test(message, is_wrong_on_a_topic_that_is_none_of_the_contracts)
{
    close_log();
    take_message(ATS_EVENT_PROOF_MAC);
    event.topic = ats_span_text("site/hall/press-18/env");
    forward();
    expect(ATS_MESSAGE_WRONG, "mqtt-topic");
    event.topic = ats_span_text("office/lamp");
    forward();
    expect(ATS_MESSAGE_WRONG, "mqtt-topic");
}

static void start_strict(void)
{
    begin(false, "signature");
}

Test(message_strict, without_the_signature_that_its_contract_asks_for_is_wrong,
     .init = start_strict, .fini = finish)
{
    close_log();
    take_message(ATS_EVENT_PROOF_MAC);
    forward();
    expect(ATS_MESSAGE_WRONG, "proof-weak");
    take_signed();
    forward();
    expect(ATS_MESSAGE_VERIFIED, "");
}

Test(message, without_the_signature_that_its_device_must_give_is_wrong)
{
    device.least_proof = ATS_PROOF_SIGNED;
    put_device(ATS_DEVICE_ACTIVE);
    close_log();
    take_message(ATS_EVENT_PROOF_MAC);
    forward();
    expect(ATS_MESSAGE_UNDECIDED, "proof-weak"); /* as of now: it may have been asked for later */
    take_signed();
    forward();
    expect(ATS_MESSAGE_VERIFIED, "");
}

Test(message_whole, without_the_signature_that_its_device_had_to_give_is_wrong)
{
    device.least_proof = ATS_PROOF_SIGNED;
    put_device(ATS_DEVICE_ACTIVE);
    close_log();
    take_message(ATS_EVENT_PROOF_MAC);
    forward();
    expect(ATS_MESSAGE_WRONG, "proof-weak");
}

/* ---- when ---- */

Test(message, is_undecided_where_the_log_ends_before_it)
{
    close_log();
    take_signed();
    event.control_count++;
    forward();
    expect(ATS_MESSAGE_UNDECIDED, "control-behind");
}

Test(message, of_a_device_that_is_revoked_now_is_undecided_with_newest_revisions_alone)
{
    take_signed();
    put_device(ATS_DEVICE_REVOKED);
    close_log();
    forward();
    expect(ATS_MESSAGE_UNDECIDED, "device-state");
}

Test(message_whole, of_a_device_that_was_revoked_later_is_verified)
{
    take_signed();
    put_device(ATS_DEVICE_REVOKED);
    close_log();
    forward();
    expect(ATS_MESSAGE_VERIFIED, "");
    event.control_count++;
    forward();
    expect(ATS_MESSAGE_WRONG, "device-state");
}

/* The operator's key was stolen `stolen` records before the log's end. */
static void revoke_operator(uint64_t stolen)
{
    struct ats_store_view *view = NULL;
    struct ats_control_act act;
    struct ats_body_operator body = operator_body("op", &fleet.operator_);
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    cr_assert_eq(ats_control_act_get(view, applied - stolen, &act), ATS_OK);
    ats_store_view_close(view);
    body.revoked = true;
    body.stands_until.count = act.count;
    memcpy(body.stands_until.chain, act.chain, sizeof(act.chain));
    cr_assert_eq(apply_operator("op", &body), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    note(ATS_CONTROL_OPERATOR, "op");
}

Test(message_whole, of_a_device_that_a_stolen_key_enrolled_is_wrong)
{
    take_signed();
    revoke_operator(1);
    close_log();
    forward();
    expect(ATS_MESSAGE_WRONG, "device-unknown");
}

Test(message_whole, of_a_device_that_a_stolen_key_revoked_is_verified)
{
    put_device(ATS_DEVICE_REVOKED);
    take_signed();
    revoke_operator(1);
    close_log();
    forward();
    expect(ATS_MESSAGE_VERIFIED, "");
}

Test(message_whole, with_a_key_that_was_replaced_later_is_verified)
{
    take_signed();
    struct ats_body_device newer = device_body(ATS_DEVICE_ACTIVE);
    device.keys[0] = newer.keys[0];
    char old_id[ATS_KEY_ID_SIZE];
    ats_key_id(device_key.public_key, old_id);
    event.key_id = ats_span_text(old_id);
    put_device(ATS_DEVICE_ACTIVE);
    close_log();
    forward();
    expect(ATS_MESSAGE_VERIFIED, "");
    event.control_count++;
    forward();
    expect(ATS_MESSAGE_WRONG, "key-unknown");
}

Test(message_whole, with_a_key_outside_its_validity_is_wrong)
{
    take_signed();
    device.keys[0].not_after_ms = event.received_ms + 1;
    put_device(ATS_DEVICE_ACTIVE);
    device.keys[0].not_after_ms = event.received_ms;
    put_device(ATS_DEVICE_ACTIVE);
    close_log();
    event.control_count++;
    forward();
    expect(ATS_MESSAGE_VERIFIED, "");
    event.control_count++;
    forward();
    expect(ATS_MESSAGE_WRONG, "key-not-valid");
}

Test(message_whole, before_its_device_gate_or_contract_is_wrong)
{
    close_log();
    take_signed();
    const char *const reasons[] = {"device-unknown", "device-unknown", "gate-unknown"};
    for (uint64_t i = 0; i < 3; i++) {
        event.control_count = applied - 1 - i;
        forward();
        expect(ATS_MESSAGE_WRONG, reasons[i]);
    }
}

Test(message_whole, under_a_version_that_another_had_replaced_is_undecided)
{
    take_signed();
    put_later_version();
    close_log();
    forward();
    expect(ATS_MESSAGE_VERIFIED, "");
    event.control_count++;
    forward();
    expect(ATS_MESSAGE_UNDECIDED, "contract-superseded");
    cr_assert_not_null(strstr(finding.text.text, "env-sensor@1.1.0"), "%s", finding.text.text);
    event.contract_version = ats_span_text("1.1.0");
    forward();
    expect(ATS_MESSAGE_VERIFIED, "");
    event.control_count--;
    forward();
    expect(ATS_MESSAGE_WRONG, "contract-unknown"); /* not there yet */
}

Test(message_whole, under_the_version_that_the_device_pins_is_verified)
{
    take_signed();
    put_later_version();
    (void)snprintf(device.contracts[0], sizeof(device.contracts[0]), "env-sensor@1.0.0");
    device.contract_count = 1;
    put_device(ATS_DEVICE_ACTIVE);
    close_log();
    event.control_count++;
    forward();
    expect(ATS_MESSAGE_UNDECIDED, "contract-superseded"); /* not pinned yet */
    event.control_count++;
    forward();
    expect(ATS_MESSAGE_VERIFIED, "");
    event.contract_version = ats_span_text("1.1.0");
    forward();
    expect(ATS_MESSAGE_UNDECIDED, "contract-superseded");
    cr_assert_not_null(strstr(finding.text.text, "env-sensor@1.0.0"), "%s", finding.text.text);
}

Test(message_whole, under_a_version_that_was_retired_is_undecided)
{
    take_signed();
    put_end();
    close_log();
    forward();
    expect(ATS_MESSAGE_VERIFIED, "");
    event.control_count++;
    forward();
    expect(ATS_MESSAGE_UNDECIDED, "contract-superseded");
    cr_assert_not_null(strstr(finding.text.text, "retired"), "%s", finding.text.text);
}

Test(message, under_a_version_that_another_has_replaced_by_now_is_undecided)
{
    take_signed();
    put_later_version();
    close_log();
    forward();
    expect(ATS_MESSAGE_UNDECIDED, "contract-superseded");
}

Test(message_whole, of_a_tag_is_wrong_where_its_gates_keys_had_ended)
{
    take_message(ATS_EVENT_PROOF_MAC);
    put_gate_until(false, event.received_ms);
    event.control_count++;
    close_log();
    forward();
    expect(ATS_MESSAGE_WRONG, "gate-keys-not-valid");
    event.received_ms--;
    forward();
    expect(ATS_MESSAGE_GATES_WORD, "mac");
    take_signed(); /* rests on no gate */
    forward();
    expect(ATS_MESSAGE_VERIFIED, "");
}

static void expect_received(int64_t received_ms, enum ats_message_verdict verdict,
                            const char *reason)
{
    event.received_ms = received_ms;
    forward();
    expect(verdict, reason);
}

/* The former keys are good until their own end, and from the same beginning on as the gate's. */
Test(message_whole, of_a_tag_is_the_gates_word_as_long_as_its_former_keys_are_good)
{
    take_message(ATS_EVENT_PROOF_MAC);
    const int64_t begin_ms = event.received_ms;
    put_gate_of((struct ats_body_gate){.not_before_ms = begin_ms,
                                       .not_after_ms = begin_ms + 10,
                                       .former.not_after_ms = begin_ms + 20});
    event.control_count++;
    close_log();
    expect_received(begin_ms - 1, ATS_MESSAGE_WRONG, "gate-keys-not-valid");
    expect_received(begin_ms, ATS_MESSAGE_GATES_WORD, "mac");
    expect_received(begin_ms + 10, ATS_MESSAGE_GATES_WORD, "mac");
    expect_received(begin_ms + 19, ATS_MESSAGE_GATES_WORD, "mac");
    expect_received(begin_ms + 20, ATS_MESSAGE_WRONG, "gate-keys-not-valid");
}

Test(message_whole, of_a_tag_is_wrong_where_its_gate_was_revoked)
{
    take_message(ATS_EVENT_PROOF_MAC);
    put_gate(true);
    close_log();
    forward();
    expect(ATS_MESSAGE_GATES_WORD, "mac");
    event.control_count++;
    forward();
    expect(ATS_MESSAGE_WRONG, "gate-revoked");
    take_signed(); /* rests on no gate */
    forward();
    expect(ATS_MESSAGE_VERIFIED, "");
}

/* ---- names ---- */

Test(message_names, of_all_verdicts_and_reasons_stand_in_the_auditors_page)
{
    char *page = read_document(ATS_SOURCE_DIR "/docs/verify.md");
    char quoted[64];
    for (int i = ATS_MESSAGE_NO_REASON + 1; i < ATS_MESSAGE_REASON_COUNT; i++) {
        (void)snprintf(quoted, sizeof(quoted), "`%s`",
                       ats_message_reason_name((enum ats_message_reason)i));
        cr_assert_not_null(strstr(page, quoted), "%s", quoted);
    }
    for (int i = ATS_MESSAGE_VERIFIED; i <= ATS_MESSAGE_WRONG; i++) {
        (void)snprintf(quoted, sizeof(quoted), "`%s`",
                       ats_message_verdict_name((enum ats_message_verdict)i));
        cr_assert_not_null(strstr(page, quoted), "%s", quoted);
    }
    free(page);
}
