/* SPDX-License-Identifier: Apache-2.0 */
/* A gate's keys before a rotation: in its record, for the gate that still has them, and for who judges. */
#include "common/control/gate_former.h"

#include "common/control/body_policy.h"
#include "tests/unit/common/control/fleet.h"

#define DAY_MS INT64_C(86400000)

static struct ats_key_pair pairs[3]; /* a gate's signing keys, one after the other */
static uint8_t agreements[3][ATS_PUBLIC_KEY_SIZE];

static void begin(void)
{
    struct ats_key_pair agreement;
    fleet_begin_with_operator();
    for (size_t i = 0; i < 3; i++) {
        ats_key_pair_generate(&pairs[i], ATS_KEY_SIGNING);
        ats_key_pair_generate(&agreement, ATS_KEY_AGREEMENT);
        memcpy(agreements[i], agreement.public_key, sizeof(agreements[i]));
    }
}

TestSuite(gate_former, .init = begin, .fini = fleet_end);

static struct ats_body_gate with_keys(size_t i)
{
    struct ats_body_gate gate = {.site = "hall-2"};
    memcpy(gate.signing_key, pairs[i].public_key, sizeof(gate.signing_key));
    memcpy(gate.agreement_key, agreements[i], sizeof(gate.agreement_key));
    make_certificate(ATS_CERTIFICATE_GATE, "g1", gate.signing_key, &fleet.operator_,
                     gate.certificate, &gate.certificate_len);
    return gate;
}

/* New keys, and the former ones for a day. */
static struct ats_body_gate rotated(size_t new, size_t former)
{
    struct ats_body_gate gate = with_keys(new);
    struct ats_body_gate before = with_keys(former);
    gate.former = (struct ats_gate_former){.not_after_ms = TEST_TIME_MS + DAY_MS,
                                           .certificate_len = before.certificate_len};
    memcpy(gate.former.signing_key, before.signing_key, sizeof(before.signing_key));
    memcpy(gate.former.agreement_key, before.agreement_key, sizeof(before.agreement_key));
    memcpy(gate.former.certificate, before.certificate, before.certificate_len);
    return gate;
}

static enum ats_control_outcome state(const char *name, const struct ats_body_gate *gate)
{
    struct ats_buf text;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_gate_format(gate, &text), ATS_OK);
    enum ats_control_outcome outcome =
        apply_body(ATS_CONTROL_GATE, name, "op", &fleet.operator_, ats_buf_span(&text));
    ats_buf_fini(&text);
    return outcome;
}

Test(gate_former, survives_a_round_trip)
{
    struct ats_body_gate gate = rotated(1, 0);
    struct ats_body_gate back;
    struct ats_buf text;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_gate_format(&gate, &text), ATS_OK);
    cr_assert_eq(ats_body_gate_parse(ats_buf_span(&text), &back), ATS_OK);
    cr_assert(ats_gate_has_former(&back));
    cr_assert_eq(back.former.not_after_ms, gate.former.not_after_ms);
    cr_assert_arr_eq(back.former.signing_key, gate.former.signing_key, ATS_PUBLIC_KEY_SIZE);
    cr_assert_arr_eq(back.former.agreement_key, gate.former.agreement_key, ATS_PUBLIC_KEY_SIZE);
    cr_assert_eq(back.former.certificate_len, gate.former.certificate_len);
    ats_buf_fini(&text);
}

static enum ats_status parse_with(const char *former)
{
    static const char key[] = "CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=";
    struct ats_body_gate gate;
    char text[1024];
    (void)snprintf(text, sizeof(text),
                   "{\"signing_key\":\"%s\",\"agreement_key\":\"%s\",\"certificate\":\"AA==\","
                   "\"former\":{\"signing_key\":\"%s\",\"agreement_key\":\"%s\"%s}}",
                   key, key, key, key, former);
    return ats_body_gate_parse(ats_span_text(text), &gate);
}

Test(gate_former, without_an_end_or_with_more_is_no_body)
{
    cr_assert_eq(parse_with(",\"certificate\":\"AA==\",\"not_after\":1"), ATS_OK);
    cr_assert_eq(parse_with(",\"certificate\":\"AA==\""), ATS_ERR_INVALID);
    cr_assert_eq(parse_with(",\"certificate\":\"AA==\",\"not_after\":0"), ATS_ERR_INVALID);
    cr_assert_eq(parse_with(",\"not_after\":1"), ATS_ERR_INVALID);
    cr_assert_eq(parse_with(",\"certificate\":\"AA==\",\"not_after\":1,\"x\":1"), ATS_ERR_INVALID);
}

