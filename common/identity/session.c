/* SPDX-License-Identifier: Apache-2.0 */
#include "common/identity/session.h"

#include <sodium.h>

/* The bytes that the device signed, and their length; LIMIT if client id or user name is too long. */
static enum ats_status signed_bytes(const struct ats_gate_identity *gate,
                                    const struct ats_connect_data *connect, const char *client_id,
                                    const char *user_name,
                                    uint8_t ret_bytes[ATS_CONNECT_SIGNED_MAX], size_t *ret_len)
{
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, ret_bytes, ATS_CONNECT_SIGNED_MAX);
    if (ats_connect_signed_bytes(connect, gate->fleet, client_id, user_name, &writer) !=
        ATS_DEVICE_OK)
        return ATS_ERR_LIMIT;
    *ret_len = writer.len;
    return ATS_OK;
}

enum ats_status ats_session_verify(const struct ats_gate_identity *gate,
                                   const struct ats_connect_data *connect,
                                   const uint8_t device_key[ATS_PUBLIC_KEY_SIZE],
                                   const char *client_id, const char *user_name,
                                   struct ats_error *err)
{
    uint8_t bytes[ATS_CONNECT_SIGNED_MAX];
    size_t len = 0;
    char key_id[ATS_KEY_ID_SIZE];
    if (strcmp(connect->gate, gate->name) != 0)
        return ats_error_set(err, ATS_ERR_REFUSED, "CONNECT of '%s' is for gate '%s', not for '%s'",
                             connect->device, connect->gate, gate->name);
    ats_key_id(device_key, key_id);
    if (strcmp(connect->key_id, key_id) != 0)
        return ats_error_set(err, ATS_ERR_REFUSED, "CONNECT of '%s' names key %s, not %s",
                             connect->device, connect->key_id, key_id);
    if (signed_bytes(gate, connect, client_id, user_name, bytes, &len) != ATS_OK)
        return ats_error_set(err, ATS_ERR_LIMIT,
                             "client id or user name of '%s' is longer than %d bytes",
                             connect->device, ATS_DEVICE_CONNECT_TEXT_MAX);
    if (!ats_verify(device_key, ats_span_of(bytes, len), connect->signature))
        return ats_error_set(err, ATS_ERR_REFUSED, "the signature in CONNECT of '%s' does not hold",
                             connect->device);
    return ATS_OK;
}

/* Unique without another random number, since the gate's ephemeral key is. */
static void make_session_id(const struct ats_connect_data *connect,
                            const struct ats_key_pair *ephemeral,
                            uint8_t ret_id[ATS_SESSION_ID_SIZE])
{
    uint8_t memory[ATS_LABEL_MESSAGE_MAX];
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, memory, sizeof(memory));
    ats_wire_put_text(&writer, ATS_LABEL_SESSION_ID);
    ats_wire_put_fixed(&writer, ephemeral->public_key, sizeof(ephemeral->public_key));
    ats_wire_put_fixed(&writer, connect->ephemeral_key, sizeof(connect->ephemeral_key));
    (void)crypto_generichash(ret_id, ATS_SESSION_ID_SIZE, memory, writer.len, NULL, 0);
}

static void describe(const struct ats_gate_identity *gate, const struct ats_connect_data *connect,
                     const struct ats_key_pair *ephemeral, uint64_t sequence_seen, int64_t now_ms,
                     struct ats_accept_data *ret_accept)
{
    *ret_accept = (struct ats_accept_data){
        .operator_certificate = gate->operator_certificate,
        .operator_certificate_len = gate->operator_certificate_len,
        .gate_certificate = gate->gate_certificate,
        .gate_certificate_len = gate->gate_certificate_len,
        .sequence_seen = sequence_seen,
        .time_ms = (uint64_t)now_ms,
    };
    memcpy(ret_accept->ephemeral_key, ephemeral->public_key, sizeof(ret_accept->ephemeral_key));
    make_session_id(connect, ephemeral, ret_accept->session_id);
}

