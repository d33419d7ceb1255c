/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/processor/outputs/output_fixture.h"

TestSuite(decision, .init = start_output, .fini = finish_output);

Test(decision, is_keyed_by_the_asset_and_named_after_the_event)
{
    const json_t *json = mapped(&ats_output_decision, ATS_OCCASION_DECISION, "decision");
    cr_assert_str_eq(text_of(json, "id"), "gate-1/000000000000feed/42");
    cr_assert(ats_span_is(fix.output.record.key, "line-3"));
    cr_assert(has_header("ce_id", "gate-1/000000000000feed/42"));
    cr_assert(has_header("ce_subject", "unit-1"));
    cr_assert(has_header("content-type", "application/avro"));
    cr_assert(has_header("traceparent", TRACEPARENT));
}

Test(decision, has_the_time_of_receipt_so_that_retention_counts_from_then)
{
    map(&ats_output_decision, ATS_OCCASION_DECISION);
}
