/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device's side of ATTESTREAM-1: what a device sends in CONNECT, what it checks in CONNACK, and the proof
 * on each publish. docs/device-protocol.md is the specification; the gate's side is common/identity.
 *
 * No allocation, no I/O, no clock: the caller lends memory, time and the stored counter. Needs libsodium
 * (sodium_init() was called) and an MQTT 5 client that can set authentication method and data in CONNECT, read
 * authentication data from CONNACK, and set a user property on PUBLISH; with an envelope any MQTT client will do.
 *
 * Thread: one struct ats_device belongs to one thread at a time. Secrets: the struct holds the device's key and the
 * session key; ats_device_wipe() zeroes both.
 */
#ifndef ATS_DEVICE_DEVICE_H
#define ATS_DEVICE_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ATS_DEVICE_METHOD "ATTESTREAM-1"
/* Name of the one user property that carries the proof. */
#define ATS_DEVICE_PROOF_PROPERTY "ats-proof"
#define ATS_DEVICE_NAME_SIZE 129         /* with NUL */
#define ATS_DEVICE_KEY_ID_SIZE 17        /* 16 hexadecimal digits and NUL */
#define ATS_DEVICE_CONNECT_DATA_MAX 1024 /* authentication data of CONNECT */
#define ATS_DEVICE_PROOF_SIZE 192        /* text of the proof, with NUL */
#define ATS_DEVICE_ENVELOPE_OVERHEAD 94  /* bytes of a signed envelope before the payload */
/* Sequences of publishes are below, those of wills above; twice of it is the end, so that each fits a signed 64-bit number. */
#define ATS_DEVICE_WILL_FIRST ((uint64_t)1 << 62)
/* How far beyond the device's own sequence a gate's answer may lead it: clocks in milliseconds fit, and a stolen gate that wants to use up a
   device's sequence needs 2^20 of its CONNECTs. */
#define ATS_DEVICE_SEQUENCE_STEP_MAX ((uint64_t)1 << 42)
#define ATS_DEVICE_CLAIM_METHOD "ATTESTREAM-1-CLAIM"
#define ATS_DEVICE_CLAIM_ID_SUFFIX                                                                 \
    "/claim" /* client id of a claim's CONNECT: the device's name and this */
#define ATS_DEVICE_CLAIM_TOKEN_MAX 2048  /* bytes; their text fits the largest QR code */
#define ATS_DEVICE_CLAIM_DATA_MAX 2304   /* authentication data of a claim's CONNECT */
#define ATS_DEVICE_CLAIM_TEXT_SIZE 3100  /* its text form, with NUL */
#define ATS_DEVICE_CLAIM_REASON_SIZE 129 /* with NUL */
#define ATS_DEVICE_ROOTS_MAX 2           /* root and offline successor */
#define ATS_DEVICE_TOPIC_MAX 1024        /* bytes of a topic; a gate takes no longer one */
#define ATS_DEVICE_CONNECT_TEXT_MAX 256  /* bytes of a client id or user name */

enum ats_device_result {
    ATS_DEVICE_OK = 0,
    ATS_DEVICE_TOO_SMALL, /* the memory lent is too small, or an input too long */
    ATS_DEVICE_MALFORMED, /* the gate's answer cannot be read */
    ATS_DEVICE_UNTRUSTED, /* the gate's chain does not lead to a pinned root, or names another gate or fleet */
    ATS_DEVICE_WRONG,   /* a signature or the confirmation does not hold */
    ATS_DEVICE_EXPIRED, /* a certificate of the chain is not valid now */
    ATS_DEVICE_NO_SESSION, /* a tag was asked for before ats_device_accept(), or an answer without a CONNECT */
    ATS_DEVICE_INVALID,   /* a name that cannot be one, no pinned root, or a counter that is none */
    ATS_DEVICE_EXHAUSTED, /* the sequence has reached its end: with another key it may begin anew */
    ATS_DEVICE_SEQUENCE_JUMP, /* the gate says to have seen a sequence that is too far beyond the device's */
};

struct ats_device_publish {
    const char *topic; /* as resolved, not an alias */
    uint8_t qos;
    bool retain;
    uint64_t time_ms; /* the device's clock, milliseconds since 1970, 0 if it has none */
    const uint8_t *payload;
    size_t payload_len;
};

struct ats_device {
    char name[ATS_DEVICE_NAME_SIZE];
    char gate[ATS_DEVICE_NAME_SIZE];
    char key_id[ATS_DEVICE_KEY_ID_SIZE];
    uint8_t fleet[32];
    uint8_t roots[ATS_DEVICE_ROOTS_MAX][32];
    size_t root_count;
    uint8_t secret_key[64];
    uint64_t sequence; /* of the last proof; 64 bits, across sessions */
    /* The session, from connect to accept and on. */
    uint8_t ephemeral_secret[32]; /* all zero: no CONNECT waits for its answer */
    uint8_t connect_digest[32];
    uint8_t session_id[16];
    uint8_t session_key[32];
    bool has_session;
};

