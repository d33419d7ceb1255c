/* SPDX-License-Identifier: Apache-2.0 */
#include "common/identity/session.h"

#include "tests/unit/common/identity/fleet.h"
#include "tests/unit/common/identity/vectors.h"

static enum ats_status verify(const struct fleet *fleet, const struct ats_connect_data *connect)
{
    return ats_session_verify(&fleet->gate, connect, fleet->device_key.public_key, "press-7",
                              "press-7", NULL);
}

Test(session, both_sides_get_the_same_key_in_one_round_trip)
{
    struct fleet fleet;
    fleet_init(&fleet);
    struct ats_connect_data connect = fleet_connect(&fleet);
    cr_assert_eq(verify(&fleet, &connect), ATS_OK);
    struct fleet_answer answer = fleet_answer(&fleet, &connect, 41);
    cr_assert_eq(ats_device_accept(&fleet.device, answer.data, answer.len, FLEET_NOW_MS),
                 ATS_DEVICE_OK);
    cr_assert(fleet.device.has_session);
    cr_assert_arr_eq(fleet.device.session_key, answer.keys.key, 32);
    cr_assert_arr_eq(fleet.device.session_id, answer.keys.id, ATS_SESSION_ID_SIZE);
    cr_assert_eq(fleet.device.sequence, 41);
}

Test(session, two_sessions_have_different_keys_and_ids)
{
    struct fleet fleet;
    fleet_init(&fleet);
    struct ats_session_keys first = fleet_session(&fleet);
    struct ats_session_keys second = fleet_session(&fleet);
    cr_assert_arr_neq(first.key, second.key, 32);
    cr_assert_arr_neq(first.id, second.id, ATS_SESSION_ID_SIZE);
}

Test(session, refuses_a_connect_that_another_device_signed)
{
    struct fleet fleet;
    struct ats_key_pair other;
    fleet_init(&fleet);
    struct ats_connect_data connect = fleet_connect(&fleet);
    ats_key_pair_generate(&other, ATS_KEY_SIGNING);
    struct ats_error err;
    cr_assert_eq(
        ats_session_verify(&fleet.gate, &connect, other.public_key, "press-7", "press-7", &err),
        ATS_ERR_REFUSED);
    cr_assert_not_null(strstr(err.text, "press-7"));
    /* Nor with the key id that the registry would know. */
    ats_key_id(other.public_key, connect.key_id);
    cr_assert_eq(
        ats_session_verify(&fleet.gate, &connect, other.public_key, "press-7", "press-7", &err),
        ATS_ERR_REFUSED);
}

Test(session, refuses_a_connect_for_another_gate)
{
    struct fleet fleet;
    fleet_init(&fleet);
    struct ats_connect_data connect = fleet_connect(&fleet);
    (void)snprintf(fleet.gate.name, sizeof(fleet.gate.name), "hall-3");
    cr_assert_eq(verify(&fleet, &connect), ATS_ERR_REFUSED);
    /* Renaming the gate in the packet breaks the signature. */
    (void)snprintf(connect.gate, sizeof(connect.gate), "hall-3");
    cr_assert_eq(verify(&fleet, &connect), ATS_ERR_REFUSED);
}

Test(session, refuses_a_connect_under_another_client_id_or_user_name)
{
    struct fleet fleet;
    fleet_init(&fleet);
    struct ats_connect_data connect = fleet_connect(&fleet);
    const uint8_t *key = fleet.device_key.public_key;
    cr_assert_eq(ats_session_verify(&fleet.gate, &connect, key, "press-8", "press-7", NULL),
                 ATS_ERR_REFUSED);
    cr_assert_eq(ats_session_verify(&fleet.gate, &connect, key, "press-7", "admin", NULL),
                 ATS_ERR_REFUSED);
    cr_assert_eq(ats_session_verify(&fleet.gate, &connect, key, "press-7", NULL, NULL),
                 ATS_ERR_REFUSED);
    cr_assert_eq(ats_session_verify(&fleet.gate, &connect, key, "press-7p", "ress-7", NULL),
                 ATS_ERR_REFUSED);
}

