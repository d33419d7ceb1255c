/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device's first record, of those that stand, may be signed by a gate. A gate's word alone enrols nothing; the record holds a claim, and
 *
 *   the gate may take claims, and its keys are good -> its signature -> no record of the device holds
 *   -> the claim is for this gate
 *   -> the token is this fleet's, for this device and gate, by an operator who may sign the device, not past its end
 *   -> the operator's signature -> the device's -> the body says what the token says, under the claim's key
 *   -> the token is not used yet
 *
 * So a stolen gate enrols nobody without a token, a stolen token nobody without its end coming, and of two records with one token
 * the first in the log's order stands. A token's end, and those of the gate's keys, are judged by the log's time, as an
 * operator's is; how far its clock has gone beyond that, the gate judges before it signs.
 */
#include "common/control/claim.h"
#include "common/control/gate_former.h"
#include "common/control/judge.h"
#include "common/control/store_key.h"
#include "common/identity/signature.h"
#include "device/wire.h"

#define OUTSIDE ATS_CONTROL_OUT_OF_SCOPE

static bool has_key(const uint8_t *key, const char *key_id)
{
    char own[ATS_KEY_ID_SIZE];
    ats_key_id(key, own);
    return strcmp(own, key_id) == 0;
}

/* Gates and operators have names of their own kinds; the key says which is meant. */
static enum ats_status is_operators(struct ats_judge *judge, bool *ret_is)
{
    struct ats_control_record record;
    struct ats_body_operator operator_;
    enum ats_status status =
        ats_judge_find(judge, ATS_CONTROL_OPERATOR, judge->record.signer, &record);
    *ret_is = status == ATS_OK && ats_body_operator_parse(record.body, &operator_) == ATS_OK &&
              has_key(operator_.key, judge->record.key_id);
    return status == ATS_ERR_NOT_FOUND ? ATS_OK : status;
}

static enum ats_status find_gate(struct ats_judge *judge, struct ats_body_gate *ret_gate)
{
    struct ats_control_record record;
    bool operators = false;
    enum ats_status status = is_operators(judge, &operators);
    if (status == ATS_OK && operators)
        return ATS_ERR_NOT_FOUND;
    if (status == ATS_OK)
        status = ats_judge_find(judge, ATS_CONTROL_GATE, judge->record.signer, &record);
    if (status == ATS_OK)
        status = ats_body_gate_parse(record.body, ret_gate);
    if (status == ATS_OK && !has_key(ret_gate->signing_key, judge->record.key_id) &&
        !(has_key(ret_gate->former.signing_key, judge->record.key_id) &&
          ats_gate_take_former(ret_gate, ret_gate->former.signing_key)))
        status = ATS_ERR_NOT_FOUND;
    return status;
}

/* Whoever stole a gate's keys can date back what it signs, but not the log. Once accepted it stands, as an operator's acts do. */
static enum ats_status check_time(struct ats_judge *judge, const struct ats_body_gate *gate)
{
    int64_t now_ms = 0;
    bool again = judge->marker != 0;
    enum ats_status status = again ? ATS_OK : ats_judge_log_time(judge, &now_ms);
    if (status != ATS_OK || again || ats_gate_is_valid(gate, now_ms))
        return status;
    return ats_judge_reject(judge, ATS_CONTROL_UNKNOWN_SIGNER,
                            gate->not_before_ms > now_ms ? "the keys of gate '%s' are not good yet"
                                                         : "the keys of gate '%s' have ended",
                            judge->record.signer);
}

bool ats_judge_by_gate(struct ats_judge *judge, enum ats_status *ret_status)
{
    struct ats_body_gate gate;
    if (judge->record.kind != ATS_CONTROL_DEVICE)
        return false;
    *ret_status = find_gate(judge, &gate);
    if (*ret_status == ATS_ERR_NOT_FOUND) {
        *ret_status = ATS_OK;
        return false;
    }
    if (*ret_status != ATS_OK)
        return true;
    judge->by_gate = true;
    memcpy(judge->signer_key, gate.signing_key, sizeof(judge->signer_key));
    if (gate.revoked)
        *ret_status = ats_judge_reject(judge, ATS_CONTROL_UNKNOWN_SIGNER, "gate '%s' is revoked",
                                       judge->record.signer);
    else if (!gate.claims)
        *ret_status =
            ats_judge_reject(judge, OUTSIDE, "gate '%s' may not take claims", judge->record.signer);
    else
        *ret_status = check_time(judge, &gate);
    return true;
}

