/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/processor/outputs/output_fixture.h"

TestSuite(erp, .init = start_output, .fini = finish_output);

static const json_t *request(void)
{
    return mapped(&ats_output_erp, ATS_OCCASION_EPISODE_OPENED, "maintenance-request");
}

Test(erp, asks_once_for_each_episode)
{
    const json_t *json = request();
    cr_assert_str_eq(text_of(json, "request_id"), EPISODE);
    cr_assert_str_eq(text_of(json, "external_id"), "ATS0123456789abcdef");
    cr_assert_not(ats_output_erp.occasions & ATS_OCCASION_EPISODE_CLOSED);
}

Test(erp, says_what_and_why_and_what_to_do)
{
    const json_t *json = request();
    cr_assert_str_eq(text_of(json, "title"), "Too warm");
    cr_assert_str_eq(text_of(json, "text"),
                     "temp_last 51.5 Cel\nAction: Cool it\nRunbook: https://r");
}

Test(erp, leaves_out_a_runbook_that_is_not_there)
{
    fix.usecase->alert.runbook[0] = '\0';
    cr_assert_str_eq(text_of(request(), "text"), "temp_last 51.5 Cel\nAction: Cool it");
}

Test(erp, says_it_as_the_use_case_maps_it)
{
    const json_t *json = request();
    cr_assert_str_eq(text_of(json, "kind"), "maintenance");
    cr_assert_eq(integer_of(json, "priority"), 2);
    cr_assert(json_is_true(member(json, "breakdown")));
    cr_assert_str_eq(text_of(json, "failure_mode"), "too-warm");
    cr_assert_eq(integer_of(json, "malfunction_start"), 1000);
    cr_assert_str_eq(text_of(json, "owner"), "facility.lead");
}

Test(erp, is_keyed_by_the_asset)
{
    (void)request();
    cr_assert(ats_span_is(fix.output.record.key, "line-3"));
    cr_assert(has_header("ce_id", EPISODE));
}
