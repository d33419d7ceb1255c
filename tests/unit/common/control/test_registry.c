/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/common/control/fleet.h"

#include "common/contract/schema.h"

TestSuite(registry, .init = fleet_begin_with_operator, .fini = fleet_end);
TestSuite(registry_empty, .init = fleet_begin, .fini = fleet_end);

static void assert_outcome(enum ats_control_outcome outcome, enum ats_control_outcome expected)
{
    cr_assert_eq(outcome, expected, "%s where %s was expected: %s",
                 ats_control_outcome_name(outcome), ats_control_outcome_name(expected),
                 fleet.err.text);
}

/* Asserts the outcome and that the reason says `text`. */
static void assert_refused(enum ats_control_outcome outcome, enum ats_control_outcome expected,
                           const char *text)
{
    assert_outcome(outcome, expected);
    cr_assert_not_null(strstr(fleet.err.text, text), "'%s' does not say '%s'", fleet.err.text,
                       text);
}

static bool holds(enum ats_control_kind kind, const char *name)
{
    struct ats_store_view *view = NULL;
    struct ats_control_record record;
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    enum ats_status status = ats_registry_find(view, kind, ats_span_text(name), &record);
    ats_store_view_close(view);
    return status == ATS_OK;
}

Test(registry, takes_root_operator_and_device)
{
    struct ats_body_device body = device_body(ATS_DEVICE_ACTIVE);
    assert_outcome(apply_device("d1", &body), ATS_CONTROL_ACCEPTED);
    cr_assert(holds(ATS_CONTROL_ROOT, "root"));
    cr_assert(holds(ATS_CONTROL_OPERATOR, "op"));
    cr_assert(holds(ATS_CONTROL_DEVICE, "d1"));
    cr_assert_eq(ats_registry_count(fleet.registry), 3);
    cr_assert_eq(ats_registry_generation(fleet.registry), 3);
    cr_assert_eq(ats_registry_next_offset(fleet.registry), 3);
}

Test(registry, calls_garbage_malformed)
{
    static const uint8_t zeros[64] = {0};
    assert_outcome(apply_value(ats_span_text("garbage")), ATS_CONTROL_MALFORMED);
    assert_outcome(apply_value(ats_span_of(zeros, sizeof(zeros))), ATS_CONTROL_MALFORMED);
    assert_outcome(apply_value(ats_span_of(zeros, 0)), ATS_CONTROL_MALFORMED);
}

Test(registry, ignores_and_reports_a_null_value)
{
    assert_refused(apply_value(ats_span_of(NULL, 0)), ATS_CONTROL_MALFORMED, "a null value");
    cr_assert_eq(ats_registry_count(fleet.registry), 2);
    cr_assert_eq(ats_registry_next_offset(fleet.registry), 3);
}

Test(registry, refuses_a_record_of_another_fleet)
{
    struct ats_control_record record =
        next_record(ATS_CONTROL_DEVICE, "d1", "op", ats_span_text("{}"));
    record.fleet[0] ^= 1;
    assert_outcome(apply_record(&record, &fleet.operator_), ATS_CONTROL_FOREIGN_FLEET);
}

Test(registry_empty, takes_nothing_before_the_root_record)
{
    struct ats_body_operator body = operator_body("op", &fleet.operator_);
    assert_refused(apply_operator("op", &body), ATS_CONTROL_UNKNOWN_SIGNER, "root record");
    assert_outcome(apply_root(), ATS_CONTROL_ACCEPTED);
    assert_outcome(apply_operator("op", &body), ATS_CONTROL_ACCEPTED);
}

Test(registry, refuses_an_unknown_signer)
{
    assert_refused(
        apply_body(ATS_CONTROL_DEVICE, "d1", "nobody", &fleet.operator_, ats_span_text("{}")),
        ATS_CONTROL_UNKNOWN_SIGNER, "unknown operator 'nobody'");
}

Test(registry, refuses_a_key_that_is_not_the_signers)
{
    assert_refused(apply_body(ATS_CONTROL_DEVICE, "d1", "op", &fleet.root, ats_span_text("{}")),
                   ATS_CONTROL_UNKNOWN_SIGNER, "has no key");
}

Test(registry, refuses_a_revoked_operator)
{
    struct ats_body_operator body = operator_body("op", &fleet.operator_);
    struct ats_body_device device = device_body(ATS_DEVICE_ACTIVE);
    body.revoked = true;
    assert_outcome(apply_operator("op", &body), ATS_CONTROL_ACCEPTED);
    assert_refused(apply_device("d1", &device), ATS_CONTROL_UNKNOWN_SIGNER, "is revoked");
}

Test(registry, refuses_an_operator_whose_time_ended_before_the_log_began)
{
    struct ats_body_operator body = operator_body("op", &fleet.operator_);
    struct ats_body_device device = device_body(ATS_DEVICE_ACTIVE);
    body.not_after_ms = TEST_TIME_MS;
    body.kinds = 1U << ATS_CONTROL_DEVICE;
    body.certificate_len = 0;
    assert_outcome(apply_operator("op", &body), ATS_CONTROL_ACCEPTED);
    assert_refused(apply_device("d1", &device), ATS_CONTROL_UNKNOWN_SIGNER, "has expired");
    body.not_after_ms = TEST_TIME_MS + 1;
    assert_outcome(apply_operator("op", &body), ATS_CONTROL_ACCEPTED);
    assert_outcome(apply_device("d1", &device), ATS_CONTROL_ACCEPTED);
}

