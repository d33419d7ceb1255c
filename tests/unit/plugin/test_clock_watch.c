/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/clock_watch.h"

#include "tests/unit/plugin/gate_fixture.h"

#include <criterion/criterion.h>

static void begin(void)
{
    fixture_open(NULL, NULL, NULL);
    ats_gate_tick(fix.gate);
}

TestSuite(clock_watch, .init = begin, .fini = fixture_end);

static bool says(int64_t wall_ms, int64_t monotonic_ms)
{
    fix.log[0] = '\0';
    fix.wall_ms += wall_ms;
    fix.monotonic_ms += monotonic_ms;
    ats_gate_tick(fix.gate);
    return strstr(fix.log, "warning gate.clock-jumped") != NULL;
}

Test(clock_watch, says_once_that_the_clock_was_set_ahead_or_back)
{
    cr_assert(says(86400000, 100));
    cr_assert_not_null(strstr(fix.log, "by_ms=86399900"), "%s", fix.log);
    cr_assert_not(says(100, 100));
    cr_assert(says(-86400000, 100));
    cr_assert_not_null(strstr(fix.log, "by_ms=-86400100"), "%s", fix.log);
    cr_assert_not(says(100, 100));
}

Test(clock_watch, says_nothing_where_both_clocks_go_on_however_long_nobody_looked)
{
    cr_assert_not(says(3600000, 3600000));
    cr_assert_not(says(ATS_GATE_CLOCK_JUMP_MS - 1, 0));
}
