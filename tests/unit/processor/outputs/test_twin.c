/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/processor/outputs/output_fixture.h"

TestSuite(twin, .init = start_output, .fini = finish_output);

Test(twin, merges_the_condition_into_one_feature_of_the_thing)
{
    const json_t *message = mapped(&ats_output_twin, ATS_OCCASION_EPISODE_OPENED, NULL);
    cr_assert_str_eq(text_of(message, "topic"), "org.example/line-3/things/twin/commands/merge");
    cr_assert_str_eq(text_of(message, "path"), "/features/health/properties");
    cr_assert_str_eq(text_of(message, "headers.correlation-id"), EPISODE "/opened");
    cr_assert_str_eq(text_of(message, "headers.content-type"), "application/merge-patch+json");
    cr_assert_str_eq(text_of(message, "value.state"), "anomalous");
    cr_assert_str_eq(text_of(message, "value.episode"), EPISODE);
    cr_assert_str_eq(text_of(message, "value.severity"), "critical");
    cr_assert_str_eq(text_of(message, "value.since"), "1970-01-01T00:00:01.000Z");
    cr_assert_float_eq(real_of(message, "value.score"), 0.95, 0);
}

Test(twin, has_no_end_and_no_null_while_the_episode_is_open)
{
    const json_t *message = mapped(&ats_output_twin, ATS_OCCASION_EPISODE_OPENED, NULL);
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)member(message, "value"), name, value)
    {
        cr_assert_not(json_is_null(value), "%s", name);
        cr_assert_str_neq(name, "until");
    }
}

Test(twin, is_normal_again_when_the_episode_is_over)
{
    const json_t *message = mapped(&ats_output_twin, ATS_OCCASION_EPISODE_CLOSED, NULL);
    cr_assert_str_eq(text_of(message, "value.state"), "normal");
    cr_assert_str_eq(text_of(message, "value.until"), "1970-01-01T00:01:01.001Z");
    cr_assert_str_eq(text_of(message, "headers.correlation-id"), EPISODE "/closed");
}

Test(twin, is_keyed_by_the_thing)
{
    map(&ats_output_twin, ATS_OCCASION_EPISODE_OPENED);
    cr_assert(ats_span_is(fix.output.record.key, "org.example:line-3"));
    cr_assert(has_header("device_id", "org.example:line-3"));
    cr_assert(has_header("content-type", "application/vnd.eclipse.ditto+json"));
    cr_assert(has_header("creation-time", "61001"));
}

Test(twin, addresses_a_thing_whose_name_has_a_slash)
{
    fix.event.asset = ats_span_text("hall/3");
    const json_t *message = mapped(&ats_output_twin, ATS_OCCASION_EPISODE_OPENED, NULL);
    cr_assert_str_eq(text_of(message, "topic"), "org.example/hall%2F3/things/twin/commands/merge");
    cr_assert(ats_span_is(fix.output.record.key, "org.example:hall%2F3"));
}
