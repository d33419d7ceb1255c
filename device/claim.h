/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of a claim: how a device that the registry does not know yet asks to be enrolled. It hands in a token, which an
 * operator signed for its name, and shows that it has the private key of the public key that it brings. What the token says is
 * for gate and followers (common/control/claim.h); to a device it is opaque. docs/device-protocol.md explains each field.
 *
 * Thread: pure functions. Owns: nothing; results go into memory of the caller.
 */
#ifndef ATS_DEVICE_CLAIM_H
#define ATS_DEVICE_CLAIM_H

#include "device/protocol.h"

#define ATS_LABEL_CLAIM "ATTESTREAM-1 claim"
#define ATS_LABEL_CLAIM_TOKEN "ATTESTREAM-1 claim token"
#define ATS_CLAIM_VERSION 1
/* Opens the text form of a claim, the password of an MQTT 3.1.1 client; a JSON Web Token never begins so. */
#define ATS_CLAIM_TEXT_PREFIX "ats-claim:"

struct ats_claim {
    const uint8_t *token; /* borrowed */
    size_t token_len;
    char gate[ATS_DEVICE_NAME_SIZE];
    uint64_t time_ms; /* the device's clock, 0 if it has none */
    uint8_t key[32];  /* Ed25519 */
    uint8_t signature[64];
    uint8_t digest
        [32]; /* what the signature covers, under ATS_LABEL_CLAIM; set by both functions below */
};

/* Signs with the secret key of claim->key, and writes the claim; the token may lie in the same memory. TOO_SMALL: token too long, or too little memory. */
enum ats_device_result ats_claim_sign(struct ats_claim *claim, const uint8_t secret_key[64],
                                      uint8_t *ret_data, size_t cap, size_t *ret_len);
/* MALFORMED. Verifies nothing. */
enum ats_device_result ats_claim_decode(const uint8_t *data, size_t len,
                                        struct ats_claim *ret_claim);
bool ats_claim_verify(const struct ats_claim *claim);
/* TOO_SMALL. */
enum ats_device_result ats_claim_answer_encode(const struct ats_device_claim_answer *answer,
                                               uint8_t *ret_data, size_t cap, size_t *ret_len);

#endif
