/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator may sign, and for how long. */
#include "tests/unit/common/control/fleet.h"

TestSuite(operators, .init = fleet_begin_with_operator, .fini = fleet_end);

#define HOUR_MS INT64_C(3600000)

static struct ats_body_operator device_operator(const struct ats_key_pair *pair)
{
    struct ats_body_operator body = {.kinds = 1U << ATS_CONTROL_DEVICE, .names = "*"};
    memcpy(body.key, pair->public_key, sizeof(body.key));
    return body;
}

static enum ats_control_outcome add_device_at(const char *name, int64_t time_ms)
{
    struct ats_body_device device = device_body(ATS_DEVICE_ACTIVE);
    struct ats_buf text;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_device_format(&device, &text), ATS_OK);
    struct ats_control_record record =
        next_record(ATS_CONTROL_DEVICE, name, "op", ats_buf_span(&text));
    record.time_ms = time_ms;
    enum ats_control_outcome outcome = apply_record(&record, &fleet.operator_);
    ats_buf_fini(&text);
    return outcome;
}

/* The root states an operator of no account, which gives the log that time. */
static void move_log_time(int64_t time_ms)
{
    struct ats_key_pair pair;
    struct ats_buf text;
    ats_key_pair_generate(&pair, ATS_KEY_SIGNING);
    struct ats_body_operator body = device_operator(&pair);
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_operator_format(&body, &text), ATS_OK);
    struct ats_control_record record =
        next_record(ATS_CONTROL_OPERATOR, "clock", "root", ats_buf_span(&text));
    record.time_ms = time_ms;
    cr_assert_eq(apply_record(&record, &fleet.root), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_buf_fini(&text);
}

Test(operators, sign_names_of_their_pattern_alone)
{
    struct ats_body_operator body = device_operator(&fleet.operator_);
    (void)snprintf(body.names, sizeof(body.names), "press-*");
    cr_assert_eq(apply_operator("op", &body), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(add_device_at("press-1", TEST_TIME_MS), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(add_device_at("oven-1", TEST_TIME_MS), ATS_CONTROL_OUT_OF_SCOPE);
    cr_assert_not_null(strstr(fleet.err.text, "only names like press-*"), "%s", fleet.err.text);
}

Test(operators, end_when_the_logs_time_says_so)
{
    struct ats_body_operator body = device_operator(&fleet.operator_);
    body.not_after_ms = TEST_TIME_MS + HOUR_MS;
    cr_assert_eq(apply_operator("op", &body), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(add_device_at("d1", TEST_TIME_MS), ATS_CONTROL_ACCEPTED);
    move_log_time(TEST_TIME_MS + HOUR_MS);
    /* Dated back by whoever has the key. */
    cr_assert_eq(add_device_at("d2", TEST_TIME_MS), ATS_CONTROL_UNKNOWN_SIGNER);
    cr_assert_not_null(strstr(fleet.err.text, "has expired"), "%s", fleet.err.text);
}

Test(operators, end_when_their_own_clock_says_so)
{
    struct ats_body_operator body = device_operator(&fleet.operator_);
    body.not_after_ms = TEST_TIME_MS + HOUR_MS;
    cr_assert_eq(apply_operator("op", &body), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(add_device_at("d1", TEST_TIME_MS + HOUR_MS), ATS_CONTROL_UNKNOWN_SIGNER);
}

Test(operators, do_not_move_the_logs_time)
{
    struct ats_key_pair pair;
    ats_key_pair_generate(&pair, ATS_KEY_SIGNING);
    struct ats_body_operator body = device_operator(&pair);
    body.not_after_ms = TEST_TIME_MS + HOUR_MS;
    cr_assert_eq(apply_operator("other", &body), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(add_device_at("d1", TEST_TIME_MS + 100 * HOUR_MS), ATS_CONTROL_ACCEPTED);
    struct ats_body_device device = device_body(ATS_DEVICE_ACTIVE);
    struct ats_buf text;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_device_format(&device, &text), ATS_OK);
    cr_assert_eq(apply_body(ATS_CONTROL_DEVICE, "d2", "other", &pair, ats_buf_span(&text)),
                 ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_buf_fini(&text);
}

Test(operators, are_not_in_office_before_they_begin)
{
    struct ats_body_operator body = device_operator(&fleet.operator_);
    body.not_before_ms = TEST_TIME_MS + HOUR_MS;
    cr_assert_eq(apply_operator("op", &body), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_eq(add_device_at("d1", TEST_TIME_MS), ATS_CONTROL_UNKNOWN_SIGNER);
    cr_assert_not_null(strstr(fleet.err.text, "not in office yet"), "%s", fleet.err.text);
    /* Dated forward by whoever has the key. */
    cr_assert_eq(add_device_at("d1", TEST_TIME_MS + HOUR_MS), ATS_CONTROL_UNKNOWN_SIGNER);
    move_log_time(TEST_TIME_MS + HOUR_MS);
    cr_assert_eq(add_device_at("d1", TEST_TIME_MS), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
}

Test(operators, have_no_certificate_that_begins_before_them)
{
    struct ats_body_operator body = operator_body("op", &fleet.operator_);
    body.not_before_ms = TEST_TIME_MS + HOUR_MS;
    cr_assert_eq(apply_operator("op", &body), ATS_CONTROL_ILLEGAL_BODY);
    cr_assert_not_null(strstr(fleet.err.text, "begins before"), "%s", fleet.err.text);
    body.not_before_ms = TEST_TIME_MS;
    cr_assert_eq(apply_operator("op", &body), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
}

Test(operators, have_a_certificate_if_they_sign_gates_and_only_then)
{
    struct ats_body_operator body = operator_body("op", &fleet.operator_);
    body.kinds = 1U << ATS_CONTROL_DEVICE;
    cr_assert_eq(apply_operator("op", &body), ATS_CONTROL_ILLEGAL_BODY);
    body.kinds = 1U << ATS_CONTROL_GATE;
    body.certificate_len = 0;
    cr_assert_eq(apply_operator("op", &body), ATS_CONTROL_ILLEGAL_BODY);
}

Test(operators, have_no_certificate_that_outlasts_them)
{
    struct ats_body_operator body = operator_body("op", &fleet.operator_);
    body.not_after_ms = TEST_TIME_MS + HOUR_MS;
    cr_assert_eq(apply_operator("op", &body), ATS_CONTROL_ILLEGAL_BODY);
    cr_assert_not_null(strstr(fleet.err.text, "outlasts"), "%s", fleet.err.text);
}
