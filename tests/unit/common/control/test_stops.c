/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What counts as a stop: with none allowed an hour, one operator alone does whatever stops nothing, and nothing else. And what does
 * nothing but stop: where every kind takes two persons, one operator alone does that, and nothing else.
 */
#include "tests/unit/common/control/fleet.h"

#include "common/control/body_policy.h"

#define DAY_MS INT64_C(86400000)

static struct ats_body_device device;
static struct ats_body_gate gate;
static struct ats_body_processor group;

static enum ats_control_outcome state_device(void)
{
    return apply_device("d1", &device);
}

static void certify_from(int64_t begin_ms, int64_t end_ms)
{
    struct ats_certificate certificate = {.role = ATS_CERTIFICATE_GATE,
                                          .name = "g1",
                                          .not_before_ms = (uint64_t)begin_ms,
                                          .not_after_ms = (uint64_t)end_ms};
    memcpy(certificate.fleet, fleet.id, sizeof(certificate.fleet));
    memcpy(certificate.key, gate.signing_key, sizeof(certificate.key));
    cr_assert_eq(ats_certificate_sign(&certificate, fleet.operator_.secret_key), ATS_DEVICE_OK);
    cr_assert_eq(ats_certificate_encode(&certificate, gate.certificate, sizeof(gate.certificate),
                                        &gate.certificate_len),
                 ATS_DEVICE_OK);
}

static void certify(int64_t end_ms)
{
    certify_from(TEST_TIME_MS - 2 * DAY_MS, end_ms);
}

static enum ats_control_outcome state_gate(void)
{
    struct ats_buf text;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_gate_format(&gate, &text), ATS_OK);
    enum ats_control_outcome outcome =
        apply_body(ATS_CONTROL_GATE, "g1", "op", &fleet.operator_, ats_buf_span(&text));
    ats_buf_fini(&text);
    return outcome;
}

static enum ats_control_outcome state_group(void)
{
    struct ats_buf text;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_processor_format(&group, &text), ATS_OK);
    enum ats_control_outcome outcome =
        apply_body(ATS_CONTROL_PROCESSOR, "line-1", "op", &fleet.operator_, ats_buf_span(&text));
    ats_buf_fini(&text);
    return outcome;
}

static void make_key(enum ats_key_kind kind, uint8_t ret_key[ATS_PUBLIC_KEY_SIZE])
{
    struct ats_key_pair pair;
    ats_key_pair_generate(&pair, kind);
    memcpy(ret_key, pair.public_key, ATS_PUBLIC_KEY_SIZE);
}

static void add_key(void)
{
    struct ats_device_key *key = &device.keys[device.key_count++];
    *key = (struct ats_device_key){0};
    make_key(ATS_KEY_SIGNING, key->key);
    ats_key_id(key->key, key->id);
}

static void state_policy(uint32_t critical, uint64_t hourly)
{
    const struct ats_body_policy policy = {.critical = critical, .hourly = hourly};
    struct ats_buf text;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_policy_format(&policy, &text), ATS_OK);
    cr_assert_eq(apply_body(ATS_CONTROL_POLICY, "policy", "root", &fleet.root, ats_buf_span(&text)),
                 ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_buf_fini(&text);
}

