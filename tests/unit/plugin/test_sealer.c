/* SPDX-License-Identifier: Apache-2.0 */
/* A gate seals once members can know the key that it seals with: its record in the log has it. */
#include "plugin/sealer.h"

#include "common/control/gate_former.h"
#include "tests/unit/common/control/fleet.h"

static struct ats_key_pair own;
static struct ats_sealer sealer;

static void state_group(void)
{
    struct ats_body_processor group = {0};
    struct ats_key_pair agreement;
    struct ats_buf text;
    ats_key_pair_generate(&agreement, ATS_KEY_AGREEMENT);
    memcpy(group.agreement_key, agreement.public_key, sizeof(group.agreement_key));
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_processor_format(&group, &text), ATS_OK);
    cr_assert_eq(
        apply_body(ATS_CONTROL_PROCESSOR, "line-1", "op", &fleet.operator_, ats_buf_span(&text)),
        ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_buf_fini(&text);
}

static void state_gate(const struct ats_body_gate *gate)
{
    struct ats_buf text;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_gate_format(gate, &text), ATS_OK);
    cr_assert_eq(apply_body(ATS_CONTROL_GATE, "g1", "op", &fleet.operator_, ats_buf_span(&text)),
                 ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_buf_fini(&text);
}

static struct ats_body_gate with_key(const struct ats_key_pair *agreement)
{
    struct ats_body_gate gate = {0};
    struct ats_key_pair signing;
    ats_key_pair_generate(&signing, ATS_KEY_SIGNING);
    memcpy(gate.signing_key, signing.public_key, sizeof(gate.signing_key));
    memcpy(gate.agreement_key, agreement->public_key, sizeof(gate.agreement_key));
    make_certificate(ATS_CERTIFICATE_GATE, "g1", gate.signing_key, &fleet.operator_,
                     gate.certificate, &gate.certificate_len);
    return gate;
}

static void begin(void)
{
    fleet_begin_with_operator();
    ats_key_pair_generate(&own, ATS_KEY_AGREEMENT);
    sealer = (struct ats_sealer){
        .registry = fleet.registry, .agreement = &own, .gate = "g1", .group = "line-1"};
    cr_assert_eq(ats_sealer_init(&sealer), ATS_OK);
}

static void end(void)
{
    ats_sealer_fini(&sealer);
    fleet_end();
}

TestSuite(sealer, .init = begin, .fini = end);

Test(sealer, waits_for_its_group_and_for_its_own_key_in_the_log)
{
    struct ats_key_pair other;
    ats_key_pair_generate(&other, ATS_KEY_AGREEMENT);
    cr_assert_not(ats_sealer_ready(&sealer));
    state_group();
    cr_assert_not(ats_sealer_ready(&sealer), "the gate has no record");
    struct ats_body_gate gate = with_key(&other);
    state_gate(&gate);
    cr_assert_not(ats_sealer_ready(&sealer), "its record has another key");
    cr_assert_not(ats_sealer_ready(&sealer), "nor is that forgotten");
    gate = with_key(&own);
    state_gate(&gate);
    cr_assert(ats_sealer_ready(&sealer));
    cr_assert(ats_sealer_ready(&sealer));
}

Test(sealer, goes_on_with_the_former_key)
{
    struct ats_key_pair new;
    ats_key_pair_generate(&new, ATS_KEY_AGREEMENT);
    state_group();
    struct ats_body_gate before = with_key(&own);
    state_gate(&before);
    struct ats_body_gate gate = with_key(&new);
    memcpy(gate.former.signing_key, before.signing_key, sizeof(before.signing_key));
    memcpy(gate.former.agreement_key, before.agreement_key, sizeof(before.agreement_key));
    memcpy(gate.former.certificate, before.certificate, before.certificate_len);
    gate.former.certificate_len = before.certificate_len;
    gate.former.not_after_ms = TEST_TIME_MS + 1;
    state_gate(&gate);
    cr_assert(ats_sealer_ready(&sealer));
    gate = with_key(&new);
    state_gate(&gate);
    cr_assert_not(ats_sealer_ready(&sealer), "nobody would take its seal");
}
