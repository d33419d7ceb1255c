/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/processor/operators/flow_fixture.h"

#include <math.h>

TestSuite(window, .init = start_flow, .fini = finish_flow);

/* Seconds in event time. False: the event was late. */
static bool give_at_ms(int64_t time_ms, double temperature)
{
    enum ats_next next = ATS_NEXT_GO_ON;
    fix.flow.event_time_ms = fix.flow.time_ms = time_ms;
    set_temperature(temperature);
    cr_assert_eq(ats_operator_window.process(fix.chain, &fix.flow, &next), ATS_OK);
    return next == ATS_NEXT_GO_ON;
}

static bool give(int64_t at_s, double temperature)
{
    return give_at_ms(at_s * 1000, temperature);
}

static void expect(int feature, double value)
{
    cr_assert_float_eq(fix.chain->values[feature], value, 1e-9, "%s is %g, not %g",
                       fix.usecase->features[feature].name, fix.chain->values[feature], value);
}

Test(window, computes_every_aggregate_of_what_is_in_it)
{
    (void)give(1, 10);
    (void)give(2, 20);
    (void)give(3, 60);
    expect(LAST, 60);
    expect(MEAN, 30);
    expect(MIN, 10);
    expect(MAX, 60);
    expect(COUNT, 3);
    expect(STDDEV, sqrt(700));
}

Test(window, has_no_spread_with_one_event)
{
    (void)give(1, 10);
    expect(STDDEV, 0);
    expect(COUNT, 1);
}

Test(window, ends_with_the_event)
{
    (void)give(0, 10);
    (void)give(15, 20);
    expect(COUNT, 2);
    (void)give(16, 30);
    expect(COUNT, 2);
    expect(MIN, 20);
}

Test(window, forgets_all_after_a_long_pause)
{
    for (int i = 0; i < 16; i++)
        (void)give(i, 10);
    (void)give(1000, 20);
    expect(COUNT, 1);
    expect(MIN, 20);
    expect(STDDEV, 0);
}

Test(window, of_an_event_out_of_order_ends_with_that_event)
{
    (void)give(0, 10);
    (void)give(10, 90);
    (void)give(5, 30);
    expect(COUNT, 2);
    expect(MAX, 30);
    expect(LAST, 30);
    (void)give(10, 90);
    expect(COUNT, 4);
}

Test(window, of_an_event_older_than_the_ring_is_that_event_alone)
{
    (void)give(100, 10);
    (void)give(50, 70);
    expect(COUNT, 1);
    expect(MEAN, 70);
    (void)give(100, 10);
    expect(COUNT, 2);
    expect(MAX, 10);
}

Test(window, is_the_assets_whichever_device_measures)
{
    (void)give(1, 10);
    fix.flow.event.device = ats_span_text("unit-2");
    (void)give(2, 20);
    expect(COUNT, 2);
    fix.flow.event.asset = ats_span_text("line-4");
    (void)give(3, 30);
    expect(COUNT, 1);
}

Test(window, leaves_a_value_out_that_is_no_number)
{
    (void)give(1, 10);
    (void)give(2, (double)NAN);
    expect(COUNT, 1);
    expect(MEAN, 10);
    expect(LAST, 10);
    (void)give(3, (double)INFINITY);
    expect(COUNT, 1);
}

Test(window, without_any_number_has_no_mean)
{
    (void)give(1, (double)NAN);
    expect(COUNT, 0);
    cr_assert(isnan(fix.chain->values[MEAN]));
    cr_assert(isnan(fix.chain->values[MIN]));
    cr_assert(isnan(fix.chain->values[STDDEV]));
    cr_assert(isnan(fix.chain->values[LAST]));
}

Test(window, leaves_out_an_event_that_is_late_by_more_than_is_allowed)
{
    fix.flow.newest_ms = 100000;
    cr_assert(give_at_ms(40000, 10));
    cr_assert_not(fix.chain->result.late);
    size_t entries = ats_state_count(fix.flow.state);
    fix.flow.event.asset = ats_span_text("line-4");
    cr_assert_not(give_at_ms(39999, 10));
    cr_assert(fix.chain->result.late);
    cr_assert_eq(ats_state_count(fix.flow.state), entries);
}

Test(window, of_a_devices_first_event_is_never_late)
{
    cr_assert(give_at_ms(INT64_MIN, 10));
    expect(COUNT, 1);
}

Test(window, works_before_1970)
{
    (void)give(-20, 10);
    (void)give_at_ms(-5001, 20);
    (void)give_at_ms(-4999, 30);
    expect(COUNT, 3); /* the panes -20 to -5 */
    (void)give(1, 40);
    expect(COUNT, 3);
}

Test(window, takes_every_time_that_there_is)
{
    static const int64_t times_ms[] = {
        INT64_C(-62135596800000), INT64_C(253402300799999), 0, INT64_MIN, INT64_MAX, -1};
    for (size_t i = 0; i < sizeof(times_ms) / sizeof(times_ms[0]); i++) {
        cr_assert(give_at_ms(times_ms[i], 10));
        cr_assert(fix.chain->values[COUNT] >= 1);
        expect(MEAN, 10);
    }
}

Test(window, begins_anew_where_its_memory_has_another_shape)
{
    (void)give(1, 10);
    fix.chain->shape ^= 2;
    (void)give(2, 20);
    expect(COUNT, 1);
}

Test(window, shares_one_series_among_features_of_the_same_field_and_length)
{
    cr_assert_eq(fix.chain->series_count, 1);
}

Test(window, refuses_a_field_that_the_contract_does_not_have)
{
    struct ats_chain *chain = NULL;
    struct ats_error err = {0};
    memcpy(fix.usecase->features[MEAN].field, "data.tmep", 9);
    cr_assert_eq(ats_chain_new(fix.usecase, fix.contract, &chain, &err), ATS_ERR_INVALID);
    cr_assert_not_null(strstr(err.text, "data.tmep"));
}
