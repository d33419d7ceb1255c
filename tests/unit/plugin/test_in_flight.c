/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/in_flight.h"

#include <criterion/criterion.h>

static struct ats_in_flight flights;

static void setup(void)
{
    cr_assert_eq(ats_in_flight_init(&flights), ATS_OK);
}

static void teardown(void)
{
    ats_in_flight_fini(&flights);
}

TestSuite(in_flight, .init = setup, .fini = teardown);

static const struct ats_flight *take(void)
{
    const struct ats_flight *oldest = ats_in_flight_peek(&flights);
    if (oldest)
        ats_in_flight_pop(&flights);
    return oldest;
}

static uint64_t push(uint64_t position)
{
    uint64_t tag = ats_in_flight_next_tag(&flights);
    struct ats_flight flight = {.position = position};
    ats_in_flight_push(&flights, &flight);
    return tag;
}

Test(in_flight, gives_back_only_what_has_no_gap_before_it)
{
    uint64_t first = push(1);
    uint64_t second = push(2);
    ats_in_flight_done(&flights, second);
    cr_assert_null(take());
    ats_in_flight_done(&flights, first);
    cr_assert_eq(take()->position, 1);
    cr_assert_eq(take()->position, 2);
    cr_assert_null(take());
}

Test(in_flight, ignores_reports_from_before_a_clear)
{
    uint64_t old = push(1);
    ats_in_flight_clear(&flights);
    (void)push(1);
    ats_in_flight_done(&flights, old);
    cr_assert_null(take());
}

Test(in_flight, knows_when_it_is_full)
{
    for (uint64_t i = 0; i < ATS_GATE_IN_FLIGHT_MAX; i++)
        (void)push(i);
    cr_assert(ats_in_flight_full(&flights));
    ats_in_flight_done(&flights, 0);
    cr_assert_not_null(take());
    cr_assert_not(ats_in_flight_full(&flights));
}
