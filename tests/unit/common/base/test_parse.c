/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/parse.h"

#include <criterion/criterion.h>
#include <stdio.h>

static void assert_trimmed(const char *given, const char *expected)
{
    char text[32];
    (void)snprintf(text, sizeof(text), "%s", given);
    cr_assert_str_eq(ats_text_trim(text), expected);
}

Test(parse, a_text_is_trimmed_at_its_ends_alone)
{
    assert_trimmed(" \ta b\r\n", "a b");
    assert_trimmed("a", "a");
    assert_trimmed(" \t ", "");
    assert_trimmed("", "");
}
