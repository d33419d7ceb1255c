/* SPDX-License-Identifier: Apache-2.0 */
#include "device/device.h"

#include "device/name.h"
#include "device/protocol.h"

#include <sodium.h>
#include <string.h>

static bool copy_name(char ret_name[ATS_DEVICE_NAME_SIZE], const char *name)
{
    size_t len = strnlen(name, ATS_DEVICE_NAME_SIZE);
    if (!ats_name_valid(name, len))
        return false;
    memcpy(ret_name, name, len);
    ret_name[len] = '\0';
    return true;
}

static void key_id(const uint8_t key[32], char ret_id[ATS_DEVICE_KEY_ID_SIZE])
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    (void)crypto_hash_sha256(hash, key, 32);
    (void)sodium_bin2hex(ret_id, ATS_DEVICE_KEY_ID_SIZE, hash, (ATS_DEVICE_KEY_ID_SIZE - 1) / 2);
}

enum ats_device_result ats_device_init(struct ats_device *device, const char *name,
                                       const char *gate, const uint8_t seed[32],
                                       const uint8_t fleet[32], const uint8_t (*roots)[32],
                                       size_t root_count)
{
    uint8_t public_key[32];
    memset(device, 0, sizeof(*device));
    if (!copy_name(device->name, name) || !copy_name(device->gate, gate))
        return ATS_DEVICE_INVALID;
    if (root_count < 1 || root_count > ATS_DEVICE_ROOTS_MAX)
        return ATS_DEVICE_INVALID;
    memcpy(device->fleet, fleet, sizeof(device->fleet));
    memcpy(device->roots, roots, root_count * sizeof(device->roots[0]));
    device->root_count = root_count;
    (void)crypto_sign_seed_keypair(public_key, device->secret_key, seed);
    key_id(public_key, device->key_id);
    return ATS_DEVICE_OK;
}

static void forget_session(struct ats_device *device)
{
    sodium_memzero(device->ephemeral_secret, sizeof(device->ephemeral_secret));
    sodium_memzero(device->session_key, sizeof(device->session_key));
    device->has_session = false;
}

static void describe(const struct ats_device *device, uint64_t counter,
                     struct ats_connect_data *ret_connect)
{
    *ret_connect = (struct ats_connect_data){.counter = counter};
    memcpy(ret_connect->device, device->name, sizeof(ret_connect->device));
    memcpy(ret_connect->key_id, device->key_id, sizeof(ret_connect->key_id));
    memcpy(ret_connect->gate, device->gate, sizeof(ret_connect->gate));
}

enum ats_device_result ats_device_connect(struct ats_device *device, uint64_t counter,
                                          const char *client_id, const char *user_name,
                                          uint8_t *ret_data, size_t cap, size_t *ret_len)
{
    struct ats_connect_data connect;
    uint8_t memory[ATS_CONNECT_SIGNED_MAX];
    struct ats_wire_writer writer;
    forget_session(device);
    if (counter >= ATS_DEVICE_WILL_FIRST)
        return ATS_DEVICE_INVALID;
    describe(device, counter, &connect);
    randombytes_buf(device->ephemeral_secret, sizeof(device->ephemeral_secret));
    (void)crypto_scalarmult_base(connect.ephemeral_key, device->ephemeral_secret);
    ats_wire_writer_init(&writer, memory, sizeof(memory));
    enum ats_device_result result =
        ats_connect_signed_bytes(&connect, device->fleet, client_id, user_name, &writer);
    if (result == ATS_DEVICE_OK) {
        (void)crypto_sign_detached(connect.signature, NULL, memory, writer.len, device->secret_key);
        ats_connect_digest(memory, writer.len, connect.signature, device->connect_digest);
        result = ats_connect_encode(&connect, ret_data, cap, ret_len);
    }
    if (result != ATS_DEVICE_OK)
        forget_session(device);
    return result;
}

static bool signed_by_root(const struct ats_device *device,
                           const struct ats_certificate *certificate)
{
    for (size_t i = 0; i < device->root_count; i++)
        if (ats_certificate_verify(certificate, device->roots[i]))
            return true;
    return false;
}

static bool valid_at(const struct ats_certificate *certificate, uint64_t now_ms)
{
    return now_ms == 0 ||
           (now_ms >= certificate->not_before_ms && now_ms <= certificate->not_after_ms);
}