/* ---- the claim ---- */

struct claimed {
    struct ats_claim claim;
    struct ats_claim_token token;
};

static enum ats_status decode(struct ats_judge *judge, const struct ats_body_device *device,
                              struct claimed *ret_claimed)
{
    struct ats_claim *claim = &ret_claimed->claim;
    if (ats_claim_decode(device->claim, device->claim_len, claim) == ATS_DEVICE_OK &&
        ats_claim_token_decode(claim->token, claim->token_len, &ret_claimed->token) == ATS_OK)
        return ATS_OK;
    return ats_judge_reject(judge, OUTSIDE, "its claim cannot be read");
}

static enum ats_status check_names(struct ats_judge *judge, const struct claimed *claimed)
{
    const char *gate = judge->record.signer;
    const struct ats_claim_token *token = &claimed->token;
    if (memcmp(token->fleet, judge->fleet, sizeof(token->fleet)) != 0)
        return ats_judge_reject(judge, OUTSIDE, "its token is another fleet's");
    if (strcmp(token->device, judge->record.name) != 0)
        return ats_judge_reject(judge, OUTSIDE, "its token is for device '%s'", token->device);
    if (strcmp(claimed->claim.gate, gate) != 0 ||
        (token->gate[0] && strcmp(token->gate, gate) != 0))
        return ats_judge_reject(judge, OUTSIDE, "its claim is for another gate than '%s'", gate);
    return ATS_OK;
}

/* Who signed the token may enrol that device, and the token has not ended. */
static enum ats_status check_operator(struct ats_judge *judge, const struct claimed *claimed)
{
    struct ats_control_record record;
    struct ats_body_operator operator_;
    const struct ats_claim_token *token = &claimed->token;
    int64_t now_ms = 0;
    enum ats_status status = ats_judge_log_time(judge, &now_ms);
    if (status == ATS_OK)
        status = ats_judge_find(judge, ATS_CONTROL_OPERATOR, token->signer, &record);
    if (status == ATS_ERR_NOT_FOUND)
        return ats_judge_reject(judge, OUTSIDE, "its token is by the unknown operator '%s'",
                                token->signer);
    if (status == ATS_OK)
        status = ats_body_operator_parse(record.body, &operator_);
    if (status != ATS_OK)
        return status;
    const char *objection = ats_operator_objection(&operator_, token->key_id, ATS_CONTROL_DEVICE,
                                                   judge->record.name, now_ms);
    if (objection)
        return ats_judge_reject(judge, OUTSIDE, "its token does not hold: operator '%s' %s",
                                token->signer, objection);
    if (token->not_after_ms <= now_ms)
        return ats_judge_reject(judge, OUTSIDE, "its token has expired");
    if (!ats_claim_token_verify(token, operator_.key))
        return ats_judge_reject(judge, OUTSIDE, "its token's signature does not hold");
    return ATS_OK;
}

bool ats_device_same_texts(const struct ats_body_device *a, const struct ats_body_device *b)
{
    for (const struct ats_device_attribute *at = ats_device_attributes; at->name; at++)
        if (strcmp(ats_device_attribute_get(a, at), ats_device_attribute_get(b, at)) != 0)
            return false;
    for (size_t i = 0; i < a->contract_count && a->contract_count == b->contract_count; i++)
        if (strcmp(a->contracts[i], b->contracts[i]) != 0)
            return false;
    return a->contract_count == b->contract_count;
}

static enum ats_status check_body(struct ats_judge *judge, const struct ats_body_device *device,
                                  const struct claimed *claimed)
{
    const struct ats_device_key *key = &device->keys[0];
    if (device->key_count != 1 || key->is_spki || key->not_before_ms != 0 ||
        key->not_after_ms != 0 || memcmp(key->key, claimed->claim.key, sizeof(key->key)) != 0)
        return ats_judge_reject(judge, OUTSIDE, "its key is not the claim's");
    if (device->state != claimed->token.body.state ||
        device->least_proof != claimed->token.body.least_proof ||
        !ats_device_same_texts(device, &claimed->token.body))
        return ats_judge_reject(judge, OUTSIDE, "it does not say what its token says");
    if (!ats_signature_verify_claim(&claimed->claim))
        return ats_judge_reject(judge, OUTSIDE,
                                "the device's signature in its claim does not hold");
    return ATS_OK;
}

