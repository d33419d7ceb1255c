/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One claim, from its bytes to its answer:
 *
 *   readable? -> what the address may still cost -> gate standing, in scope, the one meant? -> names?
 *   -> operator, end, name, token, policy (what a look-up tells) -> budget -> operator's and device's signature
 *   -> answer; only then is anything queued
 *
 * What a look-up tells against it is kept until the signatures hold: so it is told to a token's holder, and to nobody else.
 */
#include "plugin/claims.h"

#include "common/base/base64.h"
#include "common/control/body_policy.h"
#include "common/control/claim.h"
#include "common/identity/signature.h"
#include "plugin/client_id.h"
#include "plugin/connect.h"
#include "plugin/freshness.h"

#include <sodium.h>
#include <stdlib.h>

/* A claim that was queued, until its record can have come back. */
struct taken {
    uint8_t token_id[ATS_CLAIM_ID_SIZE];
    uint8_t key[ATS_PUBLIC_KEY_SIZE];
    char device[ATS_NAME_MAX + 1];
    int64_t until_ms; /* monotonic; 0: free */
};

struct ats_claims {
    int64_t credit_ms; /* of budget, each claim costs 1000 / ATS_GATE_CLAIMS_PER_S */
    int64_t counted_ms;
    uint64_t losses; /* as the writer told last */
    struct taken taken[ATS_GATE_CLAIMS_QUEUED];
};

#define COST_MS (1000 / ATS_GATE_CLAIMS_PER_S)
#define CREDIT_MAX_MS (COST_MS * ATS_GATE_CLAIMS_BURST)

struct claiming {
    const struct ats_gate_client *client;
    struct ats_span data;
    struct ats_claim claim;
    struct ats_claim_token token;
    struct ats_handshake_try tried;
    uint8_t operator_key[ATS_PUBLIC_KEY_SIZE];
    enum ats_reason objection; /* to be told once the signatures hold */
    bool enrolled;             /* with the claim's own key */
};

enum ats_status ats_claims_new(struct ats_claims **ret_claims)
{
    struct ats_claims *claims = calloc(1, sizeof(*claims));
    if (!claims)
        return ATS_ERR_MEMORY;
    claims->credit_ms = CREDIT_MAX_MS;
    *ret_claims = claims;
    return ATS_OK;
}

void ats_claims_free(struct ats_claims *claims)
{
    free(claims);
}

static enum ats_reason check_gate(struct ats_gate *gate, const struct claiming *claiming)
{
    const char *own = gate->fleet.identity.name;
    const struct ats_claim_token *token = &claiming->token;
    enum ats_reason reason = ats_gate_entry_reason(gate);
    if (reason != ATS_REASON_NONE)
        return reason;
    if (gate->fleet.standing != ATS_GATE_CERTIFIED)
        return ATS_REASON_GATE_UNREADY;
    if (!gate->fleet.claims)
        return ATS_REASON_CLAIM_SCOPE;
    if (memcmp(token->fleet, gate->fleet.identity.fleet, sizeof(token->fleet)) != 0 ||
        strcmp(claiming->claim.gate, own) != 0 || (token->gate[0] && strcmp(token->gate, own) != 0))
        return ATS_REASON_CLAIM_GATE;
    return ATS_REASON_NONE;
}

/* A claim can be recorded, and its token photographed: its connection has a client id that no session has, so that it takes over
   none and gets nothing of what the broker keeps for one. */
static enum ats_reason check_names(const struct claiming *claiming)
{
    const struct ats_gate_client *client = claiming->client;
    const char *device = claiming->token.device;
    if (client->user_name && *client->user_name && strcmp(client->user_name, device) != 0)
        return ATS_REASON_USER_NAME;
    return client->id && ats_client_id_is_of_claim(client->id, device) ? ATS_REASON_NONE
                                                                       : ATS_REASON_CLIENT_ID;
}

/* An operator who is not known cannot be asked for a signature: the claim ends here. */
static enum ats_reason find_operator(struct ats_gate *gate, struct claiming *claiming)
{
    struct ats_control_record record;
    struct ats_body_operator operator_;
    const struct ats_claim_token *token = &claiming->token;
    int64_t now_ms = ats_clock_wall_ms(gate->clock);
    char key_id[ATS_KEY_ID_SIZE];
    enum ats_status status =
        ats_registry_find(gate->view, ATS_CONTROL_OPERATOR, ats_span_text(token->signer), &record);
    if (status == ATS_OK)
        status = ats_body_operator_parse(record.body, &operator_);
    if (status != ATS_OK)
        return ATS_REASON_CLAIM_OPERATOR;
    ats_key_id(operator_.key, key_id);
    if (strcmp(key_id, token->key_id) != 0)
        return ATS_REASON_CLAIM_OPERATOR;
    memcpy(claiming->operator_key, operator_.key, sizeof(claiming->operator_key));
    if (ats_operator_objection(&operator_, token->key_id, ATS_CONTROL_DEVICE, token->device,
                               now_ms))
        claiming->objection = ATS_REASON_CLAIM_OPERATOR;
    else if (token->not_after_ms <= now_ms)
        claiming->objection = ATS_REASON_CLAIM_EXPIRED;
    return ATS_REASON_NONE;
}

