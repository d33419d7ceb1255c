/* SPDX-License-Identifier: Apache-2.0 */
/* The pattern of an operator's scope, the same in every locale. */
#include "common/control/name_pattern.h"

#include <criterion/criterion.h>
#include <fnmatch.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Test(name_pattern, stands_for_characters_in_every_locale)
{
    static const char *const locales[] = {"C", "C.UTF-8"};
    for (size_t i = 0; i < 2; i++) {
        cr_assert_not_null(setlocale(LC_ALL, locales[i]));
        cr_assert(ats_name_matches("press-?", "press-é"));
        cr_assert_not(ats_name_matches("press-??", "press-é"));
        cr_assert(ats_name_matches("press-[à-ü]", "press-é"));
        cr_assert_not(ats_name_matches("press-[!à-ü]", "press-é"));
        cr_assert(ats_name_matches("*é", "press-é"));
    }
}

Test(name_pattern, knows_sets_and_what_is_none)
{
    cr_assert(ats_name_matches("[]a]", "]"));
    cr_assert(ats_name_matches("[!]a]", "b"));
    cr_assert(ats_name_matches("[a-]", "-"));
    cr_assert(ats_name_matches("x[", "x["));
    cr_assert(ats_name_matches("x[ab", "x[ab"));
    cr_assert_not(ats_name_matches("x[ab", "xa"));
    cr_assert_not(ats_name_matches("", "a"));
    cr_assert(ats_name_matches("", ""));
    cr_assert(ats_name_matches("**", ""));
    cr_assert_not(ats_name_matches("?", ""));
}

static void fill(char *text, size_t cap, const char *letters)
{
    size_t len = (size_t)rand() % cap;
    for (size_t i = 0; i < len; i++)
        text[i] = letters[(size_t)rand() % strlen(letters)];
    text[len] = '\0';
}

/* POSIX's of the C locale, as scopes were matched before. */
Test(name_pattern, is_fnmatch_for_plain_names)
{
    srand(7);
    (void)setlocale(LC_ALL, "C");
    for (int i = 0; i < 200000; i++) {
        char pattern[9];
        char name[9];
        fill(pattern, sizeof(pattern), "ab*?[]-!");
        fill(name, sizeof(name), "abc-");
        if (strstr(pattern, "[") && strstr(pattern, "-"))
            continue; /* a range that is none is undefined */
        cr_assert_eq(ats_name_matches(pattern, name), fnmatch(pattern, name, 0) == 0, "%s %s",
                     pattern, name);
    }
}