/* From a pinned root over the operator to the gate that the device meant; `ret_gate` gets the gate's certificate. */
static enum ats_device_result check_chain(const struct ats_device *device,
                                          const struct ats_accept_data *accept, uint64_t now_ms,
                                          struct ats_certificate *ret_gate)
{
    struct ats_certificate operator_;
    if (ats_certificate_decode(accept->operator_certificate, accept->operator_certificate_len,
                               &operator_) != ATS_DEVICE_OK ||
        ats_certificate_decode(accept->gate_certificate, accept->gate_certificate_len, ret_gate) !=
            ATS_DEVICE_OK)
        return ATS_DEVICE_MALFORMED;
    if (operator_.role != ATS_CERTIFICATE_OPERATOR || ret_gate->role != ATS_CERTIFICATE_GATE)
        return ATS_DEVICE_UNTRUSTED;
    if (memcmp(operator_.fleet, device->fleet, sizeof(operator_.fleet)) != 0 ||
        memcmp(ret_gate->fleet, device->fleet, sizeof(ret_gate->fleet)) != 0)
        return ATS_DEVICE_UNTRUSTED;
    if (strcmp(ret_gate->name, device->gate) != 0)
        return ATS_DEVICE_UNTRUSTED;
    if (!signed_by_root(device, &operator_) || !ats_certificate_verify(ret_gate, operator_.key))
        return ATS_DEVICE_UNTRUSTED;
    if (!valid_at(&operator_, now_ms) || !valid_at(ret_gate, now_ms))
        return ATS_DEVICE_EXPIRED;
    return ATS_DEVICE_OK;
}

/* The gate's signature, then the session key, then the tag that shows that the gate has it too. */
static enum ats_device_result take_key(struct ats_device *device,
                                       const struct ats_accept_data *accept,
                                       const uint8_t gate_key[32])
{
    uint8_t transcript[32];
    uint8_t message[ATS_LABEL_MESSAGE_MAX];
    uint8_t confirmation[32];
    enum ats_device_result result =
        ats_accept_transcript(device->connect_digest, accept, transcript);
    if (result != ATS_DEVICE_OK)
        return result;
    size_t len = ats_label_message(ATS_LABEL_ACCEPT, transcript, message);
    if (crypto_sign_verify_detached(accept->signature, message, len, gate_key) != 0)
        return ATS_DEVICE_WRONG;
    if (!ats_session_key(device->ephemeral_secret, accept->ephemeral_key, transcript,
                         device->session_key))
        return ATS_DEVICE_WRONG;
    ats_session_confirmation(device->session_key, transcript, confirmation);
    return sodium_memcmp(confirmation, accept->confirmation, sizeof(confirmation)) == 0
               ? ATS_DEVICE_OK
               : ATS_DEVICE_WRONG;
}

/* A gate proves who it is, not that it is honest: a stolen one must not bring the sequence to its end. */
static bool leaps(const struct ats_device *device, uint64_t seen)
{
    return seen > device->sequence && seen - device->sequence > ATS_DEVICE_SEQUENCE_STEP_MAX;
}

enum ats_device_result ats_device_accept(struct ats_device *device, const uint8_t *data, size_t len,
                                         uint64_t now_ms)
{
    struct ats_accept_data accept;
    struct ats_certificate gate;
    if (sodium_is_zero(device->ephemeral_secret, sizeof(device->ephemeral_secret)))
        return ATS_DEVICE_NO_SESSION;
    enum ats_device_result result = ats_accept_decode(data, len, &accept);
    if (result == ATS_DEVICE_OK)
        result = check_chain(device, &accept, now_ms, &gate);
    if (result == ATS_DEVICE_OK)
        result = take_key(device, &accept, gate.key);
    if (result == ATS_DEVICE_OK && leaps(device, accept.sequence_seen))
        result = ATS_DEVICE_SEQUENCE_JUMP;
    if (result != ATS_DEVICE_OK) {
        forget_session(device);
        return result;
    }
    sodium_memzero(device->ephemeral_secret, sizeof(device->ephemeral_secret));
    memcpy(device->session_id, accept.session_id, sizeof(device->session_id));
    device->has_session = true;
    if (accept.sequence_seen > device->sequence)
        device->sequence = accept.sequence_seen;
    return ATS_DEVICE_OK;
}

/* The proof with all but its bytes, and the head that they cover. */
static enum ats_device_result begin_proof(const struct ats_device *device, enum ats_proof_kind kind,
                                          bool in_session, uint64_t sequence,
                                          const struct ats_device_publish *publish,
                                          struct ats_proof *ret_proof, struct ats_wire_writer *head)
{
    *ret_proof = (struct ats_proof){
        .kind = kind, .sequence = sequence, .time_ms = publish->time_ms, .has_session = in_session};
    if (in_session)
        memcpy(ret_proof->session_id, device->session_id, sizeof(ret_proof->session_id));
    memcpy(ret_proof->key_id, device->key_id, sizeof(ret_proof->key_id));
    return ats_proof_signed_head(ret_proof, device->name, device->gate, publish, head);
}

