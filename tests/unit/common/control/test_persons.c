/* SPDX-License-Identifier: Apache-2.0 */
/* Acts of two persons: what takes two, and what two signatures must be. */
#include "tests/unit/common/control/fleet.h"

#include "common/base/limits.h"
#include "common/control/allowance.h"
#include "common/control/body_policy.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS INT64_C(3600000)

static struct ats_key_pair second;

static void apply_policy_at(uint32_t critical, uint64_t hourly, int64_t time_ms)
{
    const struct ats_body_policy policy = {.critical = critical, .hourly = hourly};
    struct ats_buf text;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_policy_format(&policy, &text), ATS_OK);
    struct ats_control_record record =
        next_record(ATS_CONTROL_POLICY, "policy", "root", ats_buf_span(&text));
    record.time_ms = time_ms;
    cr_assert_eq(apply_record(&record, &fleet.root), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_buf_fini(&text);
}

static void begin(void)
{
    fleet_begin_with_operator();
    ats_key_pair_generate(&second, ATS_KEY_SIGNING);
    struct ats_body_operator body = operator_body("op2", &second);
    cr_assert_eq(apply_operator("op2", &body), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
}

TestSuite(persons, .init = begin, .fini = fleet_end);

static struct ats_buf text;
static struct ats_buf value;

/* A device's record that op proposes. */
static struct ats_control_record propose(const char *name)
{
    struct ats_body_device device = device_body(ATS_DEVICE_ACTIVE);
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_device_format(&device, &text), ATS_OK);
    struct ats_control_record record =
        next_record(ATS_CONTROL_DEVICE, name, "op", ats_buf_span(&text));
    record.expires_ms = record.time_ms + HOUR_MS;
    cr_assert_eq(ats_control_record_sign(&record, &fleet.operator_), ATS_OK);
    return record;
}

static enum ats_control_outcome apply_signed(const struct ats_control_record *record)
{
    ats_buf_init(&value, ATS_CONTROL_RECORD_MAX + 4096);
    cr_assert_eq(ats_control_record_encode(record, &value), ATS_OK);
    enum ats_control_outcome outcome = apply_value(ats_buf_span(&value));
    ats_buf_fini(&value);
    ats_buf_fini(&text);
    return outcome;
}

static enum ats_control_outcome apply_approved(struct ats_control_record *record, const char *name,
                                               const struct ats_key_pair *pair)
{
    cr_assert_eq(ats_control_record_approve(record, name, pair), ATS_OK);
    return apply_signed(record);
}

#define DEVICES (UINT32_C(1) << ATS_CONTROL_DEVICE)

Test(persons, one_is_enough_without_a_policy)
{
    struct ats_body_device device = device_body(ATS_DEVICE_ACTIVE);
    cr_assert_eq(apply_device("d1", &device), ATS_CONTROL_ACCEPTED);
    struct ats_control_record record = propose("d2");
    cr_assert_eq(apply_approved(&record, "op2", &second), ATS_CONTROL_ACCEPTED, "%s",
                 fleet.err.text);
}

Test(persons, two_sign_a_critical_act)
{
    struct ats_body_device device = device_body(ATS_DEVICE_ACTIVE);
    apply_policy_at(DEVICES, ATS_POLICY_UNLIMITED, TEST_TIME_MS);
    cr_assert_eq(apply_device("d1", &device), ATS_CONTROL_UNAPPROVED);
    cr_assert_not_null(strstr(fleet.err.text, "takes two persons"), "%s", fleet.err.text);
    struct ats_control_record record = propose("d1");
    cr_assert_eq(apply_signed(&record), ATS_CONTROL_UNAPPROVED);
    record = propose("d1");
    cr_assert_eq(apply_approved(&record, "op2", &second), ATS_CONTROL_ACCEPTED, "%s",
                 fleet.err.text);
}

Test(persons, are_two_and_not_one_twice)
{
    struct ats_control_record record = propose("d1");
    cr_assert_eq(apply_approved(&record, "op", &fleet.operator_), ATS_CONTROL_UNAPPROVED);
    /* One key under two names. */
    struct ats_body_operator body = operator_body("alias", &fleet.operator_);
    cr_assert_eq(apply_operator("alias", &body), ATS_CONTROL_ILLEGAL_BODY);
    cr_assert_not_null(strstr(fleet.err.text, "belongs to operator/op"), "%s", fleet.err.text);
}

Test(persons, sign_the_same_bytes)
{
    struct ats_control_record record = propose("d1");
    cr_assert_eq(ats_control_record_approve(&record, "op2", &second), ATS_OK);
    record.approval[0] ^= 1;
    cr_assert_eq(apply_signed(&record), ATS_CONTROL_BAD_SIGNATURE);
    record = propose("d1");
    record.expires_ms += HOUR_MS; /* by the approver */
    cr_assert_eq(apply_approved(&record, "op2", &second), ATS_CONTROL_BAD_SIGNATURE);
    record = propose("d1");
    cr_assert_eq(apply_approved(&record, "op2", &fleet.successor), ATS_CONTROL_UNKNOWN_SIGNER);
    record = propose("d1");
    cr_assert_eq(apply_approved(&record, "nobody", &second), ATS_CONTROL_UNKNOWN_SIGNER);
}

