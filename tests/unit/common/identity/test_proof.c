/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/common/identity/fleet.h"
#include "tests/unit/common/identity/vectors.h"

static const uint8_t payload[] = "{\"temp\": 21.5}";

static struct ats_device_publish a_publish(void)
{
    return (struct ats_device_publish){.topic = "plant/press-7/env",
                                       .qos = 1,
                                       .time_ms = FLEET_NOW_MS,
                                       .payload = payload,
                                       .payload_len = sizeof(payload) - 1};
}

static struct ats_proof parse(const char *text)
{
    struct ats_proof proof;
    cr_assert_eq(ats_proof_parse(text, strlen(text), &proof), ATS_DEVICE_OK, "%s", text);
    return proof;
}

static enum ats_status check(const struct fleet *fleet, const struct ats_proof *proof,
                             const struct ats_session_keys *session,
                             const struct ats_device_publish *publish)
{
    return ats_proof_check(proof, "press-7", "hall-2", session, fleet->device_key.public_key,
                           publish);
}

/* A proof must not hold for a publish that differs in anything. */
static void assert_covers_everything(const struct fleet *fleet, struct ats_proof proof,
                                     const struct ats_session_keys *session)
{
    struct ats_device_publish publish = a_publish();
    cr_assert_eq(check(fleet, &proof, session, &publish), ATS_OK);
    publish.topic = "plant/press-7/en";
    cr_assert_eq(check(fleet, &proof, session, &publish), ATS_ERR_REFUSED);
    publish = a_publish();
    publish.qos = 0;
    cr_assert_eq(check(fleet, &proof, session, &publish), ATS_ERR_REFUSED);
    publish = a_publish();
    publish.retain = true;
    cr_assert_eq(check(fleet, &proof, session, &publish), ATS_ERR_REFUSED);
    publish = a_publish();
    publish.payload_len--;
    cr_assert_eq(check(fleet, &proof, session, &publish), ATS_ERR_REFUSED);
    publish = a_publish();
    struct ats_proof altered = proof;
    altered.sequence++;
    cr_assert_eq(check(fleet, &altered, session, &publish), ATS_ERR_REFUSED);
    altered = proof;
    altered.time_ms++;
    cr_assert_eq(check(fleet, &altered, session, &publish), ATS_ERR_REFUSED);
    altered = proof;
    altered.bytes[15] ^= 0x80;
    cr_assert_eq(check(fleet, &altered, session, &publish), ATS_ERR_REFUSED);
    cr_assert_eq(ats_proof_check(&proof, "press-8", "hall-2", session, fleet->device_key.public_key,
                                 &publish),
                 ATS_ERR_REFUSED);
}

Test(proof, a_tag_covers_everything)
{
    struct fleet fleet;
    char text[ATS_DEVICE_PROOF_SIZE];
    fleet_init(&fleet);
    struct ats_session_keys session = fleet_session(&fleet);
    struct ats_device_publish publish = a_publish();
    cr_assert_eq(ats_device_prove_mac(&fleet.device, &publish, text), ATS_DEVICE_OK);
    assert_covers_everything(&fleet, parse(text), &session);
}

Test(proof, a_signature_covers_everything)
{
    struct fleet fleet;
    char text[ATS_DEVICE_PROOF_SIZE];
    fleet_init(&fleet);
    struct ats_session_keys session = fleet_session(&fleet);
    struct ats_device_publish publish = a_publish();
    cr_assert_eq(ats_device_prove_signature(&fleet.device, &publish, text), ATS_DEVICE_OK);
    assert_covers_everything(&fleet, parse(text), &session);
}

Test(proof, a_tag_does_not_hold_in_another_session)
{
    struct fleet fleet;
    char text[ATS_DEVICE_PROOF_SIZE];
    fleet_init(&fleet);
    struct ats_session_keys first = fleet_session(&fleet);
    struct ats_device_publish publish = a_publish();
    cr_assert_eq(ats_device_prove_mac(&fleet.device, &publish, text), ATS_DEVICE_OK);
    struct ats_session_keys second = fleet_session(&fleet);
    struct ats_proof proof = parse(text);
    cr_assert_eq(check(&fleet, &proof, &second, &publish), ATS_ERR_REFUSED);
    /* Nor if it claims to belong there, nor without any session. */
    memcpy(proof.session_id, second.id, sizeof(proof.session_id));
    cr_assert_eq(check(&fleet, &proof, &second, &publish), ATS_ERR_REFUSED);
    cr_assert_eq(check(&fleet, &proof, NULL, &publish), ATS_ERR_REFUSED);
    /* The packet in flight still holds under the session that it was made in. */
    proof = parse(text);
    cr_assert_eq(check(&fleet, &proof, &first, &publish), ATS_OK);
}