static bool is_exhausted(const struct ats_device *device)
{
    return device->sequence >= ATS_DEVICE_WILL_FIRST - 1;
}

enum ats_device_result ats_device_prove_mac(struct ats_device *device,
                                            const struct ats_device_publish *publish,
                                            char ret_text[ATS_DEVICE_PROOF_SIZE])
{
    struct ats_proof proof;
    uint8_t memory[ATS_PROOF_HEAD_MAX];
    struct ats_wire_writer head;
    if (!device->has_session)
        return ATS_DEVICE_NO_SESSION;
    if (is_exhausted(device))
        return ATS_DEVICE_EXHAUSTED;
    ats_wire_writer_init(&head, memory, sizeof(memory));
    enum ats_device_result result =
        begin_proof(device, ATS_PROOF_MAC, true, device->sequence + 1, publish, &proof, &head);
    if (result != ATS_DEVICE_OK)
        return result;
    device->sequence++;
    ats_proof_tag(device->session_key, memory, head.len, publish->payload, publish->payload_len,
                  proof.bytes);
    return ats_proof_format(&proof, ret_text);
}

static enum ats_device_result sign_at(const struct ats_device *device, bool in_session,
                                      uint64_t sequence, const struct ats_device_publish *publish,
                                      struct ats_proof *ret_proof)
{
    uint8_t memory[ATS_PROOF_HEAD_MAX];
    uint8_t digest[32];
    uint8_t message[ATS_LABEL_MESSAGE_MAX];
    struct ats_wire_writer head;
    ats_wire_writer_init(&head, memory, sizeof(memory));
    enum ats_device_result result =
        begin_proof(device, ATS_PROOF_SIGNATURE, in_session, sequence, publish, ret_proof, &head);
    if (result != ATS_DEVICE_OK)
        return result;
    ats_proof_digest(memory, head.len, publish->payload, publish->payload_len, digest);
    size_t len = ats_label_message(ATS_LABEL_PUBLISH_SIGNATURE, digest, message);
    (void)crypto_sign_detached(ret_proof->bytes, NULL, message, len, device->secret_key);
    return ATS_DEVICE_OK;
}

/* Takes the next sequence. */
static enum ats_device_result sign_publish(struct ats_device *device, bool in_session,
                                           const struct ats_device_publish *publish,
                                           struct ats_proof *ret_proof)
{
    if (is_exhausted(device))
        return ATS_DEVICE_EXHAUSTED;
    enum ats_device_result result =
        sign_at(device, in_session, device->sequence + 1, publish, ret_proof);
    if (result == ATS_DEVICE_OK)
        device->sequence++;
    return result;
}

enum ats_device_result ats_device_prove_signature(struct ats_device *device,
                                                  const struct ats_device_publish *publish,
                                                  char ret_text[ATS_DEVICE_PROOF_SIZE])
{
    struct ats_proof proof;
    enum ats_device_result result = sign_publish(device, device->has_session, publish, &proof);
    return result == ATS_DEVICE_OK ? ats_proof_format(&proof, ret_text) : result;
}

static bool fits_envelope(const struct ats_device_publish *publish, size_t cap)
{
    return cap >= ATS_DEVICE_ENVELOPE_OVERHEAD &&
           cap - ATS_DEVICE_ENVELOPE_OVERHEAD >= publish->payload_len;
}

enum ats_device_result ats_device_prove_envelope(struct ats_device *device,
                                                 const struct ats_device_publish *publish,
                                                 uint8_t *ret_data, size_t cap, size_t *ret_len)
{
    struct ats_proof proof;
    if (!fits_envelope(publish, cap)) /* before a sequence is taken */
        return ATS_DEVICE_TOO_SMALL;
    enum ats_device_result result = sign_publish(device, false, publish, &proof);
    if (result != ATS_DEVICE_OK)
        return result;
    return ats_envelope_encode(&proof, publish->payload, publish->payload_len, ret_data, cap,
                               ret_len);
}

enum ats_device_result ats_device_will(const struct ats_device *device, uint64_t counter,
                                       const struct ats_device_publish *publish, uint8_t *ret_data,
                                       size_t cap, size_t *ret_len)
{
    struct ats_proof proof;
    if (counter == 0 || counter >= ATS_DEVICE_WILL_FIRST)
        return ATS_DEVICE_INVALID;
    enum ats_device_result result =
        sign_at(device, false, ATS_DEVICE_WILL_FIRST + counter, publish, &proof);
    if (result != ATS_DEVICE_OK)
        return result;
    return ats_envelope_encode(&proof, publish->payload, publish->payload_len, ret_data, cap,
                               ret_len);
}

void ats_device_wipe(struct ats_device *device)
{
    sodium_memzero(device, sizeof(*device));
}
