/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens against vectors that Python's cryptography wrote, and what a registry takes of a gate. */
#include "common/control/claim.h"

#include "common/control/gate_former.h"
#include "tests/unit/common/control/fleet.h"
#include "tests/unit/common/identity/vectors.h"

/* ---- tokens ---- */

static void sodium_set_up(void)
{
    cr_assert_eq(ats_identity_init(), ATS_OK);
}

TestSuite(claim_token, .init = sodium_set_up);

static size_t token_bytes(const json_t *vector, uint8_t *ret_bytes, size_t cap)
{
    const char *text = vectors_text(vector, "token");
    size_t len = 0;
    cr_assert_eq(sodium_base642bin(ret_bytes, cap, text, strlen(text), NULL, &len, NULL,
                                   sodium_base64_VARIANT_URLSAFE_NO_PADDING),
                 0);
    return len;
}

Test(claim_token, is_what_an_independent_implementation_makes)
{
    json_t *vectors = vectors_read("claims");
    for (size_t i = 0; i < 2; i++) {
        const json_t *vector = json_array_get(json_object_get(vectors, "good"), i);
        uint8_t data[ATS_DEVICE_CLAIM_TOKEN_MAX];
        uint8_t again[ATS_DEVICE_CLAIM_TOKEN_MAX];
        struct ats_claim_token token;
        struct ats_key_pair pair = {.kind = ATS_KEY_SIGNING};
        size_t len = token_bytes(vector, data, sizeof(data));
        size_t again_len = 0;
        (void)vectors_bytes(vector, "operator_seed", pair.seed, sizeof(pair.seed));
        (void)crypto_sign_seed_keypair(pair.public_key, pair.secret_key, pair.seed);
        cr_assert_eq(ats_claim_token_decode(data, len, &token), ATS_OK);
        cr_assert(ats_claim_token_verify(&token, pair.public_key));
        cr_assert_str_eq(token.device, vectors_text(vector, "device"));
        cr_assert_str_eq(token.gate, vectors_text(vector, "token_gate"));
        cr_assert_str_eq(token.signer, vectors_text(vector, "operator"));
        cr_assert_eq(token.body.contract_count,
                     json_array_size(json_object_get(vector, "contracts")));
        for (const struct ats_device_attribute *at = ats_device_attributes; at->name; at++) {
            const json_t *text = json_object_get(json_object_get(vector, "attributes"), at->name);
            cr_assert_str_eq(ats_device_attribute_get(&token.body, at),
                             text ? json_string_value(text) : "");
        }
        cr_assert_eq(ats_claim_token_sign(&token, &pair, again, sizeof(again), &again_len), ATS_OK);
        cr_assert_eq(again_len, len);
        cr_assert_arr_eq(again, data, len);
    }
    json_decref(vectors);
}

Test(claim_token, malformed_ones_are_refused)
{
    json_t *vectors = vectors_read("claims");
    size_t i;
    json_t *vector;
    json_array_foreach(json_object_get(vectors, "malformed_tokens"), i, vector)
    {
        uint8_t data[ATS_DEVICE_CLAIM_TOKEN_MAX];
        struct ats_claim_token token;
        size_t len = vectors_bytes(vector, "token", data, sizeof(data));
        cr_assert_eq(ats_claim_token_decode(data, len, &token), ATS_ERR_MALFORMED, "%s",
                     vectors_text(vector, "what"));
    }
    json_decref(vectors);
}

Test(claim_token, one_that_is_too_long_for_a_label_is_not_made)
{
    struct ats_claim_token token = {.not_after_ms = 1, .body = {.contract_count = 16}};
    struct ats_key_pair pair;
    uint8_t data[2 * ATS_DEVICE_CLAIM_TOKEN_MAX];
    size_t len = 0;
    ats_key_pair_generate(&pair, ATS_KEY_SIGNING);
    for (size_t i = 0; i < 16; i++)
        memset(token.body.contracts[i], 'c', ATS_NAME_MAX);
    cr_assert_eq(ats_claim_token_sign(&token, &pair, data, sizeof(data), &len), ATS_ERR_LIMIT);
}

/* ---- in the registry ---- */

static struct ats_key_pair gate_keys;
static struct ats_key_pair device_keys;

