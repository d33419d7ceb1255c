/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/numbers.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct ats_numbers *numbers;

static void setup(void)
{
    cr_assert_eq(ats_numbers_new(&numbers), ATS_OK);
}

static void teardown(void)
{
    ats_numbers_free(numbers);
}

TestSuite(numbers, .init = setup, .fini = teardown);

Test(numbers, are_of_a_device_under_one_of_its_keys)
{
    char owner[ATS_NUMBERS_OWNER_SIZE];
    char other[ATS_NUMBERS_OWNER_SIZE];
    ats_numbers_owner("b", "0123456789abcdef", owner);
    ats_numbers_owner("b", "0123456789abcdee", other);
    cr_assert_str_eq(owner, "b\x1f"
                            "0123456789abcdef");
    cr_assert_null(ats_numbers_window(numbers, owner, false));
    struct ats_window *window = ats_numbers_window(numbers, owner, true);
    ats_window_note(window, 7, 1);
    cr_assert_eq(ats_numbers_window(numbers, owner, false), window);
    cr_assert_null(ats_numbers_window(numbers, other, false));
    cr_assert_eq(ats_numbers_window(numbers, other, true)->highest, 0);
}

Test(numbers, have_room_for_the_longest_name)
{
    char name[ATS_NAME_MAX + 1];
    char owner[ATS_NUMBERS_OWNER_SIZE];
    memset(name, 'n', ATS_NAME_MAX);
    name[ATS_NAME_MAX] = '\0';
    ats_numbers_owner(name, "0123456789abcdef", owner);
    cr_assert_eq(strlen(owner), ATS_NUMBERS_OWNER_SIZE - 1);
    cr_assert_str_eq(owner + ATS_NAME_MAX + 1, "0123456789abcdef");
}

Test(numbers, keep_the_highest_counter)
{
    cr_assert_eq(ats_numbers_counter(numbers, "b"), 0);
    cr_assert(ats_numbers_raise_counter(numbers, "b", 7));
    cr_assert(ats_numbers_raise_counter(numbers, "b", 5));
    cr_assert_eq(ats_numbers_counter(numbers, "b"), 7);
    cr_assert_eq(ats_numbers_counter(numbers, "c"), 0, "nobody's");
}

Test(numbers, have_room_for_so_many_and_no_more)
{
    char name[32];
    for (int i = 0; i < ATS_GATE_NUMBERS_MAX; i++) {
        (void)snprintf(name, sizeof(name), "more-%d", i);
        cr_assert(ats_numbers_raise_counter(numbers, name, 1));
    }
    cr_assert_not(ats_numbers_fit(numbers, "one-more"));
    cr_assert_not(ats_numbers_raise_counter(numbers, "one-more", 1));
    cr_assert_null(ats_numbers_window(numbers, "one-more", true));
    cr_assert(ats_numbers_fit(numbers, "more-0"));
    cr_assert(ats_numbers_raise_counter(numbers, "more-0", 9));
    cr_assert_eq(ats_numbers_counter(numbers, "more-0"), 9);
}
