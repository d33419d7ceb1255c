/* SPDX-License-Identifier: Apache-2.0 */
#include "common/control/tally.h"

#include "tests/unit/common/control/fleet.h"

#define MINUTE_MS INT64_C(60000)

static struct ats_store_batch *batch;

static void begin(void)
{
    fleet_begin();
    cr_assert_eq(ats_store_batch_begin(fleet.store, &batch), ATS_OK);
}

static void end(void)
{
    ats_store_batch_abort(batch);
    fleet_end();
}

TestSuite(tally, .init = begin, .fini = end);

static struct ats_tally at(int64_t minute)
{
    struct ats_tally tally;
    cr_assert_eq(ats_tally_find(batch, "op", TEST_TIME_MS + minute * MINUTE_MS, &tally), ATS_OK);
    return tally;
}

static void stop_at(int64_t minute, uint64_t count)
{
    struct ats_tally tally = at(minute);
    ats_tally_add(&tally, count);
    cr_assert_eq(ats_tally_put(batch, "op", &tally), ATS_OK);
}

static uint64_t counted_at(int64_t minute)
{
    struct ats_tally tally = at(minute);
    return ats_tally_count(&tally);
}

Test(tally, counts_the_minute_that_runs_and_the_sixty_before_it)
{
    cr_assert_eq(counted_at(0), 0);
    stop_at(0, 2);
    stop_at(0, 1);
    stop_at(30, 1);
    cr_assert_eq(counted_at(60), 4);
    cr_assert_eq(counted_at(61), 1);
    cr_assert_eq(counted_at(90), 1);
    cr_assert_eq(counted_at(91), 0);
}

Test(tally, leaves_out_what_is_yet_to_come)
{
    stop_at(30, 1);
    cr_assert_eq(counted_at(29), 0);
    stop_at(29, 1);
    cr_assert_eq(counted_at(30), 1);
}

Test(tally, has_room_for_a_stop_in_every_minute)
{
    for (int64_t minute = 0; minute < 3 * ATS_TALLY_MINUTES; minute++)
        stop_at(minute, 1);
    cr_assert_eq(counted_at(3 * ATS_TALLY_MINUTES - 1), ATS_TALLY_MINUTES);
}

Test(tally, is_each_operators_own)
{
    struct ats_tally other;
    stop_at(0, 1);
    cr_assert_eq(ats_tally_find(batch, "other", TEST_TIME_MS, &other), ATS_OK);
    cr_assert_eq(ats_tally_count(&other), 0);
}

Test(tally, that_cannot_be_read_is_told)
{
    struct ats_tally tally;
    uint8_t bytes[16 * (ATS_TALLY_MINUTES + 1)] = {0};
    cr_assert_eq(ats_store_batch_put(batch, ats_span_text("o/op"), ats_span_of(bytes, 17)), ATS_OK);
    cr_assert_eq(ats_tally_find(batch, "op", TEST_TIME_MS, &tally), ATS_ERR_CORRUPT);
    cr_assert_eq(
        ats_store_batch_put(batch, ats_span_text("o/op"), ats_span_of(bytes, sizeof(bytes))),
        ATS_OK);
    cr_assert_eq(ats_tally_find(batch, "op", TEST_TIME_MS, &tally), ATS_ERR_CORRUPT);
}
