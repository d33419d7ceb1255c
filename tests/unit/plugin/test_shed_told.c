/* SPDX-License-Identifier: Apache-2.0 */
/* What is told of shedding: whom it holds back, how many, and where it holds back nobody. */
#include "plugin/shed_told.h"

#include "tests/unit/plugin/shed_fixture.h"

#include <arpa/inet.h>

TestSuite(shed_told, .init = begin, .fini = end);

Test(shed_told, who_is_held_back_is_told_and_who_is_let_in_again)
{
    (void)flood(1, 10 * BUDGET, 2 * STEPS_A_SECOND);
    cr_assert(is_told("connect.held-back", "203.0.113.0"), "%s", logged);
    (void)flood(3, 10 * BUDGET, 2 * STEPS_A_SECOND);
    cr_assert(is_told("connect.held-back", "203.0.113.2"), "he came later: %s", logged);
    cr_assert_eq(times_logged("connect.held-back"), 3, "each once: %s", logged);
    cr_assert_null(strstr(logged, "connect.let-in"));
    let_time_pass(60);
    cr_assert(is_told("connect.let-in", "203.0.113.0"), "%s", logged);
    cr_assert_eq(times_logged("connect.let-in"), 3, "%s", logged);
}

Test(shed_told, a_site_of_ipv6_is_told_as_one)
{
    for (int i = 0; i < 4 * BUDGET; i++)
        ats_shed_refused(shed, i % 2 ? "2001:db8:1:2::1%eth0" : "2001:db8:1:3::1",
                         ATS_REASON_CONNECT_WRONG);
    step();
    step();
    cr_assert(is_told("connect.held-back", "2001:db8:1::/48"), "%s", logged);
    cr_assert_eq(times_logged("connect.held-back"), 1, "%s", logged);
}

/* The flooder comes last: where both share a group, which one is known of it is the latest. */
Test(shed_told, who_is_refused_for_what_others_did_is_not_told)
{
    for (int i = 0; i < ATS_GATE_SHED_BESIDE; i++)
        ats_shed_refused(shed, DEVICE, ATS_REASON_BUSY_HANDSHAKES);
    for (int i = 0; i < 4 * BUDGET; i++)
        ats_shed_refused(shed, FLOODER,
                         i % 4 == 3 ? ATS_REASON_BUSY_HANDSHAKES : ATS_REASON_CONNECT_WRONG);
    step();
    cr_assert(is_told("connect.held-back", FLOODER), "%s", logged);
    cr_assert_eq(times_logged("connect.held-back"), 1, "%s", logged);
}

Test(shed_told, many_addresses_are_told_one_after_the_other)
{
    for (unsigned s = 0; s < 4; s++) {
        (void)flood(100, 100, 1);
        cr_assert_leq(times_logged("connect.held-back"), (s + 1U) * ATS_GATE_SHED_LINES, "%s",
                      logged);
    }
    (void)flood(100, 100, 40 * STEPS_A_SECOND);
    unsigned told = times_logged("connect.held-back");
    cr_assert_gt(told, 90, "%u: but for those that share a group", told);
    let_time_pass(60);
    cr_assert_eq(times_logged("connect.let-in"), told, "%s", logged);
    cr_assert_null(strstr(logged, "not_logged=1"), "%s", logged);
    cr_assert_null(strstr(logged, "not_logged=2"), "%s", logged);
}

/* An address whose group of the first level is between these. */
static struct ats_address address_within(const struct ats_shed_filter *filter, unsigned from,
                                         unsigned to)
{
    struct ats_address address = {{4}};
    unsigned group;
    do {
        randombytes_buf(address.bytes + 1, 4);
        group = ats_shed_group(filter, 0, &address);
    } while (group < from || group >= to);
    return address;
}

static void set_held(struct ats_shed_filter *filter, const struct ats_address *address, bool held)
{
    ats_shed_filter_set(filter, 0, ats_shed_group(filter, 0, address), held);
    for (unsigned level = 1; level < ATS_SHED_LEVELS; level++)
        ats_shed_filter_set(filter, level, ats_shed_group(filter, level, address), true);
}

