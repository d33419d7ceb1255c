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

Test(score, leaves_out_a_use_case_of_a_field_that_the_contract_does_not_have)
{
    char yaml[sizeof(usecase_yaml)];
    struct ats_error err = {0};
    memcpy(yaml, usecase_yaml, sizeof(yaml));
    memcpy(strstr(yaml, "data.temp"), "data.tmep", strlen("data.tmep"));
    struct ats_snapshot *snapshot = make_snapshot(yaml);
    cr_assert_eq(ats_pipeline_update(task.pipeline, snapshot, &err), ATS_ERR_INVALID);
    cr_assert_not_null(strstr(err.text, "data.tmep"), "%s", err.text);
    ats_snapshot_unref(snapshot);
    cr_assert_eq(give((struct reading){.at_s = 1, .temp = 20}), ATS_PIPELINE_DECIDED);
    cr_assert_eq(json_array_size(member(newest("decisions")->value, "results")), 0);
}
