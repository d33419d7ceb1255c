/* SPDX-License-Identifier: Apache-2.0 */
/* Who is held back, and how much. */
#include "tests/unit/plugin/shed_fixture.h"

TestSuite(shed, .init = begin, .fini = end);

Test(shed, below_the_budget_nobody_is_held_back)
{
    (void)flood(1, BUDGET - 20, 20 * STEPS_A_SECOND);
    cr_assert_eq(installs, 0);
    cr_assert_eq(ats_shed_report(shed).groups, 0);
    cr_assert_eq(ats_shed_report(shed).let_in, 1);
}

Test(shed, a_flood_is_held_to_the_budget_and_others_are_not)
{
    double came = flood(1, 20 * BUDGET, 5 * STEPS_A_SECOND);
    cr_assert_gt(came, BUDGET / 2.0, "%f came", came);
    cr_assert_lt(came, BUDGET * 2.0, "%f came", came);
    cr_assert(held_back("203.0.113.0"));
    cr_assert_not(held_back(DEVICE));
    cr_assert_eq(ats_shed_report(shed).groups, 1);
    cr_assert_lt(ats_shed_report(shed).let_in, 0.2);
    cr_assert_not_null(strstr(logged, "connect.shedding "), "%s", logged);
}

Test(shed, a_flood_from_many_addresses_is_held_to_the_budget_too)
{
    double came = flood(200, 25, 5 * STEPS_A_SECOND);
    cr_assert_lt(came, BUDGET * 2.0, "%f came", came);
    cr_assert(held_back("203.0.113.199"));
    cr_assert_not(held_back(DEVICE));
}

Test(shed, so_many_devices_that_try_once_a_second_are_not_held_back)
{
    for (int s = 0; s < 5 * STEPS_A_SECOND; s++) {
        for (unsigned i = 0; s % STEPS_A_SECOND == 0 && i < 200; i++) {
            char address[32];
            (void)snprintf(address, sizeof(address), "203.0.113.%u", i);
            ats_shed_refused(shed, address, ATS_REASON_CONNECT_WRONG);
        }
        (void)flood(1, BUDGET, 1);
    }
    cr_assert(held_back("203.0.113.0"));
    for (unsigned i = 1; i < 200; i++) {
        char address[32];
        (void)snprintf(address, sizeof(address), "203.0.113.%u", i);
        cr_assert_not(held_back(address), "%s", address);
    }
}

Test(shed, once_a_flood_is_over_everybody_is_let_in_again)
{
    (void)flood(3, 10 * BUDGET, 5 * STEPS_A_SECOND);
    cr_assert(in_force);
    int steps = 0;
    while (in_force && steps++ < 60 * STEPS_A_SECOND)
        step();
    cr_assert_not(in_force);
    cr_assert_geq(steps * ATS_GATE_SHED_STEP_MS, ATS_GATE_SHED_HOLD_MS);
    cr_assert_eq(ats_shed_report(shed).groups, 0);
    cr_assert_eq(ats_shed_report(shed).let_in, 1);
    cr_assert_not_null(strstr(logged, "connect.shedding-over "), "%s", logged);
    cr_assert_lt(flood(1, BUDGET - 20, 5 * STEPS_A_SECOND), BUDGET);
    cr_assert_not(in_force);
    cr_assert_lt(flood(1, 20 * BUDGET, 5 * STEPS_A_SECOND), 2.0 * BUDGET);
    cr_assert(in_force);
}

Test(shed, a_flood_that_goes_on_below_the_budget_is_let_in)
{
    (void)flood(1, 10 * BUDGET, 5 * STEPS_A_SECOND);
    double came = flood(1, BUDGET / 2.0, 60 * STEPS_A_SECOND);
    cr_assert_gt(came, BUDGET / 2.0 - 10, "%f came", came);
    cr_assert_not(in_force);
}

Test(shed, addresses_of_one_site_of_ipv6_are_one)
{
    for (int s = 0; s < 2 * STEPS_A_SECOND; s++) {
        for (int i = 0; i < BUDGET; i++) {
            char address[64];
            (void)snprintf(address, sizeof(address), "2001:db8:1:2::%x%%eth0", i + 1);
            ats_shed_refused(shed, address, ATS_REASON_CONNECT_WRONG);
        }
        step();
    }
    cr_assert_eq(ats_shed_report(shed).groups, 1);
    cr_assert(held_back("2001:db8:1:2:ffff::1"));
    cr_assert(held_back("2001:db8:1:3::1"));
    cr_assert_not(held_back("2001:db8:2:2::1"));
}

