/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/argument_time.h"

#include "common/base/clock.h"

#include <criterion/criterion.h>
#include <string.h>

#define DAY_MS INT64_C(86400000)

static struct ats_error err;

static enum ats_status read_until(const char *text, int64_t *ret_ms)
{
    static const struct ats_flag flag = {"--until", "TIME", "", false};
    struct ats_given given = {&flag, text};
    const struct ats_arguments arguments = {.given = &given, .given_count = 1};
    err = (struct ats_error){0};
    return ats_argument_time(&arguments, "--until", ret_ms, &err);
}

Test(argument_time, takes_a_date_and_a_time)
{
    int64_t ms = 0;
    cr_assert_eq(read_until("2027-12-31", &ms), ATS_OK);
    cr_assert_eq(ms, INT64_C(1830211200000));
    cr_assert_eq(read_until("2027-12-31T01:00:00+01:00", &ms), ATS_OK);
    cr_assert_eq(ms, INT64_C(1830211200000));
}

Test(argument_time, takes_how_long_it_is_from_now)
{
    int64_t ms = 0;
    int64_t before_ms = ats_clock_wall_ms(&ats_clock_system);
    cr_assert_eq(read_until("30d", &ms), ATS_OK);
    int64_t after_ms = ats_clock_wall_ms(&ats_clock_system);
    cr_assert(ms >= before_ms + 30 * DAY_MS && ms <= after_ms + 30 * DAY_MS);
}

Test(argument_time, says_which_forms_there_are)
{
    static const char *const bad[] = {"soon", "",       "30",         "0d",
                                      "-1d",  "40000d", "2027-13-01", "1970-01-01"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int64_t ms = 0;
        cr_assert_eq(read_until(bad[i], &ms), ATS_ERR_CONFIG, "%s", bad[i]);
        cr_assert_not_null(strstr(err.text, "2027-12-31T23:59:59Z"), "%s", err.text);
        cr_assert_not_null(strstr(err.text, "30d"), "%s", err.text);
    }
}
