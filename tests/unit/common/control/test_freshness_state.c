/* SPDX-License-Identifier: Apache-2.0 */
/* How old a copy is: by two clocks, by what members counted, and not by what is sent again. */
#include "tests/unit/common/control/fleet.h"

#include "common/base/limits.h"
#include "common/control/freshness_state.h"

#define MAX_AGE_MS 60000
#define WALL_MS TEST_TIME_MS

static struct ats_freshness_state state;
static struct ats_body_checkpoint place = {.count = 10, .chain = {1}};

static void begin(void)
{
    ats_freshness_init(&state, MAX_AGE_MS, 0);
}

TestSuite(freshness, .init = begin);

static void hear(const char *member, uint64_t count, uint8_t chain, int64_t signed_ms,
                 int64_t monotonic_ms)
{
    struct ats_heartbeat heartbeat = {
        .group = "g", .place = {.count = count, .chain = {chain}}, .time_ms = WALL_MS + signed_ms};
    (void)snprintf(heartbeat.member, sizeof(heartbeat.member), "%s", member);
    (void)ats_freshness_hear(&state, &heartbeat, WALL_MS + monotonic_ms, monotonic_ms);
}

/* `wall_ms` and `monotonic_ms` after the beginning. */
static int64_t age(int64_t wall_ms, int64_t monotonic_ms)
{
    ats_freshness_judge(&state, &place, WALL_MS + wall_ms, monotonic_ms);
    return state.age_ms;
}

Test(freshness, counts_from_the_start_before_anything_is_heard)
{
    cr_assert_eq(age(MAX_AGE_MS, MAX_AGE_MS), MAX_AGE_MS);
    cr_assert_not(state.stale);
    (void)age(MAX_AGE_MS + 1, MAX_AGE_MS + 1);
    cr_assert(state.stale);
}

Test(freshness, is_that_of_the_newest_heartbeat_that_the_copy_bears_out)
{
    hear("m1", 10, 1, 1000, 1000);
    cr_assert_eq(age(3000, 3000), 2000);
    hear("m2", 9, 0, 2500, 3000); /* an older place is borne out by the count alone */
    cr_assert_eq(age(3000, 3000), 500);
}

Test(freshness, is_not_renewed_by_a_heartbeat_that_comes_again)
{
    hear("m1", 10, 1, 1000, 1000);
    hear("m1", 10, 1, 1000, 90000);
    (void)age(90000, 90000);
    cr_assert(state.stale);
}

Test(freshness, is_not_fooled_by_a_wall_clock_that_jumps_back)
{
    hear("m1", 10, 1, 1000, 1000);
    cr_assert_eq(age(1000, 1000), 0);
    cr_assert_eq(age(-86400000, 1000 + MAX_AGE_MS + 1), MAX_AGE_MS + 1);
    cr_assert(state.stale);
}

Test(freshness, is_not_fooled_by_heartbeats_that_are_handed_on_late)
{
    hear("m1", 10, 1, 1000, 1000);
    (void)age(1000, 1000);
    hear("m1", 10, 1, 2000, 2000 + 2 * MAX_AGE_MS);
    (void)age(2000 + 2 * MAX_AGE_MS, 2000 + 2 * MAX_AGE_MS);
    cr_assert(state.stale);
}

Test(freshness, of_a_copy_that_lacks_records_stays_what_it_was_and_is_told_after_a_while)
{
    hear("m1", 10, 1, 1000, 1000);
    cr_assert_eq(age(1000, 1000), 0);
    hear("m1", 11, 2, 2000, 2000);
    cr_assert_eq(age(2000, 2000), 1000);
    cr_assert_null(state.withheld);
    (void)age(2000 + ATS_CONTROL_WITHHELD_MS, 2000 + ATS_CONTROL_WITHHELD_MS);
    cr_assert_not_null(state.withheld);
    hear("m2", 10, 1, 50000, 50000); /* who knows no more hides nothing */
    cr_assert_eq(age(61001, 61001), 60001);
    cr_assert(state.stale);
    cr_assert_not_null(state.withheld);
}