static unsigned innocents_held(void)
{
    unsigned count = 0;
    for (int i = 0; i < 2000; i++) {
        char address[32];
        (void)snprintf(address, sizeof(address), "10.9.%d.%d", i / 250, i % 250);
        count += held_back(address);
    }
    return count;
}

/* Each fails a few times, and the next one begins. */
static void flood_from_ever_new(bool ip6, int seconds)
{
    int next = 0;
    for (int s = 0; s < seconds * STEPS_A_SECOND; s++) {
        for (int i = 0; i < 10 * BUDGET / STEPS_A_SECOND / 4; i++, next++) {
            char address[64];
            if (ip6)
                (void)snprintf(address, sizeof(address), "2001:db8:1:%x::1", next & 0xffff);
            else
                (void)snprintf(address, sizeof(address), "172.16.%d.%d", next >> 8 & 0xff,
                               next & 0xff);
            for (int j = 0; j < 4; j++)
                if (!held_back(address))
                    ats_shed_refused(shed, address, ATS_REASON_CONNECT_WRONG);
        }
        step();
        cr_assert_lt(innocents_held(), 20, "in step %d", s);
    }
}

Test(shed, whoever_has_a_site_of_ipv6_holds_back_himself_alone)
{
    flood_from_ever_new(true, 20);
    cr_assert_leq(ats_shed_report(shed).groups, 1);
}

Test(shed, a_flood_from_too_many_addresses_holds_nobody_else_back)
{
    flood_from_ever_new(false, 20);
    cr_assert_not_null(strstr(logged, "connect.shedding-declined"), "%s", logged);
    cr_assert_not(in_force);
}

/* A fleet with wrong keys, each twice a second, and one address that fails four times a second and has others behind it. */
Test(shed, what_is_not_held_back_takes_nothing_from_those_who_are)
{
    for (int s = 0; s < 30 * STEPS_A_SECOND; s++) {
        for (unsigned i = 0; i < 300; i++) {
            char address[32];
            (void)snprintf(address, sizeof(address), "10.1.%u.%u", i / 250, i % 250);
            if (s % (STEPS_A_SECOND / 2) == (int)i % (STEPS_A_SECOND / 2))
                ats_shed_refused(shed, address, ATS_REASON_CONNECT_WRONG);
        }
        if (s % (STEPS_A_SECOND / 4) == 0)
            ats_shed_refused(shed, FLOODER, ATS_REASON_CONNECT_WRONG);
        step();
        cr_assert_gt(let_in(FLOODER), 0.9, "%f in step %d", let_in(FLOODER), s);
    }
}

/* As of a listener on a unix socket, which no filter of the kernel is asked about. */
Test(shed, what_is_no_address_is_counted_and_nobody_is_held_back_for_it)
{
    for (int i = 0; i < 4 * BUDGET; i++)
        ats_shed_refused(shed, i % 2 ? NULL : "here", ATS_REASON_CONNECT_WRONG);
    step();
    cr_assert_eq(installs, 0);
    cr_assert_eq(ats_shed_report(shed).groups, 0);
    ats_shed_refused(NULL, FLOODER, ATS_REASON_CONNECT_WRONG);
}

static bool is_gates_own(enum ats_reason reason)
{
    static const enum ats_reason own[] = {
        ATS_REASON_GATE_REVOKED, ATS_REASON_GATE_UNREADY,  ATS_REASON_GATE_BUSY,
        ATS_REASON_JOURNAL_FULL, ATS_REASON_CONTROL_STALE, ATS_REASON_CLAIM_LATER,
        ATS_REASON_STOPPING,
    };
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        if (own[i] == reason)
            return true;
    return false;
}

Test(shed, for_what_is_the_gates_own_doing_nobody_is_held_back)
{
    for (int i = ATS_REASON_NONE + 1; i < ATS_REASON_COUNT; i++) {
        enum ats_reason reason = (enum ats_reason)i;
        end();
        begin();
        for (int n = 0; n < 4 * BUDGET; n++)
            ats_shed_refused(shed, FLOODER, reason);
        step();
        cr_assert_eq(held_back(FLOODER), !is_gates_own(reason), "%s",
                     ats_reason_info(reason)->name);
    }
}