Test(persons, may_both_sign_it)
{
    struct ats_body_operator body = operator_body("op2", &second);
    body.kinds = UINT32_C(1) << ATS_CONTROL_GATE;
    cr_assert_eq(apply_operator("op2", &body), ATS_CONTROL_ACCEPTED);
    struct ats_control_record record = propose("d1");
    cr_assert_eq(apply_approved(&record, "op2", &second), ATS_CONTROL_OUT_OF_SCOPE);
    body.revoked = true;
    cr_assert_eq(apply_operator("op2", &body), ATS_CONTROL_ACCEPTED);
    record = propose("d1");
    cr_assert_eq(apply_approved(&record, "op2", &second), ATS_CONTROL_UNKNOWN_SIGNER);
}

Test(persons, sign_before_the_proposals_end)
{
    struct ats_control_record record = propose("d1");
    apply_policy_at(0, ATS_POLICY_UNLIMITED, TEST_TIME_MS + HOUR_MS);
    cr_assert_eq(apply_approved(&record, "op2", &second), ATS_CONTROL_UNAPPROVED);
    cr_assert_not_null(strstr(fleet.err.text, "expired"), "%s", fleet.err.text);
    record = propose("d1");
    record.time_ms += HOUR_MS;
    record.expires_ms = record.time_ms + ATS_PROPOSAL_LIFE_MAX_MS + 1;
    cr_assert_eq(ats_control_record_sign(&record, &fleet.operator_), ATS_OK);
    cr_assert_eq(apply_approved(&record, "op2", &second), ATS_CONTROL_ILLEGAL_BODY);
}

static enum ats_control_outcome move(const char *name, struct ats_body_device *device,
                                     enum ats_device_state state)
{
    device->state = state;
    return apply_device(name, device);
}