Test(session, refuses_a_connect_of_another_fleet)
{
    struct fleet fleet;
    fleet_init(&fleet);
    struct ats_connect_data connect = fleet_connect(&fleet);
    fleet.gate.fleet[0] ^= 1;
    cr_assert_eq(verify(&fleet, &connect), ATS_ERR_REFUSED);
}

Test(session, refuses_a_connect_with_any_field_altered)
{
    struct fleet fleet;
    fleet_init(&fleet);
    struct ats_connect_data connect = fleet_connect(&fleet);
    struct ats_connect_data altered = connect;
    altered.counter++;
    cr_assert_eq(verify(&fleet, &altered), ATS_ERR_REFUSED);
    altered = connect;
    altered.ephemeral_key[31] ^= 1;
    cr_assert_eq(verify(&fleet, &altered), ATS_ERR_REFUSED);
    altered = connect;
    altered.signature[0] ^= 1;
    cr_assert_eq(verify(&fleet, &altered), ATS_ERR_REFUSED);
    altered = connect;
    altered.device[0] = 'q';
    cr_assert_eq(verify(&fleet, &altered), ATS_ERR_REFUSED);
}

Test(session, says_that_a_client_id_is_too_long)
{
    struct fleet fleet;
    char client_id[ATS_DEVICE_CONNECT_TEXT_MAX + 2];
    fleet_init(&fleet);
    struct ats_connect_data connect = fleet_connect(&fleet);
    memset(client_id, 'c', sizeof(client_id) - 1);
    client_id[sizeof(client_id) - 1] = '\0';
    cr_assert_eq(ats_session_verify(&fleet.gate, &connect, fleet.device_key.public_key, client_id,
                                    "press-7", NULL),
                 ATS_ERR_LIMIT);
}

Test(session, refuses_an_ephemeral_key_that_agrees_on_zero)
{
    struct fleet fleet;
    struct ats_key_pair ephemeral;
    struct ats_session_keys keys;
    uint8_t data[ATS_ACCEPT_DATA_MAX];
    size_t len = 0;
    fleet_init(&fleet);
    struct ats_connect_data connect = fleet_connect(&fleet);
    memset(connect.ephemeral_key, 0, sizeof(connect.ephemeral_key));
    ats_key_pair_generate(&ephemeral, ATS_KEY_AGREEMENT);
    cr_assert_eq(ats_session_accept(&fleet.gate, &connect, "press-7", "press-7", &ephemeral, 0,
                                    FLEET_NOW_MS, &keys, data, &len),
                 ATS_ERR_REFUSED);
    cr_assert(sodium_is_zero(keys.key, sizeof(keys.key)));
}

/* --- the device's side of it --- */

static enum ats_device_result accept(struct fleet *fleet)
{
    struct ats_connect_data connect = fleet_connect(fleet);
    struct fleet_answer answer = fleet_answer(fleet, &connect, 0);
    return ats_device_accept(&fleet->device, answer.data, answer.len, FLEET_NOW_MS);
}

Test(session, a_device_refuses_an_answer_with_any_byte_altered)
{
    struct fleet fleet;
    fleet_init(&fleet);
    struct ats_connect_data connect = fleet_connect(&fleet);
    struct fleet_answer answer = fleet_answer(&fleet, &connect, 5);
    struct ats_device waiting = fleet.device;
    for (size_t i = 0; i < answer.len; i++) {
        struct ats_device device = waiting;
        answer.data[i] ^= 1;
        cr_assert_neq(ats_device_accept(&device, answer.data, answer.len, FLEET_NOW_MS),
                      ATS_DEVICE_OK, "byte %zu", i);
        cr_assert_not(device.has_session);
        cr_assert_eq(device.sequence, 0);
        answer.data[i] ^= 1;
    }
    cr_assert_eq(ats_device_accept(&waiting, answer.data, answer.len, FLEET_NOW_MS), ATS_DEVICE_OK);
}

