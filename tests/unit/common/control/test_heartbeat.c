/* SPDX-License-Identifier: Apache-2.0 */
/* Heartbeats: who is believed, and that one is no checkpoint and a checkpoint no heartbeat. */
#include "common/control/heartbeat.h"
#include "tests/unit/common/control/fleet.h"

static struct ats_key_pair member;
static struct ats_buf value;

static void put_group(bool may_checkpoint)
{
    struct ats_body_processor body = {.member_count = 1};
    struct ats_key_pair agreement;
    struct ats_buf text;
    ats_key_pair_generate(&agreement, ATS_KEY_AGREEMENT);
    memcpy(body.agreement_key, agreement.public_key, sizeof(body.agreement_key));
    (void)snprintf(body.members[0].name, sizeof(body.members[0].name), "m1");
    memcpy(body.members[0].signing_key, member.public_key, ATS_PUBLIC_KEY_SIZE);
    body.members[0].may_checkpoint = may_checkpoint;
    ats_buf_init(&text, 4096);
    cr_assert_eq(ats_body_processor_format(&body, &text), ATS_OK);
    cr_assert_eq(
        apply_body(ATS_CONTROL_PROCESSOR, "g", "op", &fleet.operator_, ats_buf_span(&text)),
        ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_buf_fini(&text);
}

static void begin(void)
{
    fleet_begin_with_operator();
    ats_key_pair_generate(&member, ATS_KEY_SIGNING);
    put_group(true);
    ats_buf_init(&value, ATS_CONTROL_RECORD_MAX);
}

static void end(void)
{
    ats_buf_fini(&value);
    fleet_end();
}

TestSuite(heartbeat, .init = begin, .fini = end);

static struct ats_checkpoint_signer signer(const struct ats_key_pair *pair)
{
    return (struct ats_checkpoint_signer){
        .fleet = fleet.id, .group = "g", .member = "m1", .pair = pair};
}

static enum ats_status read_value(struct ats_heartbeat *heartbeat)
{
    struct ats_store_view *view = NULL;
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    enum ats_status status = ats_heartbeat_read(ats_buf_span(&value), fleet.id, view, heartbeat);
    ats_store_view_close(view);
    return status;
}

Test(heartbeat, says_how_far_its_member_has_read_and_when)
{
    struct ats_heartbeat heartbeat;
    uint8_t chain[ATS_HASH_SIZE];
    const struct ats_checkpoint_signer by = signer(&member);
    cr_assert_eq(ats_heartbeat_write(&by, fleet.registry, TEST_TIME_MS + 5, &value), ATS_OK);
    cr_assert_eq(read_value(&heartbeat), ATS_OK);
    ats_registry_chain(fleet.registry, chain);
    cr_assert_eq(heartbeat.place.count, ats_registry_count(fleet.registry));
    cr_assert_eq(memcmp(heartbeat.place.chain, chain, sizeof(chain)), 0);
    cr_assert_eq(heartbeat.time_ms, TEST_TIME_MS + 5);
    cr_assert_str_eq(heartbeat.member, "m1");
}

Test(heartbeat, of_somebody_else_is_refused)
{
    struct ats_heartbeat heartbeat;
    struct ats_key_pair stranger;
    ats_key_pair_generate(&stranger, ATS_KEY_SIGNING);
    const struct ats_checkpoint_signer by = signer(&stranger);
    cr_assert_eq(ats_heartbeat_write(&by, fleet.registry, TEST_TIME_MS, &value), ATS_OK);
    cr_assert_eq(read_value(&heartbeat), ATS_ERR_REFUSED);
    cr_assert_str_eq(heartbeat.group, "g", "as stated");
    cr_assert_str_eq(heartbeat.member, "m1", "as stated");
    cr_assert_eq(heartbeat.time_ms, 0, "nothing that somebody could believe");
    cr_assert_eq(heartbeat.place.count, 0);
}

Test(heartbeat, of_another_fleet_is_refused_and_told_as_such)
{
    struct ats_heartbeat heartbeat;
    uint8_t other[ATS_FLEET_ID_SIZE] = {1};
    struct ats_checkpoint_signer by = signer(&member);
    cr_assert_eq(ats_heartbeat_write(&by, fleet.registry, TEST_TIME_MS, &value), ATS_OK);
    cr_assert_eq(read_value(&heartbeat), ATS_OK);
    cr_assert(!heartbeat.foreign);
    by.fleet = other;
    ats_buf_clear(&value);
    cr_assert_eq(ats_heartbeat_write(&by, fleet.registry, TEST_TIME_MS, &value), ATS_OK);
    cr_assert_eq(read_value(&heartbeat), ATS_ERR_REFUSED);
    cr_assert(heartbeat.foreign);
    cr_assert_str_eq(heartbeat.member, "m1", "as stated");
}

Test(heartbeat, that_was_altered_is_refused)
{
    struct ats_heartbeat heartbeat;
    const struct ats_checkpoint_signer by = signer(&member);
    cr_assert_eq(ats_heartbeat_write(&by, fleet.registry, TEST_TIME_MS, &value), ATS_OK);
    value.data[value.len - 1] ^= 1;
    cr_assert_eq(read_value(&heartbeat), ATS_ERR_REFUSED);
}

Test(heartbeat, of_a_member_that_lost_the_scope_is_refused)
{
    struct ats_heartbeat heartbeat;
    const struct ats_checkpoint_signer by = signer(&member);
    cr_assert_eq(ats_heartbeat_write(&by, fleet.registry, TEST_TIME_MS, &value), ATS_OK);
    put_group(false);
    cr_assert_eq(read_value(&heartbeat), ATS_ERR_REFUSED);
}

Test(heartbeat, is_no_checkpoint_where_somebody_copies_it_into_the_log)
{
    const struct ats_checkpoint_signer by = signer(&member);
    cr_assert_eq(ats_heartbeat_write(&by, fleet.registry, TEST_TIME_MS, &value), ATS_OK);
    cr_assert_eq(apply_value(ats_buf_span(&value)), ATS_CONTROL_WRONG_REVISION);
}

Test(heartbeat, is_no_checkpoint_that_somebody_copies_out_of_the_log)
{
    struct ats_heartbeat heartbeat;
    const struct ats_checkpoint_signer by = signer(&member);
    cr_assert_eq(ats_checkpoint_write(&by, fleet.registry, TEST_TIME_MS, &value), ATS_OK);
    cr_assert_eq(read_value(&heartbeat), ATS_ERR_MALFORMED);
}

Test(heartbeat, checkpoints_of_a_member_follow_each_other)
{
    const struct ats_checkpoint_signer by = signer(&member);
    for (int i = 0; i < 3; i++) {
        ats_buf_clear(&value);
        cr_assert_eq(ats_checkpoint_write(&by, fleet.registry, TEST_TIME_MS + i, &value), ATS_OK);
        cr_assert_eq(apply_value(ats_buf_span(&value)), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    }
}