Test(proof, a_signature_in_a_session_does_not_hold_in_another_or_in_none)
{
    struct fleet fleet;
    char text[ATS_DEVICE_PROOF_SIZE];
    fleet_init(&fleet);
    (void)fleet_session(&fleet);
    struct ats_device_publish publish = a_publish();
    cr_assert_eq(ats_device_prove_signature(&fleet.device, &publish, text), ATS_DEVICE_OK);
    struct ats_session_keys second = fleet_session(&fleet);
    struct ats_proof proof = parse(text);
    cr_assert_eq(check(&fleet, &proof, &second, &publish), ATS_ERR_REFUSED);
    cr_assert_eq(check(&fleet, &proof, NULL, &publish), ATS_ERR_REFUSED);
    proof.has_session = false;
    cr_assert_eq(check(&fleet, &proof, NULL, &publish), ATS_ERR_REFUSED);
}

Test(proof, a_signature_without_a_session_holds_at_its_own_gate_only)
{
    struct fleet fleet;
    char text[ATS_DEVICE_PROOF_SIZE];
    fleet_init(&fleet);
    struct ats_device_publish publish = a_publish();
    cr_assert_eq(ats_device_prove_signature(&fleet.device, &publish, text), ATS_DEVICE_OK);
    struct ats_proof proof = parse(text);
    const uint8_t *key = fleet.device_key.public_key;
    cr_assert_eq(ats_proof_check(&proof, "press-7", "hall-2", NULL, key, &publish), ATS_OK);
    cr_assert_eq(ats_proof_check(&proof, "press-7", "hall-3", NULL, key, &publish),
                 ATS_ERR_REFUSED);
}

Test(proof, a_signature_does_not_hold_under_another_key_or_none)
{
    struct fleet fleet;
    struct ats_key_pair other;
    char text[ATS_DEVICE_PROOF_SIZE];
    fleet_init(&fleet);
    ats_key_pair_generate(&other, ATS_KEY_SIGNING);
    struct ats_device_publish publish = a_publish();
    cr_assert_eq(ats_device_prove_signature(&fleet.device, &publish, text), ATS_DEVICE_OK);
    struct ats_proof proof = parse(text);
    cr_assert_eq(ats_proof_check(&proof, "press-7", "hall-2", NULL, other.public_key, &publish),
                 ATS_ERR_REFUSED);
    ats_key_id(other.public_key, proof.key_id);
    cr_assert_eq(ats_proof_check(&proof, "press-7", "hall-2", NULL, other.public_key, &publish),
                 ATS_ERR_REFUSED);
    cr_assert_eq(ats_proof_check(&proof, "press-7", "hall-2", NULL, NULL, &publish),
                 ATS_ERR_REFUSED);
}

Test(proof, a_tag_is_not_a_signature)
{
    struct fleet fleet;
    char text[ATS_DEVICE_PROOF_SIZE];
    fleet_init(&fleet);
    struct ats_session_keys session = fleet_session(&fleet);
    struct ats_device_publish publish = a_publish();
    cr_assert_eq(ats_device_prove_mac(&fleet.device, &publish, text), ATS_DEVICE_OK);
    struct ats_proof proof = parse(text);
    proof.kind = ATS_PROOF_SIGNATURE;
    memcpy(proof.key_id, fleet.device.key_id, sizeof(proof.key_id));
    cr_assert_eq(check(&fleet, &proof, &session, &publish), ATS_ERR_REFUSED);
}