/* What a record states, before an attacker has changed it. */
struct statement {
    struct ats_claim_token token;
    struct ats_claim claim;
    struct ats_body_device
        told; /* what the record says in place of the token's, if it is to differ */
    bool tells;
    const struct ats_key_pair *operator_;
    const struct ats_key_pair *device;
    const struct ats_key_pair *signer;
    const char *name;
    const char *signer_name;
};

static enum ats_control_outcome apply_gate_body(const char *name, const struct ats_key_pair *keys,
                                                struct ats_body_gate body)
{
    struct ats_buf text;
    memcpy(body.signing_key, keys->public_key, ATS_PUBLIC_KEY_SIZE);
    memcpy(body.agreement_key, keys->public_key, ATS_PUBLIC_KEY_SIZE);
    body.agreement_key[0] ^= 1;
    make_certificate(ATS_CERTIFICATE_GATE, name, keys->public_key, &fleet.operator_,
                     body.certificate, &body.certificate_len);
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_gate_format(&body, &text), ATS_OK);
    enum ats_control_outcome outcome =
        apply_body(ATS_CONTROL_GATE, name, "op", &fleet.operator_, ats_buf_span(&text));
    ats_buf_fini(&text);
    return outcome;
}

static enum ats_control_outcome apply_gate(const char *name, const struct ats_key_pair *keys,
                                           bool claims, bool revoked)
{
    const struct ats_body_gate body = {.claims = claims, .revoked = revoked};
    return apply_gate_body(name, keys, body);
}

static void begin(void)
{
    fleet_begin_with_operator();
    ats_key_pair_generate(&gate_keys, ATS_KEY_SIGNING);
    ats_key_pair_generate(&device_keys, ATS_KEY_SIGNING);
    cr_assert_eq(apply_gate("g", &gate_keys, true, false), ATS_CONTROL_ACCEPTED, "%s",
                 fleet.err.text);
}

TestSuite(claim_judge, .init = begin, .fini = fleet_end);

static struct statement a_statement(void)
{
    struct statement it = {.operator_ = &fleet.operator_,
                           .device = &device_keys,
                           .signer = &gate_keys,
                           .name = "d",
                           .signer_name = "g",
                           .claim = {.gate = "g", .time_ms = 1},
                           .token = {.id = {7},
                                     .signer = "op",
                                     .device = "d",
                                     .not_after_ms = TEST_TIME_MS + 1,
                                     .body = {.state = ATS_DEVICE_ACTIVE, .site = "hall"}}};
    memcpy(it.token.fleet, fleet.id, sizeof(it.token.fleet));
    return it;
}

static enum ats_control_outcome apply_statement(struct statement *it)
{
    uint8_t token[ATS_DEVICE_CLAIM_TOKEN_MAX];
    uint8_t data[ATS_DEVICE_CLAIM_DATA_MAX];
    struct ats_claim_token said = it->token;
    struct ats_buf body;
    size_t len = 0;
    cr_assert_eq(
        ats_claim_token_sign(&it->token, it->operator_, token, sizeof(token), &it->claim.token_len),
        ATS_OK);
    it->claim.token = token;
    memcpy(it->claim.key, device_keys.public_key, sizeof(it->claim.key));
    cr_assert_eq(ats_claim_sign(&it->claim, it->device->secret_key, data, sizeof(data), &len),
                 ATS_DEVICE_OK);
    if (it->tells)
        said.body = it->told;
    ats_buf_init(&body, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_claim_body_format(&said, &it->claim, ats_span_of(data, len), &body), ATS_OK);
    enum ats_control_outcome outcome =
        apply_body(ATS_CONTROL_DEVICE, it->name, it->signer_name, it->signer, ats_buf_span(&body));
    ats_buf_fini(&body);
    return outcome;
}

static void expect_outside(struct statement *it, const char *reason)
{
    cr_assert_eq(apply_statement(it), ATS_CONTROL_OUT_OF_SCOPE, "%s", fleet.err.text);
    cr_assert_not_null(strstr(fleet.err.text, reason), "'%s' is not in '%s'", reason,
                       fleet.err.text);
}