/* Where others use up what all share, a device is refused as often as it tries. */
Test(shed, who_is_refused_for_what_others_did_is_not_held_back)
{
    for (int s = 0; s < 5 * STEPS_A_SECOND; s++) {
        for (int i = 0; i < ATS_GATE_SHED_BESIDE / STEPS_A_SECOND; i++)
            ats_shed_refused(shed, DEVICE, ATS_REASON_BUSY_HANDSHAKES);
        (void)flood(1, 20 * BUDGET, 1);
        cr_assert_not(held_back(DEVICE), "in step %d", s);
    }
    cr_assert(held_back("203.0.113.0"));
    cr_assert_eq(ats_shed_report(shed).groups, 1);
}

/* From so many addresses that each has hardly a CONNECT verified, and so none that fails by its own doing. */
Test(shed, a_flood_that_hides_behind_the_share_of_handshakes_is_held_back)
{
    enum { ADDRESSES = 300, A_SECOND = 17 };
    char text[32];
    double due = 0, came = 0;
    for (int s = 0; s < 10 * STEPS_A_SECOND; s++) {
        came = s % STEPS_A_SECOND == 0 ? 0 : came;
        for (int i = 0; i < ADDRESSES; i++) {
            (void)snprintf(text, sizeof(text), "198.51.%d.%d", 100 + i / 250, i % 250);
            due += (double)A_SECOND / STEPS_A_SECOND * let_in(text);
            for (; due >= 1; due--, came++)
                ats_shed_refused(shed, text, ATS_REASON_BUSY_HANDSHAKES);
        }
        step();
        if (s > 2 * STEPS_A_SECOND)
            cr_assert(held_back("198.51.100.7"), "in step %d", s);
    }
    cr_assert_lt(came, 2.0 * BUDGET, "%f came", came);
}

/* Most of a flood is refused for what it did to the share as a whole: what else it is refused for tells whose it is. */
Test(shed, who_floods_is_held_to_the_budget_whatever_most_of_it_is_refused_for)
{
    double due = 0, came = 0;
    for (int s = 0; s < 6 * STEPS_A_SECOND; s++) {
        came = s % STEPS_A_SECOND == 0 ? 0 : came;
        due += 20.0 * BUDGET / STEPS_A_SECOND * let_in(FLOODER);
        for (int i = 0; due >= 1; due--, i++, came++)
            ats_shed_refused(shed, FLOODER,
                             i % 10 == 0 ? ATS_REASON_CONNECT_WRONG : ATS_REASON_BUSY_HANDSHAKES);
        step();
    }
    cr_assert(held_back(FLOODER));
    cr_assert_lt(came, 2.0 * BUDGET, "%f came", came);
}

Test(shed, what_was_counted_is_forgotten_whoever_did_it)
{
    for (int i = 0; i < BUDGET - 1; i++)
        ats_shed_refused(shed, NULL, ATS_REASON_CONNECT_WRONG);
    step();
    for (int s = 0; s < 20 * STEPS_A_SECOND; s++)
        step();
    for (int i = 0; i < BUDGET / 2; i++)
        ats_shed_refused(shed, FLOODER, ATS_REASON_CONNECT_WRONG);
    step();
    cr_assert_eq(installs, 0);
}

/* The thread may have been waiting for something else. */
Test(shed, a_step_that_comes_late_counts_no_more_than_one)
{
    for (int i = 0; i < 10; i++) {
        for (int n = 0; n < 4 * (BUDGET - 20); n++)
            ats_shed_refused(shed, FLOODER, ATS_REASON_CONNECT_WRONG);
        now_ms += 4 * 1000;
        ats_shed_step(shed);
    }
    cr_assert_eq(installs, 0);
}

Test(shed, what_is_no_address_is_counted_in_the_total_alone)
{
    static const char *const none[] = {NULL, "here", "", "192.0.2.1, 192.0.2.2", "\xff\xfe"};
    for (int i = 0; i < 5 * BUDGET; i++)
        ats_shed_refused(shed, none[i % 5], ATS_REASON_CONNECT_WRONG);
    step();
    cr_assert_eq(ats_shed_report(shed).groups, 0);
    cr_assert_eq(installs, 0, "nobody is held back for it");
    for (int i = 0; i < ATS_GATE_SHED_LEAST; i++)
        ats_shed_refused(shed, FLOODER, ATS_REASON_CONNECT_WRONG);
    step();
    cr_assert(held_back(FLOODER), "the budget is used up");
    ats_shed_refused(NULL, FLOODER, ATS_REASON_CONNECT_WRONG);
}

