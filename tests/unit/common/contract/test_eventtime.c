/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/eventtime.h"

#include <criterion/criterion.h>

static bool read_text(const char *text, int64_t *ret_ms)
{
    struct ats_event_time time = {.unit = ATS_TIME_RFC3339};
    struct ats_leaf leaf = {.type = ATS_LEAF_TEXT, .value.text = ats_span_text(text)};
    return ats_event_time_read(&time, &leaf, ret_ms);
}

static void expect_text(const char *text, int64_t expected)
{
    int64_t ms = 0;
    cr_assert(read_text(text, &ms), "%s", text);
    cr_assert_eq(ms, expected, "%s: %lld", text, (long long)ms);
}

Test(eventtime, reads_rfc3339)
{
    expect_text("1970-01-01T00:00:00Z", 0);
    expect_text("2020-07-13T00:00:24.502Z", 1594598424502);
    expect_text("2020-07-13t02:00:24.5029999+02:00", 1594598424502);
    expect_text("2020-07-12 22:30:24-01:30", 1594598424000);
    expect_text("2000-02-29T23:59:60Z", 951868800000);
    expect_text("0001-01-01T00:00:00Z", -62135596800000);
    expect_text("9999-12-31T23:59:59.999Z", 253402300799999);
    expect_text("1969-12-31T23:59:59.999Z", -1);
}

Test(eventtime, refuses_other_texts)
{
    static const char *const texts[] = {"",
                                        "2020",
                                        "2020-07-13",
                                        "2020-07-13T00:00:24",
                                        "2020-7-13T00:00:24Z",
                                        "2020-07-13T00:00:24.Z",
                                        "2020-07-13T24:00:00Z",
                                        "2021-02-29T00:00:00Z",
                                        "2020-13-01T00:00:00Z",
                                        "2020-00-10T00:00:00Z",
                                        "2020-07-13T00:00:24+0200",
                                        "2020-07-13T00:00:24+24:00",
                                        "2020-07-13T00:00:24Zx",
                                        "0000-01-01T00:00:00Z",
                                        "0001-01-01T00:00:00+01:00",
                                        "9999-12-31T23:59:59-01:00",
                                        "2020-07-13T00:00:24.5029999999999999999999999999"};
    int64_t ms = 0;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        cr_assert_not(read_text(texts[i], &ms), "%s", texts[i]);
}

static bool read_number(enum ats_time_unit unit, double number, int64_t *ret_ms)
{
    struct ats_event_time time = {.unit = unit};
    struct ats_leaf leaf = {.type = ATS_LEAF_REAL, .value.real = number};
    return ats_event_time_read(&time, &leaf, ret_ms);
}

Test(eventtime, reads_numbers_in_their_unit)
{
    int64_t ms = 0;
    cr_assert(read_number(ATS_TIME_SECONDS, 1594598424.5023336, &ms));
    cr_assert_eq(ms, 1594598424502);
    cr_assert(read_number(ATS_TIME_MILLISECONDS, 1594598424502.0, &ms));
    cr_assert_eq(ms, 1594598424502);
    cr_assert(read_number(ATS_TIME_MICROSECONDS, 1594598424502333.0, &ms));
    cr_assert_eq(ms, 1594598424502);
    cr_assert(read_number(ATS_TIME_SECONDS, -1.0, &ms));
    cr_assert_eq(ms, -1000);
}

Test(eventtime, refuses_numbers_that_no_calendar_holds)
{
    int64_t ms = 0;
    cr_assert_not(read_number(ATS_TIME_SECONDS, 1e300, &ms));
    cr_assert_not(read_number(ATS_TIME_SECONDS, -1e300, &ms));
    cr_assert_not(read_number(ATS_TIME_SECONDS, 0.0 / (double)(ms - ms), &ms));
    cr_assert_not(read_number(ATS_TIME_SECONDS, 253402300800.0, &ms));
}

static enum ats_rule check(int64_t event_ms, int64_t now_ms, int64_t max_age_ms,
                           int64_t max_future_ms)
{
    struct ats_event_time time = {
        .unit = ATS_TIME_MILLISECONDS, .max_age_ms = max_age_ms, .max_future_ms = max_future_ms};
    struct ats_leaf leaf = {.type = ATS_LEAF_INTEGER, .value.integer = event_ms};
    struct ats_verdict verdict = {.rule = ATS_RULE_NONE};
    bool good = ats_event_time_check(&time, &leaf, "t", now_ms, &verdict);
    cr_assert_eq(good, verdict.rule == ATS_RULE_NONE);
    return verdict.rule;
}

Test(eventtime, bounds_are_inclusive)
{
    cr_assert_eq(check(1000, 2000, 1000, 0), ATS_RULE_NONE);
    cr_assert_eq(check(999, 2000, 1000, 0), ATS_RULE_TIME_OLD);
    cr_assert_eq(check(2500, 2000, 1000, 500), ATS_RULE_NONE);
    cr_assert_eq(check(2501, 2000, 1000, 500), ATS_RULE_TIME_FUTURE);
}

Test(eventtime, without_bounds_or_clock_any_time_passes)
{
    cr_assert_eq(check(1, 1594598424502, ATS_TIME_UNBOUNDED, 0), ATS_RULE_NONE);
    cr_assert_eq(check(253402300799999, 1, 0, ATS_TIME_UNBOUNDED), ATS_RULE_NONE);
    cr_assert_eq(check(1, 0, 10, 10), ATS_RULE_NONE);
    cr_assert_eq(check(INT64_MAX, 0, 10, 10), ATS_RULE_RANGE);
}