Test(proof, says_that_a_topic_is_too_long)
{
    struct fleet fleet;
    char topic[ATS_DEVICE_TOPIC_MAX + 2];
    char text[ATS_DEVICE_PROOF_SIZE];
    fleet_init(&fleet);
    struct ats_session_keys session = fleet_session(&fleet);
    struct ats_device_publish publish = a_publish();
    cr_assert_eq(ats_device_prove_mac(&fleet.device, &publish, text), ATS_DEVICE_OK);
    struct ats_proof proof = parse(text);
    memset(topic, 't', sizeof(topic) - 1);
    topic[sizeof(topic) - 1] = '\0';
    publish.topic = topic;
    cr_assert_eq(check(&fleet, &proof, &session, &publish), ATS_ERR_LIMIT);
    cr_assert_eq(ats_device_prove_mac(&fleet.device, &publish, text), ATS_DEVICE_TOO_SMALL);
    cr_assert_eq(fleet.device.sequence, 1, "a failure takes no sequence");
}

Test(proof, the_greatest_names_and_topic_fit)
{
    struct fleet fleet;
    char topic[ATS_DEVICE_TOPIC_MAX + 1];
    char name[ATS_DEVICE_NAME_SIZE];
    char text[ATS_DEVICE_PROOF_SIZE];
    fleet_init(&fleet);
    memset(topic, 't', sizeof(topic) - 1);
    topic[sizeof(topic) - 1] = '\0';
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    struct ats_device device;
    cr_assert_eq(ats_device_init(&device, name, name, fleet.device_key.seed, fleet.gate.fleet,
                                 (const uint8_t(*)[32])fleet.root.public_key, 1),
                 ATS_DEVICE_OK);
    device.sequence = ATS_DEVICE_WILL_FIRST - 2;
    struct ats_device_publish publish = {.topic = topic, .qos = 2, .time_ms = UINT64_MAX};
    cr_assert_eq(ats_device_prove_signature(&device, &publish, text), ATS_DEVICE_OK);
    struct ats_proof proof = parse(text);
    cr_assert_eq(ats_proof_check(&proof, name, name, NULL, fleet.device_key.public_key, &publish),
                 ATS_OK);
    cr_assert_eq(ats_device_prove_signature(&device, &publish, text), ATS_DEVICE_EXHAUSTED);
}

/* --- against Python's cryptography --- */

static void check_vector(const json_t *vector)
{
    uint8_t bytes[512];
    uint8_t expected[512];
    uint8_t data[512];
    char text[ATS_DEVICE_PROOF_SIZE];
    struct ats_device device;
    const char *wanted = vectors_text(vector, "text");
    struct ats_proof proof = parse(wanted);
    struct ats_device_publish publish = {
        .topic = vectors_text(vector, "topic"),
        .qos = (uint8_t)vectors_number(vector, "qos"),
        .retain = json_is_true(json_object_get(vector, "retain")),
        .time_ms = proof.time_ms,
        .payload = data,
        .payload_len = vectors_bytes(vector, "payload", data, sizeof(data)),
    };
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, bytes, sizeof(bytes));
    cr_assert_eq(ats_proof_signed_head(&proof, vectors_text(vector, "device"),
                                       vectors_text(vector, "gate"), &publish, &writer),
                 ATS_DEVICE_OK);
    cr_assert_eq(writer.len, vectors_bytes(vector, "head", expected, sizeof(expected)));
    cr_assert_arr_eq(bytes, expected, writer.len);

    uint8_t seed[32];
    uint8_t other[32] = {0};
    (void)vectors_bytes(vector, "device_seed", seed, sizeof(seed));
    cr_assert_eq(ats_device_init(&device, vectors_text(vector, "device"),
                                 vectors_text(vector, "gate"), seed, other,
                                 (const uint8_t(*)[32])other, 1),
                 ATS_DEVICE_OK);
    device.sequence = proof.sequence - 1;
    device.has_session = proof.has_session;
    (void)vectors_bytes(vector, "session_id", device.session_id, 16);
    (void)vectors_bytes(vector, "session_key", device.session_key, 32);
    cr_assert_eq(proof.kind == ATS_PROOF_MAC ? ats_device_prove_mac(&device, &publish, text)
                                             : ats_device_prove_signature(&device, &publish, text),
                 ATS_DEVICE_OK);
    cr_assert_str_eq(text, wanted);
}

Test(proof, a_device_makes_the_vectors_proofs)
{
    size_t i = 0;
    json_t *vector = NULL;
    cr_assert_eq(ats_identity_init(), ATS_OK);
    json_t *vectors = vectors_read("proofs");
    cr_assert_gt(json_array_size(vectors), 0);
    json_array_foreach(vectors, i, vector) check_vector(vector);
    json_decref(vectors);
}