/* Those before him in the order of groups use up each step's lines. */
Test(shed_told, whoever_else_comes_and_goes_everybody_has_his_turn)
{
    static struct ats_shed_told told;
    struct ats_address others[ATS_GATE_SHED_LINES];
    struct ats_shed_filter filter;
    ats_shed_filter_init(&filter);
    struct ats_address last = address_within(&filter, ATS_SHED_GROUPS / 2, ATS_SHED_GROUPS);
    ats_shed_told_note(&told, ats_shed_group(&filter, 0, &last), &last);
    set_held(&filter, &last, true);
    for (unsigned i = 0; i < ATS_GATE_SHED_LINES; i++) {
        others[i] = address_within(&filter, 100 * i, 100 * i + 100);
        ats_shed_told_note(&told, ats_shed_group(&filter, 0, &others[i]), &others[i]);
    }
    for (int s = 0; s < 10; s++) {
        for (unsigned i = 0; i < ATS_GATE_SHED_LINES; i++)
            set_held(&filter, &others[i], s % 2 == 0);
        ats_shed_told_step(&told, &filter, test_log);
    }
    struct in_addr bytes;
    char text[INET_ADDRSTRLEN];
    memcpy(&bytes, last.bytes + 1, sizeof(bytes));
    cr_assert_not_null(inet_ntop(AF_INET, &bytes, text, sizeof(text)));
    cr_assert(is_told("connect.held-back", text), "%s: %s", text, logged);
}

Test(shed_told, who_was_let_in_before_his_turn_is_counted_as_not_logged)
{
    (void)flood(200, 100, STEPS_A_SECOND);
    ats_shed_step(shed);
    answer = ATS_ERR_IO; /* nobody is held back by what is not in force */
    (void)flood(1, 10 * BUDGET, 4 * STEPS_A_SECOND);
    cr_assert_gt(times_logged("connect.let-in"), 0, "%s", logged);
    cr_assert_gt(times_logged(" not_logged="), times_logged(" not_logged=0"), "%s", logged);
}

Test(shed_told, how_many_were_held_back_is_estimated)
{
    (void)flood(1, BUDGET - 20, 4 * STEPS_A_SECOND);
    cr_assert_eq(ats_shed_report(shed).kept_out, 0);
    int seconds = 20;
    (void)flood(1, 20 * BUDGET, seconds * STEPS_A_SECOND);
    double sent = 20.0 * BUDGET * seconds;
    double kept_out = (double)ats_shed_report(shed).kept_out;
    cr_assert_gt(kept_out, sent * 0.8, "%f of %f", kept_out, sent);
    cr_assert_lt(kept_out, sent * 1.1, "%f of %f", kept_out, sent);
    let_time_pass(60);
    cr_assert_geq((double)ats_shed_report(shed).kept_out, kept_out, "it only grows");
}

Test(shed_told, nobody_counts_as_held_back_by_what_is_not_in_force)
{
    answer = ATS_ERR_IO;
    (void)flood(1, 20 * BUDGET, 4 * STEPS_A_SECOND);
    cr_assert_eq(ats_shed_report(shed).kept_out, 0);
    cr_assert(ats_shed_report(shed).failing);
    cr_assert_null(strstr(logged, "connect.held-back"), "%s", logged);
    answer = ATS_OK;
    (void)flood(1, 20 * BUDGET, 8 * STEPS_A_SECOND);
    cr_assert_not(ats_shed_report(shed).failing);
}

/* However much comes, who is held back and stops is noticed, as is a device beside him. */
Test(shed_told, one_in_fifty_is_let_in_whatever_comes)
{
    (void)flood(1, 2000.0 * BUDGET, 3 * STEPS_A_SECOND);
    cr_assert(held_back("203.0.113.0"));
    cr_assert_geq(ats_shed_report(shed).let_in, 1.0 / 50, "%f", ats_shed_report(shed).let_in);
    cr_assert_gt(let_in("203.0.113.0"), 1.0 / 51);
}