/* Of a device's firmware that was copied with its key: no reader of the log would take the record. */
static bool is_anothers_key(const struct ats_gate *gate, const struct claiming *claiming,
                            const char *key_id)
{
    struct ats_span owner;
    return ats_registry_key_device(gate->view, key_id, &owner) == ATS_OK &&
           !ats_span_is(owner, claiming->token.device);
}

static enum ats_reason find_device(struct ats_gate *gate, struct claiming *claiming)
{
    struct ats_device_facts facts = {0};
    char key_id[ATS_KEY_ID_SIZE];
    enum ats_status status = ats_gate_look_up(gate, claiming->token.device, &facts);
    ats_key_id(claiming->claim.key, key_id);
    claiming->enrolled = status == ATS_OK && ats_device_facts_key(&facts, key_id) != NULL;
    if (claiming->enrolled)
        claiming->objection = ats_reason_of_state(facts.state); /* whatever became of the token */
    else if (claiming->objection == ATS_REASON_NONE && status == ATS_OK)
        claiming->objection = ATS_REASON_CLAIM_TAKEN;
    else if (claiming->objection == ATS_REASON_NONE &&
             ats_claim_find_token(gate->view, claiming->token.id) == ATS_OK)
        claiming->objection = ATS_REASON_CLAIM_USED;
    else if (claiming->objection == ATS_REASON_NONE && is_anothers_key(gate, claiming, key_id))
        claiming->objection = ATS_REASON_CLAIM_KEY;
    ats_device_facts_fini(&facts);
    return status == ATS_OK || status == ATS_ERR_NOT_FOUND ? ATS_REASON_NONE : ATS_REASON_GATE_BUSY;
}

/* Where each device takes two persons, no reader of the log would take a gate's word for one. */
static void check_policy(const struct ats_gate *gate, struct claiming *claiming)
{
    struct ats_control_record record;
    struct ats_body_policy policy;
    enum ats_status status =
        ats_registry_find(gate->view, ATS_CONTROL_POLICY, ats_span_text(ATS_POLICY_NAME), &record);
    if (claiming->objection != ATS_REASON_NONE || claiming->enrolled || status == ATS_ERR_NOT_FOUND)
        return;
    if (status != ATS_OK || ats_body_policy_parse(record.body, &policy) != ATS_OK ||
        (policy.critical & (UINT32_C(1) << ATS_CONTROL_DEVICE)) != 0)
        claiming->objection = ATS_REASON_CLAIM_POLICY;
}

static bool has_credit(struct ats_claims *claims, int64_t now_ms)
{
    if (claims->counted_ms != 0 && now_ms > claims->counted_ms)
        claims->credit_ms += now_ms - claims->counted_ms;
    claims->counted_ms = now_ms;
    if (claims->credit_ms > CREDIT_MAX_MS)
        claims->credit_ms = CREDIT_MAX_MS;
    return claims->credit_ms >= COST_MS;
}

/* So that one address does not use up what all claims have. */
static enum ats_reason check_address(struct ats_gate *gate, struct claiming *claiming)
{
    return ats_handshakes_ask(gate->handshakes, claiming->client->address, claiming->token.device,
                              &claiming->tried);
}

/* One that holds and enrols nobody counts as failed: it may be a recorded one. */
static enum ats_reason check_signatures(struct ats_gate *gate, struct claiming *claiming)
{
    if (!has_credit(gate->claims, ats_clock_monotonic_ms(gate->clock)))
        return ATS_REASON_CLAIM_LATER;
    gate->claims->credit_ms -= COST_MS;
    bool holds = ats_claim_token_verify(&claiming->token, claiming->operator_key) &&
                 ats_signature_verify_claim(&claiming->claim);
    bool enrols = claiming->objection == ATS_REASON_NONE && !claiming->enrolled;
    ats_handshakes_told(gate->handshakes, &claiming->tried, holds && enrols);
    return holds ? ATS_REASON_NONE : ATS_REASON_CLAIM_WRONG;
}

