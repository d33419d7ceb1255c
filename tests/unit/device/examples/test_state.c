/* SPDX-License-Identifier: Apache-2.0 */
#include "device/examples/state.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/attestream-state-XXXXXX";
static char path[64];

static void set_up(void)
{
    cr_assert_not_null(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/state", folder);
}

static void tear_down(void)
{
    static const char *const suffixes[] = {"", ".lock", ".new"};
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        char name[80];
        (void)snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
        (void)unlink(name);
    }
    cr_assert_eq(rmdir(folder), 0);
}

TestSuite(state, .init = set_up, .fini = tear_down);

static struct example_state opened(void)
{
    struct example_state state;
    const char *why;
    cr_assert(example_state_open(&state, path, &why), "%s", why);
    return state;
}

/* As after a loss of power: what is not in the file is gone. */
static void lose_power(struct example_state *state)
{
    close(state->lock);
    *state = opened();
}

static void write_state(const char *text)
{
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    cr_assert_geq(fputs(text, file), 0);
    cr_assert_eq(fclose(file), 0);
}

static uint64_t take(struct example_state *state, uint64_t now_ms)
{
    uint64_t counter;
    const char *why;
    cr_assert(example_state_take_counter(state, now_ms, &counter, &why), "%s", why);
    return counter;
}

Test(state, the_counter_grows_also_where_the_clock_goes_back_or_stands)
{
    struct example_state state = opened();
    cr_assert_eq(take(&state, 1000), 1000);
    cr_assert_eq(take(&state, 1000), 1001);
    cr_assert_eq(take(&state, 500), 1002);
    cr_assert_eq(take(&state, 2000), 2000);
    example_state_close(&state, 0);
}

Test(state, a_counter_is_stored_before_it_is_used)
{
    struct example_state state = opened();
    cr_assert_eq(take(&state, 1000), 1000);
    lose_power(&state);
    cr_assert_eq(take(&state, 0), 1001);
    example_state_close(&state, 0);
}

Test(state, no_sequence_comes_twice_after_a_loss_of_power)
{
    const char *why;
    struct example_state state = opened();
    cr_assert(example_state_reserve(&state, 1, &why));
    cr_assert(example_state_reserve(&state, EXAMPLE_SEQUENCE_BLOCK, &why));
    lose_power(&state);
    cr_assert_geq(state.sequence, EXAMPLE_SEQUENCE_BLOCK);
    cr_assert(example_state_reserve(&state, EXAMPLE_SEQUENCE_BLOCK + 1, &why));
    lose_power(&state);
    cr_assert_geq(state.sequence, EXAMPLE_SEQUENCE_BLOCK + 1);
    example_state_close(&state, 0);
}

Test(state, a_clean_end_leaves_out_no_sequence)
{
    const char *why;
    struct example_state state = opened();
    cr_assert(example_state_reserve(&state, 3, &why));
    example_state_close(&state, 3);
    state = opened();
    cr_assert_eq(state.sequence, 3);
    example_state_close(&state, 3);
}

Test(state, a_second_process_is_kept_out)
{
    const char *why;
    struct example_state second;
    struct example_state state = opened();
    cr_assert_not(example_state_open(&second, path, &why));
    cr_assert_str_eq(why, "another process uses it");
    example_state_close(&state, 0);
}

Test(state, a_file_of_something_else_is_refused)
{
    static const char *const texts[] = {"", "counter 1\n", "counter x\nsequence 1\n",
                                        "counter 1\nsequence 2\nmore\n"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct example_state state;
        const char *why;
        write_state(texts[i]);
        cr_assert_not(example_state_open(&state, path, &why), "%s", texts[i]);
        cr_assert_not_null(strstr(why, "not a state file"));
    }
}

Test(state, what_cannot_be_stored_is_not_to_be_used)
{
    uint64_t counter;
    const char *why;
    struct example_state state = opened();
    (void)snprintf(state.path, sizeof(state.path), "%s/none/state", folder);
    cr_assert_not(example_state_take_counter(&state, 1, &counter, &why));
    cr_assert_not_null(why);
    close(state.lock);
}
