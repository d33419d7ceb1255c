/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/token_prune.h"

#include "tests/unit/captured_log.h"
#include "tests/unit/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define NOW_S INT64_C(1764000000)
#define LATER_S (NOW_S + 10 + ATS_GATE_TOKEN_PRUNE_AGE_S)
#define PARTS 65536

static char folder[64];
static struct ats_store *store;
static struct ats_log *test_log;
static struct ats_gate_metrics metrics;
static struct ats_token_prune prune;
static int64_t monotonic_ms;

static void setup(void)
{
    struct ats_error err = {0};
    cr_assert_eq(ats_identity_init(), ATS_OK);
    scratch_folder(folder, sizeof(folder), "ats-prune");
    cr_assert_eq(ats_store_open(folder, 1 << 20, &store, &err), ATS_OK, "%s", err.text);
    test_log = captured_log_new();
    prune = (struct ats_token_prune){
        .store = store, .metrics = &metrics, .log = test_log, .part = 40000};
}

static void teardown(void)
{
    ats_store_close(store);
    ats_log_free(test_log);
    scratch_remove(folder);
}

TestSuite(token_prune, .init = setup, .fini = teardown);

static struct ats_token_record use(const char *device, const char *id, int64_t expires_s)
{
    struct ats_token_record record;
    struct ats_store_batch *batch = NULL;
    ats_token_record_make(device, "0123456789abcdef", id, expires_s, &record);
    cr_assert_eq(ats_store_batch_begin(store, &batch), ATS_OK);
    cr_assert_eq(ats_token_store_put(batch, &record, NOW_S), ATS_OK);
    cr_assert_eq(ats_store_batch_commit(batch), ATS_OK);
    return record;
}

static size_t stored(const struct ats_token_record *record, bool *ret_used)
{
    struct ats_used_token items[ATS_GATE_TOKENS_PER_KEY];
    struct ats_token_set set = {.items = items};
    cr_assert_eq(ats_token_store_get(store, record->key, &set), ATS_OK);
    *ret_used = ats_token_set_has(&set, &record->used);
    return set.count;
}

static void go_round(int64_t now_s)
{
    for (int i = 0; i < PARTS; i++) {
        monotonic_ms += ATS_GATE_TOKEN_PRUNE_MS;
        ats_token_prune_step(&prune, monotonic_ms, now_s);
    }
}

Test(token_prune, tokens_that_are_long_over_are_forgotten_and_stay_used)
{
    bool is_used = false;
    (void)use("press", "a", NOW_S + 5);
    struct ats_token_record last = use("press", "b", NOW_S + 10);
    go_round(LATER_S - 1);
    cr_assert_eq(stored(&last, &is_used), 2, "not yet a day");
    go_round(LATER_S);
    cr_assert_eq(stored(&last, &is_used), 0);
    cr_assert(is_used, "a clock that goes back brings none to life");
    cr_assert_eq(ats_counter_get(&metrics.tokens_forgotten), 2);
    cr_assert_not_null(strstr(logged, "tokens.pruned keys=1 tokens=2"), "%s", logged);
}

Test(token_prune, a_key_with_a_token_that_lives_keeps_all)
{
    bool is_used = false;
    (void)use("press", "a", NOW_S + 5);
    struct ats_token_record live = use("press", "b", LATER_S + 100);
    go_round(LATER_S);
    cr_assert_eq(stored(&live, &is_used), 2);
    cr_assert(is_used);
}

Test(token_prune, a_new_token_of_a_key_that_was_pruned_is_taken_once)
{
    bool is_used = true;
    struct ats_token_record next;
    (void)use("press", "a", NOW_S + 5);
    go_round(LATER_S);
    ats_token_record_make("press", "0123456789abcdef", "c", LATER_S + 60, &next);
    (void)stored(&next, &is_used);
    cr_assert_not(is_used);
    next = use("press", "c", LATER_S + 60);
    (void)stored(&next, &is_used);
    cr_assert(is_used);
}

Test(token_prune, one_step_looks_at_one_part_and_the_next_waits)
{
    bool is_used = false;
    struct ats_token_record a = use("press", "a", NOW_S + 5);
    prune.part = (uint16_t)(a.key[0] << 8 | a.key[1]);
    ats_token_prune_step(&prune, 0, LATER_S);
    cr_assert_eq(stored(&a, &is_used), 0);
    struct ats_token_record b = use("lathe", "a", NOW_S + 5);
    prune.part = (uint16_t)(b.key[0] << 8 | b.key[1]);
    ats_token_prune_step(&prune, ATS_GATE_TOKEN_PRUNE_MS - 1, LATER_S);
    cr_assert_eq(stored(&b, &is_used), 1);
    ats_token_prune_step(&prune, ATS_GATE_TOKEN_PRUNE_MS, LATER_S);
    cr_assert_eq(stored(&b, &is_used), 0);
}