/* A device with two keys, of which one has ended, and a contract; a gate that takes claims; a group of two. */
static void begin(void)
{
    fleet_begin_with_operator();
    device = device_body(ATS_DEVICE_ACTIVE);
    add_key();
    device.keys[1].not_after_ms = TEST_TIME_MS - DAY_MS;
    (void)snprintf(device.contracts[device.contract_count++], ATS_NAME_MAX + 1, "temp");
    gate = (struct ats_body_gate){.claims = true, .not_after_ms = TEST_TIME_MS + 2 * DAY_MS};
    make_key(ATS_KEY_SIGNING, gate.signing_key);
    make_key(ATS_KEY_AGREEMENT, gate.agreement_key);
    certify(TEST_TIME_MS + 2 * DAY_MS);
    group = (struct ats_body_processor){.member_count = 2};
    make_key(ATS_KEY_AGREEMENT, group.agreement_key);
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(group.members[i].name, sizeof(group.members[i].name), "m%zu", i);
        make_key(ATS_KEY_SIGNING, group.members[i].signing_key);
        group.members[i].may_checkpoint = true;
    }
    cr_assert_eq(state_device(), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(state_gate(), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(state_group(), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    state_policy(0, 0);
}

TestSuite(stops, .init = begin, .fini = fleet_end);

#define EXPECT_STOP(outcome)                                                                       \
    do {                                                                                           \
        cr_expect_eq(outcome, ATS_CONTROL_UNAPPROVED, "%s", fleet.err.text);                       \
        cr_expect_not_null(strstr(fleet.err.text, "within an hour"), "%s", fleet.err.text);        \
    } while (0)
#define EXPECT_NO_STOP(outcome) cr_expect_eq(outcome, ATS_CONTROL_ACCEPTED, "%s", fleet.err.text)

Test(stops, any_end_of_a_device_is_one)
{
    static const enum ats_device_state ends[] = {ATS_DEVICE_SUSPENDED, ATS_DEVICE_REVOKED,
                                                 ATS_DEVICE_RETIRED};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        device.state = ends[i];
        EXPECT_STOP(state_device());
    }
}

Test(stops, a_device_that_loses_a_good_key_is_one)
{
    struct ats_body_device was = device;
    device.keys[0] = device.keys[1];
    device.key_count = 1;
    EXPECT_STOP(state_device());
    device = was;
    device.keys[0].not_after_ms = TEST_TIME_MS + DAY_MS;
    EXPECT_STOP(state_device());
    device = was;
    device.keys[0].not_before_ms = TEST_TIME_MS + DAY_MS;
    EXPECT_STOP(state_device());
}

/* Else a thief states every device anew before each minute is over. */
Test(stops, a_beginning_that_is_put_off_by_a_minute_is_one)
{
    struct ats_body_gate was = gate;
    device.keys[0].not_before_ms = TEST_TIME_MS + 60000;
    EXPECT_STOP(state_device());
    gate.not_before_ms = TEST_TIME_MS + 60000;
    EXPECT_STOP(state_gate());
    gate = was;
    certify_from(TEST_TIME_MS + 60000, TEST_TIME_MS + 2 * DAY_MS);
    EXPECT_STOP(state_gate());
}

Test(stops, another_key_and_one_that_has_ended_are_none)
{
    device.key_count = 1;
    EXPECT_NO_STOP(state_device());
    add_key();
    EXPECT_NO_STOP(state_device());
}

Test(stops, a_device_that_may_publish_less_is_one)
{
    struct ats_body_device was = device;
    (void)snprintf(device.contracts[0], sizeof(device.contracts[0]), "other");
    EXPECT_STOP(state_device());
    device = was;
    (void)snprintf(device.contracts[0], sizeof(device.contracts[0]), "temp@1.0.0");
    EXPECT_STOP(state_device());
    device = was;
    device.least_proof = ATS_PROOF_SIGNED;
    EXPECT_STOP(state_device());
}

Test(stops, a_device_that_may_publish_more_is_none)
{
    (void)snprintf(device.contracts[device.contract_count++], ATS_NAME_MAX + 1, "other");
    EXPECT_NO_STOP(state_device());
    device.contract_count = 0; /* every one */
    EXPECT_NO_STOP(state_device());
    (void)snprintf(device.contracts[device.contract_count++], ATS_NAME_MAX + 1, "temp");
    EXPECT_STOP(state_device());
}

Test(stops, a_gate_whose_time_or_keys_change_is_one)
{
    struct ats_body_gate was = gate;
    gate.not_after_ms = TEST_TIME_MS - 1;
    EXPECT_STOP(state_gate());
    gate = was;
    certify(TEST_TIME_MS + DAY_MS);
    EXPECT_STOP(state_gate());
    gate = was;
    certify_from(TEST_TIME_MS + DAY_MS, TEST_TIME_MS + 2 * DAY_MS);
    EXPECT_STOP(state_gate());
    gate = was;
    gate.not_before_ms = TEST_TIME_MS + DAY_MS;
    EXPECT_STOP(state_gate());
    gate = was;
    make_key(ATS_KEY_SIGNING, gate.signing_key);
    certify(TEST_TIME_MS + 2 * DAY_MS);
    EXPECT_STOP(state_gate());
    gate = was;
    make_key(ATS_KEY_AGREEMENT, gate.agreement_key);
    EXPECT_STOP(state_gate());
    gate = was;
    gate.claims = false;
    EXPECT_STOP(state_gate());
    gate = was;
    gate.revoked = true;
    EXPECT_STOP(state_gate());
}

Test(stops, a_gate_that_is_renewed_is_none)
{
    certify_from(TEST_TIME_MS - DAY_MS, TEST_TIME_MS + 3 * DAY_MS); /* as the CLI dates it */
    gate.not_after_ms = 0;
    EXPECT_NO_STOP(state_gate());
}

Test(stops, a_group_that_loses_a_member_scope_or_key_is_one)
{
    struct ats_body_processor was = group;
    group.member_count = 1;
    EXPECT_STOP(state_group());
    group = was;
    group.members[1].may_checkpoint = false;
    EXPECT_STOP(state_group());
    group = was;
    make_key(ATS_KEY_SIGNING, group.members[1].signing_key);
    EXPECT_STOP(state_group());
    group = was;
    make_key(ATS_KEY_AGREEMENT, group.agreement_key);
    EXPECT_STOP(state_group());
}

Test(stops, a_group_with_another_member_is_none)
{
    (void)snprintf(group.members[2].name, sizeof(group.members[2].name), "m2");
    make_key(ATS_KEY_SIGNING, group.members[2].signing_key);
    group.member_count = 3;
    EXPECT_NO_STOP(state_group());
}

/* ---- what does nothing but stop ---- */

static void begin_critical(void)
{
    begin();
    state_policy(ATS_OPERATOR_KINDS, ATS_POLICY_UNLIMITED);
}

TestSuite(only_stops, .init = begin_critical, .fini = fleet_end);

#define EXPECT_ALONE(outcome) cr_expect_eq(outcome, ATS_CONTROL_ACCEPTED, "%s", fleet.err.text)
#define EXPECT_TWO(outcome)                                                                        \
    do {                                                                                           \
        cr_expect_eq(outcome, ATS_CONTROL_UNAPPROVED, "%s", fleet.err.text);                       \
        cr_expect_not_null(strstr(fleet.err.text, "takes two persons"), "%s", fleet.err.text);     \
    } while (0)

Test(only_stops, one_suspends_a_device_and_revokes_it_where_devices_take_two)
{
    device.state = ATS_DEVICE_SUSPENDED;
    EXPECT_ALONE(state_device());
    device.state = ATS_DEVICE_REVOKED;
    EXPECT_ALONE(state_device());
}

Test(only_stops, one_neither_resumes_a_device_nor_states_it_otherwise)
{
    device.state = ATS_DEVICE_SUSPENDED;
    EXPECT_ALONE(state_device());
    EXPECT_TWO(state_device());
    device.state = ATS_DEVICE_ACTIVE;
    EXPECT_TWO(state_device());
}

Test(only_stops, a_device_that_gets_something_beside_its_end_takes_two)
{
    struct ats_body_device was = device;
    device.state = ATS_DEVICE_SUSPENDED;
    struct ats_body_device suspended = device;
    add_key();
    EXPECT_TWO(state_device());
    device = suspended;
    device.keys[1].not_after_ms = 0;
    EXPECT_TWO(state_device());
    device = suspended;
    device.contract_count = 0; /* every one */
    EXPECT_TWO(state_device());
    device = suspended;
    (void)snprintf(device.site, sizeof(device.site), "hall");
    EXPECT_TWO(state_device());
    device = suspended;
    device.least_proof = ATS_PROOF_SIGNED;
    EXPECT_TWO(state_device());
    device = was;
    device.key_count = 1;
    EXPECT_TWO(state_device());
}

Test(only_stops, one_revokes_a_gate_where_gates_take_two)
{
    gate.revoked = true;
    EXPECT_ALONE(state_gate());
}

Test(only_stops, a_gate_that_gets_something_beside_its_end_takes_two)
{
    struct ats_body_gate was = gate;
    gate.claims = false;
    EXPECT_TWO(state_gate());
    gate = was;
    gate.revoked = true;
    make_key(ATS_KEY_SIGNING, gate.signing_key);
    EXPECT_TWO(state_gate());
    gate = was;
    gate.revoked = true;
    make_key(ATS_KEY_AGREEMENT, gate.agreement_key);
    EXPECT_TWO(state_gate());
    gate = was;
    gate.revoked = true;
    gate.not_after_ms = 0;
    EXPECT_TWO(state_gate());
    gate = was;
    gate.revoked = true;
    certify(TEST_TIME_MS + 3 * DAY_MS);
    EXPECT_TWO(state_gate());
}

Test(only_stops, one_takes_a_member_or_its_scope_out_where_groups_take_two)
{
    group.members[1].may_checkpoint = false;
    EXPECT_ALONE(state_group());
    group.members[0] = group.members[1];
    group.member_count = 1;
    EXPECT_ALONE(state_group());
}

Test(only_stops, a_group_that_gets_something_beside_takes_two)
{
    struct ats_body_processor was = group;
    make_key(ATS_KEY_SIGNING, group.members[1].signing_key);
    EXPECT_TWO(state_group());
    group = was;
    (void)snprintf(group.members[1].name, sizeof(group.members[1].name), "m2");
    EXPECT_TWO(state_group());
    group = was;
    group.member_count = 1;
    make_key(ATS_KEY_AGREEMENT, group.agreement_key);
    EXPECT_TWO(state_group());
    group = was;
    group.members[0].may_checkpoint = false;
    EXPECT_ALONE(state_group());
    group.member_count = 1;
    group.members[0].may_checkpoint = true;
    EXPECT_TWO(state_group());
}

Test(only_stops, count_to_what_one_stops_an_hour)
{
    state_policy(ATS_OPERATOR_KINDS, 1);
    device.state = ATS_DEVICE_SUSPENDED;
    EXPECT_ALONE(state_device());
    gate.revoked = true;
    EXPECT_STOP(state_gate());
}

Test(only_stops, each_member_of_a_group_counts)
{
    state_policy(ATS_OPERATOR_KINDS, 1);
    struct ats_body_processor was = group;
    group.member_count = 0;
    EXPECT_STOP(state_group());
    group = was;
    group.member_count = 1;
    EXPECT_ALONE(state_group());
    group.member_count = 0;
    EXPECT_STOP(state_group());
}

Test(only_stops, nothing_begins_with_one)
{
    device.state = ATS_DEVICE_ACTIVE;
    EXPECT_TWO(apply_device("d2", &device));
}