Test(session, a_device_refuses_an_answer_that_is_cut_or_too_long)
{
    struct fleet fleet;
    fleet_init(&fleet);
    struct ats_connect_data connect = fleet_connect(&fleet);
    struct fleet_answer answer = fleet_answer(&fleet, &connect, 5);
    struct ats_device waiting = fleet.device;
    answer.data[answer.len] = 0;
    for (size_t len = 0; len <= answer.len + 1; len++) {
        struct ats_device device = waiting;
        enum ats_device_result expected = len == answer.len ? ATS_DEVICE_OK : ATS_DEVICE_MALFORMED;
        cr_assert_eq(ats_device_accept(&device, answer.data, len, FLEET_NOW_MS), expected);
    }
}

Test(session, a_device_refuses_the_answer_to_another_connect)
{
    struct fleet fleet;
    fleet_init(&fleet);
    struct ats_connect_data first = fleet_connect(&fleet);
    struct fleet_answer answer = fleet_answer(&fleet, &first, 0);
    (void)fleet_connect(&fleet);
    cr_assert_eq(ats_device_accept(&fleet.device, answer.data, answer.len, FLEET_NOW_MS),
                 ATS_DEVICE_WRONG);
}

Test(session, a_device_lets_no_gate_bring_its_sequence_to_the_end)
{
    struct fleet fleet;
    fleet_init(&fleet);
    fleet.device.sequence = 7;
    struct ats_connect_data connect = fleet_connect(&fleet);
    struct fleet_answer answer =
        fleet_answer(&fleet, &connect, 7 + ATS_DEVICE_SEQUENCE_STEP_MAX + 1);
    cr_assert_eq(ats_device_accept(&fleet.device, answer.data, answer.len, FLEET_NOW_MS),
                 ATS_DEVICE_SEQUENCE_JUMP);
    cr_assert_not(fleet.device.has_session);
    cr_assert_eq(fleet.device.sequence, 7);
    connect = fleet_connect(&fleet);
    answer = fleet_answer(&fleet, &connect, 7 + ATS_DEVICE_SEQUENCE_STEP_MAX);
    cr_assert_eq(ats_device_accept(&fleet.device, answer.data, answer.len, FLEET_NOW_MS),
                 ATS_DEVICE_OK);
    cr_assert_eq(fleet.device.sequence, 7 + ATS_DEVICE_SEQUENCE_STEP_MAX);
}

Test(session, a_device_takes_one_answer_to_each_connect)
{
    struct fleet fleet;
    fleet_init(&fleet);
    struct ats_connect_data connect = fleet_connect(&fleet);
    struct fleet_answer answer = fleet_answer(&fleet, &connect, 0);
    cr_assert_eq(ats_device_accept(&fleet.device, answer.data, answer.len, FLEET_NOW_MS),
                 ATS_DEVICE_OK);
    cr_assert_eq(ats_device_accept(&fleet.device, answer.data, answer.len, FLEET_NOW_MS),
                 ATS_DEVICE_NO_SESSION);
    cr_assert(fleet.device.has_session);
}

Test(session, a_device_refuses_a_zero_ephemeral_key_of_a_gate_that_signs_it)
{
    struct fleet fleet;
    uint8_t transcript[32];
    uint8_t message[ATS_LABEL_MESSAGE_MAX];
    fleet_init(&fleet);
    struct ats_connect_data connect = fleet_connect(&fleet);
    struct fleet_answer answer = fleet_answer(&fleet, &connect, 0);
    struct ats_accept_data accepted;
    cr_assert_eq(ats_accept_decode(answer.data, answer.len, &accepted), ATS_DEVICE_OK);
    memset(accepted.ephemeral_key, 0, sizeof(accepted.ephemeral_key));
    cr_assert_eq(ats_accept_transcript(fleet.device.connect_digest, &accepted, transcript),
                 ATS_DEVICE_OK);
    size_t len = ats_label_message(ATS_LABEL_ACCEPT, transcript, message);
    ats_sign(&fleet.gate.signing, ats_span_of(message, len), accepted.signature);
    uint8_t data[ATS_ACCEPT_DATA_MAX];
    cr_assert_eq(ats_accept_encode(&accepted, data, sizeof(data), &len), ATS_DEVICE_OK);
    cr_assert_eq(ats_device_accept(&fleet.device, data, len, FLEET_NOW_MS), ATS_DEVICE_WRONG);
}