Test(registry, refuses_a_forged_signature)
{
    struct ats_control_record record =
        next_record(ATS_CONTROL_DEVICE, "d1", "op", ats_span_text("{}"));
    struct ats_buf value;
    encode(&record, &fleet.operator_, &value);
    value.data[value.len - 1] ^= 1;
    assert_outcome(apply_value(ats_buf_span(&value)), ATS_CONTROL_BAD_SIGNATURE);
    ats_buf_fini(&value);
}

Test(registry, holds_an_operator_to_its_kinds)
{
    struct ats_body_operator body = operator_body("op", &fleet.operator_);
    struct ats_body_device device = device_body(ATS_DEVICE_ACTIVE);
    body.kinds = 1U << ATS_CONTROL_GATE;
    assert_outcome(apply_operator("op", &body), ATS_CONTROL_ACCEPTED);
    assert_refused(apply_device("d1", &device), ATS_CONTROL_OUT_OF_SCOPE,
                   "'op' may not sign device 'd1'");
}

Test(registry, holds_an_operator_to_its_names)
{
    struct ats_body_operator body = operator_body("op", &fleet.operator_);
    struct ats_body_device device = device_body(ATS_DEVICE_ACTIVE);
    (void)snprintf(body.names, sizeof(body.names), "press-[0-9]*");
    assert_outcome(apply_operator("op", &body), ATS_CONTROL_ACCEPTED);
    assert_outcome(apply_device("oven-1", &device), ATS_CONTROL_OUT_OF_SCOPE);
    assert_outcome(apply_device("press-17", &device), ATS_CONTROL_ACCEPTED);
}

Test(registry, lets_the_root_sign_operators_and_nothing_else)
{
    assert_outcome(apply_body(ATS_CONTROL_DEVICE, "d1", "root", &fleet.root, ats_span_text("{}")),
                   ATS_CONTROL_OUT_OF_SCOPE);
    assert_outcome(
        apply_body(ATS_CONTROL_OPERATOR, "x", "successor", &fleet.successor, ats_span_text("{}")),
        ATS_CONTROL_OUT_OF_SCOPE);
    assert_outcome(
        apply_body(ATS_CONTROL_OPERATOR, "x", "op", &fleet.operator_, ats_span_text("{}")),
        ATS_CONTROL_OUT_OF_SCOPE);
}

Test(registry, refuses_a_revision_that_is_not_next)
{
    struct ats_body_device body = device_body(ATS_DEVICE_ACTIVE);
    struct ats_buf text;
    ats_buf_init(&text, 4096);
    cr_assert_eq(ats_body_device_format(&body, &text), ATS_OK);
    struct ats_control_record record =
        next_record(ATS_CONTROL_DEVICE, "d1", "op", ats_buf_span(&text));
    record.revision = 2;
    assert_outcome(apply_record(&record, &fleet.operator_), ATS_CONTROL_WRONG_REVISION);
    record.revision = 1;
    assert_outcome(apply_record(&record, &fleet.operator_), ATS_CONTROL_ACCEPTED);
    assert_refused(apply_record(&record, &fleet.operator_), ATS_CONTROL_WRONG_REVISION,
                   "revision 1 where 2 is next");
    ats_buf_fini(&text);
}

Test(registry, refuses_a_record_that_does_not_follow_its_predecessor)
{
    struct ats_body_device body = device_body(ATS_DEVICE_ACTIVE);
    struct ats_buf text;
    ats_buf_init(&text, 4096);
    cr_assert_eq(ats_body_device_format(&body, &text), ATS_OK);
    struct ats_control_record first =
        next_record(ATS_CONTROL_DEVICE, "d1", "op", ats_buf_span(&text));
    first.predecessor[0] = 1;
    assert_outcome(apply_record(&first, &fleet.operator_), ATS_CONTROL_WRONG_PREDECESSOR);
    assert_outcome(apply_device("d1", &body), ATS_CONTROL_ACCEPTED);
    struct ats_control_record second =
        next_record(ATS_CONTROL_DEVICE, "d1", "op", ats_buf_span(&text));
    second.predecessor[31] ^= 1;
    assert_outcome(apply_record(&second, &fleet.operator_), ATS_CONTROL_WRONG_PREDECESSOR);
    ats_buf_fini(&text);
}

Test(registry, the_first_valid_record_at_a_revision_wins)
{
    struct ats_body_device mine = device_body(ATS_DEVICE_ACTIVE);
    struct ats_body_device yours = device_body(ATS_DEVICE_ACTIVE);
    struct ats_buf texts[2];
    struct ats_control_record records[2];
    ats_buf_init(&texts[0], 4096);
    ats_buf_init(&texts[1], 4096);
    cr_assert_eq(ats_body_device_format(&mine, &texts[0]), ATS_OK);
    cr_assert_eq(ats_body_device_format(&yours, &texts[1]), ATS_OK);
    for (size_t i = 0; i < 2; i++)
        records[i] = next_record(ATS_CONTROL_DEVICE, "d1", "op", ats_buf_span(&texts[i]));
    assert_outcome(apply_record(&records[0], &fleet.operator_), ATS_CONTROL_ACCEPTED);
    assert_outcome(apply_record(&records[1], &fleet.operator_), ATS_CONTROL_WRONG_REVISION);
    /* The loser's key was not noted as its own. */
    assert_outcome(apply_device("d2", &yours), ATS_CONTROL_ACCEPTED);
    ats_buf_fini(&texts[0]);
    ats_buf_fini(&texts[1]);
}

