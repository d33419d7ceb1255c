/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/processor/operators/flow_fixture.h"

TestSuite(explain, .init = start_flow, .fini = finish_flow);

static void set(int feature, double value, double contribution)
{
    fix.chain->scored[feature].value = value;
    fix.chain->scored[feature].expected = 21.6;
    fix.chain->scored[feature].contribution = contribution;
}

static const char *explained(const char *head, double score)
{
    ats_chain_explain(fix.chain, head, fix.chain->scored, score);
    cr_assert_eq(fix.chain->result.explanation.len, strlen(fix.chain->explanation));
    return fix.chain->explanation;
}

Test(explain, names_what_deviates_with_value_unit_and_direction)
{
    set(LAST, 51.2, 0.51);
    set(MEAN, 10, -0.4);
    cr_assert_str_eq(explained("", 0.91), "last 51.2 Cel, expected 21.6 (above, 0.51); "
                                          "mean 10 Cel, expected 21.6 (below, 0.40)");
}

Test(explain, leaves_the_unit_out_where_there_is_none)
{
    set(COUNT, 3, 0.9);
    cr_assert_str_eq(explained("Over. ", 0.9), "Over. count 3, expected 21.6 (above, 0.90)");
}

Test(explain, names_the_three_that_count_most)
{
    for (int i = LAST; i <= STDDEV; i++)
        set(i, 1, 0.2 + 0.01 * i);
    const char *text = explained("", 0.9);
    cr_assert_eq(strncmp(text, "stddev", 6), 0);
    cr_assert_not_null(strstr(text, "count"));
    cr_assert_not_null(strstr(text, "max"));
    cr_assert_null(strstr(text, "min"));
}

Test(explain, does_not_name_what_hardly_counts)
{
    set(LAST, 51.2, 0.9);
    set(MEAN, 22, 0.05);
    cr_assert_null(strstr(explained("", 0.95), "mean"));
}

Test(explain, stays_within_its_memory)
{
    static char name[ATS_NAME_MAX + 1];
    static char unit[1025];
    memset(name, 'n', ATS_NAME_MAX);
    memset(unit, 'u', 1024);
    set(LAST, 1, 0.9);
    set(MEAN, 1, 0.8);
    fix.chain->scored[LAST].name = fix.chain->scored[MEAN].name = name;
    fix.chain->scored[LAST].unit = unit;
    cr_assert_leq(strlen(explained("", 0.9)), ATS_EXPLANATION_SIZE);
}
