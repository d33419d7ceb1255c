/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/clock.h"

#include <criterion/criterion.h>

static void check(int64_t wall_ms, const char *expected)
{
    char text[ATS_RFC3339_SIZE];
    ats_clock_format_rfc3339(wall_ms, text);
    cr_assert_str_eq(text, expected);
}

Test(clock, formats_times_of_utc_with_milliseconds)
{
    check(0, "1970-01-01T00:00:00.000Z");
    check(1795527172123, "2026-11-24T13:32:52.123Z");
    check(951782400000, "2000-02-29T00:00:00.000Z");
    check(253402300799999, "9999-12-31T23:59:59.999Z");
}

Test(clock, formats_times_before_1970)
{
    check(-1, "1969-12-31T23:59:59.999Z");
    check(-1000, "1969-12-31T23:59:59.000Z");
    check(-1500, "1969-12-31T23:59:58.500Z");
}

Test(clock, a_time_that_no_calendar_holds_is_the_first_one)
{
    check(INT64_MAX, "1970-01-01T00:00:00.000Z");
    check(INT64_MIN, "1970-01-01T00:00:00.000Z");
}

Test(clock, the_system_s_monotonic_clock_does_not_go_back)
{
    int64_t before_ms = ats_clock_monotonic_ms(&ats_clock_system);
    cr_assert_geq(ats_clock_monotonic_ms(&ats_clock_system), before_ms);
    cr_assert_gt(ats_clock_wall_ms(&ats_clock_system), 1700000000000);
}