static enum ats_status check_unused(struct ats_judge *judge, const struct claimed *claimed)
{
    struct ats_span owner;
    struct ats_store_key key = ats_store_key_claim(claimed->token.id);
    enum ats_status status = ats_store_batch_get(judge->batch, ats_store_key_span(&key), &owner);
    if (status == ATS_ERR_NOT_FOUND)
        return ATS_OK;
    if (status != ATS_OK)
        return status;
    return ats_judge_reject(judge, OUTSIDE, "its token has enrolled device '%.*s' already",
                            ATS_SPAN_ARGS(owner));
}

enum ats_status ats_judge_claim(struct ats_judge *judge, const struct ats_body_device *device)
{
    struct claimed claimed;
    if (!judge->by_gate && device->claim_len == 0)
        return ATS_OK;
    if (!judge->by_gate)
        return ats_judge_reject(judge, OUTSIDE, "a claim is a gate's to state");
    if (judge->current.revision != 0)
        return ats_judge_reject(judge, OUTSIDE, "a gate may enrol a device, not change it");
    if (judge->record.expires_ms != 0)
        return ats_judge_reject(judge, OUTSIDE, "a claim is no proposal");
    enum ats_status status = decode(judge, device, &claimed);
    if (status == ATS_OK)
        status = check_names(judge, &claimed);
    if (status == ATS_OK)
        status = check_operator(judge, &claimed);
    if (status == ATS_OK)
        status = check_body(judge, device, &claimed);
    return status == ATS_OK ? check_unused(judge, &claimed) : status;
}

enum ats_status ats_judge_claim_signers(struct ats_judge *judge,
                                        struct ats_control_record *ret_signers)
{
    struct ats_body_device device;
    struct claimed claimed;
    if (!judge->by_gate)
        return ATS_OK;
    enum ats_status status = ats_body_device_parse(judge->record.body, &device);
    if (status == ATS_OK)
        status = decode(judge, &device, &claimed);
    if (status != ATS_OK)
        return ATS_ERR_CORRUPT;
    ret_signers->signer[0] = '/';
    memcpy(ret_signers->signer + 1, judge->record.signer, sizeof(ret_signers->signer) - 2);
    ret_signers->signer[sizeof(ret_signers->signer) - 1] = '\0';
    memcpy(ret_signers->approver, claimed.token.signer, sizeof(ret_signers->approver));
    memcpy(ret_signers->approver_key_id, claimed.token.key_id,
           sizeof(ret_signers->approver_key_id));
    return ATS_OK;
}

enum ats_status ats_judge_claim_index(struct ats_judge *judge, const struct ats_body_device *device)
{
    struct claimed claimed;
    uint8_t memory[2 * (ATS_NAME_MAX + 4) + ATS_CLAIM_ID_SIZE];
    struct ats_wire_writer writer;
    if (device->claim_len == 0)
        return ATS_OK;
    enum ats_status status = decode(judge, device, &claimed);
    if (status != ATS_OK)
        return ATS_ERR_CORRUPT;
    ats_wire_writer_init(&writer, memory, sizeof(memory));
    ats_wire_put_text(&writer, judge->record.signer);
    ats_wire_put_text(&writer, claimed.token.signer);
    ats_wire_put_fixed(&writer, claimed.token.id, sizeof(claimed.token.id));
    struct ats_store_key used = ats_store_key_claim(claimed.token.id);
    struct ats_store_key how = ats_store_key_enrolment(judge->record.name);
    status = ats_judge_put_owner(judge, &used, judge->record.name);
    if (status == ATS_OK)
        status = ats_store_batch_put(judge->batch, ats_store_key_span(&how),
                                     ats_span_of(memory, writer.len));
    return status;
}

enum ats_status ats_judge_claim_forget(struct ats_judge *judge,
                                       const struct ats_body_device *device)
{
    struct claimed claimed;
    if (device->claim_len == 0)
        return ATS_OK;
    enum ats_status status = decode(judge, device, &claimed);
    if (status != ATS_OK)
        return ATS_ERR_CORRUPT;
    struct ats_store_key used = ats_store_key_claim(claimed.token.id);
    struct ats_store_key how = ats_store_key_enrolment(judge->record.name);
    status = ats_store_batch_delete(judge->batch, ats_store_key_span(&used));
    return status == ATS_OK ? ats_store_batch_delete(judge->batch, ats_store_key_span(&how))
                            : status;
}
