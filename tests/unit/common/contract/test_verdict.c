/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/verdict.h"

#include <criterion/criterion.h>
#include <string.h>

Test(verdict, every_rule_has_a_name_of_its_own)
{
    for (int i = 0; i < ATS_RULE_COUNT; i++) {
        cr_assert_not_null(ats_rule_name((enum ats_rule)i), "rule %d", i);
        for (int k = 0; k < i; k++)
            cr_assert_str_neq(ats_rule_name((enum ats_rule)i), ats_rule_name((enum ats_rule)k));
    }
}

Test(verdict, class_follows_from_the_rule)
{
    struct ats_verdict verdict;
    ats_verdict_set(&verdict, ATS_RULE_UTF8, "", "x");
    cr_assert_str_eq(ats_verdict_class_name(verdict.verdict_class), "malformed");
    ats_verdict_set(&verdict, ATS_RULE_TYPE, "a.b", "%d", 7);
    cr_assert_str_eq(ats_verdict_class_name(verdict.verdict_class), "schema");
    cr_assert_str_eq(verdict.path, "a.b");
    cr_assert_str_eq(verdict.text, "7");
    ats_verdict_set(&verdict, ATS_RULE_RANGE, "", "x");
    cr_assert_str_eq(ats_verdict_class_name(verdict.verdict_class), "quality");
    ats_verdict_set(&verdict, ATS_RULE_NONE, "", "%s", "");
    cr_assert_str_eq(ats_verdict_class_name(verdict.verdict_class), "admitted");
}

Test(verdict, long_path_and_text_are_cut)
{
    struct ats_verdict verdict;
    char long_text[1000];
    memset(long_text, 'a', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    ats_verdict_set(&verdict, ATS_RULE_TYPE, long_text, "%s", long_text);
    cr_assert_eq(strlen(verdict.path), ATS_VERDICT_PATH_MAX - 1);
    cr_assert_eq(strlen(verdict.text), ATS_VERDICT_TEXT_MAX - 1);
}
