/* SPDX-License-Identifier: Apache-2.0 */
#include "device/protocol.h"

#include "device/name.h"

#include <sodium.h>
#include <string.h>

#define CERTIFICATE_SIGNED_MAX 512
#define ACCEPT_BODY_MAX 1280 /* two certificates of their greatest length and 109 bytes */

static enum ats_device_result written(const struct ats_wire_writer *writer)
{
    return writer->overflow ? ATS_DEVICE_TOO_SMALL : ATS_DEVICE_OK;
}

/* Length-prefixed text into `ret_text`, which has room for any name; a bad one fails the reader. */
static void get_text(struct ats_wire_reader *reader, bool (*valid)(const char *text, size_t len),
                     char *ret_text)
{
    size_t len = 0;
    const char *text = (const char *)ats_wire_get_bytes(reader, &len);
    if (!text || !valid(text, len)) {
        reader->failed = true;
        return;
    }
    memcpy(ret_text, text, len);
    ret_text[len] = '\0';
}

static void get_copy(struct ats_wire_reader *reader, uint8_t *ret_bytes, size_t len)
{
    const uint8_t *bytes = ats_wire_get_fixed(reader, len);
    if (bytes)
        memcpy(ret_bytes, bytes, len);
}

size_t ats_label_message(const char *label, const uint8_t hash[32],
                         uint8_t ret_message[ATS_LABEL_MESSAGE_MAX])
{
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, ret_message, ATS_LABEL_MESSAGE_MAX);
    ats_wire_put_text(&writer, label);
    ats_wire_put_fixed(&writer, hash, 32);
    return writer.len;
}

/* --- certificates --- */

static void put_certificate_body(struct ats_wire_writer *writer,
                                 const struct ats_certificate *certificate)
{
    ats_wire_put_fixed(writer, certificate->fleet, sizeof(certificate->fleet));
    ats_wire_put_u8(writer, certificate->role);
    ats_wire_put_text(writer, certificate->name);
    ats_wire_put_fixed(writer, certificate->key, sizeof(certificate->key));
    ats_wire_put_u64(writer, certificate->not_before_ms);
    ats_wire_put_u64(writer, certificate->not_after_ms);
}

static void put_certificate_signed(struct ats_wire_writer *writer,
                                   const struct ats_certificate *certificate)
{
    ats_wire_put_text(writer, ATS_LABEL_CERTIFICATE);
    put_certificate_body(writer, certificate);
}

static bool certificate_valid(const struct ats_certificate *certificate)
{
    return (certificate->role == ATS_CERTIFICATE_OPERATOR ||
            certificate->role == ATS_CERTIFICATE_GATE) &&
           certificate->not_before_ms <= certificate->not_after_ms &&
           ats_name_valid(certificate->name, strnlen(certificate->name, sizeof(certificate->name)));
}

enum ats_device_result ats_certificate_sign(struct ats_certificate *certificate,
                                            const uint8_t issuer_secret_key[64])
{
    uint8_t memory[CERTIFICATE_SIGNED_MAX];
    struct ats_wire_writer writer;
    if (!certificate_valid(certificate))
        return ATS_DEVICE_INVALID;
    ats_wire_writer_init(&writer, memory, sizeof(memory));
    put_certificate_signed(&writer, certificate);
    if (writer.overflow)
        return ATS_DEVICE_TOO_SMALL;
    (void)crypto_sign_detached(certificate->signature, NULL, memory, writer.len, issuer_secret_key);
    return ATS_DEVICE_OK;
}

bool ats_certificate_verify(const struct ats_certificate *certificate, const uint8_t issuer_key[32])
{
    uint8_t memory[CERTIFICATE_SIGNED_MAX];
    struct ats_wire_writer writer;
    if (!certificate_valid(certificate))
        return false;
    ats_wire_writer_init(&writer, memory, sizeof(memory));
    put_certificate_signed(&writer, certificate);
    return !writer.overflow &&
           crypto_sign_verify_detached(certificate->signature, memory, writer.len, issuer_key) == 0;
}

enum ats_device_result ats_certificate_encode(const struct ats_certificate *certificate,
                                              uint8_t *ret_data, size_t cap, size_t *ret_len)
{
    struct ats_wire_writer writer;
    if (!certificate_valid(certificate))
        return ATS_DEVICE_INVALID;
    ats_wire_writer_init(&writer, ret_data, cap);
    ats_wire_put_u8(&writer, ATS_PROTOCOL_VERSION);
    put_certificate_body(&writer, certificate);
    ats_wire_put_fixed(&writer, certificate->signature, sizeof(certificate->signature));
    *ret_len = writer.len;
    return written(&writer);
}