Test(session, a_device_refuses_another_gate_of_its_own_fleet)
{
    struct fleet fleet;
    fleet_init(&fleet);
    fleet_set_gate(
        &fleet,
        fleet_certificate(&fleet, ATS_CERTIFICATE_GATE, "hall-3", fleet.gate.signing.public_key),
        &fleet.operator_);
    cr_assert_eq(accept(&fleet), ATS_DEVICE_UNTRUSTED);
}

Test(session, a_device_refuses_a_gate_key_that_the_certificate_does_not_name)
{
    struct fleet fleet;
    fleet_init(&fleet);
    ats_key_pair_generate(&fleet.gate.signing, ATS_KEY_SIGNING);
    cr_assert_eq(accept(&fleet), ATS_DEVICE_WRONG);
}

Test(session, a_device_refuses_an_operator_whom_no_pinned_root_signed)
{
    struct fleet fleet;
    struct ats_key_pair stranger;
    fleet_init(&fleet);
    ats_key_pair_generate(&stranger, ATS_KEY_SIGNING);
    fleet_set_operator(
        &fleet,
        fleet_certificate(&fleet, ATS_CERTIFICATE_OPERATOR, "alice", fleet.operator_.public_key),
        &stranger);
    cr_assert_eq(accept(&fleet), ATS_DEVICE_UNTRUSTED);
}

Test(session, a_device_takes_an_operator_whom_the_successor_signed)
{
    struct fleet fleet;
    struct ats_key_pair successor;
    uint8_t roots[2][32];
    fleet_init(&fleet);
    ats_key_pair_generate(&successor, ATS_KEY_SIGNING);
    memcpy(roots[0], fleet.root.public_key, 32);
    memcpy(roots[1], successor.public_key, 32);
    cr_assert_eq(ats_device_init(&fleet.device, "press-7", "hall-2", fleet.device_key.seed,
                                 fleet.gate.fleet, (const uint8_t(*)[32])roots, 2),
                 ATS_DEVICE_OK);
    fleet_set_operator(
        &fleet,
        fleet_certificate(&fleet, ATS_CERTIFICATE_OPERATOR, "alice", fleet.operator_.public_key),
        &successor);
    cr_assert_eq(accept(&fleet), ATS_DEVICE_OK);
}

Test(session, a_device_refuses_a_gate_that_another_operator_signed)
{
    struct fleet fleet;
    struct ats_key_pair other;
    fleet_init(&fleet);
    ats_key_pair_generate(&other, ATS_KEY_SIGNING);
    fleet_set_gate(
        &fleet,
        fleet_certificate(&fleet, ATS_CERTIFICATE_GATE, "hall-2", fleet.gate.signing.public_key),
        &other);
    cr_assert_eq(accept(&fleet), ATS_DEVICE_UNTRUSTED);
}

Test(session, a_device_refuses_a_gate_certificate_in_the_operator_s_place)
{
    struct fleet fleet;
    fleet_init(&fleet);
    fleet_set_operator(
        &fleet,
        fleet_certificate(&fleet, ATS_CERTIFICATE_GATE, "alice", fleet.operator_.public_key),
        &fleet.root);
    cr_assert_eq(accept(&fleet), ATS_DEVICE_UNTRUSTED);
}

Test(session, a_device_refuses_an_operator_certificate_in_the_gate_s_place)
{
    struct fleet fleet;
    fleet_init(&fleet);
    fleet_set_gate(&fleet,
                   fleet_certificate(&fleet, ATS_CERTIFICATE_OPERATOR, "hall-2",
                                     fleet.gate.signing.public_key),
                   &fleet.operator_);
    cr_assert_eq(accept(&fleet), ATS_DEVICE_UNTRUSTED);
}

