/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/limits.h"
#include "common/store/store.h"
#include "tests/unit/scratch.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAP_SIZE ((size_t)1 << 20)

static char folder[PATH_MAX];

static void make_folder(void)
{
    scratch_folder(folder, sizeof(folder), "ats-store");
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

TestSuite(store, .init = make_folder, .fini = remove_folder);

static struct ats_store *open_store(size_t map_size)
{
    struct ats_store *store = NULL;
    struct ats_error err = {0};
    cr_assert_eq(ats_store_open(folder, map_size, &store, &err), ATS_OK, "%s", err.text);
    return store;
}

static void put(struct ats_store *store, const char *key, const char *value)
{
    struct ats_store_batch *batch = NULL;
    cr_assert_eq(ats_store_batch_begin(store, &batch), ATS_OK);
    cr_assert_eq(ats_store_batch_put(batch, ats_span_text(key), ats_span_text(value)), ATS_OK);
    cr_assert_eq(ats_store_batch_commit(batch), ATS_OK);
}

static void assert_holds(struct ats_store *store, const char *key, const char *value)
{
    struct ats_store_view *view = NULL;
    struct ats_span found;
    cr_assert_eq(ats_store_view_open(store, &view), ATS_OK);
    cr_assert_eq(ats_store_get(view, ats_span_text(key), &found), ATS_OK);
    cr_assert(ats_span_is(found, value));
    ats_store_view_close(view);
}

Test(store, keeps_what_was_committed_across_a_close)
{
    struct ats_store *store = open_store(MAP_SIZE);
    put(store, "k", "v");
    ats_store_close(store);
    store = open_store(MAP_SIZE);
    assert_holds(store, "k", "v");
    ats_store_close(store);
}

Test(store, makes_its_folder_private)
{
    struct stat st;
    cr_assert_eq(rmdir(folder), 0);
    ats_store_close(open_store(MAP_SIZE));
    cr_assert_eq(stat(folder, &st), 0);
    cr_assert_eq(st.st_mode & 0777, 0700);
}

Test(store, a_view_sees_later_commits_only_after_renewal)
{
    struct ats_store *store = open_store(MAP_SIZE);
    struct ats_store_view *view = NULL;
    struct ats_span found;
    cr_assert_eq(ats_store_view_open(store, &view), ATS_OK);
    put(store, "k", "v");
    cr_assert_eq(ats_store_get(view, ats_span_text("k"), &found), ATS_ERR_NOT_FOUND);
    cr_assert_eq(ats_store_view_renew(view), ATS_OK);
    cr_assert_eq(ats_store_get(view, ats_span_text("k"), &found), ATS_OK);
    cr_assert(ats_span_is(found, "v"));
    ats_store_view_close(view);
    ats_store_close(store);
}

Test(store, one_thread_may_hold_two_views)
{
    struct ats_store *store = open_store(MAP_SIZE);
    struct ats_store_view *first = NULL;
    struct ats_store_view *second = NULL;
    cr_assert_eq(ats_store_view_open(store, &first), ATS_OK);
    cr_assert_eq(ats_store_view_open(store, &second), ATS_OK);
    ats_store_view_close(first);
    ats_store_view_close(second);
    ats_store_close(store);
}

Test(store, refuses_one_view_too_many)
{
    static struct ats_store_view *views[ATS_STORE_VIEWS_MAX];
    struct ats_store *store = open_store(MAP_SIZE);
    struct ats_store_view *extra = NULL;
    for (size_t i = 0; i < ATS_STORE_VIEWS_MAX; i++)
        cr_assert_eq(ats_store_view_open(store, &views[i]), ATS_OK);
    cr_assert_eq(ats_store_view_open(store, &extra), ATS_ERR_LIMIT);
    for (size_t i = 0; i < ATS_STORE_VIEWS_MAX; i++)
        ats_store_view_close(views[i]);
    ats_store_close(store);
}

Test(store, a_batch_sees_its_own_puts_and_an_abort_undoes_them)
{
    struct ats_store *store = open_store(MAP_SIZE);
    struct ats_store_batch *batch = NULL;
    struct ats_store_view *view = NULL;
    struct ats_span found;
    cr_assert_eq(ats_store_batch_begin(store, &batch), ATS_OK);
    cr_assert_eq(ats_store_batch_put(batch, ats_span_text("k"), ats_span_text("v")), ATS_OK);
    cr_assert_eq(ats_store_batch_get(batch, ats_span_text("k"), &found), ATS_OK);
    cr_assert(ats_span_is(found, "v"));
    ats_store_batch_abort(batch);
    cr_assert_eq(ats_store_view_open(store, &view), ATS_OK);
    cr_assert_eq(ats_store_get(view, ats_span_text("k"), &found), ATS_ERR_NOT_FOUND);
    ats_store_view_close(view);
    ats_store_close(store);
}

struct walk {
    char seen[64];
    size_t stop_after;
};

static enum ats_status note(void *ctx, struct ats_span key, struct ats_span value)
{
    struct walk *walk = ctx;
    (void)value;
    (void)strncat(walk->seen, (const char *)key.data, key.len);
    (void)strcat(walk->seen, " ");
    return walk->stop_after-- == 1 ? ATS_ERR_INVALID : ATS_OK;
}

Test(store, walks_a_prefix_in_key_order)
{
    struct ats_store *store = open_store(MAP_SIZE);
    struct ats_store_view *view = NULL;
    put(store, "b/2", "");
    put(store, "a/1", "");
    put(store, "b/10", "");
    put(store, "b", "");
    put(store, "c", "");
    cr_assert_eq(ats_store_view_open(store, &view), ATS_OK);
    struct walk some = {0};
    cr_assert_eq(ats_store_walk(view, ats_span_text("b/"), note, &some), ATS_OK);
    cr_assert_str_eq(some.seen, "b/10 b/2 ");
    struct walk all = {0};
    cr_assert_eq(ats_store_walk(view, ats_span_text(""), note, &all), ATS_OK);
    cr_assert_str_eq(all.seen, "a/1 b b/10 b/2 c ");
    struct walk none = {0};
    cr_assert_eq(ats_store_walk(view, ats_span_text("d"), note, &none), ATS_OK);
    cr_assert_str_eq(none.seen, "");
    ats_store_view_close(view);
    ats_store_close(store);
}

Test(store, a_visitor_ends_the_walk_with_its_status)
{
    struct ats_store *store = open_store(MAP_SIZE);
    struct ats_store_view *view = NULL;
    put(store, "a", "");
    put(store, "b", "");
    cr_assert_eq(ats_store_view_open(store, &view), ATS_OK);
    struct walk walk = {.stop_after = 1};
    cr_assert_eq(ats_store_walk(view, ats_span_text(""), note, &walk), ATS_ERR_INVALID);
    cr_assert_str_eq(walk.seen, "a ");
    ats_store_view_close(view);
    ats_store_close(store);
}

Test(store, refuses_an_empty_and_an_overlong_key)
{
    struct ats_store *store = open_store(MAP_SIZE);
    struct ats_store_batch *batch = NULL;
    uint8_t key[ATS_STORE_KEY_MAX + 1] = {1};
    struct ats_span value = ats_span_text("v");
    cr_assert_eq(ats_store_batch_begin(store, &batch), ATS_OK);
    cr_assert_eq(ats_store_batch_put(batch, ats_span_of(key, ATS_STORE_KEY_MAX), value), ATS_OK);
    cr_assert_eq(ats_store_batch_commit(batch), ATS_OK);
    cr_assert_eq(ats_store_batch_begin(store, &batch), ATS_OK);
    cr_assert_eq(ats_store_batch_put(batch, ats_span_of(key, sizeof(key)), value), ATS_ERR_LIMIT);
    cr_assert_eq(ats_store_batch_put(batch, ats_span_of(key, 0), value), ATS_ERR_LIMIT);
    cr_assert_eq(ats_store_batch_commit(batch), ATS_ERR_LIMIT);
    ats_store_close(store);
}

Test(store, a_full_map_fails_the_batch_and_keeps_what_was_there)
{
    static uint8_t large[64 * 1024];
    struct ats_store *store = open_store(MAP_SIZE / 4);
    struct ats_store_batch *batch = NULL;
    enum ats_status status = ATS_OK;
    put(store, "k", "v");
    cr_assert_eq(ats_store_batch_begin(store, &batch), ATS_OK);
    for (uint8_t i = 0; i < 16 && status == ATS_OK; i++)
        status = ats_store_batch_put(batch, ats_span_of(&i, 1), ats_span_of(large, sizeof(large)));
    cr_assert_eq(status, ATS_ERR_LIMIT);
    cr_assert_eq(ats_store_batch_commit(batch), ATS_ERR_LIMIT);
    assert_holds(store, "k", "v");
    put(store, "k2", "v2");
    ats_store_close(store);
}

Test(store, takes_fewer_addresses_where_the_process_may_not_have_all)
{
    struct ats_store_size size;
    unsigned long pages = 0; /* a sanitizer has many */
    FILE *statm = fopen("/proc/self/statm", "r");
    cr_assert_not_null(statm);
    cr_assert_eq(fscanf(statm, "%lu", &pages), 1);
    (void)fclose(statm);
    rlim_t most = pages * (rlim_t)sysconf(_SC_PAGESIZE) + ((rlim_t)4 << 30);
    const struct rlimit limit = {.rlim_cur = most, .rlim_max = most};
    cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
    struct ats_store *store = open_store(ATS_CONTROL_MAP);
    put(store, "k", "v");
    assert_holds(store, "k", "v");
    ats_store_measure(store, &size);
    cr_assert_gt(size.used_bytes, 0);
    cr_assert_lt(size.free_bytes, (uint64_t)4 << 30);
    ats_store_close(store);
}

Test(store, its_file_is_as_large_as_what_was_written)
{
    struct stat st;
    char path[PATH_MAX + 16];
    struct ats_store *store = open_store(ATS_CONTROL_MAP);
    put(store, "k", "v");
    (void)snprintf(path, sizeof(path), "%s/data.mdb", folder);
    cr_assert_eq(stat(path, &st), 0);
    cr_assert_lt(st.st_size, 1 << 20);
    ats_store_close(store);
}

/* What is a hole there would be written to through a map, which a full disk answers with SIGBUS. */
Test(store, its_table_of_readers_is_on_the_disk_from_the_beginning)
{
    struct stat st;
    char path[PATH_MAX + 16];
    struct ats_store *store = open_store(MAP_SIZE);
    (void)snprintf(path, sizeof(path), "%s/lock.mdb", folder);
    cr_assert_eq(stat(path, &st), 0);
    cr_assert_geq(st.st_blocks * 512, (ATS_STORE_VIEWS_MAX + 2) * 64);
    ats_store_close(store);
}

Test(store, refuses_a_second_open_in_this_process_and_in_another)
{
    struct ats_store *store = open_store(MAP_SIZE);
    struct ats_store *second = NULL;
    struct ats_error err = {0};
    cr_assert_eq(ats_store_open(folder, MAP_SIZE, &second, &err), ATS_ERR_EXISTS);
    cr_assert_not_null(strstr(err.text, "in use by another process"));
    cr_assert_not_null(strstr(err.text, folder));
    pid_t child = fork();
    if (child == 0)
        _exit(ats_store_open(folder, MAP_SIZE, &second, NULL) == ATS_ERR_EXISTS ? 0 : 1);
    int result = -1;
    cr_assert_eq(waitpid(child, &result, 0), child);
    cr_assert_eq(result, 0);
    ats_store_close(store);
    ats_store_close(open_store(MAP_SIZE));
}

static void write_data_file(const char *bytes, size_t len)
{
    char path[PATH_MAX + 16];
    (void)snprintf(path, sizeof(path), "%s/data.mdb", folder);
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, len, file), len);
    cr_assert_eq(fclose(file), 0);
}