/* Signature, session key and confirmation, all over the transcript. */
static enum ats_status seal_answer(const struct ats_gate_identity *gate,
                                   const struct ats_connect_data *connect,
                                   const uint8_t connect_digest[32],
                                   const struct ats_key_pair *ephemeral,
                                   struct ats_accept_data *accept, uint8_t ret_key[32])
{
    uint8_t transcript[32];
    uint8_t message[ATS_LABEL_MESSAGE_MAX];
    if (ats_accept_transcript(connect_digest, accept, transcript) != ATS_DEVICE_OK)
        return ATS_ERR_LIMIT;
    if (!ats_session_key(ephemeral->seed, connect->ephemeral_key, transcript, ret_key))
        return ATS_ERR_REFUSED;
    size_t len = ats_label_message(ATS_LABEL_ACCEPT, transcript, message);
    ats_sign(&gate->signing, ats_span_of(message, len), accept->signature);
    ats_session_confirmation(ret_key, transcript, accept->confirmation);
    return ATS_OK;
}

enum ats_status ats_session_accept(const struct ats_gate_identity *gate,
                                   const struct ats_connect_data *connect, const char *client_id,
                                   const char *user_name, const struct ats_key_pair *ephemeral,
                                   uint64_t sequence_seen, int64_t now_ms,
                                   struct ats_session_keys *ret_keys,
                                   uint8_t ret_data[ATS_ACCEPT_DATA_MAX], size_t *ret_len)
{
    uint8_t bytes[ATS_CONNECT_SIGNED_MAX];
    size_t len = 0;
    uint8_t digest[32];
    struct ats_accept_data accept;
    enum ats_status status = signed_bytes(gate, connect, client_id, user_name, bytes, &len);
    if (status != ATS_OK)
        return status;
    ats_connect_digest(bytes, len, connect->signature, digest);
    describe(gate, connect, ephemeral, sequence_seen, now_ms, &accept);
    memcpy(ret_keys->id, accept.session_id, sizeof(ret_keys->id));
    status = seal_answer(gate, connect, digest, ephemeral, &accept, ret_keys->key);
    if (status == ATS_OK &&
        ats_accept_encode(&accept, ret_data, ATS_ACCEPT_DATA_MAX, ret_len) != ATS_DEVICE_OK)
        status = ATS_ERR_LIMIT;
    if (status != ATS_OK)
        sodium_memzero(ret_keys, sizeof(*ret_keys));
    return status;
}

static bool names_session(const struct ats_proof *proof, const struct ats_session_keys *session)
{
    return session && memcmp(proof->session_id, session->id, sizeof(session->id)) == 0;
}

static bool tag_holds(const struct ats_proof *proof, const struct ats_session_keys *session,
                      struct ats_span head, const struct ats_device_publish *publish)
{
    uint8_t tag[ATS_TAG_SIZE];
    ats_proof_tag(session->key, head.data, head.len, publish->payload, publish->payload_len, tag);
    return sodium_memcmp(tag, proof->bytes, sizeof(tag)) == 0;
}

static bool signature_holds(const struct ats_proof *proof, const uint8_t *device_key,
                            struct ats_span head, const struct ats_device_publish *publish)
{
    uint8_t digest[32];
    uint8_t message[ATS_LABEL_MESSAGE_MAX];
    char key_id[ATS_KEY_ID_SIZE];
    if (!device_key)
        return false;
    ats_key_id(device_key, key_id);
    if (strcmp(key_id, proof->key_id) != 0)
        return false;
    ats_proof_digest(head.data, head.len, publish->payload, publish->payload_len, digest);
    size_t len = ats_label_message(ATS_LABEL_PUBLISH_SIGNATURE, digest, message);
    return ats_verify(device_key, ats_span_of(message, len), proof->bytes);
}

enum ats_status ats_proof_check(const struct ats_proof *proof, const char *device, const char *gate,
                                const struct ats_session_keys *session,
                                const uint8_t device_key[ATS_PUBLIC_KEY_SIZE],
                                const struct ats_device_publish *publish)
{
    uint8_t memory[ATS_PROOF_HEAD_MAX];
    struct ats_wire_writer writer;
    if ((proof->has_session || proof->kind == ATS_PROOF_MAC) && !names_session(proof, session))
        return ATS_ERR_REFUSED;
    ats_wire_writer_init(&writer, memory, sizeof(memory));
    if (ats_proof_signed_head(proof, device, gate, publish, &writer) != ATS_DEVICE_OK)
        return ATS_ERR_LIMIT;
    struct ats_span head = ats_span_of(memory, writer.len);
    bool holds = proof->kind == ATS_PROOF_MAC ? tag_holds(proof, session, head, publish)
                                              : signature_holds(proof, device_key, head, publish);
    return holds ? ATS_OK : ATS_ERR_REFUSED;
}