Test(registry, refuses_a_body_that_does_not_fit_its_kind)
{
    static const enum ats_control_kind kinds[] = {ATS_CONTROL_GATE,    ATS_CONTROL_PROCESSOR,
                                                  ATS_CONTROL_DEVICE,  ATS_CONTROL_CONTRACT,
                                                  ATS_CONTROL_USECASE, ATS_CONTROL_SCHEMA};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        assert_outcome(apply_text(kinds[i], "x", "{\"a\":1}"), ATS_CONTROL_ILLEGAL_BODY);
        assert_outcome(apply_text(kinds[i], "x", "not json"), ATS_CONTROL_ILLEGAL_BODY);
    }
    assert_outcome(apply_body(ATS_CONTROL_OPERATOR, "x", "root", &fleet.root, ats_span_text("{}")),
                   ATS_CONTROL_ILLEGAL_BODY);
}

Test(registry_empty, refuses_a_root_record_with_other_keys_than_the_pinned)
{
    struct ats_body_root body = {0};
    struct ats_buf text;
    ats_buf_init(&text, 4096);
    memcpy(body.root, fleet.root.public_key, sizeof(body.root));
    memcpy(body.successor, fleet.operator_.public_key, sizeof(body.successor));
    cr_assert_eq(ats_body_root_format(&body, &text), ATS_OK);
    assert_refused(apply_body(ATS_CONTROL_ROOT, "root", "root", &fleet.root, ats_buf_span(&text)),
                   ATS_CONTROL_ILLEGAL_BODY, "not the pinned");
    ats_buf_fini(&text);
}

Test(registry_empty, the_successor_does_not_begin_a_fleet)
{
    struct ats_body_root body = {0};
    struct ats_buf text;
    ats_buf_init(&text, 4096);
    memcpy(body.root, fleet.root.public_key, sizeof(body.root));
    memcpy(body.successor, fleet.successor.public_key, sizeof(body.successor));
    cr_assert_eq(ats_body_root_format(&body, &text), ATS_OK);
    assert_outcome(
        apply_body(ATS_CONTROL_ROOT, "root", "successor", &fleet.successor, ats_buf_span(&text)),
        ATS_CONTROL_ILLEGAL_BODY);
    assert_outcome(apply_body(ATS_CONTROL_ROOT, "crown", "root", &fleet.root, ats_buf_span(&text)),
                   ATS_CONTROL_ILLEGAL_BODY);
    ats_buf_fini(&text);
}

Test(registry, no_operator_is_named_like_the_root)
{
    struct ats_body_operator body = operator_body("root", &fleet.operator_);
    assert_outcome(apply_operator("root", &body), ATS_CONTROL_ILLEGAL_BODY);
    body = operator_body("successor", &fleet.operator_);
    assert_outcome(apply_operator("successor", &body), ATS_CONTROL_ILLEGAL_BODY);
}

Test(registry, no_operator_may_sign_operators)
{
    struct ats_body_operator body = operator_body("op2", &fleet.operator_);
    body.kinds |= 1U << ATS_CONTROL_OPERATOR;
    assert_outcome(apply_operator("op2", &body), ATS_CONTROL_ILLEGAL_BODY);
    body.kinds = 1U << ATS_CONTROL_ROOT;
    assert_outcome(apply_operator("op2", &body), ATS_CONTROL_ILLEGAL_BODY);
}

Test(registry, a_revoked_operator_stays_revoked)
{
    struct ats_body_operator body = operator_body("op", &fleet.operator_);
    body.revoked = true;
    assert_outcome(apply_operator("op", &body), ATS_CONTROL_ACCEPTED);
    body.revoked = false;
    assert_refused(apply_operator("op", &body), ATS_CONTROL_ILLEGAL_BODY, "stays revoked");
}

Test(registry, an_operators_certificate_must_be_its_own)
{
    struct ats_key_pair pair;
    struct ats_key_pair other;
    ats_key_pair_generate(&pair, ATS_KEY_SIGNING);
    ats_key_pair_generate(&other, ATS_KEY_SIGNING);
    struct ats_body_operator body = operator_body("other", &pair);
    assert_refused(apply_operator("op2", &body), ATS_CONTROL_ILLEGAL_BODY, "certificate");
    body = operator_body("op2", &pair);
    memcpy(body.key, other.public_key, sizeof(body.key));
    assert_refused(apply_operator("op2", &body), ATS_CONTROL_ILLEGAL_BODY, "certificate");
    body = operator_body("op2", &pair);
    body.certificate[body.certificate_len - 1] ^= 1;
    assert_refused(apply_operator("op2", &body), ATS_CONTROL_ILLEGAL_BODY, "certificate");
    body = operator_body("op2", &pair);
    make_certificate(ATS_CERTIFICATE_GATE, "op2", body.key, &fleet.root, body.certificate,
                     &body.certificate_len);
    assert_refused(apply_operator("op2", &body), ATS_CONTROL_ILLEGAL_BODY, "certificate");
}

static struct ats_body_gate gate_body(const char *name, const struct ats_key_pair *issuer)
{
    struct ats_body_gate body = {.site = "hall-1"};
    struct ats_key_pair pair;
    ats_key_pair_generate(&pair, ATS_KEY_SIGNING);
    memcpy(body.signing_key, pair.public_key, sizeof(body.signing_key));
    make_certificate(ATS_CERTIFICATE_GATE, name, pair.public_key, issuer, body.certificate,
                     &body.certificate_len);
    ats_key_pair_generate(&pair, ATS_KEY_AGREEMENT);
    memcpy(body.agreement_key, pair.public_key, sizeof(body.agreement_key));
    return body;
}

