/* SPDX-License-Identifier: Apache-2.0 */
/* The signed envelope: its one encoding, and the device's call that makes it. */
#include "device/protocol.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define KEY_ID "0123456789abcdef"
#define PAYLOAD "{\"temp\": 21.5}"
#define PAYLOAD_LEN (sizeof(PAYLOAD) - 1)
#define ENVELOPE_LEN (ATS_DEVICE_ENVELOPE_OVERHEAD + PAYLOAD_LEN)

static const uint8_t seed[32] = {1};
static const uint8_t fleet[32] = {2};
static const uint8_t roots[1][32] = {{3}};

static void set_up(void)
{
    cr_assert_geq(sodium_init(), 0);
}

TestSuite(envelope, .init = set_up);

static struct ats_proof a_proof(void)
{
    struct ats_proof proof = {.kind = ATS_PROOF_SIGNATURE,
                              .sequence = 0x0102030405060708,
                              .time_ms = 9,
                              .key_id = KEY_ID};
    memset(proof.bytes, 0x5A, sizeof(proof.bytes));
    return proof;
}

static size_t encode(uint8_t ret_data[ENVELOPE_LEN])
{
    struct ats_proof proof = a_proof();
    size_t len = 0;
    cr_assert_eq(ats_envelope_encode(&proof, (const uint8_t *)PAYLOAD, PAYLOAD_LEN, ret_data,
                                     ENVELOPE_LEN, &len),
                 ATS_DEVICE_OK);
    return len;
}

static enum ats_device_result decode(const uint8_t *data, size_t len)
{
    struct ats_proof proof;
    const uint8_t *payload = NULL;
    size_t payload_len = 0;
    return ats_envelope_decode(data, len, &proof, &payload, &payload_len);
}

Test(envelope, gives_back_every_field_and_the_payload)
{
    uint8_t data[ENVELOPE_LEN];
    struct ats_proof proof;
    struct ats_proof expected = a_proof();
    const uint8_t *payload = NULL;
    size_t payload_len = 0;
    cr_assert_eq(encode(data), sizeof(data));
    cr_assert_eq(data[0], 0xC1);
    cr_assert_eq(data[1], 1);
    cr_assert(ats_envelope_begins(data, sizeof(data)));
    cr_assert_eq(ats_envelope_decode(data, sizeof(data), &proof, &payload, &payload_len),
                 ATS_DEVICE_OK);
    cr_assert_eq(proof.kind, ATS_PROOF_SIGNATURE);
    cr_assert_not(proof.has_session);
    cr_assert_eq(proof.sequence, expected.sequence);
    cr_assert_eq(proof.time_ms, expected.time_ms);
    cr_assert_str_eq(proof.key_id, KEY_ID);
    cr_assert_arr_eq(proof.bytes, expected.bytes, sizeof(proof.bytes));
    cr_assert_eq(payload, data + ATS_DEVICE_ENVELOPE_OVERHEAD, "borrowed");
    cr_assert_eq(payload_len, PAYLOAD_LEN);
}

Test(envelope, every_cut_and_every_byte_too_many_is_malformed)
{
    uint8_t data[ENVELOPE_LEN + 1] = {0};
    size_t len = encode(data);
    for (size_t cut = 0; cut < len; cut++)
        cr_assert_eq(decode(data, cut), ATS_DEVICE_MALFORMED, "%zu", cut);
    cr_assert_eq(decode(data, len), ATS_DEVICE_OK);
    cr_assert_eq(decode(data, len + 1), ATS_DEVICE_MALFORMED);
}

Test(envelope, another_magic_version_or_length_is_malformed)
{
    static const size_t places[] = {0, 1, 90, 91, 92, 93};
    uint8_t data[ENVELOPE_LEN];
    size_t len = encode(data);
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            data[places[i]] ^= (uint8_t)(1u << bit);
            cr_assert_eq(decode(data, len), ATS_DEVICE_MALFORMED, "%zu", places[i]);
            data[places[i]] ^= (uint8_t)(1u << bit);
        }
    cr_assert_eq(decode(data, len), ATS_DEVICE_OK);
}