Test(shed, what_is_no_address_is_forgotten_too)
{
    for (int i = 0; i < 5 * BUDGET; i++)
        ats_shed_refused(shed, NULL, ATS_REASON_CONNECT_WRONG);
    for (int i = 0; i < 60 * STEPS_A_SECOND; i++)
        step();
    for (int i = 0; i < 2 * ATS_GATE_SHED_LEAST; i++)
        ats_shed_refused(shed, FLOODER, ATS_REASON_CONNECT_WRONG);
    step();
    cr_assert_eq(installs, 0);
}

Test(shed, a_filter_that_is_not_taken_is_said_once_and_tried_again)
{
    answer = ATS_ERR_IO;
    (void)flood(1, 10 * BUDGET, 4 * STEPS_A_SECOND);
    char *said = strstr(logged, "connect.shedding-failed reason=\"no such thing\"");
    cr_assert_not_null(said, "%s", logged);
    cr_assert_null(strstr(said + 1, "connect.shedding-failed"), "%s", logged);
    cr_assert_eq(ats_shed_report(shed).groups, 0, "nobody is held back by what is not in force");
    cr_assert_null(strstr(logged, "connect.shedding "), "%s", logged);
    cr_assert_eq(ats_shed_report(shed).covered, 0);
    cr_assert_eq(ats_shed_report(shed).listeners, 2);
    answer = ATS_OK;
    (void)flood(1, 10 * BUDGET, 4 * STEPS_A_SECOND);
    cr_assert(in_force);
    cr_assert_not_null(strstr(logged, "connect.shedding "), "%s", logged);
}

/* Each try looks at all descriptors of the process. */
Test(shed, a_filter_that_is_not_taken_is_tried_again_ever_more_seldom)
{
    answer = ATS_ERR_IO;
    (void)flood(1, 10 * BUDGET, 10 * STEPS_A_SECOND);
    cr_assert_eq(installs, 4, "after 1, 2 and 4 s: %u", installs);
    (void)flood(1, 10 * BUDGET, 110 * STEPS_A_SECOND);
    cr_assert_eq(installs, 7, "after 8, 16, 32 and 60 s: %u", installs);
    (void)flood(1, 10 * BUDGET, 600 * STEPS_A_SECOND);
    cr_assert_eq(installs, 17, "each minute: %u", installs);
    let_time_pass(20);
    unsigned before = installs;
    (void)flood(1, 10 * BUDGET, 2 * STEPS_A_SECOND);
    cr_assert_eq(installs, before + 2, "the next flood has its own: %u", installs);
}

Test(shed, what_was_in_force_and_fails_is_told_when_it_is_in_force_again)
{
    (void)flood(1, 10 * BUDGET, STEPS_A_SECOND);
    cr_assert_eq(times_logged("connect.shedding "), 1, "%s", logged);
    answer = ATS_ERR_IO;
    (void)flood(1, 10 * BUDGET, STEPS_A_SECOND / 2);
    cr_assert_eq(times_logged("connect.shedding-failed "), 1, "%s", logged);
    answer = ATS_OK;
    (void)flood(1, 10 * BUDGET, 2 * STEPS_A_SECOND);
    cr_assert_eq(times_logged("connect.shedding "), 2, "%s", logged);
    answer = ATS_ERR_IO;
    (void)flood(1, 10 * BUDGET, STEPS_A_SECOND);
    cr_assert_eq(times_logged("connect.shedding-failed "), 2, "%s", logged);
}

/* Nobody is held back then, so that what comes is all that is sent. */
Test(shed, what_is_let_in_is_right_at_once_where_the_filter_was_not_taken_for_long)
{
    answer = ATS_ERR_IO;
    (void)flood(1, 4 * BUDGET, 30 * STEPS_A_SECOND);
    cr_assert_not(in_force);
    answer = ATS_OK;
    while (!in_force)
        (void)flood(1, 4 * BUDGET, 1);
    cr_assert_gt(let_in("203.0.113.0"), 0.2);
    cr_assert_lt(let_in("203.0.113.0"), 0.3);
}

