/* SPDX-License-Identifier: Apache-2.0 */
#include "common/store/store.h"
#include "tests/unit/common/store/alter.h"
#include "tests/unit/scratch.h"

#include <limits.h>
#include <sodium.h>

#define MAP_SIZE ((size_t)1 << 20)

static char folder[PATH_MAX];
static const uint8_t secret[ATS_STORE_SECRET_SIZE] = {1, 2, 3};
static const uint8_t other_secret[ATS_STORE_SECRET_SIZE] = {1, 2, 4};

static void make_folder(void)
{
    cr_assert(sodium_init() >= 0);
    scratch_folder(folder, sizeof(folder), "ats-seal");
}

static void remove_folder(void)
{
    static const char *const names[] = {"lock", "data.mdb", "lock.mdb"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[PATH_MAX + 16];
        (void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}

TestSuite(seal, .init = make_folder, .fini = remove_folder);

static struct ats_store *open_store(const uint8_t *sealed_with)
{
    struct ats_store *store = NULL;
    struct ats_error err = {0};
    cr_assert_eq(ats_store_open(folder, MAP_SIZE, &store, &err), ATS_OK, "%s", err.text);
    if (sealed_with)
        ats_store_seal(store, sealed_with);
    return store;
}

static void put(struct ats_store *store, const char *key, const char *value)
{
    struct ats_store_batch *batch = NULL;
    cr_assert_eq(ats_store_batch_begin(store, &batch), ATS_OK);
    cr_assert_eq(ats_store_batch_put(batch, ats_span_text(key), ats_span_text(value)), ATS_OK);
    cr_assert_eq(ats_store_batch_commit(batch), ATS_OK);
}

static enum ats_status get(struct ats_store *store, const char *key, const char *expected)
{
    struct ats_store_view *view = NULL;
    struct ats_span found;
    cr_assert_eq(ats_store_view_open(store, &view), ATS_OK);
    enum ats_status status = ats_store_get(view, ats_span_text(key), &found);
    if (status == ATS_OK)
        cr_assert(ats_span_is(found, expected));
    ats_store_view_close(view);
    return status;
}

static enum ats_status count_one(void *ctx, struct ats_span key, struct ats_span value)
{
    (void)key;
    (void)value;
    ++*(size_t *)ctx;
    return ATS_OK;
}

static enum ats_status walk(struct ats_store *store, size_t *ret_count)
{
    struct ats_store_view *view = NULL;
    *ret_count = 0;
    cr_assert_eq(ats_store_view_open(store, &view), ATS_OK);
    enum ats_status status = ats_store_walk(view, ats_span_text(""), count_one, ret_count);
    ats_store_view_close(view);
    return status;
}

Test(seal, gives_back_what_was_put_also_after_a_close)
{
    size_t count;
    struct ats_store *store = open_store(secret);
    put(store, "device", "active");
    put(store, "nothing", "");
    ats_store_close(store);
    store = open_store(secret);
    cr_assert_eq(get(store, "device", "active"), ATS_OK);
    cr_assert_eq(get(store, "nothing", ""), ATS_OK);
    cr_assert_eq(walk(store, &count), ATS_OK);
    cr_assert_eq(count, 2);
    cr_assert_eq(ats_store_altered(store), 0);
    ats_store_close(store);
}

Test(seal, refuses_a_value_that_was_altered_on_disk_on_every_way_to_it)
{
    size_t count;
    struct ats_span found;
    struct ats_store_batch *batch = NULL;
    struct ats_store *store = open_store(secret);
    put(store, "device", "state=revoked");
    cr_assert_geq(alter_store(folder, "state=revoked", "state=active!"), 1);
    cr_assert_eq(get(store, "device", ""), ATS_ERR_CORRUPT);
    cr_assert_eq(walk(store, &count), ATS_ERR_CORRUPT);
    cr_assert_eq(count, 0);
    cr_assert_eq(ats_store_batch_begin(store, &batch), ATS_OK);
    cr_assert_eq(ats_store_batch_get(batch, ats_span_text("device"), &found), ATS_ERR_CORRUPT);
    ats_store_batch_abort(batch);
    cr_assert_eq(ats_store_altered(store), 3);
    ats_store_close(store);
}

Test(seal, refuses_an_entry_that_was_moved_to_another_key)
{
    struct ats_store *store = open_store(secret);
    put(store, "device-a", "the key of a");
    cr_assert_geq(alter_store(folder, "device-a", "device-b"), 1);
    cr_assert_eq(get(store, "device-b", ""), ATS_ERR_CORRUPT);
    ats_store_close(store);
}

Test(seal, refuses_what_was_stored_under_another_secret_or_without_a_seal)
{
    struct ats_store *store = open_store(NULL);
    put(store, "plain", "a value that is longer than any tag would be");
    put(store, "short", "v");
    ats_store_close(store);
    store = open_store(other_secret);
    put(store, "other", "value");
    ats_store_close(store);
    store = open_store(secret);
    cr_assert_eq(get(store, "plain", ""), ATS_ERR_CORRUPT);
    cr_assert_eq(get(store, "short", ""), ATS_ERR_CORRUPT);
    cr_assert_eq(get(store, "other", ""), ATS_ERR_CORRUPT);
    ats_store_close(store);
}

Test(seal, a_cleared_store_is_empty_for_others_from_the_commit_on)
{
    struct ats_store_batch *batch = NULL;
    struct ats_store *store = open_store(secret);
    put(store, "old", "value");
    cr_assert_eq(ats_store_batch_begin(store, &batch), ATS_OK);
    cr_assert_eq(ats_store_batch_clear(batch), ATS_OK);
    cr_assert_eq(ats_store_batch_put(batch, ats_span_text("new"), ats_span_text("value")), ATS_OK);
    cr_assert_eq(get(store, "old", "value"), ATS_OK);
    cr_assert_eq(ats_store_batch_commit(batch), ATS_OK);
    cr_assert_eq(get(store, "old", ""), ATS_ERR_NOT_FOUND);
    cr_assert_eq(get(store, "new", "value"), ATS_OK);
    ats_store_close(store);
}
