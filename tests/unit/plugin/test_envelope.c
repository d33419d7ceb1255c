/* SPDX-License-Identifier: Apache-2.0 */
/* Publishes in a signed envelope, as clients send them that have no user properties. */
#include "tests/unit/plugin/gate_fixture.h"

static struct ats_device device;
static uint8_t sent[1024]; /* the last envelope */
static size_t sent_len;

static void setup_with(const char *proof, const char *name, const char *value)
{
    fixture_open(proof, name, value);
    cr_assert_eq(ats_device_init(&device, DEVICE, GATE, fix.device_key.seed, fleet.id,
                                 (const uint8_t(*)[32])fleet.root.public_key, 1),
                 ATS_DEVICE_OK);
}

static void setup(void)
{
    setup_with("signature", NULL, NULL);
    connect_with_token();
}

static void setup_weak(void)
{
    fixture_end();
    setup_with(NULL, NULL, NULL);
    connect_with_token();
}

static void setup_observe(void)
{
    fixture_end();
    setup_with("signature", "mode", "observe");
}

TestSuite(envelope, .init = setup, .fini = fixture_end);

static void seal_for(const char *topic, const char *payload)
{
    struct ats_device_publish publish = {.topic = topic,
                                         .qos = 1,
                                         .time_ms = (uint64_t)fix.wall_ms,
                                         .payload = (const uint8_t *)payload,
                                         .payload_len = strlen(payload)};
    cr_assert_eq(ats_device_prove_envelope(&device, &publish, sent, sizeof(sent), &sent_len),
                 ATS_DEVICE_OK);
}

static void seal(const char *payload)
{
    seal_for(TOPIC, payload);
}

/* The publish that has the last envelope, as MQTT 3.1.1 has it. */
static struct ats_gate_publish sealed_publish(void)
{
    struct ats_gate_publish publish = publish_of(TOPIC, "");
    publish.payload = ats_span_of(sent, sent_len);
    publish.properties = NULL;
    return publish;
}

static enum ats_gate_answer hand_in(const struct ats_gate_publish *publish)
{
    struct ats_gate_client client = device_client();
    client.mqtt5 = false;
    return ats_gate_publish(fix.gate, &client, publish);
}

static enum ats_gate_answer send(void)
{
    struct ats_gate_publish publish = sealed_publish();
    return hand_in(&publish);
}

Test(envelope, becomes_the_record_of_a_signature_over_the_payload_inside)
{
    seal(GOOD_PAYLOAD);
    cr_assert_eq(send(), ATS_GATE_PASS, "%s", fix.log);
    struct ats_event event = last_event();
    cr_assert_eq(event.kind, ATS_EVENT_ADMITTED);
    cr_assert_eq(event.proof, ATS_EVENT_PROOF_SIGNATURE);
    cr_assert_eq(event.sequence, 1);
    cr_assert_eq(event.proof_time_ms, (uint64_t)fix.wall_ms);
    cr_assert_eq(event.session.len, 0);
    cr_assert(ats_span_is(event.key_id, device.key_id));
    cr_assert_eq(event.signature.len, ATS_SIGNATURE_SIZE);
    cr_assert(ats_span_is(event.payload, GOOD_PAYLOAD));
    cr_assert_eq(memcmp(event.signature.data, sent + 26, ATS_SIGNATURE_SIZE), 0);
}

/* Whoever verifies a record later cannot tell the two apart, and need not. */
Test(envelope, and_the_same_signature_in_a_property_are_one_packet)
{
    struct ats_device_publish publish = {.topic = TOPIC,
                                         .qos = 1,
                                         .time_ms = (uint64_t)fix.wall_ms,
                                         .payload = (const uint8_t *)GOOD_PAYLOAD,
                                         .payload_len = strlen(GOOD_PAYLOAD)};
    struct ats_gate_client client = device_client();
    seal(GOOD_PAYLOAD);
    cr_assert_eq(send(), ATS_GATE_PASS, "%s", fix.log);
    device.sequence--;
    cr_assert_eq(ats_device_prove_signature(&device, &publish, fix.properties.proof),
                 ATS_DEVICE_OK);
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_DIVERT, "%s", fix.log);
    cr_assert_eq(journal_count(), 1);
}

Test(envelope, an_identical_one_is_a_duplicate_and_a_fork_is_refused)
{
    seal(GOOD_PAYLOAD);
    cr_assert_eq(send(), ATS_GATE_PASS, "%s", fix.log);
    cr_assert_eq(send(), ATS_GATE_DIVERT);
    cr_assert_eq(ats_counter_get(&fix.gate->metrics.duplicates), 1);
    device.sequence--; /* the same sequence, properly signed, for other bytes */
    seal(BAD_PAYLOAD);
    cr_assert_eq(send(), ATS_GATE_CLOSE);
    cr_assert_eq(refused(ATS_REASON_SEQUENCE_REUSED), 1);
    cr_assert_eq(journal_count(), 1);
}