enum ats_device_result ats_certificate_decode(const uint8_t *data, size_t len,
                                              struct ats_certificate *ret_certificate)
{
    struct ats_wire_reader reader;
    struct ats_certificate certificate = {0};
    ats_wire_reader_init(&reader, data, len);
    uint8_t version = ats_wire_get_u8(&reader);
    get_copy(&reader, certificate.fleet, sizeof(certificate.fleet));
    certificate.role = ats_wire_get_u8(&reader);
    get_text(&reader, ats_name_valid, certificate.name);
    get_copy(&reader, certificate.key, sizeof(certificate.key));
    certificate.not_before_ms = ats_wire_get_u64(&reader);
    certificate.not_after_ms = ats_wire_get_u64(&reader);
    get_copy(&reader, certificate.signature, sizeof(certificate.signature));
    if (!ats_wire_reader_done(&reader) || version != ATS_PROTOCOL_VERSION ||
        !certificate_valid(&certificate))
        return ATS_DEVICE_MALFORMED;
    *ret_certificate = certificate;
    return ATS_DEVICE_OK;
}

/* --- CONNECT --- */

static bool connect_valid(const struct ats_connect_data *connect)
{
    return ats_name_valid(connect->device, strnlen(connect->device, sizeof(connect->device))) &&
           ats_name_valid(connect->gate, strnlen(connect->gate, sizeof(connect->gate))) &&
           ats_key_id_valid(connect->key_id, strnlen(connect->key_id, sizeof(connect->key_id)));
}

static void put_connect_body(struct ats_wire_writer *writer, const struct ats_connect_data *connect)
{
    ats_wire_put_text(writer, connect->device);
    ats_wire_put_text(writer, connect->key_id);
    ats_wire_put_text(writer, connect->gate);
    ats_wire_put_u64(writer, connect->counter);
    ats_wire_put_fixed(writer, connect->ephemeral_key, sizeof(connect->ephemeral_key));
}

enum ats_device_result ats_connect_encode(const struct ats_connect_data *connect, uint8_t *ret_data,
                                          size_t cap, size_t *ret_len)
{
    struct ats_wire_writer writer;
    if (!connect_valid(connect))
        return ATS_DEVICE_INVALID;
    ats_wire_writer_init(&writer, ret_data, cap);
    ats_wire_put_u8(&writer, ATS_PROTOCOL_VERSION);
    put_connect_body(&writer, connect);
    ats_wire_put_fixed(&writer, connect->signature, sizeof(connect->signature));
    *ret_len = writer.len;
    return written(&writer);
}

enum ats_device_result ats_connect_decode(const uint8_t *data, size_t len,
                                          struct ats_connect_data *ret_connect)
{
    struct ats_wire_reader reader;
    struct ats_connect_data connect = {0};
    ats_wire_reader_init(&reader, data, len);
    uint8_t version = ats_wire_get_u8(&reader);
    get_text(&reader, ats_name_valid, connect.device);
    get_text(&reader, ats_key_id_valid, connect.key_id);
    get_text(&reader, ats_name_valid, connect.gate);
    connect.counter = ats_wire_get_u64(&reader);
    get_copy(&reader, connect.ephemeral_key, sizeof(connect.ephemeral_key));
    get_copy(&reader, connect.signature, sizeof(connect.signature));
    if (!ats_wire_reader_done(&reader) || version != ATS_PROTOCOL_VERSION)
        return ATS_DEVICE_MALFORMED;
    *ret_connect = connect;
    return ATS_DEVICE_OK;
}

static void put_connect_text(struct ats_wire_writer *writer, const char *text)
{
    size_t len = text ? strnlen(text, ATS_DEVICE_CONNECT_TEXT_MAX + 1) : 0;
    if (len > ATS_DEVICE_CONNECT_TEXT_MAX)
        writer->overflow = true;
    ats_wire_put_bytes(writer, text, len);
}

enum ats_device_result ats_connect_signed_bytes(const struct ats_connect_data *connect,
                                                const uint8_t fleet[32], const char *client_id,
                                                const char *user_name,
                                                struct ats_wire_writer *writer)
{
    ats_wire_put_text(writer, ATS_LABEL_CONNECT);
    ats_wire_put_fixed(writer, fleet, 32);
    put_connect_body(writer, connect);
    put_connect_text(writer, client_id);
    put_connect_text(writer, user_name);
    return written(writer);
}

void ats_connect_digest(const uint8_t *signed_bytes, size_t len, const uint8_t signature[64],
                        uint8_t ret_digest[32])
{
    crypto_generichash_state state;
    uint8_t prefix[4];
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, prefix, sizeof(prefix));
    ats_wire_put_u32(&writer, (uint32_t)len);
    (void)crypto_generichash_init(&state, NULL, 0, 32);
    (void)crypto_generichash_update(&state, prefix, sizeof(prefix));
    (void)crypto_generichash_update(&state, signed_bytes, len);
    (void)crypto_generichash_update(&state, signature, 64);
    (void)crypto_generichash_final(&state, ret_digest, 32);
}

