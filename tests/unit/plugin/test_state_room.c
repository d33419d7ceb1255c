/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/state_room.h"

#include "plugin/device_store.h"
#include "tests/unit/captured_log.h"
#include "tests/unit/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define MAP ((size_t)1 << 18)

static char folder[64];
static struct ats_store *store;
static struct ats_log *test_log;
static struct ats_state_room room;
static int keys;

static void setup(void)
{
    struct ats_error err = {0};
    scratch_folder(folder, sizeof(folder), "ats-room");
    cr_assert_eq(ats_store_open(folder, MAP, &store, &err), ATS_OK, "%s", err.text);
    test_log = captured_log_new();
    room = (struct ats_state_room){.stores = {[ATS_STATE_MARKS] = store}, .log = test_log};
}

static void teardown(void)
{
    ats_store_close(store);
    ats_log_free(test_log);
    scratch_remove(folder);
}

TestSuite(state_room, .init = setup, .fini = teardown);

static enum ats_status put(int key)
{
    char name[32];
    struct ats_store_batch *batch = NULL;
    (void)snprintf(name, sizeof(name), "dev-%06d", key);
    cr_assert_eq(ats_store_batch_begin(store, &batch), ATS_OK);
    enum ats_status status = ats_device_store_raise(batch, ats_span_text(name), 7);
    enum ats_status committed = ats_store_batch_commit(batch);
    return status == ATS_OK ? committed : status;
}

static double used(void)
{
    ats_state_room_look(&room);
    return room.used_percent[ATS_STATE_MARKS];
}

static void fill_to(double percent)
{
    while (used() < percent)
        cr_assert_eq(put(keys++), ATS_OK, "%d keys, %.1f %%", keys, used());
}

static size_t lines_of(const char *event)
{
    size_t count = 0;
    for (const char *at = logged; (at = strstr(at, event)); at++)
        count++;
    return count;
}

Test(state_room, a_store_that_fills_up_is_told_of_once_while_it_takes_more)
{
    cr_assert_lt(used(), 5);
    fill_to(75);
    cr_assert_eq(lines_of("state.room-low"), 0, "%s", logged);
    fill_to(80);
    cr_assert_eq(lines_of("state.room-low store=marks used_percent=8"), 1, "%s", logged);
    cr_assert_eq(put(keys++), ATS_OK);
    (void)used();
    cr_assert_eq(lines_of("state.room-low"), 1);
}

Test(state_room, room_that_is_made_is_told_of_too)
{
    struct ats_store_batch *batch = NULL;
    fill_to(80);
    cr_assert_eq(ats_store_batch_begin(store, &batch), ATS_OK);
    cr_assert_eq(ats_store_batch_clear(batch), ATS_OK);
    cr_assert_eq(ats_store_batch_commit(batch), ATS_OK);
    cr_assert_lt(used(), 5, "pages that were given up are room");
    cr_assert_eq(lines_of("state.room-enough store=marks"), 1, "%s", logged);
}

/* Full, it refuses, and what it knew it knows. */
Test(state_room, a_full_store_forgets_nothing)
{
    uint64_t number = 0;
    while (put(keys) == ATS_OK)
        cr_assert_lt(keys++, 100000);
    cr_assert_geq(used(), 80, "it was told of before");
    cr_assert_eq(ats_device_store_get(store, "dev-000000", &number), ATS_OK);
    cr_assert_eq(number, 7);
}