Test(envelope, a_replay_is_known_after_a_restart)
{
    seal(GOOD_PAYLOAD);
    cr_assert_eq(send(), ATS_GATE_PASS);
    close_gate();
    open_gate(NULL, NULL);
    connect_with_token();
    cr_assert_eq(send(), ATS_GATE_DIVERT, "%s", fix.log);
}

Test(envelope, any_altered_byte_is_refused_and_leaves_no_trace)
{
    device.sequence = 2; /* the next one is 3, which no altered bit makes 0 */
    seal(GOOD_PAYLOAD);
    for (size_t i = 1; i < sent_len; i++) {
        sent[i] ^= 1;
        cr_assert_eq(send(), ATS_GATE_CLOSE, "byte %zu", i);
        sent[i] ^= 1;
    }
    /* Version and length; the key id; sequence, time, signature and payload. */
    cr_assert_eq(refused(ATS_REASON_PROOF_MALFORMED), 1 + 4);
    cr_assert_eq(refused(ATS_REASON_KEY_UNKNOWN), 8);
    cr_assert_eq(refused(ATS_REASON_PROOF_WRONG), 8 + 8 + 64 + strlen(GOOD_PAYLOAD));
    cr_assert_eq(send(), ATS_GATE_PASS, "%s", fix.log);
}

Test(envelope, one_that_cannot_be_read_is_a_malformed_proof)
{
    seal(GOOD_PAYLOAD);
    struct ats_gate_publish publish = sealed_publish();
    for (size_t len = 1; len <= sent_len + 1; len++) {
        publish.payload.len = len;
        if (len != sent_len)
            cr_assert_eq(hand_in(&publish), ATS_GATE_CLOSE, "%zu", len);
    }
    cr_assert_eq(refused(ATS_REASON_PROOF_MALFORMED), sent_len);
    struct ats_proof proof = {.kind = ATS_PROOF_SIGNATURE};
    memcpy(proof.key_id, device.key_id, sizeof(proof.key_id));
    /* A sequence of 0 is none. */
    cr_assert_eq(ats_envelope_encode(&proof, NULL, 0, sent, sizeof(sent), &sent_len),
                 ATS_DEVICE_OK);
    uint64_t before = refused(ATS_REASON_PROOF_MALFORMED);
    cr_assert_eq(send(), ATS_GATE_CLOSE);
    cr_assert_eq(refused(ATS_REASON_PROOF_MALFORMED), before + 1);
    cr_assert_eq(journal_count(), 0);
}

Test(envelope, is_bound_to_topic_qos_and_retain)
{
    seal_for("site/yard/" DEVICE "/env", GOOD_PAYLOAD);
    cr_assert_eq(send(), ATS_GATE_CLOSE, "other topic");
    seal(GOOD_PAYLOAD);
    struct ats_gate_publish publish = sealed_publish();
    publish.qos = 2;
    cr_assert_eq(hand_in(&publish), ATS_GATE_CLOSE);
    publish = sealed_publish();
    publish.retain = true;
    cr_assert_eq(hand_in(&publish), ATS_GATE_CLOSE);
    cr_assert_eq(refused(ATS_REASON_PROOF_WRONG), 3);
}

Test(envelope, of_another_key_is_refused)
{
    struct ats_key_pair other;
    ats_key_pair_generate(&other, ATS_KEY_SIGNING);
    cr_assert_eq(ats_device_init(&device, DEVICE, GATE, other.seed, fleet.id,
                                 (const uint8_t(*)[32])fleet.root.public_key, 1),
                 ATS_DEVICE_OK);
    seal(GOOD_PAYLOAD);
    cr_assert_eq(send(), ATS_GATE_CLOSE);
    cr_assert_eq(refused(ATS_REASON_KEY_UNKNOWN), 1);
    ats_key_id(fix.device_key.public_key, device.key_id);
    seal(GOOD_PAYLOAD);
    cr_assert_eq(send(), ATS_GATE_CLOSE);
    cr_assert_eq(refused(ATS_REASON_PROOF_WRONG), 1);
}

Test(envelope, poison_inside_goes_to_quarantine_as_the_payload_that_was_signed)
{
    seal(BAD_PAYLOAD);
    cr_assert_eq(send(), ATS_GATE_REJECT);
    struct ats_event event = last_event();
    cr_assert_eq(event.kind, ATS_EVENT_QUARANTINED);
    cr_assert_eq(event.proof, ATS_EVENT_PROOF_SIGNATURE);
    cr_assert(ats_span_is(event.payload, BAD_PAYLOAD));
    cr_assert(ats_span_is(event.reason_path, "data.temp"));
    cr_assert_eq(send(), ATS_GATE_DIVERT, "quarantined, so seen");
}