Test(gate_former, is_what_the_gate_that_has_that_key_reads)
{
    struct ats_body_gate gate = rotated(1, 0);
    struct ats_body_gate as_new = gate;
    cr_assert_not(ats_gate_take_former(&as_new, pairs[1].public_key));
    cr_assert_not(ats_gate_take_former(&as_new, pairs[2].public_key));
    cr_assert_arr_eq(&as_new, &gate, sizeof(gate));
    cr_assert(ats_gate_take_former(&gate, pairs[0].public_key));
    cr_assert_arr_eq(gate.signing_key, pairs[0].public_key, ATS_PUBLIC_KEY_SIZE);
    cr_assert_arr_eq(gate.agreement_key, agreements[0], ATS_PUBLIC_KEY_SIZE);
    cr_assert_eq(gate.not_after_ms, TEST_TIME_MS + DAY_MS);
    cr_assert_arr_eq(gate.certificate, gate.former.certificate, gate.certificate_len);
}

static void state_first_keys(void)
{
    struct ats_body_gate gate = with_keys(0);
    cr_assert_eq(state("g1", &gate), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
}

Test(gate_former, is_judged_as_the_gates_own)
{
    struct ats_body_gate other = with_keys(2);
    struct ats_body_gate gate = rotated(1, 0);
    make_certificate(ATS_CERTIFICATE_GATE, "g2", other.signing_key, &fleet.operator_,
                     other.certificate, &other.certificate_len);
    cr_assert_eq(state("g2", &other), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    state_first_keys();
    gate.former.certificate[gate.former.certificate_len - 1] ^= 1;
    cr_assert_eq(state("g1", &gate), ATS_CONTROL_ILLEGAL_BODY);
    cr_assert_not_null(strstr(fleet.err.text, "certificate"));
    gate = rotated(1, 2);
    cr_assert_eq(state("g1", &gate), ATS_CONTROL_ILLEGAL_BODY);
    cr_assert_not_null(strstr(fleet.err.text, "never its own"), "%s", fleet.err.text);
    gate = rotated(1, 0);
    cr_assert_eq(state("g1", &gate), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    /* It stays the gate's. */
    other = with_keys(0);
    make_certificate(ATS_CERTIFICATE_GATE, "g3", other.signing_key, &fleet.operator_,
                     other.certificate, &other.certificate_len);
    cr_assert_eq(state("g3", &other), ATS_CONTROL_ILLEGAL_BODY);
}

static void allow_no_stop(void)
{
    const struct ats_body_policy policy = {.hourly = 0};
    struct ats_buf text;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_policy_format(&policy, &text), ATS_OK);
    cr_assert_eq(apply_body(ATS_CONTROL_POLICY, "policy", "root", &fleet.root, ats_buf_span(&text)),
                 ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_buf_fini(&text);
}

Test(gate_former, that_is_taken_away_before_its_end_counts_as_a_stop)
{
    struct ats_body_gate gate = rotated(1, 0);
    state_first_keys();
    cr_assert_eq(state("g1", &gate), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    allow_no_stop();
    cr_assert_eq(state("g1", &gate), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    gate.former.not_after_ms--;
    cr_assert_eq(state("g1", &gate), ATS_CONTROL_UNAPPROVED);
    gate = with_keys(1);
    cr_assert_eq(state("g1", &gate), ATS_CONTROL_UNAPPROVED);
    gate = rotated(2, 1);
    cr_assert_eq(state("g1", &gate), ATS_CONTROL_UNAPPROVED, "a rotation counts as one too");
}

/* Beside the gate's own keys a stranger's would stop nothing, and members would take what the stranger seals. */
Test(gate_former, that_never_was_the_gates_is_refused)
{
    struct ats_body_gate gate = rotated(1, 0);
    cr_assert_eq(state("g1", &gate), ATS_CONTROL_ILLEGAL_BODY, "no record before says it");
    state_first_keys();
    gate = rotated(0, 2);
    cr_assert_eq(state("g1", &gate), ATS_CONTROL_ILLEGAL_BODY);
    cr_assert_not_null(strstr(fleet.err.text, "never its own"), "%s", fleet.err.text);
    gate = rotated(1, 0);
    memcpy(gate.former.agreement_key, agreements[2], sizeof(agreements[2]));
    cr_assert_eq(state("g1", &gate), ATS_CONTROL_ILLEGAL_BODY, "half of the pair is another");
    gate = rotated(1, 0);
    cr_assert_eq(state("g1", &gate), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    gate.former.not_after_ms++;
    cr_assert_eq(state("g1", &gate), ATS_CONTROL_ACCEPTED, "it stands there already: %s",
                 fleet.err.text);
    gate = rotated(2, 0);
    cr_assert_eq(state("g1", &gate), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
}
