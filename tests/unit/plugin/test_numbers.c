/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/numbers.h"

#include "tests/unit/plugin/gate_fixture.h"

#define KEYS_MAX 3

static struct ats_numbers *numbers;

static void setup(void)
{
    fixture_open(NULL, NULL, NULL);
    cr_assert_eq(ats_numbers_new(fix.gate->counter_store, fix.gate->mark_store, KEYS_MAX, &numbers),
                 ATS_OK);
}

static void teardown(void)
{
    ats_numbers_free(numbers);
    fixture_end();
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

static void fill(void)
{
    char name[32];
    for (int i = 0; i < KEYS_MAX; i++) {
        (void)snprintf(name, sizeof(name), "more-%d", i);
        cr_assert(ats_numbers_raise_counter(numbers, name, 5));
    }
}

static void store(struct ats_store *to, const char *owner, uint64_t number)
{
    struct ats_store_batch *batch = NULL;
    cr_assert_eq(ats_store_batch_begin(to, &batch), ATS_OK);
    cr_assert_eq(ats_device_store_raise(batch, ats_span_text(owner), number), ATS_OK);
    cr_assert_eq(ats_store_batch_commit(batch), ATS_OK);
}

Test(numbers, have_room_for_so_many_that_no_store_has)
{
    fill();
    cr_assert_not(ats_numbers_fit(numbers, "one-more"));
    cr_assert_not(ats_numbers_raise_counter(numbers, "one-more", 1));
    cr_assert_null(ats_numbers_window(numbers, "one-more", true));
    cr_assert(ats_numbers_fit(numbers, "more-0"));
    cr_assert(ats_numbers_raise_counter(numbers, "more-0", 9));
    cr_assert_eq(ats_numbers_counter(numbers, "more-0"), 9);
}

Test(numbers, that_the_stores_have_leave_memory_for_the_next_keys)
{
    fill();
    store(fix.gate->counter_store, "more-1", 4);
    cr_assert_not(ats_numbers_fit(numbers, "one-more"), "the store has a lower one");
    store(fix.gate->counter_store, "more-1", 5);
    cr_assert(ats_numbers_fit(numbers, "one-more"));
    cr_assert(ats_numbers_raise_counter(numbers, "one-more", 1));
    cr_assert_eq(ats_numbers_counter(numbers, "more-1"), 0, "the store's alone");
    cr_assert_eq(ats_numbers_counter(numbers, "more-0"), 5);
    cr_assert_eq(ats_numbers_counter(numbers, "more-2"), 5);
}

Test(numbers, stay_while_a_sequence_is_not_stored)
{
    fill();
    store(fix.gate->counter_store, "more-2", 5);
    ats_window_note(ats_numbers_window(numbers, "more-2", true), 7, 1);
    store(fix.gate->mark_store, "more-2", 6);
    cr_assert_not(ats_numbers_fit(numbers, "one-more"));
    store(fix.gate->mark_store, "more-2", 7);
    cr_assert_not_null(ats_numbers_window(numbers, "one-more", true));
    cr_assert_null(ats_numbers_window(numbers, "more-2", false));
}

Test(numbers, of_a_fleet_have_room_for_any_number_of_keys)
{
    char name[32];
    for (int i = 0; i < 10 * KEYS_MAX; i++) {
        (void)snprintf(name, sizeof(name), "key-%d", i);
        cr_assert(ats_numbers_raise_counter(numbers, name, 1), "%d", i);
        store(fix.gate->counter_store, name, 1);
    }
}