/* `seed` is the device's Ed25519 seed (32 bytes, the private key of RFC 8032); `fleet` the fleet id. */
enum ats_device_result ats_device_init(struct ats_device *device, const char *name,
                                       const char *gate, const uint8_t seed[32],
                                       const uint8_t fleet[32], const uint8_t (*roots)[32],
                                       size_t root_count);
/* Authentication data for CONNECT. `counter` must be larger than in every earlier CONNECT (a clock in
   milliseconds, or a boot count that was stored before it is used), and below ATS_DEVICE_WILL_FIRST (INVALID). */
enum ats_device_result ats_device_connect(struct ats_device *device, uint64_t counter,
                                          const char *client_id, const char *user_name,
                                          uint8_t *ret_data, size_t cap, size_t *ret_len);
/* Checks CONNACK's authentication data and takes the session key; the sequence moves up to the gate's. Each CONNECT
   takes one answer: after a failure the device must disconnect and connect anew. SEQUENCE_JUMP: the gate's is more than
   ATS_DEVICE_SEQUENCE_STEP_MAX above `sequence`, which stays.
   `now_ms` judges the validity of certificates; 0 where the device has no clock. */
enum ats_device_result ats_device_accept(struct ats_device *device, const uint8_t *data, size_t len,
                                         uint64_t now_ms);
/* Takes the next sequence and writes the proof's text, to be sent as the user property. */
enum ats_device_result ats_device_prove_mac(struct ats_device *device,
                                            const struct ats_device_publish *publish,
                                            char ret_text[ATS_DEVICE_PROOF_SIZE]);
enum ats_device_result ats_device_prove_signature(struct ats_device *device,
                                                  const struct ats_device_publish *publish,
                                                  char ret_text[ATS_DEVICE_PROOF_SIZE]);
/* The same signature, outside of any session, in an envelope around the payload, for clients that have no user properties
   (MQTT 3.1.1): `ret_data` gets what is published instead of the payload. `cap` is at least the payload's length and
   ATS_DEVICE_ENVELOPE_OVERHEAD; the payload may lie in the same memory, anywhere. A failure changes nothing. */
enum ats_device_result ats_device_prove_envelope(struct ats_device *device,
                                                 const struct ats_device_publish *publish,
                                                 uint8_t *ret_data, size_t cap, size_t *ret_len);
/* A signed envelope for the will of a CONNECT (topic, QoS and retain flag are the will's). Its sequence is in a space of its own and
   takes none of the publishes': ATS_DEVICE_WILL_FIRST and `counter`, which is the counter of the CONNECT that carries the will, or
   without a session any number that is larger than in each will before; INVALID unless it is above 0 and below
   ATS_DEVICE_WILL_FIRST. Memory as above; changes nothing. */
enum ats_device_result ats_device_will(const struct ats_device *device, uint64_t counter,
                                       const struct ats_device_publish *publish, uint8_t *ret_data,
                                       size_t cap, size_t *ret_len);
/* Enrolment by claim, for a device that the registry does not know yet: authentication data of a CONNECT with the method
   ATS_DEVICE_CLAIM_METHOD and the client id DEVICE/claim. `token` is the text that the operator gave, `time_ms` the device's clock or 0. Keep the key: the
   claim is for this one. INVALID: no token; TOO_SMALL: `cap` is below ATS_DEVICE_CLAIM_DATA_MAX. */
enum ats_device_result ats_device_claim(const struct ats_device *device, const char *token,
                                        uint64_t time_ms, uint8_t *ret_data, size_t cap,
                                        size_t *ret_len);
/* The claim as the password of a client of MQTT 3.1.1, whose user name is the device's name, and whose client id is DEVICE/claim. */
enum ats_device_result ats_device_claim_text(const uint8_t *data, size_t len, char *ret_text,
                                             size_t cap);

/* What a gate says to a claim. It is advice and carries no proof: who is enrolled sees it when a CONNECT with the key holds. */
enum ats_device_claim_result {
    ATS_DEVICE_CLAIM_TAKEN =
        1, /* it is being written: connect with the key in a while, else claim again */
    ATS_DEVICE_CLAIM_ENROLLED, /* the registry has the device with this key: connect with it */
    ATS_DEVICE_CLAIM_LATER,    /* the gate cannot take it now: claim again later */
    ATS_DEVICE_CLAIM_REFUSED,  /* for good: this token enrols this device nowhere */
};

struct ats_device_claim_answer {
    enum ats_device_claim_result result;
    uint32_t code; /* of the table of reasons; 0: none */
    char text[ATS_DEVICE_CLAIM_REASON_SIZE];
};

/* CONNACK's authentication data after a claim; MALFORMED. */
enum ats_device_result ats_device_claim_answer(const uint8_t *data, size_t len,
                                               struct ats_device_claim_answer *ret_answer);
/* Forgets the session's and the device's secrets. */
void ats_device_wipe(struct ats_device *device);

#ifdef __cplusplus
}
#endif

#endif