/* What RFC 8259 lets a JSON text begin with, and a byte order mark. */
Test(envelope, no_json_payload_is_taken_for_one)
{
    static const char beginnings[] = "{[\"-0123456789tfn \t\r\n\xEF";
    for (size_t i = 0; i < sizeof(beginnings); i++)
        cr_assert_not(ats_envelope_begins((const uint8_t *)beginnings + i, 1), "%zu", i);
    cr_assert_not(ats_envelope_begins(NULL, 0));
}

Test(envelope, holds_no_tag_no_session_and_no_other_key_id)
{
    uint8_t data[ENVELOPE_LEN];
    size_t len = 0;
    struct ats_proof proof = a_proof();
    proof.kind = ATS_PROOF_MAC;
    cr_assert_eq(ats_envelope_encode(&proof, NULL, 0, data, sizeof(data), &len),
                 ATS_DEVICE_INVALID);
    proof = a_proof();
    proof.has_session = true;
    cr_assert_eq(ats_envelope_encode(&proof, NULL, 0, data, sizeof(data), &len),
                 ATS_DEVICE_INVALID);
    static const char *const ids[] = {"", "0123456789ABCDEF", "0123456789abcde"};
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        proof = a_proof();
        (void)snprintf(proof.key_id, sizeof(proof.key_id), "%s", ids[i]);
        cr_assert_eq(ats_envelope_encode(&proof, NULL, 0, data, sizeof(data), &len),
                     ATS_DEVICE_INVALID, "'%s'", ids[i]);
    }
}

/* --- the device's call --- */

static struct ats_device a_device(void)
{
    struct ats_device device;
    cr_assert_eq(ats_device_init(&device, "press-7", "hall-2", seed, fleet, roots, 1),
                 ATS_DEVICE_OK);
    return device;
}

static struct ats_device_publish a_publish(const uint8_t *payload)
{
    return (struct ats_device_publish){
        .topic = "t", .qos = 1, .time_ms = 7, .payload = payload, .payload_len = PAYLOAD_LEN};
}

static void assert_makes_the_same(const uint8_t expected[ENVELOPE_LEN], size_t payload_at)
{
    uint8_t memory[2 * ENVELOPE_LEN] = {0};
    struct ats_device device = a_device();
    struct ats_device_publish publish = a_publish(memory + payload_at);
    size_t len = 0;
    memcpy(memory + payload_at, PAYLOAD, PAYLOAD_LEN);
    cr_assert_eq(ats_device_prove_envelope(&device, &publish, memory, ENVELOPE_LEN, &len),
                 ATS_DEVICE_OK);
    cr_assert_eq(len, ENVELOPE_LEN);
    cr_assert_arr_eq(memory, expected, ENVELOPE_LEN, "payload at %zu", payload_at);
}

Test(envelope, the_payload_may_lie_where_the_envelope_is_made)
{
    uint8_t expected[ENVELOPE_LEN];
    struct ats_device device = a_device();
    struct ats_device_publish publish = a_publish((const uint8_t *)PAYLOAD);
    size_t len = 0;
    cr_assert_eq(ats_device_prove_envelope(&device, &publish, expected, sizeof(expected), &len),
                 ATS_DEVICE_OK);
    for (size_t at = 0; at <= ENVELOPE_LEN; at++)
        assert_makes_the_same(expected, at);
}

