/* SPDX-License-Identifier: Apache-2.0 */
/* What a recovery from a theft leaves of honest people's work, of the log's time, of keys and of names. */
#include "common/base/calendar.h"
#include "common/contract/schema.h"
#include "common/control/body_policy.h"
#include "common/control/checkpoint.h"
#include "common/control/heartbeat.h"
#include "common/control/store_key.h"
#include "tests/unit/common/control/fleet.h"

#include <sodium.h>

#define GROUP "line-1"

static struct ats_key_pair thief;
static struct ats_key_pair heir;
static struct ats_key_pair member;
static struct ats_key_pair other_member;

static struct ats_body_place here(void)
{
    struct ats_body_place place = {.count = ats_registry_count(fleet.registry)};
    ats_registry_chain(fleet.registry, place.chain);
    return place;
}

static enum ats_control_outcome put_group(const char *group, const char *name,
                                          const struct ats_key_pair *pair)
{
    struct ats_body_processor body = {.member_count = 1};
    struct ats_key_pair agreement;
    struct ats_buf text;
    ats_key_pair_generate(&agreement, ATS_KEY_AGREEMENT);
    memcpy(body.agreement_key, agreement.public_key, sizeof(body.agreement_key));
    (void)snprintf(body.members[0].name, sizeof(body.members[0].name), "%s", name);
    memcpy(body.members[0].signing_key, pair->public_key, ATS_PUBLIC_KEY_SIZE);
    body.members[0].may_checkpoint = true;
    ats_buf_init(&text, 4096);
    cr_assert_eq(ats_body_processor_format(&body, &text), ATS_OK);
    enum ats_control_outcome outcome =
        apply_body(ATS_CONTROL_PROCESSOR, group, "op", &fleet.operator_, ats_buf_span(&text));
    ats_buf_fini(&text);
    return outcome;
}

