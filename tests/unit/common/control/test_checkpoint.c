/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints: who may sign one, where it is taken, and the time that it gives the log. */
#include "common/control/checkpoint.h"
#include "tests/unit/common/control/fleet.h"

#define GROUP "line-1"

static struct ats_key_pair member;
static struct ats_key_pair stranger;

static void put_group(bool may_checkpoint)
{
    struct ats_body_processor body = {.member_count = 2};
    struct ats_key_pair agreement;
    struct ats_buf text;
    ats_key_pair_generate(&agreement, ATS_KEY_AGREEMENT);
    ats_key_pair_generate(&member, ATS_KEY_SIGNING);
    ats_key_pair_generate(&stranger, ATS_KEY_SIGNING);
    memcpy(body.agreement_key, agreement.public_key, sizeof(body.agreement_key));
    (void)snprintf(body.members[0].name, sizeof(body.members[0].name), "other");
    memcpy(body.members[0].signing_key, stranger.public_key, ATS_PUBLIC_KEY_SIZE);
    (void)snprintf(body.members[1].name, sizeof(body.members[1].name), "m1");
    memcpy(body.members[1].signing_key, member.public_key, ATS_PUBLIC_KEY_SIZE);
    body.members[1].may_checkpoint = may_checkpoint;
    ats_buf_init(&text, 4096);
    cr_assert_eq(ats_body_processor_format(&body, &text), ATS_OK);
    cr_assert_eq(
        apply_body(ATS_CONTROL_PROCESSOR, GROUP, "op", &fleet.operator_, ats_buf_span(&text)),
        ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_buf_fini(&text);
}

static void begin(void)
{
    fleet_begin_with_operator();
    put_group(true);
}

TestSuite(checkpoint, .init = begin, .fini = fleet_end);

static struct ats_body_checkpoint here(void)
{
    struct ats_body_checkpoint body = {.count = ats_registry_count(fleet.registry)};
    ats_registry_chain(fleet.registry, body.chain);
    return body;
}

static enum ats_control_outcome apply_by(const char *signer, const struct ats_key_pair *pair,
                                         const struct ats_body_checkpoint *body, int64_t time_ms)
{
    struct ats_buf text;
    ats_buf_init(&text, 4096);
    cr_assert_eq(ats_body_checkpoint_format(body, &text), ATS_OK);
    struct ats_control_record record =
        next_record(ATS_CONTROL_CHECKPOINT, GROUP, signer, ats_buf_span(&text));
    record.time_ms = time_ms;
    enum ats_control_outcome outcome = apply_record(&record, pair);
    ats_buf_fini(&text);
    return outcome;
}

static enum ats_control_outcome apply(const struct ats_body_checkpoint *body, int64_t time_ms)
{
    return apply_by("m1", &member, body, time_ms);
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

Test(checkpoint, gives_the_log_its_time_and_before_the_first_it_is_the_roots)
{
    struct ats_body_checkpoint body = here();
    cr_assert_eq(log_time(), TEST_TIME_MS);
    cr_assert_eq(apply(&body, TEST_TIME_MS + 5000), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(log_time(), TEST_TIME_MS + 5000);
}

Test(checkpoint, an_empty_copy_has_no_time)
{
    fleet_end();
    fleet_begin();
    cr_assert_eq(log_time(), 0);
}

Test(checkpoint, is_counted_as_the_records_are_and_found_again_after_a_restart)
{
    struct ats_body_checkpoint body = here();
    struct ats_registry_checkpoint found = {0};
    struct ats_store_view *view = NULL;
    cr_assert_eq(apply(&body, TEST_TIME_MS + 1), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    close_registry();
    open_registry();
    cr_assert_eq(ats_registry_count(fleet.registry), body.count + 1);
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    cr_assert_eq(ats_registry_checkpoint(view, &found), ATS_OK);
    ats_store_view_close(view);
    cr_assert_eq(found.count, body.count + 1);
    cr_assert_eq(found.time_ms, TEST_TIME_MS + 1);
    body = here();
    cr_assert_eq(apply(&body, TEST_TIME_MS + 1), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
}

Test(checkpoint, that_counts_a_record_less_is_late)
{
    struct ats_body_checkpoint body = here();
    struct ats_body_device device = device_body(ATS_DEVICE_ACTIVE);
    cr_assert_eq(apply_device("d1", &device), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(apply(&body, TEST_TIME_MS + 1), ATS_CONTROL_LATE_CHECKPOINT);
    cr_assert_eq(log_time(), TEST_TIME_MS);
}

Test(checkpoint, that_counts_more_says_that_records_were_taken_out)
{
    struct ats_body_checkpoint body = here();
    body.count++;
    cr_assert_eq(apply(&body, TEST_TIME_MS + 1), ATS_CONTROL_WRONG_CHECKPOINT);
    cr_assert(strstr(fleet.err.text, "taken out"), "%s", fleet.err.text);
}

Test(checkpoint, with_another_chain_says_that_the_log_is_another)
{
    struct ats_body_checkpoint body = here();
    body.chain[0] ^= 1;
    cr_assert_eq(apply(&body, TEST_TIME_MS + 1), ATS_CONTROL_WRONG_CHECKPOINT);
    cr_assert(strstr(fleet.err.text, "another order"), "%s", fleet.err.text);
}

Test(checkpoint, whose_time_goes_back_is_refused)
{
    struct ats_body_checkpoint body = here();
    cr_assert_eq(apply(&body, TEST_TIME_MS - 1), ATS_CONTROL_WRONG_CHECKPOINT);
    cr_assert_eq(apply(&body, TEST_TIME_MS + 9), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    body = here();
    cr_assert_eq(apply(&body, TEST_TIME_MS + 8), ATS_CONTROL_WRONG_CHECKPOINT);
    cr_assert_eq(log_time(), TEST_TIME_MS + 9);
}

Test(checkpoint, after_a_rollback_is_refused_as_wrong_although_its_revision_is_wrong_too)
{
    struct ats_body_checkpoint body = here();
    struct ats_buf text;
    ats_buf_init(&text, 4096);
    body.count += 2;
    cr_assert_eq(ats_body_checkpoint_format(&body, &text), ATS_OK);
    struct ats_control_record record =
        next_record(ATS_CONTROL_CHECKPOINT, GROUP, "m1", ats_buf_span(&text));
    record.revision = 7;
    cr_assert_eq(apply_record(&record, &member), ATS_CONTROL_WRONG_CHECKPOINT);
    ats_buf_fini(&text);
}

Test(checkpoint, is_signed_by_a_member_with_the_scope_alone)
{
    struct ats_body_checkpoint body = here();
    struct ats_key_pair nobody;
    ats_key_pair_generate(&nobody, ATS_KEY_SIGNING);
    cr_assert_eq(apply_by("other", &stranger, &body, TEST_TIME_MS), ATS_CONTROL_OUT_OF_SCOPE);
    cr_assert_eq(apply_by("m2", &nobody, &body, TEST_TIME_MS), ATS_CONTROL_UNKNOWN_SIGNER);
    cr_assert_eq(apply_by("m1", &nobody, &body, TEST_TIME_MS), ATS_CONTROL_UNKNOWN_SIGNER);
    cr_assert_eq(apply_by("op", &fleet.operator_, &body, TEST_TIME_MS), ATS_CONTROL_UNKNOWN_SIGNER);
    cr_assert_eq(apply_by("root", &fleet.root, &body, TEST_TIME_MS), ATS_CONTROL_OUT_OF_SCOPE);
    cr_assert_eq(log_time(), TEST_TIME_MS);
}

Test(checkpoint, a_member_signs_nothing_else)
{
    struct ats_body_device device = device_body(ATS_DEVICE_ACTIVE);
    struct ats_buf text;
    ats_buf_init(&text, 4096);
    cr_assert_eq(ats_body_device_format(&device, &text), ATS_OK);
    cr_assert_eq(apply_body(ATS_CONTROL_DEVICE, "d1", "m1", &member, ats_buf_span(&text)),
                 ATS_CONTROL_UNKNOWN_SIGNER);
    ats_buf_fini(&text);
}

Test(checkpoint, whose_scope_was_taken_away_is_refused)
{
    struct ats_body_checkpoint body;
    put_group(false);
    body = here();
    cr_assert_eq(apply(&body, TEST_TIME_MS + 1), ATS_CONTROL_OUT_OF_SCOPE);
}

Test(checkpoint, no_operator_gets_the_scope)
{
    struct ats_body_operator body = operator_body("second", &fleet.operator_);
    body.kinds |= 1U << ATS_CONTROL_CHECKPOINT;
    cr_assert_eq(apply_operator("second", &body), ATS_CONTROL_ILLEGAL_BODY);
}

Test(checkpoint, refuses_a_body_that_is_none)
{
    static const char *const bodies[] = {"{}",
                                         "{\"count\":3}",
                                         "{\"count\":0,\"chain\":\"\"}",
                                         "{\"count\":-1,\"chain\":\"AAAA\"}",
                                         "{\"count\":3,\"chain\":\"AAAA\"}",
                                         "[]"};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        cr_assert_eq(
            apply_body(ATS_CONTROL_CHECKPOINT, GROUP, "m1", &member, ats_span_text(bodies[i])),
            ATS_CONTROL_ILLEGAL_BODY, "%s", bodies[i]);
}