Test(shed, a_listener_that_is_not_covered_is_told_once)
{
    (void)flood(1, 10 * BUDGET, STEPS_A_SECOND);
    cr_assert_not_null(strstr(logged, "listeners_covered=2 listeners=2"), "%s", logged);
    cr_assert_null(strstr(logged, "connect.shedding-partial"), "%s", logged);
    covered = 1;
    (void)flood(1, 10 * BUDGET, STEPS_A_SECOND);
    char *said = strstr(logged, "connect.shedding-partial listeners_covered=1 listeners=2 "
                                "reason=\"it has none\"");
    cr_assert_not_null(said, "%s", logged);
    cr_assert_null(strstr(said + 1, "connect.shedding-partial"), "%s", logged);
    cr_assert_eq(ats_shed_report(shed).covered, 1);
    cr_assert_eq(ats_shed_report(shed).listeners, 2);
}

/* Each time that it comes anew. */
Test(shed, a_listener_that_is_not_covered_is_told_in_the_next_flood_and_after_a_failure_too)
{
    covered = 1;
    (void)flood(1, 10 * BUDGET, STEPS_A_SECOND);
    cr_assert_eq(times_logged("connect.shedding-partial "), 1, "%s", logged);
    let_time_pass(60);
    cr_assert_not(in_force);
    (void)flood(1, 10 * BUDGET, STEPS_A_SECOND);
    cr_assert_eq(times_logged("connect.shedding-partial "), 2, "%s", logged);
    answer = ATS_ERR_IO;
    (void)flood(1, 10 * BUDGET, 1);
    answer = ATS_OK;
    (void)flood(1, 10 * BUDGET, 2 * STEPS_A_SECOND);
    cr_assert(in_force);
    cr_assert_eq(times_logged("connect.shedding-partial "), 3, "%s", logged);
}

/* Else who is held back would be chosen as seldom as an idle gate looks for anything. */
Test(shed, while_anything_is_refused_nobody_waits_beyond_the_next_step)
{
    enum { LONGEST = 100, BEFORE = 30 };
    cr_assert_eq(ats_shed_wait_ms(shed, LONGEST), LONGEST, "nothing was refused");
    ats_shed_refused(shed, FLOODER, ATS_REASON_CONNECT_WRONG);
    cr_assert_eq(ats_shed_wait_ms(shed, LONGEST), LONGEST);
    now_ms += ATS_GATE_SHED_STEP_MS - BEFORE;
    cr_assert_eq(ats_shed_wait_ms(shed, LONGEST), BEFORE);
    now_ms += BEFORE + 1;
    cr_assert_eq(ats_shed_wait_ms(shed, LONGEST), 0);
    ats_shed_step(shed);
    cr_assert_eq(ats_shed_wait_ms(shed, LONGEST), LONGEST, "the next one counts anew");
    ats_shed_refused(shed, FLOODER, ATS_REASON_CONNECT_WRONG);
    cr_assert_eq(ats_shed_wait_ms(shed, 1000), ATS_GATE_SHED_STEP_MS - 1, "as if it were not late");
    ats_shed_stop(shed);
    now_ms += 1000;
    ats_shed_refused(shed, FLOODER, ATS_REASON_CONNECT_WRONG);
    cr_assert_eq(ats_shed_wait_ms(shed, LONGEST), LONGEST, "there is no step any more");
}

Test(shed, who_stops_takes_the_filter_away_for_good)
{
    (void)flood(1, 10 * BUDGET, STEPS_A_SECOND);
    cr_assert(in_force);
    ats_shed_stop(shed);
    cr_assert_not(in_force);
    cr_assert_eq(ats_shed_report(shed).groups, 0);
    cr_assert_eq(ats_shed_report(shed).listeners, 0);
    unsigned before = installs;
    (void)flood(1, 10 * BUDGET, 2 * STEPS_A_SECOND);
    cr_assert_eq(installs, before);
    ats_shed_stop(NULL);
}

Test(shed, who_is_freed_takes_the_filter_away)
{
    (void)flood(1, 10 * BUDGET, STEPS_A_SECOND);
    end();
    cr_assert_not(in_force);
    begin();
}

Test(shed, once_the_broker_is_about_to_end_nobody_is_held_back)
{
    (void)flood(1, 10 * BUDGET, STEPS_A_SECOND);
    cr_assert(in_force);
    stopping = true;
    ats_shed_step(shed);
    cr_assert_not(in_force);
    (void)flood(1, 10 * BUDGET, 2 * STEPS_A_SECOND);
    cr_assert_not(in_force);
}

Test(shed, without_a_budget_nothing_is_counted)
{
    end();
    begin_with(0);
    (void)flood(1, 20 * BUDGET, 4 * STEPS_A_SECOND);
    cr_assert_eq(installs, 0);
}