/* Whatever refuses it without an answer. */
static enum ats_reason check(struct ats_gate *gate, struct claiming *claiming)
{
    struct ats_claim *claim = &claiming->claim;
    if (ats_claim_decode(claiming->data.data, claiming->data.len, claim) != ATS_DEVICE_OK ||
        ats_claim_token_decode(claim->token, claim->token_len, &claiming->token) != ATS_OK)
        return ATS_REASON_CLAIM_MALFORMED;
    enum ats_reason reason = check_address(gate, claiming);
    if (reason == ATS_REASON_NONE && !ats_gate_view(gate))
        reason = ATS_REASON_GATE_BUSY;
    if (reason == ATS_REASON_NONE)
        reason = check_gate(gate, claiming);
    if (reason == ATS_REASON_NONE)
        reason = check_names(claiming);
    if (reason == ATS_REASON_NONE)
        reason = find_operator(gate, claiming);
    if (reason == ATS_REASON_NONE)
        reason = find_device(gate, claiming);
    if (reason != ATS_REASON_NONE)
        return reason;
    check_policy(gate, claiming);
    return check_signatures(gate, claiming);
}

/* ---- a claim that holds ---- */

static bool same(const struct taken *taken, const struct claiming *claiming)
{
    return memcmp(taken->token_id, claiming->token.id, sizeof(taken->token_id)) == 0 &&
           memcmp(taken->key, claiming->claim.key, sizeof(taken->key)) == 0;
}

static bool rivals(const struct taken *taken, const struct claiming *claiming)
{
    return memcmp(taken->token_id, claiming->token.id, sizeof(taken->token_id)) == 0 ||
           strcmp(taken->device, claiming->token.device) == 0;
}

/* Where some were lost, all may come again: what is written twice is judged once. */
static void forget_lost(struct ats_gate *gate)
{
    uint64_t losses = gate->claim_writer ? ats_claim_writer_losses(gate->claim_writer) : 0;
    if (losses == gate->claims->losses)
        return;
    gate->claims->losses = losses;
    memset(gate->claims->taken, 0, sizeof(gate->claims->taken));
}

static enum ats_reason queue(struct ats_gate *gate, const struct claiming *claiming)
{
    int64_t now_ms = ats_clock_monotonic_ms(gate->clock);
    struct taken *slot = NULL;
    forget_lost(gate);
    for (size_t i = 0; i < ATS_GATE_CLAIMS_QUEUED; i++) {
        struct taken *at = &gate->claims->taken[i];
        if (at->until_ms <= now_ms)
            slot = at;
        else if (same(at, claiming))
            return ATS_REASON_NONE; /* it is on its way */
        else if (rivals(at, claiming))
            return ATS_REASON_CLAIM_LATER; /* the log will say who was first */
    }
    if (!slot || !gate->follower || !ats_control_follower_following(gate->follower) ||
        !ats_claim_writer_ready(gate->claim_writer) ||
        !ats_claim_writer_push(gate->claim_writer, claiming->data))
        return ATS_REASON_CLAIM_LATER;
    memcpy(slot->token_id, claiming->token.id, sizeof(slot->token_id));
    memcpy(slot->key, claiming->claim.key, sizeof(slot->key));
    memcpy(slot->device, claiming->token.device, sizeof(slot->device));
    slot->until_ms = now_ms + ATS_GATE_CLAIM_MEMORY_MS;
    ats_counter_add(&gate->metrics.claims_taken, 1);
    return ATS_REASON_NONE;
}

static enum ats_device_claim_result settle(struct ats_gate *gate, struct claiming *claiming)
{
    if (claiming->objection != ATS_REASON_NONE)
        return ATS_DEVICE_CLAIM_REFUSED;
    if (claiming->enrolled)
        return ATS_DEVICE_CLAIM_ENROLLED;
    claiming->objection = queue(gate, claiming);
    return claiming->objection == ATS_REASON_NONE ? ATS_DEVICE_CLAIM_TAKEN : ATS_DEVICE_CLAIM_LATER;
}

static void say(struct ats_gate *gate, const struct claiming *claiming,
                enum ats_device_claim_result result)
{
    char id[ATS_CLAIM_ID_HEX_SIZE];
    bool good = claiming->objection == ATS_REASON_NONE;
    ats_claim_id_hex(claiming->token.id, id);
    unsigned long not_logged = 0;
    if (!good) {
        ats_counter_add(&gate->metrics.connections_refused[claiming->objection], 1);
        if (!ats_log_share_take(gate, ATS_LOG_SHARE_ADDRESS, claiming->client->address,
                                claiming->objection, &not_logged))
            return;
    }
    ats_log_event(
        gate->log, good ? ATS_LOG_INFO : ATS_LOG_WARNING, good ? "claim.accepted" : "claim.refused",
        "device=%s token=%s operator=%s result=%s reason=%s not_logged=%lu",
        ats_log_quote(claiming->token.device).text, id, ats_log_quote(claiming->token.signer).text,
        result == ATS_DEVICE_CLAIM_ENROLLED ? "enrolled"
        : result == ATS_DEVICE_CLAIM_TAKEN  ? "taken"
                                            : "no",
        ats_reason_info(claiming->objection)->name, not_logged);
}