/* One envelope, not as many as somebody likes to put around each other. */
Test(envelope, in_an_envelope_is_poison)
{
    uint8_t inner[1024];
    size_t len = 0;
    seal(GOOD_PAYLOAD);
    memcpy(inner, sent, sent_len);
    struct ats_device_publish publish = {
        .topic = TOPIC, .qos = 1, .payload = inner, .payload_len = sent_len};
    cr_assert_eq(ats_device_prove_envelope(&device, &publish, sent, sizeof(sent), &len),
                 ATS_DEVICE_OK);
    sent_len = len;
    cr_assert_eq(send(), ATS_GATE_REJECT);
    cr_assert(ats_span_is(last_event().reason_class, "malformed"));
}

Test(envelope, beside_a_property_is_a_payload_like_any_other)
{
    struct ats_gate_client client = device_client();
    seal(GOOD_PAYLOAD);
    struct ats_gate_publish publish = sealed_publish();
    publish.properties = handles;
    struct ats_device_publish signed_publish = {
        .topic = TOPIC, .qos = 1, .payload = sent, .payload_len = sent_len};
    cr_assert_eq(ats_device_prove_signature(&device, &signed_publish, fix.properties.proof),
                 ATS_DEVICE_OK);
    cr_assert_eq(ats_gate_publish(fix.gate, &client, &publish), ATS_GATE_REJECT);
    cr_assert(ats_span_is(last_event().reason_class, "malformed"));
    cr_assert_eq(last_event().payload.len, sent_len);
}

Test(envelope, is_taken_on_mqtt_5_too)
{
    struct ats_gate_client client = device_client();
    seal(GOOD_PAYLOAD);
    struct ats_gate_publish publish = sealed_publish();
    publish.properties = handles;
    (void)snprintf(fix.properties.traceparent, sizeof(fix.properties.traceparent), "trace");
    cr_assert_eq(ats_gate_publish(fix.gate, &client, &publish), ATS_GATE_PASS, "%s", fix.log);
    cr_assert_eq(last_event().proof, ATS_EVENT_PROOF_SIGNATURE);
    cr_assert(ats_span_is(last_event().traceparent, "trace"));
}

Test(envelope, a_plain_payload_beside_it_is_too_weak)
{
    struct ats_gate_publish publish = publish_of(TOPIC, GOOD_PAYLOAD);
    publish.properties = NULL;
    cr_assert_eq(hand_in(&publish), ATS_GATE_CLOSE);
    cr_assert_eq(refused(ATS_REASON_PROOF_WEAK), 1);
}

Test(envelope, a_contract_that_asks_for_less_takes_both, .init = setup_weak)
{
    struct ats_gate_publish publish = publish_of(TOPIC, GOOD_PAYLOAD);
    publish.properties = NULL;
    cr_assert_eq(hand_in(&publish), ATS_GATE_PASS);
    seal(GOOD_PAYLOAD);
    cr_assert_eq(send(), ATS_GATE_PASS);
    cr_assert_eq(last_event().proof, ATS_EVENT_PROOF_SIGNATURE);
    sent[sent_len - 1] ^= 1;
    cr_assert_eq(send(), ATS_GATE_CLOSE, "a bad proof is worse than none");
}

Test(envelope, of_a_revoked_device_is_refused)
{
    seal(GOOD_PAYLOAD);
    apply_device_now(DEVICE, ATS_DEVICE_REVOKED);
    cr_assert_eq(send(), ATS_GATE_CLOSE);
    cr_assert_eq(refused(ATS_REASON_DEVICE_REVOKED), 1);
}

/* Observe copies what the contract would not take, and an envelope around something good is not that. */
Test(envelope, observe_looks_inside_also_where_nobody_proved_himself, .init = setup_observe)
{
    struct ats_gate_client client = client_at(1, "scada", NULL, false);
    seal(GOOD_PAYLOAD);
    struct ats_gate_publish publish = sealed_publish();
    cr_assert_eq(ats_gate_publish(fix.gate, &client, &publish), ATS_GATE_PASS);
    cr_assert_eq(journal_count(), 0);
    seal(BAD_PAYLOAD);
    publish = sealed_publish();
    cr_assert_eq(ats_gate_publish(fix.gate, &client, &publish), ATS_GATE_PASS);
    struct ats_event event = last_event();
    cr_assert_eq(event.proof, ATS_EVENT_PROOF_NONE);
    cr_assert_eq(event.sequence, 0);
    cr_assert(ats_span_is(event.payload, BAD_PAYLOAD));
    cr_assert(ats_span_is(event.reason_path, "data.temp"));
    publish.payload.len--;
    cr_assert_eq(ats_gate_publish(fix.gate, &client, &publish), ATS_GATE_PASS);
    cr_assert(ats_span_is(last_event().reason_class, "malformed"), "the bytes as they came");
    cr_assert_eq(refused(ATS_REASON_UNPROVEN), 3);
}
