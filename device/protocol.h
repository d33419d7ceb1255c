/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of ATTESTREAM-1 that both sides must agree on: what is signed, and what is sent. Every signed
 * string starts with a label that names its purpose and fixes its algorithms (Ed25519, X25519, BLAKE2b):
 * there is no negotiation, a new suite is a new label. docs/device-protocol.md explains each field.
 *
 * Thread: pure functions. Owns: nothing; results go into memory of the caller.
 */
#ifndef ATS_DEVICE_PROTOCOL_H
#define ATS_DEVICE_PROTOCOL_H

#include "device/device.h"
#include "device/wire.h"

#define ATS_LABEL_CERTIFICATE "ATTESTREAM-1 certificate"
#define ATS_LABEL_CONNECT "ATTESTREAM-1 connect"
#define ATS_LABEL_ACCEPT "ATTESTREAM-1 accept"
#define ATS_LABEL_SESSION_ID "ATTESTREAM-1 session id"
#define ATS_LABEL_KEY "ATTESTREAM-1 key"
#define ATS_LABEL_CONFIRM "ATTESTREAM-1 confirm"
#define ATS_LABEL_PUBLISH_MAC "ATTESTREAM-1 publish mac"
#define ATS_LABEL_PUBLISH_SIGNATURE "ATTESTREAM-1 publish signature"

#define ATS_PROTOCOL_VERSION 1
#define ATS_SESSION_ID_SIZE 16
#define ATS_TAG_SIZE 16
#define ATS_CERTIFICATE_MAX 512
#define ATS_ACCEPT_DATA_MAX 2048
#define ATS_CONNECT_SIGNED_MAX                                                                     \
    1024 /* two names, client id and user name of their greatest length: 900 */
#define ATS_PROOF_HEAD_MAX 1536   /* two names and a topic of their greatest length: 1,343 */
#define ATS_LABEL_MESSAGE_MAX 128 /* the longest label: 30 */

/* What a signature or tag over a 32-byte hash covers: the length-prefixed label, then the hash. Returns its length. */
size_t ats_label_message(const char *label, const uint8_t hash[32],
                         uint8_t ret_message[ATS_LABEL_MESSAGE_MAX]);

/* A compact certificate for devices: the issuer says that `key` belongs to operator or gate `name`. A gate's
   control record carries its own (signed by the operator) and the operator's (signed by the root). */
enum ats_certificate_role { ATS_CERTIFICATE_OPERATOR = 1, ATS_CERTIFICATE_GATE = 2 };

struct ats_certificate {
    uint8_t fleet[32];
    uint8_t role;
    char name[ATS_DEVICE_NAME_SIZE];
    uint8_t key[32];
    uint64_t not_before_ms;
    uint64_t not_after_ms;
    uint8_t signature[64];
};

enum ats_device_result ats_certificate_sign(struct ats_certificate *certificate,
                                            const uint8_t issuer_secret_key[64]);
bool ats_certificate_verify(const struct ats_certificate *certificate,
                            const uint8_t issuer_key[32]);
enum ats_device_result ats_certificate_encode(const struct ats_certificate *certificate,
                                              uint8_t *ret_data, size_t cap, size_t *ret_len);
enum ats_device_result ats_certificate_decode(const uint8_t *data, size_t len,
                                              struct ats_certificate *ret_certificate);

/* CONNECT's authentication data. */
struct ats_connect_data {
    char device[ATS_DEVICE_NAME_SIZE];
    char key_id[ATS_DEVICE_KEY_ID_SIZE];
    char gate[ATS_DEVICE_NAME_SIZE];
    uint64_t counter;
    uint8_t ephemeral_key[32];
    uint8_t signature[64];
};

enum ats_device_result ats_connect_encode(const struct ats_connect_data *connect, uint8_t *ret_data,
                                          size_t cap, size_t *ret_len);
enum ats_device_result ats_connect_decode(const uint8_t *data, size_t len,
                                          struct ats_connect_data *ret_connect);
/* What the device signs: label, fleet, device, key id, gate, counter, ephemeral key, client id, user name (an absent
   one, NULL, counts as empty). TOO_SMALL also when client id or user name exceeds ATS_DEVICE_CONNECT_TEXT_MAX. */
enum ats_device_result ats_connect_signed_bytes(const struct ats_connect_data *connect,
                                                const uint8_t fleet[32], const char *client_id,
                                                const char *user_name,
                                                struct ats_wire_writer *writer);

/* BLAKE2b-256 over the signed bytes (length-prefixed) and the signature: what a device keeps of its CONNECT. */
void ats_connect_digest(const uint8_t *signed_bytes, size_t len, const uint8_t signature[64],
                        uint8_t ret_digest[32]);