Test(store, calls_a_foreign_file_corrupt)
{
    static char text[16384];
    (void)memset(text, 'x', sizeof(text));
    write_data_file(text, sizeof(text));
    struct ats_store *store = NULL;
    struct ats_error err = {0};
    cr_assert_eq(ats_store_open(folder, MAP_SIZE, &store, &err), ATS_ERR_CORRUPT);
    cr_assert_not_null(strstr(err.text, folder));
}

Test(store, starts_anew_from_an_empty_file)
{
    write_data_file("", 0);
    struct ats_store *store = open_store(MAP_SIZE);
    put(store, "k", "v");
    ats_store_close(store);
}

Test(store, a_file_that_was_cut_short_is_corrupt_instead_of_a_bus_error)
{
    static uint8_t large[64 * 1024];
    struct ats_store *store = open_store(MAP_SIZE);
    struct ats_store_batch *batch = NULL;
    struct ats_store_view *view = NULL;
    struct ats_span found;
    cr_assert_eq(ats_store_batch_begin(store, &batch), ATS_OK);
    for (int i = 0; i < 100; i++) {
        char key[16];
        int len = snprintf(key, sizeof(key), "key %d", i);
        cr_assert_eq(
            ats_store_batch_put(batch, ats_span_of(key, (size_t)len), ats_span_of(large, 1000)),
            ATS_OK);
    }
    cr_assert_eq(ats_store_batch_commit(batch), ATS_OK);
    ats_store_close(store);
    char path[PATH_MAX + 16];
    (void)snprintf(path, sizeof(path), "%s/data.mdb", folder);
    cr_assert_eq(truncate(path, 2 * 4096), 0);
    store = open_store(MAP_SIZE);
    cr_assert_eq(ats_store_view_open(store, &view), ATS_OK);
    cr_assert_eq(ats_store_get(view, ats_span_text("key 7"), &found), ATS_ERR_CORRUPT);
    ats_store_view_close(view);
    ats_store_close(store);
}

