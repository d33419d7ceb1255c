/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/token_store.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#define NOW_S INT64_C(1764000000)
#define MAX 3

static char folder[64];
static struct ats_store *store;

static void open_store(void)
{
    struct ats_error err = {0};
    cr_assert_eq(ats_store_open(folder, 1 << 20, &store, &err), ATS_OK, "%s", err.text);
}

static void setup(void)
{
    cr_assert_eq(ats_identity_init(), ATS_OK);
    (void)snprintf(folder, sizeof(folder), "/tmp/ats-tokens-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    open_store();
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static void teardown(void)
{
    ats_store_close(store);
    (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

TestSuite(token_store, .init = setup, .fini = teardown);

static enum ats_status take_of(const char *key_id, const char *id, int64_t expires_s, int64_t now_s)
{
    struct ats_jwt jwt = {.expires_s = expires_s};
    (void)snprintf(jwt.key_id, sizeof(jwt.key_id), "%s", key_id);
    (void)snprintf(jwt.token_id, sizeof(jwt.token_id), "%s", id);
    return ats_token_store_take(store, &jwt, now_s, MAX);
}

static enum ats_status take(const char *id, int64_t expires_s, int64_t now_s)
{
    return take_of("0123456789abcdef", id, expires_s, now_s);
}

Test(token_store, takes_a_token_once)
{
    cr_assert_eq(take("a", NOW_S + 10, NOW_S), ATS_OK);
    cr_assert_eq(take("a", NOW_S + 10, NOW_S), ATS_ERR_EXISTS);
    cr_assert_eq(take("b", NOW_S + 10, NOW_S), ATS_OK);
    cr_assert_eq(take_of("fedcba9876543210", "a", NOW_S + 10, NOW_S), ATS_OK,
                 "another key's ids are its own");
}

Test(token_store, knows_a_token_after_a_restart)
{
    cr_assert_eq(take("a", NOW_S + 10, NOW_S), ATS_OK);
    ats_store_close(store);
    open_store();
    cr_assert_eq(take("a", NOW_S + 10, NOW_S), ATS_ERR_EXISTS);
}

Test(token_store, is_full_rather_than_forget_a_token_that_lives)
{
    cr_assert_eq(take("a", NOW_S + 10, NOW_S), ATS_OK);
    cr_assert_eq(take("b", NOW_S + 11, NOW_S), ATS_OK);
    cr_assert_eq(take("c", NOW_S + 12, NOW_S), ATS_OK);
    cr_assert_eq(take("d", NOW_S + 13, NOW_S), ATS_ERR_LIMIT);
    cr_assert_eq(take("a", NOW_S + 10, NOW_S), ATS_ERR_EXISTS);
    cr_assert_eq(take("d", NOW_S + 13, NOW_S + 10), ATS_OK, "one has expired");
    cr_assert_eq(take("e", NOW_S + 14, NOW_S + 10), ATS_ERR_LIMIT);
    cr_assert_eq(take("b", NOW_S + 11, NOW_S + 10), ATS_ERR_EXISTS);
}

Test(token_store, a_clock_that_goes_back_brings_no_used_token_to_life)
{
    cr_assert_eq(take("a", NOW_S + 10, NOW_S), ATS_OK);
    cr_assert_eq(take("b", NOW_S + 100, NOW_S + 20), ATS_OK);
    cr_assert_eq(take("a", NOW_S + 10, NOW_S), ATS_ERR_EXISTS);
}