/* --- CONNACK --- */

static void put_accept_body(struct ats_wire_writer *writer, const struct ats_accept_data *accept)
{
    if (accept->operator_certificate_len > ATS_CERTIFICATE_MAX ||
        accept->gate_certificate_len > ATS_CERTIFICATE_MAX)
        writer->overflow = true;
    ats_wire_put_u8(writer, ATS_PROTOCOL_VERSION);
    ats_wire_put_bytes(writer, accept->operator_certificate, accept->operator_certificate_len);
    ats_wire_put_bytes(writer, accept->gate_certificate, accept->gate_certificate_len);
    ats_wire_put_fixed(writer, accept->ephemeral_key, sizeof(accept->ephemeral_key));
    ats_wire_put_fixed(writer, accept->session_id, sizeof(accept->session_id));
    ats_wire_put_u64(writer, accept->sequence_seen);
    ats_wire_put_u64(writer, accept->time_ms);
}

enum ats_device_result ats_accept_encode(const struct ats_accept_data *accept, uint8_t *ret_data,
                                         size_t cap, size_t *ret_len)
{
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, ret_data, cap);
    put_accept_body(&writer, accept);
    ats_wire_put_fixed(&writer, accept->signature, sizeof(accept->signature));
    ats_wire_put_fixed(&writer, accept->confirmation, sizeof(accept->confirmation));
    *ret_len = writer.len;
    return written(&writer);
}

enum ats_device_result ats_accept_decode(const uint8_t *data, size_t len,
                                         struct ats_accept_data *ret_accept)
{
    struct ats_wire_reader reader;
    struct ats_accept_data accept = {0};
    ats_wire_reader_init(&reader, data, len);
    uint8_t version = ats_wire_get_u8(&reader);
    accept.operator_certificate = ats_wire_get_bytes(&reader, &accept.operator_certificate_len);
    accept.gate_certificate = ats_wire_get_bytes(&reader, &accept.gate_certificate_len);
    get_copy(&reader, accept.ephemeral_key, sizeof(accept.ephemeral_key));
    get_copy(&reader, accept.session_id, sizeof(accept.session_id));
    accept.sequence_seen = ats_wire_get_u64(&reader);
    accept.time_ms = ats_wire_get_u64(&reader);
    get_copy(&reader, accept.signature, sizeof(accept.signature));
    get_copy(&reader, accept.confirmation, sizeof(accept.confirmation));
    if (!ats_wire_reader_done(&reader) || version != ATS_PROTOCOL_VERSION ||
        accept.operator_certificate_len > ATS_CERTIFICATE_MAX ||
        accept.gate_certificate_len > ATS_CERTIFICATE_MAX)
        return ATS_DEVICE_MALFORMED;
    *ret_accept = accept;
    return ATS_DEVICE_OK;
}

enum ats_device_result ats_accept_transcript(const uint8_t connect_digest[32],
                                             const struct ats_accept_data *accept,
                                             uint8_t ret_transcript[32])
{
    uint8_t memory[ACCEPT_BODY_MAX];
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, memory, sizeof(memory));
    ats_wire_put_fixed(&writer, connect_digest, 32);
    put_accept_body(&writer, accept);
    if (writer.overflow)
        return ATS_DEVICE_TOO_SMALL;
    (void)crypto_generichash(ret_transcript, 32, memory, writer.len, NULL, 0);
    return ATS_DEVICE_OK;
}

/* --- session key --- */

bool ats_session_key(const uint8_t own_secret[32], const uint8_t other_key[32],
                     const uint8_t transcript[32], uint8_t ret_key[32])
{
    uint8_t shared[32];
    uint8_t message[ATS_LABEL_MESSAGE_MAX];
    bool agreed = crypto_scalarmult(shared, own_secret, other_key) == 0;
    if (agreed) {
        size_t len = ats_label_message(ATS_LABEL_KEY, transcript, message);
        (void)crypto_generichash(ret_key, 32, message, len, shared, sizeof(shared));
    }
    sodium_memzero(shared, sizeof(shared));
    return agreed;
}

void ats_session_confirmation(const uint8_t key[32], const uint8_t transcript[32],
                              uint8_t ret_tag[32])
{
    uint8_t message[ATS_LABEL_MESSAGE_MAX];
    size_t len = ats_label_message(ATS_LABEL_CONFIRM, transcript, message);
    (void)crypto_generichash(ret_tag, 32, message, len, key, 32);
}