Test(session, a_device_refuses_certificates_of_another_fleet)
{
    struct fleet fleet;
    fleet_init(&fleet);
    struct ats_certificate certificate =
        fleet_certificate(&fleet, ATS_CERTIFICATE_GATE, "hall-2", fleet.gate.signing.public_key);
    certificate.fleet[0] ^= 1;
    fleet_set_gate(&fleet, certificate, &fleet.operator_);
    cr_assert_eq(accept(&fleet), ATS_DEVICE_UNTRUSTED);
    fleet_init(&fleet);
    certificate =
        fleet_certificate(&fleet, ATS_CERTIFICATE_OPERATOR, "alice", fleet.operator_.public_key);
    certificate.fleet[0] ^= 1;
    fleet_set_operator(&fleet, certificate, &fleet.root);
    cr_assert_eq(accept(&fleet), ATS_DEVICE_UNTRUSTED);
}

Test(session, a_device_with_a_clock_refuses_an_expired_certificate)
{
    struct fleet fleet;
    fleet_init(&fleet);
    struct ats_certificate certificate =
        fleet_certificate(&fleet, ATS_CERTIFICATE_GATE, "hall-2", fleet.gate.signing.public_key);
    certificate.not_after_ms = FLEET_NOW_MS - 1;
    fleet_set_gate(&fleet, certificate, &fleet.operator_);
    cr_assert_eq(accept(&fleet), ATS_DEVICE_EXPIRED);
}

Test(session, a_device_with_a_clock_refuses_an_operator_certificate_of_the_future)
{
    struct fleet fleet;
    fleet_init(&fleet);
    struct ats_certificate certificate =
        fleet_certificate(&fleet, ATS_CERTIFICATE_OPERATOR, "alice", fleet.operator_.public_key);
    certificate.not_before_ms = FLEET_NOW_MS + 1;
    fleet_set_operator(&fleet, certificate, &fleet.root);
    cr_assert_eq(accept(&fleet), ATS_DEVICE_EXPIRED);
}

Test(session, a_device_without_a_clock_does_not_judge_validity)
{
    struct fleet fleet;
    fleet_init(&fleet);
    struct ats_certificate certificate =
        fleet_certificate(&fleet, ATS_CERTIFICATE_GATE, "hall-2", fleet.gate.signing.public_key);
    certificate.not_after_ms = FLEET_NOW_MS - 1;
    fleet_set_gate(&fleet, certificate, &fleet.operator_);
    struct ats_connect_data connect = fleet_connect(&fleet);
    struct fleet_answer answer = fleet_answer(&fleet, &connect, 0);
    cr_assert_eq(ats_device_accept(&fleet.device, answer.data, answer.len, 0), ATS_DEVICE_OK);
}

/* --- against Python's cryptography --- */

static void gate_of_vectors(const json_t *vectors, struct ats_gate_identity *gate)
{
    uint8_t seed[32];
    memset(gate, 0, sizeof(*gate));
    (void)snprintf(gate->name, sizeof(gate->name), "%s", vectors_text(vectors, "gate"));
    (void)vectors_bytes(vectors, "fleet", gate->fleet, sizeof(gate->fleet));
    (void)vectors_bytes(vectors, "gate_seed", seed, sizeof(seed));
    gate->signing.kind = ATS_KEY_SIGNING;
    (void)crypto_sign_seed_keypair(gate->signing.public_key, gate->signing.secret_key, seed);
    gate->operator_certificate_len =
        vectors_bytes(vectors, "operator_certificate", gate->operator_certificate,
                      sizeof(gate->operator_certificate));
    gate->gate_certificate_len = vectors_bytes(vectors, "gate_certificate", gate->gate_certificate,
                                               sizeof(gate->gate_certificate));
}