/* From so many addresses at once, each a few times. */
static void crowd(unsigned addresses, int steps)
{
    for (int s = 0; s < steps; s++) {
        for (unsigned i = 0; i < 4 * addresses; i++) {
            char address[32];
            (void)snprintf(address, sizeof(address), "172.16.%u.%u", i / 4 >> 8, i / 4 & 0xff);
            ats_shed_refused(shed, address, ATS_REASON_CONNECT_WRONG);
        }
        step();
    }
}

Test(shed_told, each_flood_that_is_declined_is_told)
{
    crowd(1500, 4);
    cr_assert_eq(times_logged("connect.shedding-declined "), 1, "%s", logged);
    cr_assert(ats_shed_report(shed).declined);
    let_time_pass(5);
    cr_assert(ats_shed_report(shed).declined, "it may be a pause");
    let_time_pass(25);
    cr_assert_not(ats_shed_report(shed).declined);
    cr_assert_eq(times_logged("connect.shedding-declined-over "), 1, "%s", logged);
    crowd(1500, 4);
    cr_assert_eq(times_logged("connect.shedding-declined "), 2, "%s", logged);
    cr_assert_eq(opened, 0);
}

/* So many addresses, each as often as none is held back for, at once in each second. */
static void trickle(unsigned addresses, unsigned each, enum ats_reason reason, int seconds)
{
    for (int s = 0; s < seconds * STEPS_A_SECOND; s++) {
        for (unsigned i = 0; i < addresses * each; i++) {
            char address[32];
            unsigned number = i / each;
            (void)snprintf(address, sizeof(address), "10.7.%u.%u", number >> 8, number & 0xff);
            if (number % STEPS_A_SECOND == (unsigned)s % STEPS_A_SECOND)
                ats_shed_refused(shed, address, reason);
        }
        step();
    }
}

Test(shed_told, a_flood_that_nobody_is_held_back_for_is_told_once)
{
    end();
    begin_with(40); /* so few that hardly three of them share a group */
    trickle(64, 1, ATS_REASON_CONNECT_WRONG, 2);
    cr_assert_eq(times_logged("connect.shedding-insufficient "), 0, "a fleet may have come back");
    cr_assert_not(ats_shed_report(shed).insufficient);
    trickle(64, 1, ATS_REASON_CONNECT_WRONG, 10);
    cr_assert_eq(times_logged("connect.shedding-insufficient "), 1, "%s", logged);
    cr_assert_not_null(strstr(logged, " budget=40\n"), "%s", logged);
    cr_assert(ats_shed_report(shed).insufficient);
    let_time_pass(5);
    cr_assert(ats_shed_report(shed).insufficient, "it may be a pause");
    trickle(64, 1, ATS_REASON_CONNECT_WRONG, 5);
    let_time_pass(15);
    cr_assert_not(ats_shed_report(shed).insufficient);
    cr_assert_eq(times_logged("connect.shedding-insufficient "), 1, "%s", logged);
    cr_assert_eq(times_logged("connect.shedding-insufficient-over "), 1, "%s", logged);
    trickle(64, ATS_GATE_SHED_BESIDE / 2, ATS_REASON_BUSY_HANDSHAKES, 6);
    cr_assert_eq(times_logged("connect.shedding-insufficient "), 2, "the next one: %s", logged);
    cr_assert_eq(installs, 0);
}

Test(shed_told, fleets_that_come_back_now_and_then_are_no_flood)
{
    end();
    begin_with(40);
    for (int i = 0; i < 5; i++) {
        trickle(64, 1, ATS_REASON_CONNECT_WRONG, 2);
        let_time_pass(20);
    }
    cr_assert_eq(times_logged("connect.shedding-insufficient"), 0, "%s", logged);
}