static enum ats_control_outcome apply_gate(const char *name, const struct ats_body_gate *body)
{
    struct ats_buf text;
    ats_buf_init(&text, 4096);
    cr_assert_eq(ats_body_gate_format(body, &text), ATS_OK);
    enum ats_control_outcome outcome =
        apply_body(ATS_CONTROL_GATE, name, "op", &fleet.operator_, ats_buf_span(&text));
    ats_buf_fini(&text);
    return outcome;
}

Test(registry, takes_a_gate_whose_certificate_its_signer_issued)
{
    struct ats_body_gate body = gate_body("g1", &fleet.root);
    assert_refused(apply_gate("g1", &body), ATS_CONTROL_ILLEGAL_BODY, "certificate");
    body = gate_body("g1", &fleet.operator_);
    assert_outcome(apply_gate("g1", &body), ATS_CONTROL_ACCEPTED);
}

Test(registry, a_revoked_gate_stays_revoked)
{
    struct ats_body_gate body = gate_body("g1", &fleet.operator_);
    assert_outcome(apply_gate("g1", &body), ATS_CONTROL_ACCEPTED);
    body.revoked = true;
    assert_outcome(apply_gate("g1", &body), ATS_CONTROL_ACCEPTED);
    body.revoked = false;
    assert_refused(apply_gate("g1", &body), ATS_CONTROL_ILLEGAL_BODY, "stays revoked");
}

static struct ats_body_processor group_body(size_t members)
{
    struct ats_body_processor body = {.member_count = members};
    struct ats_key_pair pair;
    ats_key_pair_generate(&pair, ATS_KEY_AGREEMENT);
    memcpy(body.agreement_key, pair.public_key, sizeof(body.agreement_key));
    for (size_t i = 0; i < members; i++) {
        ats_key_pair_generate(&pair, ATS_KEY_SIGNING);
        memcpy(body.members[i].signing_key, pair.public_key, sizeof(body.members[i].signing_key));
        (void)snprintf(body.members[i].name, sizeof(body.members[i].name), "p%zu", i + 1);
    }
    return body;
}

static enum ats_control_outcome apply_group(const char *name, const struct ats_body_processor *body)
{
    struct ats_buf text;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_processor_format(body, &text), ATS_OK);
    enum ats_control_outcome outcome =
        apply_body(ATS_CONTROL_PROCESSOR, name, "op", &fleet.operator_, ats_buf_span(&text));
    ats_buf_fini(&text);
    return outcome;
}

Test(registry, refuses_a_group_whose_state_can_have_no_topic)
{
    struct ats_body_processor body = group_body(1);
    assert_refused(apply_group("a b", &body), ATS_CONTROL_ILLEGAL_BODY, "state.a b");
    assert_outcome(apply_group("a-b", &body), ATS_CONTROL_ACCEPTED);
}

Test(registry, a_gates_key_belongs_to_it_for_ever)
{
    struct ats_body_gate mine = gate_body("g1", &fleet.operator_);
    assert_outcome(apply_gate("g1", &mine), ATS_CONTROL_ACCEPTED);
    struct ats_body_gate yours = mine;
    make_certificate(ATS_CERTIFICATE_GATE, "g2", yours.signing_key, &fleet.operator_,
                     yours.certificate, &yours.certificate_len);
    assert_refused(apply_gate("g2", &yours), ATS_CONTROL_ILLEGAL_BODY, "belongs to gate/g1");
    yours = gate_body("g2", &fleet.operator_);
    memcpy(yours.agreement_key, mine.agreement_key, sizeof(yours.agreement_key));
    assert_refused(apply_gate("g2", &yours), ATS_CONTROL_ILLEGAL_BODY, "belongs to gate/g1");
    assert_outcome(apply_gate("g1", &mine), ATS_CONTROL_ACCEPTED);
}

Test(registry, a_members_key_belongs_to_it_for_ever)
{
    struct ats_body_processor mine = group_body(2);
    struct ats_body_processor yours = group_body(1);
    assert_outcome(apply_group("a", &mine), ATS_CONTROL_ACCEPTED);
    memcpy(yours.members[0].signing_key, mine.members[1].signing_key, ATS_PUBLIC_KEY_SIZE);
    assert_refused(apply_group("b", &yours), ATS_CONTROL_ILLEGAL_BODY, "processor/a/p2");
    (void)snprintf(mine.members[1].name, sizeof(mine.members[1].name), "p3");
    assert_refused(apply_group("a", &mine), ATS_CONTROL_ILLEGAL_BODY, "processor/a/p2");
}

Test(registry, two_members_do_not_share_a_key)
{
    struct ats_body_processor body = group_body(2);
    memcpy(body.members[1].signing_key, body.members[0].signing_key, ATS_PUBLIC_KEY_SIZE);
    assert_refused(apply_group("a", &body), ATS_CONTROL_ILLEGAL_BODY, "'p1' and 'p2' have one key");
}

Test(registry, a_device_begins_pending_or_active)
{
    struct ats_body_device body = device_body(ATS_DEVICE_REVOKED);
    assert_refused(apply_device("d1", &body), ATS_CONTROL_ILLEGAL_BODY, "does not begin");
    body.state = ATS_DEVICE_SUSPENDED;
    assert_outcome(apply_device("d1", &body), ATS_CONTROL_ILLEGAL_BODY);
    body.state = ATS_DEVICE_PENDING;
    assert_outcome(apply_device("d1", &body), ATS_CONTROL_ACCEPTED);
}