/* The connection stands for the answer alone: a session that may do nothing, under its client id as user name, so that closing it by
   that name closes no device's. */
static enum ats_reason open_connection(struct ats_gate *gate, const struct claiming *claiming)
{
    const struct ats_gate_client *client = claiming->client;
    struct ats_device_facts nothing = {0};
    struct ats_session *session = NULL;
    if (!gate->broker.set_user_name(gate->broker.ctx, client->handle, client->id))
        return ATS_REASON_GATE_BUSY;
    enum ats_reason reason = ats_connect_begin(gate, client, client->id, &nothing, &session);
    if (reason != ATS_REASON_NONE)
        return reason;
    session->claims = true;
    ats_gate_close_later(gate, session, ATS_GATE_CLAIM_GRACE_MS);
    return ATS_REASON_NONE;
}

static enum ats_reason take(struct ats_gate *gate, struct claiming *claiming,
                            enum ats_device_claim_result *ret_result)
{
    enum ats_reason reason = check(gate, claiming);
    if (reason != ATS_REASON_NONE)
        return reason;
    *ret_result = settle(gate, claiming);
    say(gate, claiming, *ret_result);
    return ATS_REASON_NONE;
}

static void encode_answer(const struct claiming *claiming, enum ats_device_claim_result result,
                          uint8_t *ret_data, size_t *ret_len)
{
    const struct ats_reason_info *info = ats_reason_info(claiming->objection);
    struct ats_device_claim_answer answer = {.result = result, .code = (uint32_t)info->code};
    const char *text = info->text;
    if (result == ATS_DEVICE_CLAIM_TAKEN)
        text = "taken, connect with the key in a while";
    else if (result == ATS_DEVICE_CLAIM_ENROLLED)
        text = "enrolled, connect with the key";
    (void)snprintf(answer.text, sizeof(answer.text), "%s", text);
    enum ats_device_result encoded =
        ats_claim_answer_encode(&answer, ret_data, ATS_GATE_DATA_MAX, ret_len);
    (void)encoded; /* it fits */
}

enum ats_gate_access ats_gate_claim(struct ats_gate *gate, const struct ats_gate_client *client,
                                    struct ats_span data, uint8_t *ret_data, size_t *ret_len)
{
    struct claiming claiming = {.client = client, .data = data};
    enum ats_device_claim_result result = ATS_DEVICE_CLAIM_REFUSED;
    enum ats_reason reason = take(gate, &claiming, &result);
    if (reason == ATS_REASON_NONE)
        reason = open_connection(gate, &claiming);
    if (reason != ATS_REASON_NONE)
        return ats_connect_refuse(gate, client, claiming.token.device, reason, "");
    encode_answer(&claiming, result, ret_data, ret_len);
    return ATS_GATE_ALLOW;
}

bool ats_is_claim_connection(const struct ats_gate_client *client)
{
    const size_t suffix = sizeof(ATS_DEVICE_CLAIM_ID_SUFFIX) - 1;
    size_t len = client->user_name ? strlen(client->user_name) : 0;
    return len > suffix && client->id && strcmp(client->id, client->user_name) == 0 &&
           strcmp(client->user_name + len - suffix, ATS_DEVICE_CLAIM_ID_SUFFIX) == 0;
}

bool ats_is_claim_text(struct ats_span password)
{
    const size_t prefix = sizeof(ATS_CLAIM_TEXT_PREFIX) - 1;
    return password.len > prefix && memcmp(password.data, ATS_CLAIM_TEXT_PREFIX, prefix) == 0;
}

enum ats_gate_access ats_gate_claim_text(struct ats_gate *gate,
                                         const struct ats_gate_client *client,
                                         struct ats_span password)
{
    const size_t prefix = sizeof(ATS_CLAIM_TEXT_PREFIX) - 1;
    uint8_t bytes[ATS_DEVICE_CLAIM_DATA_MAX];
    struct claiming claiming = {.client = client, .data = {.data = bytes}};
    enum ats_device_claim_result result = ATS_DEVICE_CLAIM_REFUSED;
    enum ats_reason reason = ATS_REASON_CLAIM_MALFORMED;
    struct ats_span text = ats_span_of(password.data + prefix, password.len - prefix);
    if (ats_base64url_decode(text, bytes, sizeof(bytes), &claiming.data.len) == ATS_OK)
        reason = take(gate, &claiming, &result);
    if (reason != ATS_REASON_NONE)
        return ats_connect_refuse(gate, client, client->user_name ? client->user_name : "", reason,
                                  "");
    if (claiming.objection != ATS_REASON_NONE)
        return ATS_GATE_DENY;
    reason = open_connection(gate, &claiming);
    return reason == ATS_REASON_NONE
               ? ATS_GATE_ALLOW
               : ats_connect_refuse(gate, client, claiming.token.device, reason, "");
}