/* CONNACK's authentication data; the certificates are borrowed bytes. */
struct ats_accept_data {
    const uint8_t *operator_certificate;
    size_t operator_certificate_len;
    const uint8_t *gate_certificate;
    size_t gate_certificate_len;
    uint8_t ephemeral_key[32];
    uint8_t session_id[ATS_SESSION_ID_SIZE];
    uint64_t sequence_seen; /* highest sequence of this device that the gate has seen */
    uint64_t time_ms;       /* the gate's clock */
    uint8_t signature[64];
    uint8_t confirmation[32];
};

enum ats_device_result ats_accept_encode(const struct ats_accept_data *accept, uint8_t *ret_data,
                                         size_t cap, size_t *ret_len);
enum ats_device_result ats_accept_decode(const uint8_t *data, size_t len,
                                         struct ats_accept_data *ret_accept);
/* BLAKE2b-256 over the digest of CONNECT and the gate's answer up to its signature. TOO_SMALL: a certificate is too long. */
enum ats_device_result ats_accept_transcript(const uint8_t connect_digest[32],
                                             const struct ats_accept_data *accept,
                                             uint8_t ret_transcript[32]);
/* Session key from the X25519 result and the transcript; false if the result is all zero. */
bool ats_session_key(const uint8_t own_secret[32], const uint8_t other_key[32],
                     const uint8_t transcript[32], uint8_t ret_key[32]);
/* The confirmation tag that shows knowledge of the session key. */
void ats_session_confirmation(const uint8_t key[32], const uint8_t transcript[32],
                              uint8_t ret_tag[32]);

/* The proof of one publish. Text form: "m1.SEQUENCE.TIME.SESSION.TAG" or "s1.SEQUENCE.TIME.SESSION.KEYID.SIGNATURE",
   numbers in decimal, bytes in base64url without padding; SESSION is empty where there is no session. */
enum ats_proof_kind { ATS_PROOF_MAC = 1, ATS_PROOF_SIGNATURE = 2 };

struct ats_proof {
    enum ats_proof_kind kind;
    uint64_t sequence;
    uint64_t time_ms;
    bool has_session;
    uint8_t session_id[ATS_SESSION_ID_SIZE];
    char key_id[ATS_DEVICE_KEY_ID_SIZE]; /* signature only */
    uint8_t bytes[64];                   /* tag or signature */
};

enum ats_device_result ats_proof_format(const struct ats_proof *proof,
                                        char ret_text[ATS_DEVICE_PROOF_SIZE]);
enum ats_device_result ats_proof_parse(const char *text, size_t len, struct ats_proof *ret_proof);
/* All that tag and signature cover before the payload's bytes (which follow, length-prefixed): label, device,
   session id or, without a session, gate, topic, QoS, retain, sequence, time; sequence and time are the proof's.
   TOO_SMALL: the topic exceeds ATS_DEVICE_TOPIC_MAX. */
enum ats_device_result ats_proof_signed_head(const struct ats_proof *proof, const char *device,
                                             const char *gate,
                                             const struct ats_device_publish *publish,
                                             struct ats_wire_writer *writer);
/* The signed envelope: the proof of kind SIGNATURE, without a session, in binary form in front of the payload. Its first
   byte stands in no UTF-8 text, and so begins no JSON payload. */
#define ATS_ENVELOPE_MAGIC 0xC1
#define ATS_ENVELOPE_VERSION 1

/* Whether the payload is to be read as an envelope. */
bool ats_envelope_begins(const uint8_t *data, size_t len);
/* The payload may overlap with `ret_data`. TOO_SMALL: `cap` is less than the payload and ATS_DEVICE_ENVELOPE_OVERHEAD;
   INVALID: another kind of proof, or one with a session. Nothing is written then. */
enum ats_device_result ats_envelope_encode(const struct ats_proof *proof, const uint8_t *payload,
                                           size_t payload_len, uint8_t *ret_data, size_t cap,
                                           size_t *ret_len);
/* Borrows the payload from `data`. */
enum ats_device_result ats_envelope_decode(const uint8_t *data, size_t len,
                                           struct ats_proof *ret_proof, const uint8_t **ret_payload,
                                           size_t *ret_payload_len);
/* The 16-byte BLAKE2b tag over head and payload. */
void ats_proof_tag(const uint8_t key[32], const uint8_t *head, size_t head_len,
                   const uint8_t *payload, size_t payload_len, uint8_t ret_tag[ATS_TAG_SIZE]);
/* BLAKE2b-256 over head and payload: what a signature covers, under ATS_LABEL_PUBLISH_SIGNATURE. */
void ats_proof_digest(const uint8_t *head, size_t head_len, const uint8_t *payload,
                      size_t payload_len, uint8_t ret_digest[32]);

#endif