Test(registry, a_revoked_device_does_not_come_back)
{
    struct ats_body_device body = device_body(ATS_DEVICE_ACTIVE);
    assert_outcome(apply_device("d1", &body), ATS_CONTROL_ACCEPTED);
    body.state = ATS_DEVICE_SUSPENDED;
    assert_outcome(apply_device("d1", &body), ATS_CONTROL_ACCEPTED);
    body.state = ATS_DEVICE_PENDING;
    assert_refused(apply_device("d1", &body), ATS_CONTROL_ILLEGAL_BODY,
                   "(allowed: active, revoked or retired)");
    body.state = ATS_DEVICE_REVOKED;
    assert_outcome(apply_device("d1", &body), ATS_CONTROL_ACCEPTED);
    body.state = ATS_DEVICE_ACTIVE;
    assert_refused(apply_device("d1", &body), ATS_CONTROL_ILLEGAL_BODY,
                   "revoked cannot become active (allowed: none, it is final)");
}

Test(registry, a_device_needs_a_key)
{
    struct ats_body_device body = device_body(ATS_DEVICE_ACTIVE);
    body.key_count = 0;
    assert_refused(apply_device("d1", &body), ATS_CONTROL_ILLEGAL_BODY, "needs a key");
}

Test(registry, a_key_belongs_to_one_device_for_ever)
{
    struct ats_body_device body = device_body(ATS_DEVICE_ACTIVE);
    struct ats_body_device next = device_body(ATS_DEVICE_ACTIVE);
    assert_outcome(apply_device("d1", &body), ATS_CONTROL_ACCEPTED);
    assert_refused(apply_device("d2", &body), ATS_CONTROL_ILLEGAL_BODY, "belongs to device 'd1'");
    /* d1 changes its key; the old one is not free. */
    assert_outcome(apply_device("d1", &next), ATS_CONTROL_ACCEPTED);
    assert_outcome(apply_device("d2", &body), ATS_CONTROL_ILLEGAL_BODY);
}

static enum ats_control_outcome apply_schema(const char *name, const char *text, uint32_t id)
{
    char copy[256];
    struct ats_buf json;
    (void)snprintf(copy, sizeof(copy), "%s", text);
    struct ats_body_schema body = {.text = copy, .schema_id = id};
    ats_buf_init(&json, 4096);
    cr_assert_eq(ats_body_schema_format(&body, &json), ATS_OK);
    enum ats_control_outcome outcome = apply_text(ATS_CONTROL_SCHEMA, name, ats_buf_text(&json));
    ats_buf_fini(&json);
    return outcome;
}

Test(registry, takes_a_schema_under_the_id_of_its_text_or_one_that_a_registry_gave)
{
    uint32_t id = ats_schema_id(ats_span_text("\"string\""));
    assert_refused(apply_schema("s", "\"string\"", 0), ATS_CONTROL_ILLEGAL_BODY,
                   "is not that of its text");
    assert_outcome(apply_schema("s", "\"string\"", id), ATS_CONTROL_ACCEPTED);
    assert_outcome(apply_schema("t", "\"string\"", id), ATS_CONTROL_ACCEPTED);
    assert_outcome(apply_schema("s", "\"string\"", 7), ATS_CONTROL_ACCEPTED);
    assert_refused(apply_schema("t", "\"bytes\"", 7), ATS_CONTROL_ILLEGAL_BODY,
                   "belongs to another text");
    assert_refused(apply_schema("t", "\"bytes\"", id), ATS_CONTROL_ILLEGAL_BODY,
                   "belongs to another text");
}

Test(registry, refuses_a_schema_that_is_no_json)
{
    assert_refused(apply_schema("s", "string", ats_schema_id(ats_span_text("string"))),
                   ATS_CONTROL_ILLEGAL_BODY, "not JSON");
}

Test(registry, refuses_a_schema_id_that_belongs_to_another_text)
{
    struct ats_store_batch *batch = NULL;
    uint32_t id = ats_schema_id(ats_span_text("\"string\""));
    char key[16];
    (void)snprintf(key, sizeof(key), "s/%08x", id);
    /* A collision by hand: finding one takes 2^31 hashes. */
    cr_assert_eq(ats_store_batch_begin(fleet.store, &batch), ATS_OK);
    cr_assert_eq(ats_store_batch_put(batch, ats_span_text(key), ats_span_text("\"bytes\"")),
                 ATS_OK);
    cr_assert_eq(ats_store_batch_commit(batch), ATS_OK);
    assert_refused(apply_schema("s", "\"string\"", id), ATS_CONTROL_ILLEGAL_BODY,
                   "belongs to another text");
}

Test(registry, skips_what_it_has_seen)
{
    struct ats_body_device body = device_body(ATS_DEVICE_ACTIVE);
    uint8_t before[ATS_HASH_SIZE];
    uint8_t after[ATS_HASH_SIZE];
    assert_outcome(apply_device("d1", &body), ATS_CONTROL_ACCEPTED);
    ats_registry_chain(fleet.registry, before);
    fleet.offset = 0;
    assert_outcome(apply_value(ats_span_text("garbage")), ATS_CONTROL_ACCEPTED);
    ats_registry_chain(fleet.registry, after);
    cr_assert_arr_eq(before, after, sizeof(before));
    cr_assert_eq(ats_registry_count(fleet.registry), 3);
}