/* Some groups have more than one of them, so that these are held back, and hardly an address. */
Test(shed_told, a_flood_that_few_are_held_back_for_is_told)
{
    trickle(448, ATS_GATE_SHED_BESIDE, ATS_REASON_BUSY_HANDSHAKES, 6);
    cr_assert_eq(times_logged("connect.shedding-insufficient "), 1, "%s", logged);
}

Test(shed_told, what_has_no_address_floods_and_is_told)
{
    for (int s = 0; s < 6 * STEPS_A_SECOND; s++) {
        for (int i = 0; i < BUDGET; i++)
            ats_shed_refused(shed, NULL, ATS_REASON_CONNECT_WRONG);
        step();
    }
    cr_assert_eq(times_logged("connect.shedding-insufficient "), 1, "%s", logged);
}

Test(shed_told, where_all_who_flood_are_held_back_or_it_is_declined_nothing_else_is_told)
{
    (void)flood(200, 100, 20 * STEPS_A_SECOND);
    let_time_pass(60);
    crowd(1500, 6 * STEPS_A_SECOND);
    let_time_pass(60);
    answer = ATS_ERR_IO;
    (void)flood(1, 10 * BUDGET, 10 * STEPS_A_SECOND);
    cr_assert_eq(times_logged("connect.shedding-insufficient"), 0, "%s", logged);
}

Test(shed_told, a_flood_that_is_declined_goes_on_as_what_it_was_told_to_be)
{
    for (int s = 0; s < 6 * STEPS_A_SECOND; s++) {
        for (int i = 0; i < BUDGET; i++)
            ats_shed_refused(shed, NULL, ATS_REASON_CONNECT_WRONG);
        step();
    }
    cr_assert_eq(times_logged("connect.shedding-insufficient "), 1, "%s", logged);
    crowd(1500, 20 * STEPS_A_SECOND);
    cr_assert(ats_shed_report(shed).declined);
    cr_assert(ats_shed_report(shed).insufficient, "it goes on: %s", logged);
    cr_assert_eq(times_logged("connect.shedding-insufficient-over "), 0, "%s", logged);
    let_time_pass(60);
    cr_assert_not(ats_shed_report(shed).insufficient);
    cr_assert_eq(times_logged("connect.shedding-insufficient "), 1, "%s", logged);
    cr_assert_eq(times_logged("connect.shedding-insufficient-over "), 1, "%s", logged);
}

/* So many addresses begin to fail each second, for a second; those of the last ten or so count. */
static unsigned pass_by(unsigned first, unsigned addresses, int seconds)
{
    for (int s = 0; s < seconds * STEPS_A_SECOND; s++) {
        for (unsigned i = 0; i < 8 * addresses; i++) {
            unsigned number = first + i / 8;
            char address[32];
            (void)snprintf(address, sizeof(address), "10.3.%u.%u", number >> 8 & 0xff,
                           number & 0xff);
            ats_shed_refused(shed, address, ATS_REASON_CONNECT_WRONG);
        }
        step();
        first += s % STEPS_A_SECOND == STEPS_A_SECOND - 1 ? addresses : 0;
    }
    return first;
}

Test(shed_told, a_flood_about_the_limit_does_not_open_and_close_the_sockets_at_each_step)
{
    unsigned next = pass_by(0, 300, 60);
    for (int i = 0; i < 3; i++)
        next = pass_by(pass_by(next, 30, 27), 300, 3);
    cr_assert_leq(opened, 1, "%u times", opened);
    cr_assert_eq(times_logged("connect.shedding-declined "), 1, "%s", logged);
}

Test(shed_told, a_flood_that_comes_from_few_addresses_after_all_is_held_back)
{
    crowd(1500, 4);
    cr_assert(ats_shed_report(shed).declined);
    (void)flood(1, 10 * BUDGET, 30 * STEPS_A_SECOND);
    cr_assert(held_back("203.0.113.0"));
    cr_assert_not(ats_shed_report(shed).declined);
    cr_assert_eq(opened, 1);
}
