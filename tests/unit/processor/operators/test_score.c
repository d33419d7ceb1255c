/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/processor/operators/task_fixture.h"

TestSuite(score, .init = start_task, .fini = finish_task);

static const json_t *result(void)
{
    return member(newest("decisions")->value, "results.0");
}

Test(score, says_nothing_before_the_model_is_warm)
{
    (void)give((struct reading){.at_s = 1, .temp = HOT});
    cr_assert_float_eq(real_of(result(), "score"), 0, 0);
    cr_assert(json_is_null(member(result(), "features.0.expected")));
    cr_assert_str_eq(text_of(result(), "explanation"), "");
}

Test(score, explains_what_is_anomalous)
{
    warm_up(0);
    (void)give((struct reading){.at_s = 100, .temp = HOT});
    cr_assert_geq(real_of(result(), "score"), 0.9);
    cr_assert(json_is_true(member(result(), "anomalous")));
    cr_assert_float_eq(real_of(result(), "features.0.value"), HOT, 0);
    cr_assert_float_eq(real_of(result(), "features.0.expected"), 20, 1);
    cr_assert_eq(strncmp(text_of(result(), "explanation"), "temp_last 70 Cel, expected 20", 29), 0);
}

Test(score, explains_nothing_that_is_usual)
{
    warm_up(0);
    (void)give((struct reading){.at_s = 100, .temp = 20.1});
    cr_assert_str_eq(text_of(result(), "explanation"), "");
    cr_assert(json_is_false(member(result(), "anomalous")));
}

/* A use case with these words changed is left out, and the reason is told. */
static void expect_left_out(const char *from, const char *to, const char *reason)
{
    char yaml[sizeof(usecase_yaml) + 64];
    struct ats_error err = {0};
    const char *at = strstr(usecase_yaml, from);
    cr_assert_not_null(at);
    (void)snprintf(yaml, sizeof(yaml), "%.*s%s%s", (int)(at - usecase_yaml), usecase_yaml, to,
                   at + strlen(from));
    struct ats_snapshot *snapshot = make_snapshot(yaml);
    cr_assert_eq(ats_pipeline_update(task.pipeline, snapshot, &err), ATS_ERR_INVALID);
    cr_assert_not_null(strstr(err.text, reason), "%s", err.text);
    ats_snapshot_unref(snapshot);
    cr_assert_eq(give((struct reading){.at_s = 1, .temp = 20}), ATS_PIPELINE_DECIDED);
    cr_assert_eq(json_array_size(member(newest("decisions")->value, "results")), 0);
}

Test(score, leaves_out_a_use_case_of_a_model_that_is_not_here)
{
    expect_left_out("robust-ewma", "crystal-ball", "crystal-ball");
}

Test(score, leaves_out_a_use_case_of_another_version_of_the_model)
{
    expect_left_out("version: \"1\"", "version: \"2\"", "version 1 here");
}

Test(score, leaves_out_a_use_case_with_a_parameter_that_the_model_does_not_have)
{
    expect_left_out("smoothing", "smooth", "no parameter 'smooth'");
}

Test(score, leaves_out_a_use_case_with_a_parameter_out_of_range)
{
    expect_left_out("warmUp: 8", "warmUp: 1", "warmUp is 1");
}

Test(score, leaves_out_a_use_case_of_a_field_that_the_contract_does_not_have)
{
    expect_left_out("data.temp", "data.tmep", "data.tmep");
}