Test(registry, survives_close_and_reopen)
{
    struct ats_body_device body = device_body(ATS_DEVICE_ACTIVE);
    uint8_t before[ATS_HASH_SIZE];
    uint8_t after[ATS_HASH_SIZE];
    assert_outcome(apply_device("d1", &body), ATS_CONTROL_ACCEPTED);
    ats_registry_chain(fleet.registry, before);
    close_registry();
    open_registry();
    ats_registry_chain(fleet.registry, after);
    cr_assert_arr_eq(before, after, sizeof(before));
    cr_assert_eq(ats_registry_count(fleet.registry), 3);
    cr_assert_eq(ats_registry_generation(fleet.registry), 3);
    cr_assert_eq(ats_registry_next_offset(fleet.registry), 3);
    cr_assert(holds(ATS_CONTROL_DEVICE, "d1"));
    body.state = ATS_DEVICE_SUSPENDED;
    assert_outcome(apply_device("d1", &body), ATS_CONTROL_ACCEPTED);
}

Test(registry, judges_a_rejected_record_again_after_reopen)
{
    assert_outcome(apply_value(ats_span_text("garbage")), ATS_CONTROL_MALFORMED);
    cr_assert_eq(ats_registry_next_offset(fleet.registry), 3);
    close_registry();
    open_registry();
    cr_assert_eq(ats_registry_next_offset(fleet.registry), 2);
    fleet.offset = 2;
    assert_outcome(apply_value(ats_span_text("garbage")), ATS_CONTROL_MALFORMED);
}

Test(registry, a_saved_offset_is_behind_the_rejected_records)
{
    assert_outcome(apply_value(ats_span_text("garbage")), ATS_CONTROL_MALFORMED);
    cr_assert_eq(ats_registry_save_offset(fleet.registry, &fleet.err), ATS_OK);
    int64_t next = ats_registry_next_offset(fleet.registry);
    uint64_t count = ats_registry_count(fleet.registry);
    close_registry();
    open_registry();
    cr_assert_eq(ats_registry_next_offset(fleet.registry), next);
    cr_assert_eq(ats_registry_count(fleet.registry), count);
}

Test(registry_empty, saves_no_offset_before_the_first_accepted_record)
{
    assert_outcome(apply_value(ats_span_text("garbage")), ATS_CONTROL_MALFORMED);
    cr_assert_eq(ats_registry_save_offset(fleet.registry, &fleet.err), ATS_OK);
    close_registry();
    open_registry();
    cr_assert_eq(ats_registry_next_offset(fleet.registry), 0);
}

/* As a reader of a log begins: with what stands there before our position. */
static enum ats_status apply_before_position(struct ats_span value)
{
    enum ats_control_outcome outcome = ATS_CONTROL_OUTCOME_COUNT;
    fleet.err = (struct ats_error){0};
    int64_t offset = ats_registry_begin_reading(fleet.registry);
    cr_assert_eq(offset, ats_registry_next_offset(fleet.registry) - 1);
    return ats_registry_apply(fleet.registry, offset, value, &outcome, &fleet.err);
}

Test(registry, a_log_with_another_record_before_our_position_is_refused_and_moves_nothing)
{
    close_registry();
    open_registry();
    cr_assert_eq(apply_before_position(ats_span_text("another fleet's")), ATS_ERR_INVALID);
    cr_assert_not_null(strstr(fleet.err.text, "offset 1"), "%s", fleet.err.text);
    cr_assert_eq(ats_registry_next_offset(fleet.registry), 2);
}

static void assert_moves_nothing(struct ats_span value)
{
    enum ats_control_outcome outcome = ATS_CONTROL_OUTCOME_COUNT;
    int64_t next = ats_registry_next_offset(fleet.registry);
    uint64_t count = ats_registry_count(fleet.registry);
    fleet.err = (struct ats_error){0};
    cr_assert_eq(ats_registry_apply(fleet.registry, next, value, &outcome, &fleet.err),
                 ATS_ERR_INVALID);
    cr_assert_eq(ats_registry_next_offset(fleet.registry), next);
    cr_assert_eq(ats_registry_count(fleet.registry), count);
}

Test(registry, a_log_that_does_not_show_the_record_before_our_position_moves_nothing)
{
    struct ats_body_device body = device_body(ATS_DEVICE_ACTIVE);
    struct ats_buf text;
    struct ats_buf value;
    ats_buf_init(&text, 4096);
    cr_assert_eq(ats_body_device_format(&body, &text), ATS_OK);
    struct ats_control_record record =
        next_record(ATS_CONTROL_DEVICE, "d1", "op", ats_buf_span(&text));
    encode(&record, &fleet.operator_, &value);
    (void)ats_registry_begin_reading(fleet.registry);
    assert_moves_nothing(ats_span_text("garbage"));
    assert_moves_nothing(ats_buf_span(&value)); /* though it is signed and next in its chain */
    cr_assert_eq(ats_registry_save_offset(fleet.registry, &fleet.err), ATS_ERR_INVALID);
    ats_buf_fini(&value);
    ats_buf_fini(&text);
}

Test(registry, each_reading_asks_anew_whether_the_log_is_ours)
{
    assert_outcome(apply_value(ats_span_text("garbage")), ATS_CONTROL_MALFORMED);
    cr_assert_eq(ats_registry_check_log(fleet.registry, &fleet.err), ATS_OK);
    for (int i = 0; i < 2; i++) {
        (void)ats_registry_begin_reading(fleet.registry);
        cr_assert_eq(ats_registry_check_log(fleet.registry, &fleet.err), ATS_ERR_INVALID);
        cr_assert_eq(apply_before_position(ats_span_text("garbage")), ATS_OK);
        cr_assert_eq(ats_registry_check_log(fleet.registry, &fleet.err), ATS_OK);
    }
}