Test(store, names_a_folder_that_cannot_be_made)
{
    char path[PATH_MAX + 16];
    struct ats_store *store = NULL;
    struct ats_error err = {0};
    write_data_file("x", 1);
    (void)snprintf(path, sizeof(path), "%s/data.mdb/below", folder);
    cr_assert_eq(ats_store_open(path, MAP_SIZE, &store, &err), ATS_ERR_IO);
    cr_assert_not_null(strstr(err.text, "data.mdb"));
}

Test(store, gives_the_first_of_what_is_left_in_key_order_and_their_number)
{
    struct ats_store *store = open_store(MAP_SIZE);
    struct ats_store_batch *batch = NULL;
    struct ats_span key;
    size_t count = 9;
    put(store, "b", "2");
    put(store, "a", "1");
    cr_assert_eq(ats_store_batch_begin(store, &batch), ATS_OK);
    cr_assert_eq(ats_store_batch_first(batch, &key, &count), ATS_OK);
    cr_assert(ats_span_is(key, "a"));
    cr_assert_eq(count, 2);
    cr_assert_eq(ats_store_batch_delete(batch, ats_span_text("a")), ATS_OK);
    cr_assert_eq(ats_store_batch_delete(batch, ats_span_text("a")), ATS_OK, "it is gone already");
    cr_assert_eq(ats_store_batch_first(batch, &key, &count), ATS_OK);
    cr_assert(ats_span_is(key, "b"));
    cr_assert_eq(ats_store_batch_commit(batch), ATS_OK);
    cr_assert_eq(ats_store_batch_begin(store, &batch), ATS_OK);
    cr_assert_eq(ats_store_batch_delete(batch, ats_span_text("b")), ATS_OK);
    cr_assert_eq(ats_store_batch_first(batch, &key, &count), ATS_ERR_NOT_FOUND);
    ats_store_batch_abort(batch);
    cr_assert_eq(ats_store_batch_begin(store, &batch), ATS_OK);
    cr_assert_eq(ats_store_batch_first(batch, &key, &count), ATS_OK, "an abort changes nothing");
    ats_store_batch_abort(batch);
    ats_store_close(store);
}

static const char *floor_of(struct ats_store_view *view, const char *key)
{
    static char text[8];
    struct ats_span found;
    if (ats_store_floor(view, ats_span_text(key), &found) != ATS_OK)
        return "none";
    (void)snprintf(text, sizeof(text), "%.*s", ATS_SPAN_ARGS(found));
    return text;
}

Test(store, gives_the_last_key_that_sorts_no_later)
{
    struct ats_store *store = open_store(MAP_SIZE);
    struct ats_store_view *view = NULL;
    cr_assert_eq(ats_store_view_open(store, &view), ATS_OK);
    cr_assert_str_eq(floor_of(view, "b"), "none");
    put(store, "b", "1");
    put(store, "d", "2");
    cr_assert_eq(ats_store_view_renew(view), ATS_OK);
    cr_assert_str_eq(floor_of(view, "a"), "none");
    cr_assert_str_eq(floor_of(view, "b"), "b");
    cr_assert_str_eq(floor_of(view, "c"), "b");
    cr_assert_str_eq(floor_of(view, "da"), "d");
    cr_assert_str_eq(floor_of(view, "z"), "d");
    ats_store_view_close(view);
    ats_store_close(store);
}
