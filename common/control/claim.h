/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Enrolment by claim: the operator's token, and what the registry keeps of it.
 *
 *   operator --token (name, attributes, end)--> device --claim (token, key, proof of possession)--> gate
 *   gate --device record, revision 1, signed by the gate, with the claim in its body--> control log --> everybody
 *
 * The token is not in the log before it is used, and is good once: the first record in the log's order has it.
 *
 * Thread: pure functions; the readers of a view as registry.h says. Owns: nothing.
 */
#ifndef ATS_CONTROL_CLAIM_H
#define ATS_CONTROL_CLAIM_H

#include "common/control/body.h"
#include "common/control/registry.h"
#include "device/claim.h"

#define ATS_CLAIM_ID_SIZE 16
#define ATS_CLAIM_ID_HEX_SIZE (2 * ATS_CLAIM_ID_SIZE + 1)

struct ats_claim_token {
    uint8_t fleet[ATS_FLEET_ID_SIZE];
    uint8_t id[ATS_CLAIM_ID_SIZE]; /* random */
    char signer[ATS_NAME_MAX + 1]; /* the operator's name */
    char key_id[ATS_KEY_ID_SIZE];  /* and key */
    char device[ATS_NAME_MAX + 1];
    char gate[ATS_NAME_MAX + 1]; /* the only gate that it is for; "": any that may take claims */
    int64_t not_after_ms;        /* milliseconds since 1970: it is good before */
    struct ats_body_device body; /* attributes and contracts; active, without keys */
    uint8_t signature[ATS_SIGNATURE_SIZE];
    uint8_t digest
        [ATS_HASH_SIZE]; /* what the signature covers, under ATS_LABEL_CLAIM_TOKEN; set by the functions below */
};

/* Sets key id, digest and signature. LIMIT: more than `cap` or ATS_DEVICE_CLAIM_TOKEN_MAX bytes. */
ATS_MUST_USE enum ats_status ats_claim_token_sign(struct ats_claim_token *token,
                                                  const struct ats_key_pair *pair,
                                                  uint8_t *ret_data, size_t cap, size_t *ret_len);
/* MALFORMED. Verifies nothing. */
ATS_MUST_USE enum ats_status ats_claim_token_decode(const uint8_t *data, size_t len,
                                                    struct ats_claim_token *ret_token);
bool ats_claim_token_verify(const struct ats_claim_token *token,
                            const uint8_t key[ATS_PUBLIC_KEY_SIZE]);
void ats_claim_id_hex(const uint8_t id[ATS_CLAIM_ID_SIZE], char ret_hex[ATS_CLAIM_ID_HEX_SIZE]);

/* Why an operator may not sign that kind and name at that time, for a sentence that begins with "operator 'NAME'"; NULL where he
   may. The one rule of scope for a token's operator, at the gate and in the log. */
const char *ats_operator_objection(const struct ats_body_operator *operator_, const char *key_id,
                                   enum ats_control_kind kind, const char *name, int64_t time_ms);

/* The part of it that no time decides. */
bool ats_operator_signs(const struct ats_body_operator *operator_, const char *key_id,
                        enum ats_control_kind kind, const char *name);

/* The body of the record that a gate states for a claim: what the token says, the claim's key, and the claim itself. */
ATS_MUST_USE enum ats_status ats_claim_body_format(const struct ats_claim_token *token,
                                                   const struct ats_claim *claim,
                                                   struct ats_span claim_data, struct ats_buf *out);

/* How a device came into the registry by a claim. */
struct ats_enrolment {
    char gate[ATS_NAME_MAX + 1];
    char signer[ATS_NAME_MAX + 1]; /* of the token */
    char token_id[ATS_CLAIM_ID_HEX_SIZE];
};

/* NOT_FOUND: an operator enrolled it, or there is no such device. */
ATS_MUST_USE enum ats_status ats_claim_find_enrolment(struct ats_store_view *view,
                                                      const char *device,
                                                      struct ats_enrolment *ret_enrolment);
/* OK: the log has taken that token; NOT_FOUND. */
ATS_MUST_USE enum ats_status ats_claim_find_token(struct ats_store_view *view,
                                                  const uint8_t id[ATS_CLAIM_ID_SIZE]);

#endif