Test(registry_empty, an_empty_copy_takes_any_log)
{
    cr_assert_eq(ats_registry_begin_reading(fleet.registry), 0);
    cr_assert_eq(ats_registry_check_log(fleet.registry, &fleet.err), ATS_OK);
}

Test(registry, a_log_is_known_again_by_garbage_that_was_read_there)
{
    assert_outcome(apply_value(ats_span_text("garbage")), ATS_CONTROL_MALFORMED);
    cr_assert_eq(ats_registry_save_offset(fleet.registry, &fleet.err), ATS_OK);
    close_registry();
    open_registry();
    cr_assert_eq(apply_before_position(ats_span_text("garbage")), ATS_OK);
    assert_outcome(apply_value(ats_span_of(NULL, 0)), ATS_CONTROL_MALFORMED);
    cr_assert_eq(ats_registry_save_offset(fleet.registry, &fleet.err), ATS_OK);
    close_registry();
    open_registry();
    cr_assert_eq(ats_registry_next_offset(fleet.registry), 4);
    cr_assert_eq(apply_before_position(ats_span_of(NULL, 0)), ATS_OK);
}

Test(registry, a_copy_made_by_other_rules_is_read_anew)
{
    struct ats_store_batch *batch = NULL;
    struct ats_span pins = ats_span_of(&fleet.pins, sizeof(fleet.pins));
    cr_assert_gt(ats_registry_count(fleet.registry), 0);
    close_registry();
    open_registry();
    cr_assert(!ats_registry_was_emptied(fleet.registry));
    cr_assert_gt(ats_registry_count(fleet.registry), 0);
    cr_assert_eq(ats_store_batch_begin(fleet.store, &batch), ATS_OK);
    cr_assert_eq(ats_store_batch_put(batch, ats_span_text("m/pins"), pins), ATS_OK);
    cr_assert_eq(ats_store_batch_commit(batch), ATS_OK);
    close_registry();
    open_registry();
    cr_assert(ats_registry_was_emptied(fleet.registry));
    cr_assert_eq(ats_registry_count(fleet.registry), 0);
    cr_assert_eq(ats_registry_next_offset(fleet.registry), 0);
    assert_outcome(apply_root(), ATS_CONTROL_ACCEPTED);
}

Test(registry, refuses_a_store_of_other_pins)
{
    struct ats_registry *other = NULL;
    struct ats_registry_pins pins = fleet.pins;
    struct ats_error err = {0};
    pins.successor[0] ^= 1;
    cr_assert_eq(ats_registry_open(fleet.store, &pins, &other, &err), ATS_ERR_REFUSED);
    cr_assert_not_null(strstr(err.text, "other root keys"));
}

Test(registry, judging_stores_nothing)
{
    struct ats_body_device body = device_body(ATS_DEVICE_ACTIVE);
    struct ats_buf text;
    struct ats_buf value;
    enum ats_control_outcome outcome = ATS_CONTROL_OUTCOME_COUNT;
    ats_buf_init(&text, 4096);
    cr_assert_eq(ats_body_device_format(&body, &text), ATS_OK);
    struct ats_control_record record =
        next_record(ATS_CONTROL_DEVICE, "d1", "op", ats_buf_span(&text));
    encode(&record, &fleet.operator_, &value);
    cr_assert_eq(ats_registry_judge(fleet.registry, ats_buf_span(&value), &outcome, NULL), ATS_OK);
    cr_assert_eq(outcome, ATS_CONTROL_ACCEPTED);
    cr_assert_not(holds(ATS_CONTROL_DEVICE, "d1"));
    cr_assert_eq(ats_registry_next_offset(fleet.registry), 2);
    cr_assert_eq(ats_registry_judge(fleet.registry, ats_span_text("x"), &outcome, NULL), ATS_OK);
    cr_assert_eq(outcome, ATS_CONTROL_MALFORMED);
    ats_buf_fini(&value);
    ats_buf_fini(&text);
}

Test(registry, a_full_store_fails_and_moves_nothing)
{
    char *yaml = calloc(1, ATS_DOCUMENT_MAX);
    struct ats_buf json;
    struct ats_buf value;
    enum ats_control_outcome outcome;
    struct ats_error err = {0};
    enum ats_status status = ATS_OK;
    cr_assert_not_null(yaml);
    ats_buf_init(&json, ATS_CONTROL_RECORD_MAX);
    for (unsigned i = 0; status == ATS_OK && i < 200; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "s%u", i);
        memset(yaml, ' ', ATS_DOCUMENT_MAX - 1);
        (void)snprintf(yaml, 16, "%u", i);
        yaml[strlen(yaml)] = ' ';
        struct ats_body_schema body = {.text = yaml,
                                       .schema_id = ats_schema_id(ats_span_text(yaml))};
        ats_buf_clear(&json);
        cr_assert_eq(ats_body_schema_format(&body, &json), ATS_OK);
        struct ats_control_record record =
            next_record(ATS_CONTROL_SCHEMA, name, "op", ats_buf_span(&json));
        encode(&record, &fleet.operator_, &value);
        int64_t before = ats_registry_next_offset(fleet.registry);
        status =
            ats_registry_apply(fleet.registry, fleet.offset, ats_buf_span(&value), &outcome, &err);
        cr_assert_eq(ats_registry_next_offset(fleet.registry), before + (status == ATS_OK));
        cr_assert_eq(ats_registry_count(fleet.registry), (uint64_t)before + (status == ATS_OK));
        fleet.offset += status == ATS_OK;
        ats_buf_fini(&value);
    }
    cr_assert_eq(status, ATS_ERR_LIMIT);
    cr_assert_not_null(strstr(err.text, "store failed"), "%s", err.text);
    ats_buf_fini(&json);
    free(yaml);
}

