/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/processor/operators/flow_fixture.h"

TestSuite(event_time, .init = start_flow, .fini = finish_flow);

static void give(int64_t event_time_ms)
{
    enum ats_next next = ATS_NEXT_GO_ON;
    fix.flow.event_time_ms = event_time_ms;
    cr_assert_eq(ats_operator_event_time.process(&fix.flow, &next), ATS_OK);
    cr_assert_eq(next, ATS_NEXT_GO_ON);
}

/* What the next event of the device is judged against. */
static int64_t newest(void)
{
    give(INT64_MIN + 1);
    return fix.flow.newest_ms;
}

Test(event_time, knows_nothing_before_the_first_event)
{
    give(1000);
    cr_assert_eq(fix.flow.newest_ms, INT64_MIN);
}

Test(event_time, remembers_the_newest_and_not_the_last)
{
    give(2000);
    give(1000);
    cr_assert_eq(newest(), 2000);
}

Test(event_time, is_judged_for_each_device)
{
    give(2000);
    fix.flow.event.device = ats_span_text("unit-2");
    cr_assert_eq(newest(), INT64_MIN);
}

Test(event_time, of_the_future_counts_as_of_its_receipt)
{
    give(RECEIVED_MS + 3600 * 1000);
    cr_assert_eq(fix.flow.time_ms, RECEIVED_MS);
    cr_assert_eq(fix.flow.event_time_ms, RECEIVED_MS + 3600 * 1000);
    cr_assert_eq(newest(), RECEIVED_MS);
}

Test(event_time, of_the_past_counts_as_the_device_says)
{
    give(-5000);
    cr_assert_eq(fix.flow.time_ms, -5000);
    cr_assert_eq(newest(), -5000);
}

Test(event_time, of_what_cannot_be_decoded_is_not_remembered)
{
    fix.flow.contract = NULL;
    give(2000);
    cr_assert_eq(ats_state_count(fix.flow.state), 0);
}