Test(claim_judge, takes_a_device_that_a_gate_enrols_and_says_how)
{
    struct statement it = a_statement();
    struct ats_store_view *view = NULL;
    struct ats_enrolment how;
    cr_assert_eq(apply_statement(&it), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    cr_assert_eq(ats_claim_find_enrolment(view, "d", &how), ATS_OK);
    cr_assert_str_eq(how.gate, "g");
    cr_assert_str_eq(how.signer, "op");
    cr_assert_str_eq(how.token_id, "07000000000000000000000000000000");
    cr_assert_eq(ats_claim_find_token(view, it.token.id), ATS_OK);
    cr_assert_eq(ats_claim_find_enrolment(view, "e", &how), ATS_ERR_NOT_FOUND);
    ats_store_view_close(view);
}

Test(claim_judge, the_first_in_the_logs_order_has_the_token)
{
    struct statement it = a_statement();
    cr_assert_eq(apply_statement(&it), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    struct ats_key_pair other;
    ats_key_pair_generate(&other, ATS_KEY_SIGNING);
    cr_assert_eq(apply_gate("h", &other, true, false), ATS_CONTROL_ACCEPTED);
    struct statement second = a_statement();
    second.signer = &other;
    second.signer_name = "h";
    (void)snprintf(second.claim.gate, sizeof(second.claim.gate), "h");
    expect_outside(&second, "not change it"); /* the name has a record */
    struct statement elsewhere = a_statement();
    elsewhere.name = "e";
    (void)snprintf(elsewhere.token.device, sizeof(elsewhere.token.device), "e");
    ats_key_pair_generate(&device_keys, ATS_KEY_SIGNING);
    expect_outside(&elsewhere, "has enrolled device 'd' already");
}

Test(claim_judge, a_gate_without_the_scope_or_revoked_enrols_nobody)
{
    struct statement it = a_statement();
    cr_assert_eq(apply_gate("g", &gate_keys, false, false), ATS_CONTROL_ACCEPTED);
    expect_outside(&it, "may not take claims");
    cr_assert_eq(apply_gate("g", &gate_keys, true, true), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(apply_statement(&it), ATS_CONTROL_UNKNOWN_SIGNER);
    cr_assert_not_null(strstr(fleet.err.text, "revoked"));
}

Test(claim_judge, a_gate_whose_keys_have_ended_or_not_begun_enrols_nobody)
{
    struct ats_body_gate body = {.claims = true, .not_after_ms = TEST_TIME_MS};
    struct statement it = a_statement();
    cr_assert_eq(apply_gate_body("g", &gate_keys, body), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(apply_statement(&it), ATS_CONTROL_UNKNOWN_SIGNER);
    cr_assert_not_null(strstr(fleet.err.text, "have ended"), "%s", fleet.err.text);
    body = (struct ats_body_gate){.claims = true, .not_before_ms = TEST_TIME_MS + 1};
    cr_assert_eq(apply_gate_body("g", &gate_keys, body), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(apply_statement(&it), ATS_CONTROL_UNKNOWN_SIGNER);
    cr_assert_not_null(strstr(fleet.err.text, "not good yet"), "%s", fleet.err.text);
    body = (struct ats_body_gate){
        .claims = true, .not_before_ms = TEST_TIME_MS, .not_after_ms = TEST_TIME_MS + 1};
    cr_assert_eq(apply_gate_body("g", &gate_keys, body), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(apply_statement(&it), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
}

Test(claim_judge, a_stolen_gate_enrols_nobody_without_a_token)
{
    struct ats_body_device body = device_body(ATS_DEVICE_ACTIVE);
    struct ats_buf text;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_device_format(&body, &text), ATS_OK);
    cr_assert_eq(apply_body(ATS_CONTROL_DEVICE, "d", "g", &gate_keys, ats_buf_span(&text)),
                 ATS_CONTROL_OUT_OF_SCOPE);
    cr_assert_not_null(strstr(fleet.err.text, "claim cannot be read"));
    ats_buf_fini(&text);
    struct statement forged = a_statement();
    forged.operator_ = &gate_keys;
    expect_outside(&forged, "has another key");
}

Test(claim_judge, a_gate_signs_no_other_kind_and_no_second_revision)
{
    cr_assert_eq(apply_body(ATS_CONTROL_USECASE, "u", "g", &gate_keys, ats_span_text("{}")),
                 ATS_CONTROL_UNKNOWN_SIGNER);
    struct ats_body_device body = device_body(ATS_DEVICE_ACTIVE);
    cr_assert_eq(apply_device("d", &body), ATS_CONTROL_ACCEPTED);
    struct statement it = a_statement();
    expect_outside(&it, "not change it");
}

Test(claim_judge, a_stolen_token_is_worth_nothing_without_the_devices_signature)
{
    struct ats_key_pair thief;
    struct statement it = a_statement();
    ats_key_pair_generate(&thief, ATS_KEY_SIGNING);
    it.device = &thief; /* signs for a key that it does not have */
    expect_outside(&it, "the device's signature");
}

Test(claim_judge, the_record_says_what_the_token_says)
{
    struct statement it = a_statement();
    it.tells = true;
    it.told = it.token.body;
    (void)snprintf(it.told.site, sizeof(it.told.site), "elsewhere");
    expect_outside(&it, "what its token says");
    it.told = it.token.body;
    it.told.state = ATS_DEVICE_PENDING;
    expect_outside(&it, "what its token says");
    it.told = it.token.body;
    it.told.least_proof = ATS_PROOF_SIGNED;
    expect_outside(&it, "what its token says");
    it.told = it.token.body;
    it.told.contract_count = 1;
    (void)snprintf(it.told.contracts[0], sizeof(it.told.contracts[0]), "env");
    expect_outside(&it, "what its token says");
}

Test(claim_judge, names_of_device_gate_and_fleet_are_the_tokens)
{
    struct statement it = a_statement();
    it.name = "e";
    expect_outside(&it, "for device 'd'");
    it = a_statement();
    (void)snprintf(it.token.gate, sizeof(it.token.gate), "h");
    expect_outside(&it, "another gate");
    it = a_statement();
    (void)snprintf(it.claim.gate, sizeof(it.claim.gate), "h");
    expect_outside(&it, "another gate");
    it = a_statement();
    it.token.fleet[0] ^= 1;
    expect_outside(&it, "another fleet");
}

Test(claim_judge, the_operator_must_be_known_in_scope_and_the_token_not_past_the_logs_time)
{
    struct statement it = a_statement();
    (void)snprintf(it.token.signer, sizeof(it.token.signer), "nobody");
    expect_outside(&it, "unknown operator");
    it = a_statement();
    it.token.not_after_ms = TEST_TIME_MS;
    expect_outside(&it, "expired");
    struct ats_body_operator body = operator_body("op", &fleet.operator_);
    (void)snprintf(body.names, sizeof(body.names), "other-*");
    cr_assert_eq(apply_operator("op", &body), ATS_CONTROL_ACCEPTED);
    it = a_statement();
    expect_outside(&it, "may not sign that name");
    body.revoked = true;
    cr_assert_eq(apply_operator("op", &body), ATS_CONTROL_ACCEPTED);
    expect_outside(&it, "is revoked");
}

Test(claim_judge, an_operator_states_no_claim_and_may_change_what_one_enrolled)
{
    struct statement it = a_statement();
    it.signer = &fleet.operator_;
    it.signer_name = "op";
    expect_outside(&it, "a gate's to state");
    it = a_statement();
    cr_assert_eq(apply_statement(&it), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    struct ats_body_device body = device_body(ATS_DEVICE_REVOKED);
    cr_assert_eq(apply_device("d", &body), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
}

static bool is_enrolled(const char *name)
{
    struct ats_store_view *view = NULL;
    struct ats_control_record record;
    struct ats_enrolment how;
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    bool held = ats_registry_find(view, ATS_CONTROL_DEVICE, ats_span_text(name), &record) == ATS_OK;
    cr_assert_eq(ats_claim_find_enrolment(view, name, &how) == ATS_OK, held);
    ats_store_view_close(view);
    return held;
}

Test(claim_judge, what_a_stolen_operators_token_enrolled_is_void_with_the_rest)
{
    struct ats_body_operator body = operator_body("op", &fleet.operator_);
    struct statement it = a_statement();
    body.stands_until.count = ats_registry_count(fleet.registry);
    ats_registry_chain(fleet.registry, body.stands_until.chain);
    cr_assert_eq(apply_statement(&it), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert(is_enrolled("d"));
    body.revoked = true;
    cr_assert_eq(apply_operator("op", &body), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_not(is_enrolled("d"));
}

Test(claim_judge, an_operator_of_the_gates_name_has_nothing_to_do_with_its_claims)
{
    struct ats_key_pair pair;
    ats_key_pair_generate(&pair, ATS_KEY_SIGNING);
    struct ats_body_operator body = operator_body("g", &pair);
    cr_assert_eq(apply_operator("g", &body), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    body.stands_until.count = ats_registry_count(fleet.registry);
    ats_registry_chain(fleet.registry, body.stands_until.chain);
    struct statement it = a_statement();
    cr_assert_eq(apply_statement(&it), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    body.revoked = true;
    cr_assert_eq(apply_operator("g", &body), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert(is_enrolled("d"));
}

/* The thief of the root's key is undone; a gate that the log knew before goes on to be believed. */
Test(claim_judge, an_honest_claim_stands_when_a_stolen_root_is_undone)
{
    struct ats_key_pair thief;
    struct ats_key_pair heir;
    struct ats_body_root body = {.stands_until = {.count = ats_registry_count(fleet.registry)}};
    struct ats_buf text;
    ats_registry_chain(fleet.registry, body.stands_until.chain);
    ats_key_pair_generate(&thief, ATS_KEY_SIGNING);
    ats_key_pair_generate(&heir, ATS_KEY_SIGNING);
    struct statement it = a_statement();
    cr_assert_eq(apply_statement(&it), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    struct ats_body_operator evil = operator_body("evil", &thief);
    cr_assert_eq(apply_operator("evil", &evil), ATS_CONTROL_ACCEPTED);
    ats_key_pair_generate(&device_keys, ATS_KEY_SIGNING);
    struct statement thiefs = a_statement();
    thiefs.name = "e";
    thiefs.token.id[0] = 8;
    thiefs.operator_ = &thief;
    (void)snprintf(thiefs.token.signer, sizeof(thiefs.token.signer), "evil");
    (void)snprintf(thiefs.token.device, sizeof(thiefs.token.device), "e");
    cr_assert_eq(apply_statement(&thiefs), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    memcpy(body.root, fleet.successor.public_key, sizeof(body.root));
    memcpy(body.successor, heir.public_key, sizeof(body.successor));
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_root_format(&body, &text), ATS_OK);
    cr_assert_eq(
        apply_body(ATS_CONTROL_ROOT, "root", "successor", &fleet.successor, ats_buf_span(&text)),
        ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_buf_fini(&text);
    cr_assert(is_enrolled("d"));
    cr_assert_not(is_enrolled("e"), "its token was the thief's");
}

/* ---- names that a thief held ---- */

static void enrol_by_thief(const char *name, struct ats_body_operator *ret_thief)
{
    static struct ats_key_pair thief;
    struct ats_body_device body = device_body(ATS_DEVICE_ACTIVE);
    struct ats_buf text;
    ats_key_pair_generate(&thief, ATS_KEY_SIGNING);
    *ret_thief = operator_body("thief", &thief);
    cr_assert_eq(apply_operator("thief", ret_thief), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ret_thief->revoked = true;
    ret_thief->stands_until.count = ats_registry_count(fleet.registry);
    ats_registry_chain(fleet.registry, ret_thief->stands_until.chain);
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_device_format(&body, &text), ATS_OK);
    cr_assert_eq(apply_body(ATS_CONTROL_DEVICE, name, "thief", &thief, ats_buf_span(&text)),
                 ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_buf_fini(&text);
}

Test(claim_judge, a_name_that_a_thief_held_is_claimed_again)
{
    struct ats_body_operator thief;
    struct statement it = a_statement();
    enrol_by_thief("d", &thief);
    expect_outside(&it, "not change it");
    cr_assert_eq(apply_operator("thief", &thief), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(apply_statement(&it), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert(is_enrolled("d"));
    expect_outside(&it, "not change it");
}

static void undo_root(const struct ats_body_place *place)
{
    struct ats_key_pair heir;
    struct ats_body_root body = {.stands_until = *place};
    struct ats_buf text;
    ats_key_pair_generate(&heir, ATS_KEY_SIGNING);
    memcpy(body.root, fleet.successor.public_key, sizeof(body.root));
    memcpy(body.successor, heir.public_key, sizeof(body.successor));
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_root_format(&body, &text), ATS_OK);
    cr_assert_eq(
        apply_body(ATS_CONTROL_ROOT, "root", "successor", &fleet.successor, ats_buf_span(&text)),
        ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_buf_fini(&text);
}

/* A root's thief revoked an honest operator, and the name was claimed meanwhile: the operator's device is there again. */
Test(claim_judge, what_was_claimed_while_its_name_was_void_is_void_when_the_name_stands_again)
{
    struct ats_body_operator honest;
    struct ats_control_record held;
    struct ats_store_view *view = NULL;
    struct statement it = a_statement();
    enrol_by_thief("d", &honest);
    struct ats_body_place place = {.count = ats_registry_count(fleet.registry)};
    ats_registry_chain(fleet.registry, place.chain);
    cr_assert_eq(apply_operator("thief", &honest), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(apply_statement(&it), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    undo_root(&place);
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    cr_assert_eq(ats_registry_find(view, ATS_CONTROL_DEVICE, ats_span_text("d"), &held), ATS_OK);
    cr_assert_eq(held.revision, 1);
    cr_assert_str_eq(held.signer, "thief");
    cr_assert_eq(ats_claim_find_token(view, it.token.id), ATS_ERR_NOT_FOUND, "it may be used");
    ats_store_view_close(view);
}

/* The gate gets new keys, and goes on with its former ones for a while. */
static void rotate(const struct ats_key_pair *to, int64_t former_not_after_ms)
{
    struct ats_body_gate body = {.claims = true};
    struct ats_gate_former *former = &body.former;
    struct ats_buf text;
    memcpy(body.signing_key, to->public_key, ATS_PUBLIC_KEY_SIZE);
    memcpy(body.agreement_key, to->public_key, ATS_PUBLIC_KEY_SIZE);
    body.agreement_key[0] ^= 1;
    make_certificate(ATS_CERTIFICATE_GATE, "g", to->public_key, &fleet.operator_, body.certificate,
                     &body.certificate_len);
    memcpy(former->signing_key, gate_keys.public_key, ATS_PUBLIC_KEY_SIZE);
    memcpy(former->agreement_key, gate_keys.public_key, ATS_PUBLIC_KEY_SIZE);
    former->agreement_key[0] ^= 1;
    former->not_after_ms = former_not_after_ms;
    make_certificate(ATS_CERTIFICATE_GATE, "g", gate_keys.public_key, &fleet.operator_,
                     former->certificate, &former->certificate_len);
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_gate_format(&body, &text), ATS_OK);
    cr_assert_eq(apply_body(ATS_CONTROL_GATE, "g", "op", &fleet.operator_, ats_buf_span(&text)),
                 ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_buf_fini(&text);
}

Test(claim_judge, a_gate_enrols_with_its_former_key_and_with_its_new_one)
{
    struct ats_key_pair new_keys;
    ats_key_pair_generate(&new_keys, ATS_KEY_SIGNING);
    struct statement it = a_statement();
    it.signer = &new_keys;
    cr_assert_eq(apply_statement(&it), ATS_CONTROL_UNKNOWN_SIGNER);
    rotate(&new_keys, TEST_TIME_MS + 86400000);
    struct statement with_former = a_statement();
    cr_assert_eq(apply_statement(&with_former), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_key_pair_generate(&device_keys, ATS_KEY_SIGNING);
    it = a_statement();
    it.signer = &new_keys;
    it.name = "d2";
    it.token.id[0] = 8;
    (void)snprintf(it.token.device, sizeof(it.token.device), "d2");
    cr_assert_eq(apply_statement(&it), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert(is_enrolled("d") && is_enrolled("d2"));
}

/* What it enrolled before a rotation is judged by the keys that it had then. */
Test(claim_judge, a_rotation_takes_nothing_of_what_was_enrolled_before)
{
    struct ats_key_pair new_keys;
    struct ats_key_pair thief;
    ats_key_pair_generate(&new_keys, ATS_KEY_SIGNING);
    ats_key_pair_generate(&thief, ATS_KEY_SIGNING);
    struct statement it = a_statement();
    cr_assert_eq(apply_statement(&it), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(apply_gate("g", &new_keys, true, false), ATS_CONTROL_ACCEPTED, "%s",
                 fleet.err.text);
    struct ats_body_operator evil = operator_body("evil", &thief);
    cr_assert_eq(apply_operator("evil", &evil), ATS_CONTROL_ACCEPTED);
    evil.revoked = true;
    evil.stands_until.count = ats_registry_count(fleet.registry);
    ats_registry_chain(fleet.registry, evil.stands_until.chain);
    cr_assert_eq(apply_operator("evil", &evil), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert(is_enrolled("d"));
}