Test(session, the_gate_answers_the_vector_s_connect_byte_for_byte)
{
    struct ats_gate_identity gate;
    struct ats_connect_data connect;
    struct ats_key_pair ephemeral = {.kind = ATS_KEY_AGREEMENT};
    struct ats_session_keys keys;
    uint8_t bytes[ATS_ACCEPT_DATA_MAX];
    uint8_t data[ATS_ACCEPT_DATA_MAX];
    uint8_t device_key[32];
    uint8_t secret_key[64];
    size_t len = 0;
    cr_assert_eq(ats_identity_init(), ATS_OK);
    json_t *vectors = vectors_read("session");
    const char *client_id = vectors_text(vectors, "client_id");
    const char *user_name = vectors_text(vectors, "user_name");
    gate_of_vectors(vectors, &gate);
    (void)vectors_bytes(vectors, "device_seed", bytes, sizeof(bytes));
    (void)crypto_sign_seed_keypair(device_key, secret_key, bytes);
    (void)vectors_bytes(vectors, "gate_ephemeral_secret", ephemeral.seed, 32);
    (void)crypto_scalarmult_base(ephemeral.public_key, ephemeral.seed);
    size_t connect_len = vectors_bytes(vectors, "connect", bytes, sizeof(bytes));
    cr_assert_eq(ats_connect_decode(bytes, connect_len, &connect), ATS_DEVICE_OK);
    cr_assert_eq(ats_session_verify(&gate, &connect, device_key, client_id, user_name, NULL),
                 ATS_OK);
    cr_assert_eq(ats_session_accept(&gate, &connect, client_id, user_name, &ephemeral,
                                    vectors_number(vectors, "sequence_seen"),
                                    (int64_t)vectors_number(vectors, "time_ms"), &keys, data, &len),
                 ATS_OK);
    cr_assert_eq(len, vectors_bytes(vectors, "accept", bytes, sizeof(bytes)));
    cr_assert_arr_eq(data, bytes, len);
    (void)vectors_bytes(vectors, "session_key", bytes, sizeof(bytes));
    cr_assert_arr_eq(keys.key, bytes, 32);
    (void)vectors_bytes(vectors, "session_id", bytes, sizeof(bytes));
    cr_assert_arr_eq(keys.id, bytes, ATS_SESSION_ID_SIZE);
    json_decref(vectors);
}

Test(session, a_device_takes_the_vector_s_answer)
{
    struct ats_device device;
    uint8_t seed[32];
    uint8_t fleet[32];
    uint8_t roots[1][32];
    uint8_t bytes[ATS_ACCEPT_DATA_MAX];
    cr_assert_eq(ats_identity_init(), ATS_OK);
    json_t *vectors = vectors_read("session");
    (void)vectors_bytes(vectors, "device_seed", seed, sizeof(seed));
    (void)vectors_bytes(vectors, "fleet", fleet, sizeof(fleet));
    (void)vectors_bytes(vectors, "root_public", roots[0], sizeof(roots[0]));
    cr_assert_eq(ats_device_init(&device, vectors_text(vectors, "device"),
                                 vectors_text(vectors, "gate"), seed, fleet,
                                 (const uint8_t(*)[32])roots, 1),
                 ATS_DEVICE_OK);
    /* As after the vector's CONNECT. */
    (void)vectors_bytes(vectors, "device_ephemeral_secret", device.ephemeral_secret, 32);
    (void)vectors_bytes(vectors, "connect_digest", device.connect_digest, 32);
    size_t len = vectors_bytes(vectors, "accept", bytes, sizeof(bytes));
    cr_assert_eq(ats_device_accept(&device, bytes, len, vectors_number(vectors, "time_ms")),
                 ATS_DEVICE_OK);
    cr_assert_eq(device.sequence, vectors_number(vectors, "sequence_seen"));
    (void)vectors_bytes(vectors, "session_key", bytes, sizeof(bytes));
    cr_assert_arr_eq(device.session_key, bytes, 32);
    json_decref(vectors);
}
