/* SPDX-License-Identifier: Apache-2.0 */
/* What counts as within a second, by steps that come when they come, and who is held back at the bound. */
#include "plugin/shed_window.h"

#include "tests/unit/plugin/shed_fixture.h"

#include <stdlib.h>

TestSuite(shed_window, .init = begin, .fini = end);

/* Beside another's flood, so many from DEVICE at once, each second. */
static bool is_held_for(unsigned at_once, enum ats_reason reason, int seconds)
{
    bool held = false;
    for (int s = 0; s < seconds * STEPS_A_SECOND; s++) {
        for (unsigned i = 0; s % STEPS_A_SECOND == 3 && i < at_once; i++)
            ats_shed_refused(shed, DEVICE, reason);
        (void)flood(1, 20 * BUDGET, 1);
        held = held || held_back(DEVICE);
    }
    cr_assert(held_back("203.0.113.0"));
    return held;
}

Test(shed_window, two_devices_behind_one_address_that_fail_at_once_each_second_are_not_held_back)
{
    cr_assert_not(is_held_for(ATS_GATE_SHED_LEAST - 1, ATS_REASON_CONNECT_WRONG, 60));
}

Test(shed_window, three_at_once_are_held_back)
{
    cr_assert(is_held_for(ATS_GATE_SHED_LEAST, ATS_REASON_CONNECT_WRONG, 1));
}

Test(shed_window, ten_at_once_each_second_for_what_others_did_are_not_held_back)
{
    cr_assert_not(is_held_for(ATS_GATE_SHED_BESIDE, ATS_REASON_BUSY_HANDSHAKES, 60));
}

Test(shed_window, eleven_at_once_for_what_others_did_are_held_back)
{
    cr_assert(is_held_for(ATS_GATE_SHED_BESIDE + 1, ATS_REASON_BUSY_HANDSHAKES, 1));
}

/* Of who is held back few come through, so that one would stand for dozens. */
Test(shed_window, who_is_held_back_and_fails_once_a_second_is_let_in_again_while_the_flood_goes_on)
{
    static const enum ats_reason reasons[] = {ATS_REASON_CONNECT_WRONG, ATS_REASON_BUSY_HANDSHAKES};
    for (size_t r = 0; r < 2; r++) {
        cr_assert(is_held_for(ATS_GATE_SHED_BESIDE + 1, reasons[r], 1));
        int seconds = 0;
        while (held_back(DEVICE) && seconds++ < 60)
            (void)is_held_for(1, reasons[r], 1);
        cr_assert_leq(seconds, ATS_GATE_SHED_HOLD_MS / 1000 + 1);
    }
}

/* What others did and what it did itself are two things. */
Test(shed_window, both_at_their_bound_are_not_held_back)
{
    for (int s = 0; s < 10 * STEPS_A_SECOND; s++) {
        for (int i = 0; s % STEPS_A_SECOND == 0 && i < ATS_GATE_SHED_BESIDE; i++)
            ats_shed_refused(shed, DEVICE, ATS_REASON_BUSY_HANDSHAKES);
        for (int i = 1; s % STEPS_A_SECOND == 0 && i < ATS_GATE_SHED_LEAST; i++)
            ats_shed_refused(shed, DEVICE, ATS_REASON_CONNECT_WRONG);
        (void)flood(1, 20 * BUDGET, 1);
        cr_assert_not(held_back(DEVICE), "in step %d", s);
    }
}

Test(shed_window, three_a_second_are_held_back_however_they_are_spaced)
{
    static const int at[][3] = {{0, 0, 7}, {0, 3, 6}, {0, 7, 7}, {1, 2, 3}};
    for (size_t c = 0; c < sizeof(at) / sizeof(at[0]); c++) {
        end();
        begin();
        for (int s = 0; s < STEPS_A_SECOND; s++) {
            for (int i = 0; i < 3; i++)
                if (at[c][i] == s)
                    ats_shed_refused(shed, DEVICE, ATS_REASON_CONNECT_WRONG);
            (void)flood(1, 20 * BUDGET, 1);
        }
        cr_assert(held_back(DEVICE), "case %zu", c);
    }
}

/* The forwarder's thread may be late for each of them by as much as it likes. */
Test(shed_window, what_is_a_second_apart_is_never_added_up_however_late_the_steps_are)
{
    unsigned random = 1;
    int64_t next_burst = now_ms + 1;
    for (int s = 0; s < 20000; s++) {
        random = random * 1103515245U + 12345U;
        int64_t until = now_ms + 20 + (int64_t)(random >> 16) % (s % 100 == 0 ? 1500 : 210);
        for (; next_burst <= until; next_burst += 1000)
            for (int i = 1; i < ATS_GATE_SHED_LEAST; i++)
                ats_shed_refused(shed, DEVICE, ATS_REASON_CONNECT_WRONG);
        for (int i = 0; i < 10 * BUDGET / STEPS_A_SECOND; i++)
            ats_shed_refused(shed, let_in(FLOODER) < 1 && i % 8 ? NULL : FLOODER,
                             ATS_REASON_CONNECT_WRONG);
        now_ms = until;
        ats_shed_step(shed);
        cr_assert_not(held_back(DEVICE), "in step %d", s);
    }
    cr_assert(held_back(FLOODER));
}