Test(persons, one_stops_a_few_an_hour_and_no_plant)
{
    struct ats_body_device devices[3];
    char name[8];
    for (int i = 0; i < 3; i++) {
        (void)snprintf(name, sizeof(name), "d%d", i);
        devices[i] = device_body(ATS_DEVICE_ACTIVE);
        cr_assert_eq(apply_device(name, &devices[i]), ATS_CONTROL_ACCEPTED);
    }
    apply_policy_at(0, 2, TEST_TIME_MS);
    cr_assert_eq(move("d0", &devices[0], ATS_DEVICE_SUSPENDED), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(move("d0", &devices[0], ATS_DEVICE_SUSPENDED), ATS_CONTROL_ACCEPTED,
                 "another statement of a device that is suspended stops nothing");
    cr_assert_eq(move("d1", &devices[1], ATS_DEVICE_REVOKED), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(move("d2", &devices[2], ATS_DEVICE_SUSPENDED), ATS_CONTROL_UNAPPROVED);
    cr_assert_not_null(strstr(fleet.err.text, "within an hour"), "%s", fleet.err.text);
    cr_assert_eq(move("d0", &devices[0], ATS_DEVICE_ACTIVE), ATS_CONTROL_ACCEPTED);
    apply_policy_at(0, 2, TEST_TIME_MS + HOUR_MS + MINUTE_MS);
    cr_assert_eq(move("d2", &devices[2], ATS_DEVICE_SUSPENDED), ATS_CONTROL_ACCEPTED, "%s",
                 fleet.err.text);
}

/* Not one before an hour's end and two behind it, within seconds. */
Test(persons, one_stops_as_few_in_any_hour_wherever_it_begins)
{
    struct ats_body_device devices[4];
    char name[8];
    for (int i = 0; i < 4; i++) {
        (void)snprintf(name, sizeof(name), "d%d", i);
        devices[i] = device_body(ATS_DEVICE_ACTIVE);
        cr_assert_eq(apply_device(name, &devices[i]), ATS_CONTROL_ACCEPTED);
    }
    apply_policy_at(0, 2, TEST_TIME_MS);
    cr_assert_eq(move("d0", &devices[0], ATS_DEVICE_SUSPENDED), ATS_CONTROL_ACCEPTED);
    apply_policy_at(0, 2, TEST_TIME_MS + 50 * MINUTE_MS);
    cr_assert_eq(move("d1", &devices[1], ATS_DEVICE_SUSPENDED), ATS_CONTROL_ACCEPTED);
    apply_policy_at(0, 2, TEST_TIME_MS + 60 * MINUTE_MS);
    cr_assert_eq(move("d2", &devices[2], ATS_DEVICE_SUSPENDED), ATS_CONTROL_UNAPPROVED);
    apply_policy_at(0, 2, TEST_TIME_MS + 61 * MINUTE_MS);
    cr_assert_eq(move("d2", &devices[2], ATS_DEVICE_SUSPENDED), ATS_CONTROL_ACCEPTED, "%s",
                 fleet.err.text);
    cr_assert_eq(move("d3", &devices[3], ATS_DEVICE_SUSPENDED), ATS_CONTROL_UNAPPROVED);
    apply_policy_at(0, 2, TEST_TIME_MS + 111 * MINUTE_MS);
    cr_assert_eq(move("d3", &devices[3], ATS_DEVICE_SUSPENDED), ATS_CONTROL_ACCEPTED, "%s",
                 fleet.err.text);
}

/* The log's time goes back where a thief's is undone. */
Test(persons, a_stop_of_an_hour_that_is_yet_to_come_counts_to_none)
{
    struct ats_body_device devices[2] = {device_body(ATS_DEVICE_ACTIVE),
                                         device_body(ATS_DEVICE_ACTIVE)};
    cr_assert_eq(apply_device("d0", &devices[0]), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(apply_device("d1", &devices[1]), ATS_CONTROL_ACCEPTED);
    apply_policy_at(0, 1, TEST_TIME_MS + 10 * HOUR_MS);
    cr_assert_eq(move("d0", &devices[0], ATS_DEVICE_SUSPENDED), ATS_CONTROL_ACCEPTED);
    apply_policy_at(0, 1, TEST_TIME_MS);
    cr_assert_eq(move("d1", &devices[1], ATS_DEVICE_SUSPENDED), ATS_CONTROL_ACCEPTED, "%s",
                 fleet.err.text);
}

Test(persons, an_approval_by_a_stolen_key_is_void_with_it)
{
    struct ats_body_place place = {.count = ats_registry_count(fleet.registry)};
    struct ats_store_view *view = NULL;
    struct ats_control_record found;
    ats_registry_chain(fleet.registry, place.chain);
    struct ats_control_record record = propose("d1");
    cr_assert_eq(apply_approved(&record, "op2", &second), ATS_CONTROL_ACCEPTED);
    struct ats_body_operator body = operator_body("op2", &second);
    body.revoked = true;
    body.stands_until = place;
    cr_assert_eq(apply_operator("op2", &body), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    cr_assert_eq(ats_registry_find(view, ATS_CONTROL_DEVICE, ats_span_text("d1"), &found),
                 ATS_ERR_NOT_FOUND);
    ats_store_view_close(view);
}

Test(persons, only_the_root_states_the_policy)
{
    cr_assert_eq(apply_text(ATS_CONTROL_POLICY, "policy", "{\"critical\":[]}"),
                 ATS_CONTROL_OUT_OF_SCOPE);
    cr_assert_eq(apply_body(ATS_CONTROL_POLICY, "other", "root", &fleet.root,
                            ats_span_text("{\"critical\":[]}")),
                 ATS_CONTROL_ILLEGAL_BODY);
    cr_assert_eq(apply_body(ATS_CONTROL_POLICY, "policy", "root", &fleet.root,
                            ats_span_text("{\"critical\":[\"root\"]}")),
                 ATS_CONTROL_ILLEGAL_BODY);
}

static struct ats_control_allowance allowance(void)
{
    struct ats_store_view *view = NULL;
    struct ats_control_allowance found;
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    cr_assert_eq(ats_registry_allowance(view, "op", ATS_CONTROL_DEVICE, &found), ATS_OK);
    ats_store_view_close(view);
    return found;
}

Test(persons, are_told_what_one_may_still_do_alone)
{
    struct ats_body_device active = device_body(ATS_DEVICE_ACTIVE);
    struct ats_body_device stopped = device_body(ATS_DEVICE_SUSPENDED);
    cr_assert_eq(allowance().stops, UINT64_MAX);
    cr_assert_eq(allowance().hourly, UINT64_MAX);
    cr_assert_not(allowance().takes_two);
    cr_assert_eq(apply_device("d1", &active), ATS_CONTROL_ACCEPTED);
    apply_policy_at(0, 2, TEST_TIME_MS);
    cr_assert_eq(allowance().stops, 2);
    cr_assert_eq(apply_device("d1", &stopped), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(allowance().stops, 1);
    cr_assert_eq(allowance().hourly, 2);
    apply_policy_at(DEVICES, 1, TEST_TIME_MS + 1000);
    cr_assert_eq(allowance().stops, 0);
    cr_assert(allowance().takes_two);
    apply_policy_at(0, 2, TEST_TIME_MS + 2 * HOUR_MS);
    cr_assert_eq(allowance().stops, 2, "another hour");
}

Test(persons, are_asked_of_what_stops_a_device_alone)
{
    struct ats_body_device before = device_body(ATS_DEVICE_ACTIVE);
    struct ats_body_device after = before;
    (void)snprintf(after.site, sizeof(after.site), "hall");
    cr_assert_not(ats_device_is_stopped(&after, &before, TEST_TIME_MS));
    after.state = ATS_DEVICE_SUSPENDED;
    cr_assert(ats_device_is_stopped(&after, &before, TEST_TIME_MS));
    cr_assert_not(ats_device_is_stopped(&before, &after, TEST_TIME_MS), "it is resumed");
    after = before;
    after.least_proof = ATS_PROOF_SIGNED;
    cr_assert(ats_device_is_stopped(&after, &before, TEST_TIME_MS));
    cr_assert_not(ats_device_only_stops(&after, &before));
    after = before;
    after.state = ATS_DEVICE_RETIRED;
    cr_assert(ats_device_only_stops(&after, &before));
}
