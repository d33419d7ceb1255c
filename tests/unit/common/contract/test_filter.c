/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/filter.h"

#include <criterion/criterion.h>
#include <stdio.h>

static const char *device_of(const char *filter, const char *topic)
{
    static char name[64];
    struct ats_span device = {0};
    if (!ats_filter_matches(filter, ats_span_text(topic), &device))
        return NULL;
    (void)snprintf(name, sizeof(name), "%.*s", (int)device.len, (const char *)device.data);
    return name;
}

Test(filter, matches_level_by_level_and_gives_the_device)
{
    cr_assert_str_eq(device_of("site/+/{device}/env", "site/a/d1/env"), "d1");
    cr_assert_str_eq(device_of("a/#", "a"), "");
    cr_assert_str_eq(device_of("a/{device}/#", "a/d1/b/c"), "d1");
    cr_assert_str_eq(device_of("a/+", "a/"), "");
    cr_assert_null(device_of("site/+/{device}/env", "site/a/d1"));
    cr_assert_null(device_of("site/+/{device}/env", "site/a/d1/env/x"));
    cr_assert_null(device_of("a/b", "a/c"));
}

static void expect_common(const char *a, const char *b, enum ats_filter_common expected)
{
    cr_assert_eq(ats_filter_compare(a, b), expected, "%s and %s", a, b);
    cr_assert_eq(ats_filter_compare(b, a), expected, "%s and %s", b, a);
}

Test(filter, two_filters_have_all_some_or_no_topics_in_common)
{
    expect_common("a/b", "a/b", ATS_FILTERS_ALL);
    expect_common("a/{device}/b", "a/+/b", ATS_FILTERS_ALL);
    expect_common("a/+/#", "a/{device}/#", ATS_FILTERS_ALL);
    expect_common("a/b", "a/+", ATS_FILTERS_SOME);
    expect_common("a/+", "+/b", ATS_FILTERS_SOME);
    expect_common("a/#", "a/b/c", ATS_FILTERS_SOME);
    expect_common("a/#", "a", ATS_FILTERS_SOME);
    expect_common("a/#", "a/b/#", ATS_FILTERS_SOME);
    expect_common("a/#", "a/+", ATS_FILTERS_SOME);
    expect_common("a/b", "a/c", ATS_FILTERS_NONE);
    expect_common("a/+", "a/b/c", ATS_FILTERS_NONE);
    expect_common("a/b/#", "a", ATS_FILTERS_NONE);
    expect_common("a/{device}/env", "b/{device}/env", ATS_FILTERS_NONE);
}

Test(filter, the_gates_own_topics_are_ats_and_what_is_below)
{
    cr_assert(ats_topic_is_own(ats_span_text("ats")));
    cr_assert(ats_topic_is_own(ats_span_text("ats/receipts/d1")));
    cr_assert_not(ats_topic_is_own(ats_span_text("atsx/a")));
    cr_assert_not(ats_topic_is_own(ats_span_text("a/ats")));
    cr_assert_not(ats_topic_is_own(ats_span_text("")));
}