static void begin(void)
{
    fleet_begin_with_operator();
    ats_key_pair_generate(&thief, ATS_KEY_SIGNING);
    ats_key_pair_generate(&heir, ATS_KEY_SIGNING);
    ats_key_pair_generate(&member, ATS_KEY_SIGNING);
    ats_key_pair_generate(&other_member, ATS_KEY_SIGNING);
    cr_assert_eq(put_group(GROUP, "m1", &member), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
}

TestSuite(recovery, .init = begin, .fini = fleet_end);

static enum ats_control_outcome checkpoint(const char *group, const char *name,
                                           const struct ats_key_pair *pair, int64_t time_ms)
{
    struct ats_buf value;
    const struct ats_checkpoint_signer signer = {
        .fleet = fleet.id, .group = group, .member = name, .pair = pair};
    ats_buf_init(&value, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_checkpoint_write(&signer, fleet.registry, time_ms, &value), ATS_OK);
    enum ats_control_outcome outcome = apply_value(ats_buf_span(&value));
    ats_buf_fini(&value);
    return outcome;
}

static int64_t log_time(void)
{
    struct ats_store_view *view = NULL;
    int64_t time_ms = -1;
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    cr_assert_eq(ats_registry_log_time_ms(view, &time_ms), ATS_OK);
    ats_store_view_close(view);
    return time_ms;
}

static uint64_t checkpoint_count(void)
{
    struct ats_store_view *view = NULL;
    struct ats_registry_checkpoint found = {0};
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    cr_assert_eq(ats_registry_checkpoint(view, &found), ATS_OK);
    ats_store_view_close(view);
    return found.count;
}

static enum ats_control_outcome revoke_until(const char *name, const struct ats_key_pair *pair,
                                             const struct ats_body_place *place)
{
    struct ats_body_operator body = operator_body(name, pair);
    body.revoked = true;
    body.stands_until = *place;
    return apply_operator(name, &body);
}

static enum ats_control_outcome change_root(const struct ats_body_place *place)
{
    struct ats_body_root body = {.stands_until = *place};
    struct ats_buf text;
    memcpy(body.root, fleet.successor.public_key, sizeof(body.root));
    memcpy(body.successor, heir.public_key, sizeof(body.successor));
    ats_buf_init(&text, 4096);
    cr_assert_eq(ats_body_root_format(&body, &text), ATS_OK);
    enum ats_control_outcome outcome =
        apply_body(ATS_CONTROL_ROOT, "root", "successor", &fleet.successor, ats_buf_span(&text));
    ats_buf_fini(&text);
    return outcome;
}

static enum ats_control_outcome add_operator(const char *name, const struct ats_key_pair *pair,
                                             int64_t not_after_ms)
{
    struct ats_body_operator body = {.kinds = 1U << ATS_CONTROL_DEVICE, .names = "*"};
    memcpy(body.key, pair->public_key, sizeof(body.key));
    body.not_after_ms = not_after_ms;
    return apply_operator(name, &body);
}

static enum ats_control_outcome device_by(const char *name, const char *signer,
                                          const struct ats_key_pair *pair,
                                          const struct ats_body_device *body)
{
    struct ats_buf text;
    ats_buf_init(&text, 4096);
    cr_assert_eq(ats_body_device_format(body, &text), ATS_OK);
    enum ats_control_outcome outcome =
        apply_body(ATS_CONTROL_DEVICE, name, signer, pair, ats_buf_span(&text));
    ats_buf_fini(&text);
    return outcome;
}

static bool is_there(enum ats_control_kind kind, const char *name)
{
    struct ats_store_view *view = NULL;
    struct ats_control_record record;
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    enum ats_status status = ats_registry_find(view, kind, ats_span_text(name), &record);
    ats_store_view_close(view);
    return status == ATS_OK;
}

/* The thief of an operator's key states a group of its own, whose member ends everybody's time. */
Test(recovery, the_time_that_a_thiefs_group_stated_is_void_with_the_group)
{
    struct ats_key_pair second;
    struct ats_body_device device = device_body(ATS_DEVICE_ACTIVE);
    ats_key_pair_generate(&second, ATS_KEY_SIGNING);
    cr_assert_eq(add_operator("second", &second, TEST_TIME_MS + 86400000), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(checkpoint(GROUP, "m1", &member, TEST_TIME_MS + 1000), ATS_CONTROL_ACCEPTED);
    struct ats_body_place place = here();
    cr_assert_eq(put_group("evil", "e1", &thief), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(checkpoint("evil", "e1", &thief, ATS_CALENDAR_MAX_MS), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(device_by("d1", "second", &second, &device), ATS_CONTROL_UNKNOWN_SIGNER);
    cr_assert_eq(revoke_until("op", &fleet.operator_, &place), ATS_CONTROL_ACCEPTED, "%s",
                 fleet.err.text);
    cr_assert_eq(log_time(), TEST_TIME_MS + 1000);
    cr_assert_eq(checkpoint_count(), place.count);
    cr_assert_eq(device_by("d1", "second", &second, &device), ATS_CONTROL_ACCEPTED, "%s",
                 fleet.err.text);
    cr_assert_eq(checkpoint(GROUP, "m1", &member, TEST_TIME_MS + 5000), ATS_CONTROL_ACCEPTED, "%s",
                 fleet.err.text);
    cr_assert_eq(checkpoint("evil", "e1", &thief, TEST_TIME_MS + 6000), ATS_CONTROL_UNKNOWN_SIGNER);
}

Test(recovery, of_a_root_leaves_honest_checkpoints_and_the_next_follows)
{
    cr_assert_eq(put_group("line-2", "m2", &other_member), ATS_CONTROL_ACCEPTED);
    struct ats_body_place stolen = here();
    cr_assert_eq(add_operator("evil", &thief, 0), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(checkpoint("line-2", "m2", &other_member, TEST_TIME_MS + 1000),
                 ATS_CONTROL_ACCEPTED);
    cr_assert_eq(checkpoint(GROUP, "m1", &member, TEST_TIME_MS + 2000), ATS_CONTROL_ACCEPTED);
    uint64_t count = ats_registry_count(fleet.registry);
    cr_assert_eq(change_root(&stolen), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(log_time(), TEST_TIME_MS + 2000);
    cr_assert_eq(checkpoint_count(), count);
    cr_assert_eq(checkpoint("line-2", "m2", &other_member, TEST_TIME_MS + 3000),
                 ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(checkpoint(GROUP, "m1", &member, TEST_TIME_MS + 4000), ATS_CONTROL_ACCEPTED, "%s",
                 fleet.err.text);
}

/* A void checkpoint keeps its place: what a member signs next counts it. */
Test(recovery, a_member_goes_on_after_its_checkpoints_were_void)
{
    struct ats_body_place stolen = here();
    cr_assert_eq(put_group("line-2", "m2", &other_member), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(checkpoint("line-2", "m2", &other_member, TEST_TIME_MS + 1), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(revoke_until("op", &fleet.operator_, &stolen), ATS_CONTROL_ACCEPTED);
    struct ats_body_operator body = operator_body("new", &thief);
    struct ats_body_processor group = {.member_count = 1};
    struct ats_buf text;
    cr_assert_eq(apply_operator("new", &body), ATS_CONTROL_ACCEPTED);
    memset(group.agreement_key, 9, sizeof(group.agreement_key));
    memcpy(group.members[0].signing_key, other_member.public_key, ATS_PUBLIC_KEY_SIZE);
    (void)snprintf(group.members[0].name, sizeof(group.members[0].name), "m2");
    group.members[0].may_checkpoint = true;
    ats_buf_init(&text, 4096);
    cr_assert_eq(ats_body_processor_format(&group, &text), ATS_OK);
    cr_assert_eq(apply_body(ATS_CONTROL_PROCESSOR, "line-2", "new", &thief, ats_buf_span(&text)),
                 ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_buf_fini(&text);
    cr_assert_eq(checkpoint("line-2", "m2", &other_member, TEST_TIME_MS + 2), ATS_CONTROL_ACCEPTED,
                 "%s", fleet.err.text);
}

Test(recovery, a_member_and_an_operator_of_one_name_are_two)
{
    struct ats_body_device device = device_body(ATS_DEVICE_ACTIVE);
    cr_assert_eq(add_operator("m1", &thief, 0), ATS_CONTROL_ACCEPTED);
    struct ats_body_place place = here();
    cr_assert_eq(device_by("bad", "m1", &thief, &device), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(checkpoint(GROUP, "m1", &member, TEST_TIME_MS + 9), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(revoke_until("m1", &thief, &place), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_not(is_there(ATS_CONTROL_DEVICE, "bad"));
    cr_assert_eq(log_time(), TEST_TIME_MS + 9);
}

Test(recovery, a_restored_devices_key_is_its_own_again)
{
    struct ats_body_device device = device_body(ATS_DEVICE_ACTIVE);
    struct ats_body_place first = here();
    cr_assert_eq(device_by("honest", "op", &fleet.operator_, &device), ATS_CONTROL_ACCEPTED);
    struct ats_body_place stolen = here();
    cr_assert_eq(revoke_until("op", &fleet.operator_, &first), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(add_operator("evil", &thief, 0), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(device_by("evil-1", "evil", &thief, &device), ATS_CONTROL_ACCEPTED, "%s",
                 fleet.err.text);
    cr_assert_eq(change_root(&stolen), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert(is_there(ATS_CONTROL_DEVICE, "honest"));
    cr_assert_not(is_there(ATS_CONTROL_DEVICE, "evil-1"));
    cr_assert_eq(device_by("other", "op", &fleet.operator_, &device), ATS_CONTROL_ILLEGAL_BODY);
    cr_assert_not_null(strstr(fleet.err.text, "belongs to device 'honest'"), "%s", fleet.err.text);
}

/* The thief of the root restates who is there, with the same keys: they are who they were. */
Test(recovery, whom_the_thief_of_a_root_restated_keeps_the_former_scope)
{
    struct ats_body_device device = device_body(ATS_DEVICE_ACTIVE);
    struct ats_key_pair ben;
    ats_key_pair_generate(&ben, ATS_KEY_SIGNING);
    struct ats_body_operator narrow = {.kinds = 1U << ATS_CONTROL_DEVICE, .names = "press-*"};
    memcpy(narrow.key, ben.public_key, sizeof(narrow.key));
    cr_assert_eq(apply_operator("ben", &narrow), ATS_CONTROL_ACCEPTED);
    struct ats_body_place stolen = here();
    cr_assert_eq(add_operator("ben", &ben, 0), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(device_by("press-1", "ben", &ben, &device), ATS_CONTROL_ACCEPTED);
    struct ats_body_device another = device_body(ATS_DEVICE_ACTIVE);
    cr_assert_eq(device_by("oven-1", "ben", &ben, &another), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(change_root(&stolen), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert(is_there(ATS_CONTROL_DEVICE, "press-1"));
    cr_assert_not(is_there(ATS_CONTROL_DEVICE, "oven-1"), "only the thief's record gave the scope");
    cr_assert_eq(device_by("oven-2", "ben", &ben, &another), ATS_CONTROL_OUT_OF_SCOPE);
}

Test(recovery, the_place_of_a_revocation_may_be_moved_back_and_not_forth)
{
    struct ats_body_device device = device_body(ATS_DEVICE_ACTIVE);
    struct ats_body_place early = here();
    cr_assert_eq(apply_device("evil", &device), ATS_CONTROL_ACCEPTED);
    struct ats_body_place late = here();
    cr_assert_eq(revoke_until("op", &fleet.operator_, &late), ATS_CONTROL_ACCEPTED);
    cr_assert(is_there(ATS_CONTROL_DEVICE, "evil"));
    cr_assert_eq(revoke_until("op", &fleet.operator_, &late), ATS_CONTROL_ILLEGAL_BODY);
    cr_assert_eq(revoke_until("op", &thief, &early), ATS_CONTROL_ILLEGAL_BODY, "another key");
    struct ats_body_operator again = operator_body("op", &fleet.operator_);
    cr_assert_eq(apply_operator("op", &again), ATS_CONTROL_ILLEGAL_BODY, "back in office");
    cr_assert_eq(revoke_until("op", &fleet.operator_, &early), ATS_CONTROL_ACCEPTED, "%s",
                 fleet.err.text);
    cr_assert_not(is_there(ATS_CONTROL_DEVICE, "evil"));
    cr_assert_eq(revoke_until("op", &fleet.operator_, &late), ATS_CONTROL_ILLEGAL_BODY);
}

Test(recovery, a_schemas_id_that_a_thief_took_is_free_again)
{
    struct ats_store_view *view = NULL;
    struct ats_store_key key = ats_store_key_schema(ats_schema_id(ats_span_text("\"string\"")));
    struct ats_span text;
    char body[128];
    struct ats_body_place place = here();
    (void)snprintf(body, sizeof(body), "{\"text\":\"\\\"string\\\"\",\"schema_id\":%" PRIu32 "}",
                   ats_schema_id(ats_span_text("\"string\"")));
    cr_assert_eq(apply_text(ATS_CONTROL_SCHEMA, "squat", body), ATS_CONTROL_ACCEPTED, "%s",
                 fleet.err.text);
    cr_assert_eq(revoke_until("op", &fleet.operator_, &place), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    cr_assert_eq(ats_store_get(view, ats_store_key_span(&key), &text), ATS_ERR_NOT_FOUND);
    ats_store_view_close(view);
}

Test(recovery, a_time_past_the_calendar_is_no_records)
{
    static const int64_t times[] = {INT64_MIN, -1, ATS_CALENDAR_MAX_MS + 1, INT64_MAX};
    struct ats_body_operator body = operator_body("second", &thief);
    struct ats_buf text;
    ats_buf_init(&text, 4096);
    cr_assert_eq(ats_body_operator_format(&body, &text), ATS_OK);
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        struct ats_control_record record =
            next_record(ATS_CONTROL_OPERATOR, "second", "root", ats_buf_span(&text));
        record.time_ms = times[i];
        cr_assert_eq(apply_record(&record, &fleet.root), ATS_CONTROL_MALFORMED);
    }
    ats_buf_fini(&text);
}

/* Before the first checkpoint a root's clock is the log's: one that was wrong once is mended by the next record. */
Test(recovery, a_roots_wrong_clock_is_mended_by_its_next_record)
{
    struct ats_body_operator body = operator_body("second", &thief);
    struct ats_buf text;
    ats_buf_init(&text, 4096);
    cr_assert_eq(ats_body_operator_format(&body, &text), ATS_OK);
    struct ats_control_record record =
        next_record(ATS_CONTROL_OPERATOR, "second", "root", ats_buf_span(&text));
    record.time_ms = ATS_CALENDAR_MAX_MS;
    cr_assert_eq(apply_record(&record, &fleet.root), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(checkpoint(GROUP, "m1", &member, TEST_TIME_MS + 1), ATS_CONTROL_WRONG_CHECKPOINT);
    record = next_record(ATS_CONTROL_OPERATOR, "second", "root", ats_buf_span(&text));
    cr_assert_eq(apply_record(&record, &fleet.root), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(checkpoint(GROUP, "m1", &member, TEST_TIME_MS + 1), ATS_CONTROL_ACCEPTED, "%s",
                 fleet.err.text);
    ats_buf_fini(&text);
}

/* A member that is one honestly, and whose key was stolen, dates the log past everybody's end. */
Test(recovery, the_root_takes_back_a_stolen_members_time)
{
    struct ats_body_policy policy = {.hourly = ATS_POLICY_UNLIMITED};
    struct ats_buf text;
    cr_assert_eq(checkpoint(GROUP, "m1", &member, TEST_TIME_MS + 1), ATS_CONTROL_ACCEPTED);
    policy.stands_until = here();
    cr_assert_eq(checkpoint(GROUP, "m1", &member, ATS_CALENDAR_MAX_MS), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(put_group(GROUP, "m2", &other_member), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(checkpoint(GROUP, "m2", &other_member, TEST_TIME_MS + 2),
                 ATS_CONTROL_WRONG_CHECKPOINT);
    ats_buf_init(&text, 4096);
    cr_assert_eq(ats_body_policy_format(&policy, &text), ATS_OK);
    cr_assert_eq(
        apply_body(ATS_CONTROL_POLICY, ATS_POLICY_NAME, "root", &fleet.root, ats_buf_span(&text)),
        ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(log_time(), TEST_TIME_MS + 1);
    cr_assert_eq(checkpoint(GROUP, "m2", &other_member, TEST_TIME_MS + 2), ATS_CONTROL_ACCEPTED,
                 "%s", fleet.err.text);
    policy.stands_until.chain[0] ^= 1;
    ats_buf_clear(&text);
    cr_assert_eq(ats_body_policy_format(&policy, &text), ATS_OK);
    cr_assert_eq(
        apply_body(ATS_CONTROL_POLICY, ATS_POLICY_NAME, "root", &fleet.root, ats_buf_span(&text)),
        ATS_CONTROL_ILLEGAL_BODY);
    ats_buf_fini(&text);
}

static void put_policy(uint32_t critical)
{
    struct ats_body_policy policy = {.critical = critical, .hourly = ATS_POLICY_UNLIMITED};
    struct ats_buf text;
    ats_buf_init(&text, 4096);
    cr_assert_eq(ats_body_policy_format(&policy, &text), ATS_OK);
    cr_assert_eq(
        apply_body(ATS_CONTROL_POLICY, ATS_POLICY_NAME, "root", &fleet.root, ats_buf_span(&text)),
        ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_buf_fini(&text);
}

static enum ats_device_state state_of(const char *name)
{
    struct ats_store_view *view = NULL;
    struct ats_control_record record;
    struct ats_body_device body;
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    cr_assert_eq(ats_registry_find(view, ATS_CONTROL_DEVICE, ats_span_text(name), &record), ATS_OK);
    cr_assert_eq(ats_body_device_parse(record.body, &body), ATS_OK);
    ats_store_view_close(view);
    return body.state;
}

/* Who stole the root's key lifts the policy for who stole an operator's. */
Test(recovery, what_one_signed_alone_under_a_policy_that_a_thief_lifted_is_void)
{
    struct ats_body_device before = device_body(ATS_DEVICE_ACTIVE);
    struct ats_body_device device = device_body(ATS_DEVICE_ACTIVE);
    cr_assert_eq(apply_device("d0", &before), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    put_policy(UINT32_C(1) << ATS_CONTROL_DEVICE);
    struct ats_body_place place = here();
    cr_assert_eq(apply_device("d1", &device), ATS_CONTROL_UNAPPROVED);
    put_policy(0);
    cr_assert_eq(apply_device("d1", &device), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    before.state = ATS_DEVICE_SUSPENDED;
    cr_assert_eq(apply_device("d0", &before), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(change_root(&place), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_not(is_there(ATS_CONTROL_DEVICE, "d1"));
    cr_assert_eq(state_of("d0"), ATS_DEVICE_SUSPENDED, "it did nothing but stop");
    cr_assert_eq(apply_device("d1", &device), ATS_CONTROL_UNAPPROVED);
}

/* What op's thief states, and ben, who is fooled, approves. */
static void by_two(enum ats_control_kind kind, const char *name, const struct ats_key_pair *ben,
                   struct ats_buf *body)
{
    struct ats_buf value;
    struct ats_control_record record = next_record(kind, name, "op", ats_buf_span(body));
    record.expires_ms = record.time_ms + 3600000;
    ats_buf_init(&value, ATS_RECORD_MAX);
    cr_assert_eq(ats_control_record_sign(&record, &fleet.operator_), ATS_OK);
    cr_assert_eq(ats_control_record_approve(&record, "ben", ben), ATS_OK);
    cr_assert_eq(ats_control_record_encode(&record, &value), ATS_OK);
    cr_assert_eq(apply_value(ats_buf_span(&value)), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_buf_fini(&value);
}

static void body_of_gate(uint8_t keys, bool revoked, const struct ats_key_pair *by,
                         struct ats_buf *out)
{
    struct ats_body_gate gate = {.revoked = revoked};
    uint8_t seed[crypto_sign_SEEDBYTES];
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    memset(seed, keys, sizeof(seed));
    cr_assert_eq(crypto_sign_seed_keypair(gate.signing_key, secret, seed), 0);
    memset(gate.agreement_key, keys + 1, sizeof(gate.agreement_key));
    make_certificate(ATS_CERTIFICATE_GATE, "g1", gate.signing_key, by, gate.certificate,
                     &gate.certificate_len);
    ats_buf_init(out, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_gate_format(&gate, out), ATS_OK);
}

static bool gate_is_revoked(void)
{
    struct ats_store_view *view = NULL;
    struct ats_control_record record;
    struct ats_body_gate gate;
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    cr_assert_eq(ats_registry_find(view, ATS_CONTROL_GATE, ats_span_text("g1"), &record), ATS_OK);
    cr_assert_eq(ats_body_gate_parse(record.body, &gate), ATS_OK);
    ats_store_view_close(view);
    return gate.revoked;
}

/* Whoever ends what a thief has just given other keys says those keys; undoing the thief does not undo the end. */
Test(recovery, what_one_person_ended_over_a_thiefs_record_stays_ended)
{
    struct ats_body_device device = device_body(ATS_DEVICE_ACTIVE);
    struct ats_body_device other = device_body(ATS_DEVICE_ACTIVE);
    struct ats_key_pair ben;
    struct ats_buf text;
    ats_key_pair_generate(&ben, ATS_KEY_SIGNING);
    struct ats_body_operator operator_ = operator_body("ben", &ben);
    cr_assert_eq(apply_operator("ben", &operator_), ATS_CONTROL_ACCEPTED);
    body_of_gate(10, false, &ben, &text);
    cr_assert_eq(apply_body(ATS_CONTROL_GATE, "g1", "ben", &ben, ats_buf_span(&text)),
                 ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(device_by("d1", "ben", &ben, &device), ATS_CONTROL_ACCEPTED);
    put_policy(UINT32_C(1) << ATS_CONTROL_DEVICE | UINT32_C(1) << ATS_CONTROL_GATE);
    struct ats_body_place place = here();
    ats_buf_fini(&text);
    body_of_gate(20, false, &fleet.operator_, &text);
    by_two(ATS_CONTROL_GATE, "g1", &ben, &text);
    ats_buf_clear(&text);
    cr_assert_eq(ats_body_device_format(&other, &text), ATS_OK);
    by_two(ATS_CONTROL_DEVICE, "d1", &ben, &text);
    ats_buf_fini(&text);
    body_of_gate(20, true, &fleet.operator_, &text);
    cr_assert_eq(apply_body(ATS_CONTROL_GATE, "g1", "ben", &ben, ats_buf_span(&text)),
                 ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_buf_fini(&text);
    other.state = ATS_DEVICE_SUSPENDED;
    cr_assert_eq(device_by("d1", "ben", &ben, &other), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(revoke_until("op", &fleet.operator_, &place), ATS_CONTROL_ACCEPTED, "%s",
                 fleet.err.text);
    cr_assert(gate_is_revoked());
    cr_assert_eq(state_of("d1"), ATS_DEVICE_SUSPENDED);
}
