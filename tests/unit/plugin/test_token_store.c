/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/token_store.h"

#include "common/identity/key.h"
#include "tests/unit/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define NOW_S INT64_C(1764000000)
#define MAX ATS_GATE_TOKENS_PER_KEY

static char folder[64];
static struct ats_store *store;
static struct ats_used_token items[MAX];
static struct ats_token_set set;

static void open_store(void)
{
    struct ats_error err = {0};
    cr_assert_eq(ats_store_open(folder, 1 << 20, &store, &err), ATS_OK, "%s", err.text);
}

static void setup(void)
{
    cr_assert_eq(ats_identity_init(), ATS_OK);
    scratch_folder(folder, sizeof(folder), "ats-tokens");
    open_store();
    set = (struct ats_token_set){.items = items};
}

static void teardown(void)
{
    ats_store_close(store);
    scratch_remove(folder);
}

TestSuite(token_store, .init = setup, .fini = teardown);

static struct ats_token_record record_of(const char *device, const char *id, int64_t expires_s)
{
    struct ats_token_record record;
    ats_token_record_make(device, "0123456789abcdef", id, expires_s, &record);
    return record;
}

static void put(const struct ats_token_record *record, int64_t now_s)
{
    struct ats_store_batch *batch = NULL;
    cr_assert_eq(ats_store_batch_begin(store, &batch), ATS_OK);
    cr_assert_eq(ats_token_store_put(batch, record, now_s), ATS_OK);
    cr_assert_eq(ats_store_batch_commit(batch), ATS_OK);
}

static bool knows(const struct ats_token_record *record)
{
    cr_assert_eq(ats_token_store_get(store, record->key, &set), ATS_OK);
    return ats_token_set_has(&set, &record->used);
}

Test(token_store, knows_what_was_used_after_a_restart)
{
    struct ats_token_record a = record_of("press", "a", NOW_S + 10);
    struct ats_token_record b = record_of("press", "b", NOW_S + 10);
    struct ats_token_record other = record_of("lathe", "a", NOW_S + 10);
    cr_assert_not(knows(&a));
    put(&a, NOW_S);
    ats_store_close(store);
    open_store();
    cr_assert(knows(&a));
    cr_assert_not(knows(&b));
    cr_assert_not(knows(&other), "another device's ids are its own");
}

Test(token_store, keeps_one_of_the_same_token)
{
    struct ats_token_record a = record_of("press", "a", NOW_S + 10);
    put(&a, NOW_S);
    put(&a, NOW_S);
    cr_assert(knows(&a));
    cr_assert_eq(set.count, 1);
}

static void fill(int64_t first_end_s)
{
    for (int i = 0; i < MAX; i++) {
        char id[16];
        (void)snprintf(id, sizeof(id), "%d", i);
        struct ats_token_record each = record_of("press", id, first_end_s + i);
        put(&each, NOW_S);
    }
}

Test(token_store,
     forgets_what_has_expired_when_it_is_full_and_a_clock_that_goes_back_brings_none_to_life)
{
    struct ats_token_record first = record_of("press", "0", NOW_S + 1);
    struct ats_token_record next = record_of("press", "next", NOW_S + 1000);
    struct ats_token_record never = record_of("press", "never seen", NOW_S + 1);
    fill(NOW_S + 1);
    cr_assert_not(knows(&never));
    put(&next, NOW_S + 5);
    cr_assert(knows(&next));
    cr_assert_eq(set.count, MAX - 5 + 1);
    cr_assert(knows(&first));
    cr_assert(knows(&never), "it may have been");
    cr_assert_eq(ats_token_set_live(&set, NOW_S + 10), MAX - 10 + 1);
}

Test(token_store, a_full_one_of_tokens_that_live_forgets_the_first_to_end_as_used)
{
    struct ats_token_record first = record_of("press", "0", NOW_S + 1);
    struct ats_token_record next = record_of("press", "next", NOW_S + 1000);
    fill(NOW_S + 1);
    put(&next, NOW_S);
    cr_assert(knows(&next));
    cr_assert(knows(&first));
    cr_assert_eq(set.count, MAX);
}

Test(token_store, what_cannot_be_read_counts_as_nothing)
{
    struct ats_token_record a = record_of("press", "a", NOW_S + 10);
    struct ats_store_batch *batch = NULL;
    cr_assert_eq(ats_store_batch_begin(store, &batch), ATS_OK);
    cr_assert_eq(
        ats_store_batch_put(batch, ats_span_of(a.key, sizeof(a.key)), ats_span_text("garbage")),
        ATS_OK);
    cr_assert_eq(ats_store_batch_commit(batch), ATS_OK);
    cr_assert_not(knows(&a));
    put(&a, NOW_S);
    cr_assert(knows(&a));
}

Test(token_store, a_record_of_the_journal_has_one_encoding)
{
    struct ats_token_record a = record_of("press", "a", NOW_S + 10);
    struct ats_token_record read;
    uint8_t data[ATS_TOKEN_RECORD_SIZE + 1] = {0};
    ats_token_record_encode(&a, data);
    cr_assert(ats_token_record_decode(ats_span_of(data, ATS_TOKEN_RECORD_SIZE), &read));
    cr_assert_eq(memcmp(&read, &a, sizeof(a)), 0);
    cr_assert_not(ats_token_record_decode(ats_span_of(data, ATS_TOKEN_RECORD_SIZE - 1), &read));
    cr_assert_not(ats_token_record_decode(ats_span_of(data, ATS_TOKEN_RECORD_SIZE + 1), &read));
}