Test(freshness, is_new_again_when_the_records_come)
{
    hear("m1", 11, 2, 2000, 2000);
    (void)age(2000 + ATS_CONTROL_WITHHELD_MS, 2000);
    (void)age(2000 + ATS_CONTROL_WITHHELD_MS, 2000 + ATS_CONTROL_WITHHELD_MS);
    cr_assert_not_null(state.withheld);
    struct ats_body_checkpoint more = {.count = 11, .chain = {2}};
    ats_freshness_judge(&state, &more, WALL_MS + 13000, 13000);
    cr_assert_null(state.withheld);
    cr_assert_eq(state.age_ms, 11000);
}

Test(freshness, of_another_log_with_as_many_records_is_told_at_once)
{
    hear("m1", 10, 9, 1000, 1000);
    (void)age(1000, 1000);
    cr_assert_not_null(state.forked);
    cr_assert_not(state.heard);
}

Test(freshness, keeps_so_many_members_and_forgets_the_one_that_was_silent_longest)
{
    char name[16];
    for (int i = 0; i <= ATS_CONTROL_HEARTBEATS_MAX; i++) {
        (void)snprintf(name, sizeof(name), "m%d", i);
        hear(name, 10, 1, i + 1, i + 1);
    }
    cr_assert_eq(state.member_count, (size_t)ATS_CONTROL_HEARTBEATS_MAX);
    cr_assert_str_eq(state.members[0].newest.member, "m64");
}

Test(freshness, does_not_suffer_from_one_heartbeat_out_of_the_future)
{
    struct ats_heartbeat ahead = {.group = "g",
                                  .member = "m1",
                                  .place = {.count = 10, .chain = {1}},
                                  .time_ms = WALL_MS + 86400000};
    cr_assert_not(ats_freshness_hear(&state, &ahead, WALL_MS, 0));
    for (int64_t at_ms = 10000; at_ms <= 10 * MAX_AGE_MS; at_ms += 10000) {
        hear("m1", 10, 1, at_ms, at_ms);
        hear("m2", 10, 1, at_ms, at_ms);
        cr_assert_eq(age(at_ms, at_ms), 0);
    }
    cr_assert_not(state.stale);
}

Test(freshness, is_the_best_members_where_another_ones_clock_was_ahead)
{
    hear("m1", 10, 1, ATS_CONTROL_HEARTBEAT_AHEAD_MS, 0); /* as far as it may be */
    for (int64_t at_ms = 10000; at_ms <= 50000; at_ms += 10000) {
        hear("m1", 10, 1, at_ms, at_ms);
        hear("m2", 10, 1, at_ms, at_ms);
        cr_assert_eq(age(at_ms, at_ms), 0);
    }
}

Test(freshness, counts_no_time_far_beyond_what_numbers_hold)
{
    struct ats_heartbeat ahead = {.group = "g", .member = "m1", .time_ms = INT64_MAX};
    cr_assert_not(ats_freshness_hear(&state, &ahead, WALL_MS, 0));
    ahead.time_ms = INT64_MIN;
    cr_assert(ats_freshness_hear(&state, &ahead, WALL_MS, 0));
    cr_assert_eq(age(5000, 5000), 5000);
}

Test(freshness, of_a_copy_whose_member_was_removed_is_what_it_was_until_another_is_heard)
{
    struct ats_store_view *view = NULL;
    fleet_begin();
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    hear("m1", 10, 1, 100000, 100000);
    cr_assert_eq(age(103000, 103000), 3000);
    ats_freshness_recheck(&state, view); /* a registry that has no such member */
    cr_assert_eq(state.member_count, 0);
    cr_assert_eq(age(104000, 104000), 4000);
    hear("m2", 10, 1, 105000, 105000);
    cr_assert_eq(age(105000, 105000), 0);
    ats_store_view_close(view);
    fleet_end();
}