Test(registry, a_group_shows_at_its_end)
{
    struct ats_body_device first = device_body(ATS_DEVICE_ACTIVE);
    struct ats_body_device second = device_body(ATS_DEVICE_ACTIVE);
    struct ats_error err = {0};
    cr_assert_eq(ats_registry_begin_group(fleet.registry), ATS_OK);
    assert_outcome(apply_device("d1", &first), ATS_CONTROL_ACCEPTED);
    assert_outcome(apply_value(ats_span_text("garbage")), ATS_CONTROL_MALFORMED);
    /* What the group holds already counts for what follows in it. */
    assert_refused(apply_device("d2", &first), ATS_CONTROL_ILLEGAL_BODY, "belongs to device 'd1'");
    assert_outcome(apply_device("d2", &second), ATS_CONTROL_ACCEPTED);
    cr_assert_not(holds(ATS_CONTROL_DEVICE, "d1"));
    cr_assert_eq(ats_registry_count(fleet.registry), 2);
    cr_assert_eq(ats_registry_end_group(fleet.registry, &err), ATS_OK, "%s", err.text);
    cr_assert(holds(ATS_CONTROL_DEVICE, "d1"));
    cr_assert(holds(ATS_CONTROL_DEVICE, "d2"));
    cr_assert_eq(ats_registry_count(fleet.registry), 4);
    cr_assert_eq(ats_registry_generation(fleet.registry), 4);
    cr_assert_eq(ats_registry_next_offset(fleet.registry), 6);
}

Test(registry, a_group_of_rejected_records_moves_the_offset)
{
    struct ats_error err = {0};
    cr_assert_eq(ats_registry_begin_group(fleet.registry), ATS_OK);
    assert_outcome(apply_value(ats_span_text("garbage")), ATS_CONTROL_MALFORMED);
    cr_assert_eq(ats_registry_end_group(fleet.registry, &err), ATS_OK);
    cr_assert_eq(ats_registry_next_offset(fleet.registry), 3);
    cr_assert_eq(ats_registry_count(fleet.registry), 2);
}

struct seen {
    char names[4][ATS_NAME_MAX + 1];
    size_t count;
};

static enum ats_status note(void *ctx, const struct ats_control_record *record)
{
    struct seen *seen = ctx;
    cr_assert_lt(seen->count, 4);
    memcpy(seen->names[seen->count++], record->name, sizeof(record->name));
    return ATS_OK;
}

Test(registry, walks_the_records_of_one_kind_by_name)
{
    struct seen seen = {0};
    struct ats_store_view *view = NULL;
    static const char *const names[] = {"b", "a", "c"};
    for (size_t i = 0; i < 3; i++) {
        struct ats_body_device body = device_body(ATS_DEVICE_ACTIVE);
        assert_outcome(apply_device(names[i], &body), ATS_CONTROL_ACCEPTED);
    }
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    cr_assert_eq(ats_registry_walk(view, ATS_CONTROL_DEVICE, note, &seen), ATS_OK);
    ats_store_view_close(view);
    cr_assert_eq(seen.count, 3);
    cr_assert_str_eq(seen.names[0], "a");
    cr_assert_str_eq(seen.names[2], "c");
}

Test(registry, finds_nothing_under_a_hostile_name)
{
    struct ats_store_view *view = NULL;
    struct ats_control_record record;
    char name[4096];
    memset(name, 'x', sizeof(name));
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    cr_assert_eq(
        ats_registry_find(view, ATS_CONTROL_DEVICE, ats_span_of(name, sizeof(name)), &record),
        ATS_ERR_NOT_FOUND);
    cr_assert_eq(ats_registry_find(view, ATS_CONTROL_DEVICE, ats_span_text("../../m"), &record),
                 ATS_ERR_NOT_FOUND);
    cr_assert_eq(ats_registry_find(view, ATS_CONTROL_DEVICE, ats_span_text(""), &record),
                 ATS_ERR_NOT_FOUND);
    ats_store_view_close(view);
}

Test(registry, reads_its_pins_from_a_fleet_folder)
{
    struct ats_registry_pins pins;
    struct ats_error err = {0};
    char path[128];
    cr_assert_eq(ats_registry_pins_read(fleet.folder, &pins, &err), ATS_ERR_NOT_FOUND);
    (void)snprintf(path, sizeof(path), "%s/root.pub.pem", fleet.folder);
    cr_assert_eq(ats_public_key_write(fleet.pins.root, ATS_KEY_SIGNING, path, &err), ATS_OK);
    cr_assert_eq(ats_registry_pins_read(fleet.folder, &pins, &err), ATS_ERR_NOT_FOUND);
    char other[128];
    (void)snprintf(other, sizeof(other), "%s/successor.pub.pem", fleet.folder);
    cr_assert_eq(ats_public_key_write(fleet.pins.successor, ATS_KEY_SIGNING, other, &err), ATS_OK);
    cr_assert_eq(ats_registry_pins_read(fleet.folder, &pins, &err), ATS_OK, "%s", err.text);
    cr_assert_arr_eq(&pins, &fleet.pins, sizeof(pins));
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(unlink(other), 0);
}
