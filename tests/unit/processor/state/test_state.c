/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/state/state.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static void set(struct ats_state *state, const char *key, const char *value)
{
    void *memory = ats_state_edit(state, ats_span_text(key), strlen(value));
    cr_assert_not_null(memory);
    memcpy(memory, value, strlen(value));
}

static void assert_holds(const struct ats_state *state, const char *key, const char *value)
{
    struct ats_span found = ats_state_view(state, ats_span_text(key));
    cr_assert_not_null(found.data, "%s is not there", key);
    cr_assert(ats_span_is(found, value), "%s is '%.*s'", key, ATS_SPAN_ARGS(found));
}

static void assert_absent(const struct ats_state *state, const char *key)
{
    cr_assert_null(ats_state_view(state, ats_span_text(key)).data);
}

struct seen {
    char text[512];
    int stop_after;
};

static enum ats_status note(void *ctx, struct ats_span key, struct ats_span value,
                            struct ats_span before)
{
    struct seen *seen = ctx;
    size_t used = strlen(seen->text);
    (void)before;
    (void)snprintf(seen->text + used, sizeof(seen->text) - used, "%.*s=%.*s ", ATS_SPAN_ARGS(key),
                   value.data ? (int)value.len : 1, value.data ? (const char *)value.data : "-");
    return --seen->stop_after == 0 ? ATS_ERR_IO : ATS_OK;
}

static void assert_dirty(const struct ats_state *state, const char *expected)
{
    struct seen seen = {0};
    cr_assert_eq(ats_state_each_dirty(state, note, &seen), ATS_OK);
    cr_assert_str_eq(seen.text, expected);
}

Test(state, a_new_entry_is_zero_and_aligned)
{
    struct ats_state *state = ats_state_new(1 << 20);
    const double *numbers = ats_state_edit(state, ats_span_text("k"), 4 * sizeof(double));
    cr_assert_not_null(numbers);
    cr_assert_eq((uintptr_t)numbers % _Alignof(max_align_t), 0);
    for (int i = 0; i < 4; i++)
        cr_assert_eq(numbers[i], 0.0);
    ats_state_free(state);
}

Test(state, another_size_starts_from_zero)
{
    struct ats_state *state = ats_state_new(1 << 20);
    set(state, "k", "abcd");
    ats_state_commit(state);
    const char *larger = ats_state_edit(state, ats_span_text("k"), 8);
    cr_assert_eq(memcmp(larger, "\0\0\0\0\0\0\0\0", 8), 0);
    ats_state_free(state);
}

Test(state, names_each_changed_key_once_in_the_order_of_first_touch)
{
    struct ats_state *state = ats_state_new(1 << 20);
    set(state, "a", "1");
    ats_state_commit(state);
    set(state, "b", "1");
    set(state, "a", "2");
    set(state, "b", "3");
    set(state, "c", "4");
    cr_assert_eq(ats_state_remove(state, ats_span_text("a")), ATS_OK);
    assert_dirty(state, "b=3 a=- c=4 ");
    ats_state_commit(state);
    assert_dirty(state, "");
    assert_absent(state, "a");
    ats_state_free(state);
}

Test(state, does_not_name_what_came_and_went_in_one_transaction)
{
    struct ats_state *state = ats_state_new(1 << 20);
    set(state, "a", "1");
    cr_assert_eq(ats_state_remove(state, ats_span_text("a")), ATS_OK);
    assert_dirty(state, "");
    ats_state_commit(state);
    cr_assert_eq(ats_state_count(state), 0);
    cr_assert_eq(ats_state_bytes(state), 0);
    ats_state_free(state);
}

Test(state, says_that_its_bound_was_in_the_way)
{
    struct ats_state *state = ats_state_new(8);
    cr_assert_not_null(ats_state_edit(state, ats_span_text("k"), 7));
    cr_assert_not(ats_state_is_full(state));
    cr_assert_null(ats_state_edit(state, ats_span_text("k"), 8));
    cr_assert(ats_state_is_full(state));
    cr_assert_not_null(ats_state_edit(state, ats_span_text("k"), 1));
    cr_assert_not(ats_state_is_full(state));
    ats_state_free(state);
}

static enum ats_status note_before(void *ctx, struct ats_span key, struct ats_span value,
                                   struct ats_span before)
{
    (void)value;
    return note(ctx, key, before, value);
}

Test(state, tells_what_was_there_before)
{
    struct ats_state *state = ats_state_new(1 << 20);
    struct seen seen = {0};
    set(state, "changed", "old");
    set(state, "resized", "old");
    set(state, "removed", "old");
    set(state, "empty", "");
    ats_state_commit(state);
    set(state, "changed", "new");
    set(state, "resized", "newer");
    cr_assert_eq(ats_state_remove(state, ats_span_text("removed")), ATS_OK);
    set(state, "empty", "not");
    set(state, "made", "new");
    cr_assert_eq(ats_state_each_dirty(state, note_before, &seen), ATS_OK);
    cr_assert_str_eq(seen.text, "changed=old resized=old removed=old empty= made=- ");
    ats_state_free(state);
}