Test(shed_window, so_many_steps_are_a_second_though_each_is_a_bit_late)
{
    struct ats_shed_window *window = calloc(1, sizeof(*window));
    int64_t last = 0;
    for (int i = 1; i <= 100; i++) {
        int64_t now = (int64_t)i * ATS_GATE_SHED_STEP_MS + i % 3;
        ats_shed_window_step(window, last, now, 10);
        ats_shed_window_put(window, 0, 7, 1, 2);
        last = now;
        if (i < ATS_SHED_WINDOW_STEPS)
            continue;
        struct ats_shed_counts counts = ats_shed_window_of(window, 0, 7);
        cr_assert_geq(counts.own, ATS_SHED_WINDOW_STEPS - 1U);
        cr_assert_leq(counts.own, (unsigned)ATS_SHED_WINDOW_STEPS);
        cr_assert_eq(counts.beside, 2 * counts.own);
        cr_assert_gt(window->total, 78);
        cr_assert_lt(window->total, 82);
    }
    free(window);
}

Test(shed_window, however_many_there_are_a_count_does_not_run_over)
{
    struct ats_shed_window *window = calloc(1, sizeof(*window));
    for (int i = 0; i < 2 * ATS_SHED_WINDOW_STEPS; i++) {
        int64_t now = (int64_t)i * ATS_GATE_SHED_STEP_MS;
        ats_shed_window_step(window, now, now + ATS_GATE_SHED_STEP_MS, UINT32_MAX);
        ats_shed_window_put(window, 0, 7, 256, UINT32_MAX);
        cr_assert_geq(ats_shed_window_of(window, 0, 7).own, 255U);
        cr_assert_geq(ats_shed_window_of(window, 0, 7).beside, 255U);
    }
    free(window);
}

Test(shed_window, of_a_step_longer_than_a_second_counts_what_must_have_come_in_one)
{
    struct ats_shed_window *window = calloc(1, sizeof(*window));
    ats_shed_window_step(window, 0, 4000, 400);
    ats_shed_window_put(window, 0, 7, 11, 43);
    cr_assert_eq(ats_shed_window_of(window, 0, 7).own, 2);
    cr_assert_eq(ats_shed_window_of(window, 0, 7).beside, 10);
    cr_assert_float_eq(window->total, 100, 0.001);
    free(window);
}

Test(shed_window, a_flood_of_ten_times_the_budget_from_many_addresses_is_held_back_after_one_step)
{
    (void)flood(200, 25, 1);
    cr_assert(held_back("203.0.113.0"));
    cr_assert(held_back("203.0.113.199"));
    cr_assert_not(held_back(DEVICE));
}

/* The budget must have been used up within a second: docs/gate.md has these numbers. */
Test(shed_window, the_less_a_flood_is_above_the_budget_the_later_it_is_held_back)
{
    static const struct {
        double times;
        int steps;
    } floods[] = {{10, 1}, {8, 2}, {4, 3}, {2, 5}, {1.2, 7}};
    for (size_t i = 0; i < sizeof(floods) / sizeof(floods[0]); i++) {
        end();
        begin();
        int steps = 0;
        while (!in_force && steps < 100) {
            (void)flood(1, floods[i].times * BUDGET, 1);
            steps++;
        }
        cr_assert_eq(steps, floods[i].steps, "%f: %d", floods[i].times, steps);
    }
}

/* Each has as many as may be refused for what others did, and one. */
Test(shed_window, a_flood_of_hundreds_of_addresses_just_above_the_bound_is_held_back)
{
    enum { ADDRESSES = 450, EACH = ATS_GATE_SHED_BESIDE + 1 };
    char text[32];
    double due[ADDRESSES] = {0}, came = 0;
    for (int s = 0; s < 10 * STEPS_A_SECOND; s++) {
        came = s % STEPS_A_SECOND == 0 ? 0 : came;
        for (int i = 0; i < ADDRESSES; i++) {
            (void)snprintf(text, sizeof(text), "198.51.%d.%d", 100 + i / 250, i % 250);
            for (due[i] += (double)EACH / STEPS_A_SECOND * let_in(text); due[i] >= 1; due[i]--) {
                ats_shed_refused(shed, text, ATS_REASON_BUSY_HANDSHAKES);
                came++;
            }
        }
        step();
    }
    cr_assert_lt(came, 2.0 * BUDGET, "%f came", came);
}