static void check_envelope(const json_t *vector)
{
    uint8_t wanted[512];
    uint8_t data[512];
    uint8_t inner[512];
    uint8_t seed[32];
    const uint8_t other[1][32] = {{0}};
    struct ats_device device;
    struct ats_proof proof;
    const uint8_t *opened = NULL;
    size_t opened_len = 0;
    size_t len = 0;
    const char *name = vectors_text(vector, "device");
    const char *gate = vectors_text(vector, "gate");
    struct ats_device_publish publish = {
        .topic = vectors_text(vector, "topic"),
        .qos = (uint8_t)vectors_number(vector, "qos"),
        .retain = json_is_true(json_object_get(vector, "retain")),
        .time_ms = vectors_number(vector, "time_ms"),
        .payload = inner,
        .payload_len = vectors_bytes(vector, "payload", inner, sizeof(inner)),
    };
    size_t wanted_len = vectors_bytes(vector, "envelope", wanted, sizeof(wanted));
    (void)vectors_bytes(vector, "device_seed", seed, sizeof(seed));
    cr_assert_eq(ats_device_init(&device, name, gate, seed, other[0], other, 1), ATS_DEVICE_OK);
    device.sequence = vectors_number(vector, "sequence") - 1;
    if (json_object_get(vector, "counter"))
        cr_assert_eq(ats_device_will(&device, vectors_number(vector, "counter"), &publish, data,
                                     sizeof(data), &len),
                     ATS_DEVICE_OK);
    else
        cr_assert_eq(ats_device_prove_envelope(&device, &publish, data, sizeof(data), &len),
                     ATS_DEVICE_OK);
    cr_assert_eq(len, wanted_len);
    cr_assert_arr_eq(data, wanted, len);

    cr_assert_eq(ats_envelope_decode(wanted, wanted_len, &proof, &opened, &opened_len),
                 ATS_DEVICE_OK);
    cr_assert_eq(opened_len, publish.payload_len);
    cr_assert_arr_eq(opened, inner, opened_len);
    cr_assert_eq(proof.sequence, vectors_number(vector, "sequence"));
    publish.payload = opened;
    cr_assert_eq(ats_proof_check(&proof, name, gate, NULL, device.secret_key + 32, &publish),
                 ATS_OK);
    publish.qos ^= 1;
    cr_assert_eq(ats_proof_check(&proof, name, gate, NULL, device.secret_key + 32, &publish),
                 ATS_ERR_REFUSED);
}

Test(proof, a_device_makes_the_vectors_envelopes_and_they_hold)
{
    size_t i = 0;
    json_t *vector = NULL;
    cr_assert_eq(ats_identity_init(), ATS_OK);
    json_t *vectors = vectors_read("envelopes");
    json_t *good = json_object_get(vectors, "good");
    cr_assert_gt(json_array_size(good), 0);
    json_array_foreach(good, i, vector) check_envelope(vector);
    json_decref(vectors);
}

Test(proof, a_device_makes_the_vectors_wills_and_they_hold)
{
    size_t i = 0;
    json_t *vector = NULL;
    cr_assert_eq(ats_identity_init(), ATS_OK);
    json_t *vectors = vectors_read("wills");
    cr_assert_gt(json_array_size(vectors), 0);
    json_array_foreach(vectors, i, vector) check_envelope(vector);
    json_decref(vectors);
}

Test(proof, the_vectors_malformed_envelopes_are_refused)
{
    size_t i = 0;
    json_t *vector = NULL;
    json_t *vectors = vectors_read("envelopes");
    json_t *malformed = json_object_get(vectors, "malformed");
    cr_assert_gt(json_array_size(malformed), 0);
    json_array_foreach(malformed, i, vector)
    {
        uint8_t data[512];
        struct ats_proof proof;
        const uint8_t *opened = NULL;
        size_t opened_len = 0;
        size_t len = vectors_bytes(vector, "envelope", data, sizeof(data));
        cr_assert_eq(ats_envelope_decode(data, len, &proof, &opened, &opened_len),
                     ATS_DEVICE_MALFORMED, "%s", vectors_text(vector, "what"));
    }
    json_decref(vectors);
}