Test(state, a_visitor_that_fails_ends_the_visit)
{
    struct ats_state *state = ats_state_new(1 << 20);
    struct seen seen = {.stop_after = 1};
    set(state, "a", "1");
    set(state, "b", "2");
    cr_assert_eq(ats_state_each_dirty(state, note, &seen), ATS_ERR_IO);
    cr_assert_str_eq(seen.text, "a=1 ");
    ats_state_free(state);
}

Test(state, rollback_puts_back_changed_resized_removed_and_new_entries)
{
    struct ats_state *state = ats_state_new(1 << 20);
    set(state, "changed", "old");
    set(state, "resized", "old");
    set(state, "changed then resized", "old");
    set(state, "removed", "old");
    set(state, "removed then made", "old");
    ats_state_commit(state);
    size_t bytes = ats_state_bytes(state);
    set(state, "changed", "new");
    set(state, "resized", "longer");
    set(state, "resized", "even longer");
    set(state, "changed then resized", "new");
    set(state, "changed then resized", "longer");
    cr_assert_eq(ats_state_remove(state, ats_span_text("removed")), ATS_OK);
    cr_assert_eq(ats_state_remove(state, ats_span_text("removed then made")), ATS_OK);
    set(state, "removed then made", "new");
    set(state, "new", "new");
    ats_state_rollback(state);
    assert_holds(state, "changed", "old");
    assert_holds(state, "resized", "old");
    assert_holds(state, "changed then resized", "old");
    assert_holds(state, "removed", "old");
    assert_holds(state, "removed then made", "old");
    assert_absent(state, "new");
    assert_dirty(state, "");
    cr_assert_eq(ats_state_count(state), 5);
    cr_assert_eq(ats_state_bytes(state), bytes);
    ats_state_free(state);
}

Test(state, refuses_to_grow_past_its_bound_and_stays_as_it_was)
{
    struct ats_state *state = ats_state_new(10);
    set(state, "a", "12345");
    cr_assert_null(ats_state_edit(state, ats_span_text("b"), 4));
    cr_assert_null(ats_state_edit(state, ats_span_text("a"), 10));
    cr_assert_null(ats_state_edit(state, ats_span_text("a"), SIZE_MAX));
    assert_holds(state, "a", "12345");
    assert_dirty(state, "a=12345 ");
    ats_state_commit(state);
    cr_assert_eq(ats_state_restore(state, ats_span_text("b"), ats_span_text("1234")),
                 ATS_ERR_LIMIT);
    cr_assert_eq(ats_state_count(state), 1);
    set(state, "b", "123");
    cr_assert_eq(ats_state_bytes(state), 10);
    ats_state_free(state);
}

Test(state, restore_sets_and_removes_without_being_a_change)
{
    struct ats_state *state = ats_state_new(1 << 20);
    cr_assert_eq(ats_state_restore(state, ats_span_text("a"), ats_span_text("one")), ATS_OK);
    cr_assert_eq(ats_state_restore(state, ats_span_text("a"), ats_span_text("three")), ATS_OK);
    assert_holds(state, "a", "three");
    assert_dirty(state, "");
    cr_assert_eq(ats_state_restore(state, ats_span_text("a"), ats_span_of(NULL, 0)), ATS_OK);
    cr_assert_eq(ats_state_restore(state, ats_span_text("x"), ats_span_of(NULL, 0)), ATS_OK);
    cr_assert_eq(ats_state_count(state), 0);
    ats_state_free(state);
}

Test(state, an_empty_value_is_there)
{
    struct ats_state *state = ats_state_new(1 << 20);
    cr_assert_not_null(ats_state_edit(state, ats_span_text("k"), 0));
    cr_assert_not_null(ats_state_view(state, ats_span_text("k")).data);
    cr_assert_eq(ats_state_count(state), 1);
    ats_state_free(state);
}

/* The same random acts on the state and on a plain array; rolled back and committed by turns. */
#define KEYS 500

Test(state, agrees_with_a_plain_array_over_random_transactions)
{
    struct ats_state *state = ats_state_new(1 << 20);
    static int committed[KEYS], running[KEYS];
    unsigned seed = 7;
    for (int round = 0; round < 200; round++) {
        memcpy(running, committed, sizeof(running));
        for (int act = 0; act < 60; act++) {
            int i = rand_r(&seed) % KEYS;
            struct ats_span key = ats_span_of(&i, sizeof(i));
            if (rand_r(&seed) % 3 == 0) {
                cr_assert_eq(ats_state_remove(state, key), ATS_OK);
                running[i] = 0;
            } else {
                int value = 1 + rand_r(&seed) % 100;
                uint8_t *memory = ats_state_edit(state, key, (size_t)value % 5 + 1);
                *memory = (uint8_t)value;
                running[i] = value;
            }
        }
        if (rand_r(&seed) % 2) {
            ats_state_commit(state);
            memcpy(committed, running, sizeof(committed));
        } else {
            ats_state_rollback(state);
        }
        for (int i = 0; i < KEYS; i++) {
            struct ats_span found = ats_state_view(state, ats_span_of(&i, sizeof(i)));
            cr_assert_eq(found.data ? found.data[0] : 0, committed[i]);
            cr_assert(!found.data || found.len == (size_t)committed[i] % 5 + 1);
        }
    }
    ats_state_free(state);
}