Test(envelope, is_the_signature_without_a_session_in_other_clothes)
{
    uint8_t data[ENVELOPE_LEN];
    char text[ATS_DEVICE_PROOF_SIZE];
    struct ats_proof in_text;
    struct ats_proof in_envelope;
    const uint8_t *payload = NULL;
    size_t len = 0;
    struct ats_device device = a_device();
    struct ats_device_publish publish = a_publish((const uint8_t *)PAYLOAD);
    cr_assert_eq(ats_device_prove_signature(&device, &publish, text), ATS_DEVICE_OK);
    cr_assert_eq(ats_proof_parse(text, strlen(text), &in_text), ATS_DEVICE_OK);
    /* A session makes no difference: whoever reads an envelope knows of none. */
    device.sequence = 0;
    device.has_session = true;
    cr_assert_eq(ats_device_prove_envelope(&device, &publish, data, sizeof(data), &len),
                 ATS_DEVICE_OK);
    cr_assert_eq(ats_envelope_decode(data, len, &in_envelope, &payload, &len), ATS_DEVICE_OK);
    cr_assert_eq(in_envelope.sequence, in_text.sequence);
    cr_assert_eq(in_envelope.time_ms, in_text.time_ms);
    cr_assert_str_eq(in_envelope.key_id, in_text.key_id);
    cr_assert_arr_eq(in_envelope.bytes, in_text.bytes, sizeof(in_text.bytes));
}

Test(envelope, a_failure_takes_no_sequence_and_writes_nothing)
{
    uint8_t data[ENVELOPE_LEN] = {0};
    const uint8_t untouched[ENVELOPE_LEN] = {0};
    char topic[ATS_DEVICE_TOPIC_MAX + 2];
    size_t len = 0;
    struct ats_device device = a_device();
    struct ats_device_publish publish = a_publish((const uint8_t *)PAYLOAD);
    for (size_t cap = 0; cap < ENVELOPE_LEN; cap++)
        cr_assert_eq(ats_device_prove_envelope(&device, &publish, data, cap, &len),
                     ATS_DEVICE_TOO_SMALL, "%zu", cap);
    memset(topic, 't', sizeof(topic) - 1);
    topic[sizeof(topic) - 1] = '\0';
    publish.topic = topic;
    cr_assert_eq(ats_device_prove_envelope(&device, &publish, data, sizeof(data), &len),
                 ATS_DEVICE_TOO_SMALL);
    cr_assert_eq(device.sequence, 0);
    device.sequence = ATS_DEVICE_WILL_FIRST - 1;
    publish.topic = "t";
    cr_assert_eq(ats_device_prove_envelope(&device, &publish, data, sizeof(data), &len),
                 ATS_DEVICE_EXHAUSTED);
    cr_assert_arr_eq(data, untouched, sizeof(data));
}

Test(envelope, of_a_will_has_its_connects_counter_and_takes_no_sequence)
{
    uint8_t data[ENVELOPE_LEN];
    struct ats_proof proof;
    const uint8_t *payload = NULL;
    size_t len = 0;
    struct ats_device device = a_device();
    struct ats_device_publish publish = a_publish((const uint8_t *)PAYLOAD);
    cr_assert_eq(ats_device_will(&device, 7, &publish, data, sizeof(data), &len), ATS_DEVICE_OK);
    cr_assert_eq(ats_envelope_decode(data, len, &proof, &payload, &len), ATS_DEVICE_OK);
    cr_assert_eq(proof.sequence, ATS_DEVICE_WILL_FIRST + 7);
    cr_assert_eq(device.sequence, 0);
}

Test(envelope, of_a_will_needs_a_counter_within_its_space)
{
    uint8_t data[ENVELOPE_LEN];
    size_t len = 0;
    struct ats_device device = a_device();
    struct ats_device_publish publish = a_publish((const uint8_t *)PAYLOAD);
    cr_assert_eq(ats_device_will(&device, 0, &publish, data, sizeof(data), &len),
                 ATS_DEVICE_INVALID);
    cr_assert_eq(
        ats_device_will(&device, ATS_DEVICE_WILL_FIRST, &publish, data, sizeof(data), &len),
        ATS_DEVICE_INVALID);
    cr_assert_eq(
        ats_device_will(&device, ATS_DEVICE_WILL_FIRST - 1, &publish, data, sizeof(data), &len),
        ATS_DEVICE_OK);
    cr_assert_eq(ats_device_will(&device, 1, &publish, data, sizeof(data) - 1, &len),
                 ATS_DEVICE_TOO_SMALL);
}
