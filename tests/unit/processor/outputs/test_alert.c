/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/processor/outputs/output_fixture.h"

TestSuite(alert, .init = start_output, .fini = finish_output);

Test(alert, is_active_while_the_episode_is_open)
{
    const json_t *alert = mapped(&ats_output_alert, ATS_OCCASION_EPISODE_OPENED, "alert");
    cr_assert_str_eq(text_of(alert, "state"), "ACTIVE");
    cr_assert_str_eq(text_of(alert, "severity"), "critical");
    cr_assert_str_eq(text_of(alert, "asset"), "line-3");
    cr_assert_str_eq(text_of(alert, "explanation"), "temp_last 51.5 Cel");
    cr_assert_eq(integer_of(alert, "first_event_time"), 1000);
    cr_assert_eq(integer_of(alert, "last_event_time"), 61001);
    cr_assert_float_eq(real_of(alert, "peak_score"), 0.97, 0);
    cr_assert_str_eq(text_of(alert, "features.0.field"), "data.temp");
    cr_assert(has_header("ce_id", EPISODE "/ACTIVE"));
}

Test(alert, is_cleared_under_the_same_key)
{
    map(&ats_output_alert, ATS_OCCASION_EPISODE_OPENED);
    cr_assert(ats_span_is(fix.output.record.key, EPISODE));
    const json_t *alert = mapped(&ats_output_alert, ATS_OCCASION_EPISODE_CLOSED, "alert");
    cr_assert_str_eq(text_of(alert, "state"), "CLEARED");
    cr_assert(ats_span_is(fix.output.record.key, EPISODE));
    cr_assert(has_header("ce_id", EPISODE "/CLEARED"));
}

Test(alert, goes_to_who_is_accountable_for_the_data_where_the_use_case_names_nobody)
{
    cr_assert_str_eq(
        text_of(mapped(&ats_output_alert, ATS_OCCASION_EPISODE_OPENED, "alert"), "owner"),
        "facility.lead");
    free(fix.usecase->alert.owner);
    fix.usecase->alert.owner = strdup("shift");
    cr_assert_str_eq(
        text_of(mapped(&ats_output_alert, ATS_OCCASION_EPISODE_OPENED, "alert"), "owner"), "shift");
}

Test(alert, carries_the_events_trace)
{
    map(&ats_output_alert, ATS_OCCASION_EPISODE_OPENED);
    cr_assert(has_header("traceparent", TRACEPARENT));
    cr_assert(has_header("ce_source", "/attestream/f1ee7/attestream"));
    cr_assert(has_header("ce_time", "1970-01-01T00:01:01.001Z"));
}
