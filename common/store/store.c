/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The environment: folder/{lock, data.mdb, lock.mdb}. LMDB must not be opened twice in one process (closing one copy
 * drops the POSIX locks of the other); the lock on the folder refuses that as well as a second process.
 */
#include "common/store/store_internal.h"

#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Of LMDB's table: a cache line each. */
#define READER_SIZE 64
#define READERS_HEADER 2 /* of that size, before the first */

enum ats_status ats_store_status(int code)
{
    switch (code) {
    case MDB_SUCCESS:
        return ATS_OK;
    case MDB_NOTFOUND:
        return ATS_ERR_NOT_FOUND;
    case MDB_MAP_FULL:
    case MDB_TXN_FULL:
    case MDB_READERS_FULL:
    case MDB_BAD_VALSIZE: /* a key that is empty or longer than LMDB takes */
        return ATS_ERR_LIMIT;
    case MDB_INVALID:
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_VERSION_MISMATCH:
        return ATS_ERR_CORRUPT;
    default:
        return code > 0 ? ats_status_of_errno(code) : ATS_ERR_INTERNAL;
    }
}

static enum ats_status open_error(int code, const char *what, const char *folder,
                                  struct ats_error *err)
{
    return ats_error_set(err, ats_store_status(code), "cannot %s the store in %s: %s", what, folder,
                         mdb_strerror(code));
}

static size_t round_to_pages(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (size + page - 1) / page * page;
}

/* A file that was cut short would raise SIGBUS where the map goes on. Zeros in its place make LMDB say "corrupted". */
static enum ats_status pad_to_last_page(struct ats_store *store, const char *folder,
                                        struct ats_error *err)
{
    MDB_envinfo info;
    MDB_stat stat;
    int fd = -1;
    struct stat st;
    (void)mdb_env_info(store->env, &info);
    (void)mdb_env_stat(store->env, &stat);
    (void)mdb_env_get_fd(store->env, &fd);
    off_t needed = (off_t)((info.me_last_pgno + 1) * stat.ms_psize);
    if (fstat(fd, &st) != 0)
        return open_error(errno, "examine", folder, err);
    if (st.st_size < needed && ftruncate(fd, needed) != 0)
        return open_error(errno, "extend", folder, err);
    return ATS_OK;
}

static enum ats_status open_main(struct ats_store *store, const char *folder, struct ats_error *err)
{
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);
    if (code != MDB_SUCCESS)
        return open_error(code, "read", folder, err);
    code = mdb_dbi_open(txn, NULL, 0, &store->dbi);
    mdb_txn_abort(txn);
    return code == MDB_SUCCESS ? ATS_OK : open_error(code, "read", folder, err);
}

/* LMDB makes its table of readers as a hole that it writes to through a map: on a full disk that would raise SIGBUS. */
static int fill_readers(const char *folder)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof(path), "%s/lock.mdb", folder) >= (int)sizeof(path))
        return ENAMETOOLONG;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno;
    int code = posix_fallocate(fd, 0, (ATS_STORE_VIEWS_MAX + READERS_HEADER) * READER_SIZE);
    (void)close(fd); /* before LMDB has it open: closing it later would drop LMDB's lock */
    return code;
}

static int open_map(struct ats_store *store, const char *folder, size_t map_size)
{
    int code = mdb_env_create(&store->env);
    if (code == MDB_SUCCESS)
        code = mdb_env_set_mapsize(store->env, round_to_pages(map_size));
    if (code == MDB_SUCCESS)
        code = mdb_env_set_maxreaders(store->env, ATS_STORE_VIEWS_MAX);
    if (code == MDB_SUCCESS)
        code = mdb_env_open(store->env, folder, MDB_NOTLS, 0600);
    if (code != MDB_SUCCESS && store->env) {
        mdb_env_close(store->env);
        store->env = NULL;
    }
    return code;
}

/* A process may have fewer addresses (ulimit -v, 39 bits of some ARM kernels, a sanitizer, which says EINVAL in valgrind): then half
   of it, and so on. A map cannot grow later, while views are open. */
static int open_largest_map(struct ats_store *store, const char *folder, size_t map_size)
{
    int code = open_map(store, folder, map_size);
    while ((code == ENOMEM || code == EINVAL) && map_size / 2 >= ATS_STORE_MAP_MIN) {
        map_size /= 2;
        code = open_map(store, folder, map_size);
    }
    return code;
}

static enum ats_status open_environment(struct ats_store *store, const char *folder,
                                        size_t map_size, struct ats_error *err)
{
    int code = fill_readers(folder);
    if (code == 0)
        code = open_largest_map(store, folder, map_size);
    if (code != MDB_SUCCESS)
        return open_error(code, "open", folder, err);
    enum ats_status status = pad_to_last_page(store, folder, err);
    return status == ATS_OK ? open_main(store, folder, err) : status;
}

enum ats_status ats_store_open(const char *folder, size_t map_size, struct ats_store **ret_store,
                               struct ats_error *err)
{
    enum ats_status status = ats_file_make_folder(folder, 0700, err);
    if (status != ATS_OK)
        return status;
    struct ats_store *store = calloc(1, sizeof(*store));
    if (!store)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory for the store in %s", folder);
    store->lock_fd = -1;
    store->seal.keyed = sodium_init() < 0 ? NULL : sodium_malloc(sizeof(*store->seal.keyed));
    if (!store->seal.keyed)
        status = ats_error_set(err, ATS_ERR_MEMORY, "out of memory for the store in %s", folder);
    if (status == ATS_OK)
        status = ats_folder_lock(folder, &store->lock_fd, err);
    if (status == ATS_OK)
        status = open_environment(store, folder, map_size, err);
    if (status != ATS_OK) {
        ats_store_close(store);
        return status;
    }
    *ret_store = store;
    return ATS_OK;
}

const char *ats_store_reason(enum ats_status status)
{
    switch (status) {
    case ATS_ERR_DISK:
        return "its disk is full, or fails";
    case ATS_ERR_LIMIT:
        return "the addresses reserved for it are used up";
    default:
        return ats_status_name(status);
    }
}

void ats_store_measure(const struct ats_store *store, struct ats_store_size *ret_size)
{
    MDB_envinfo info;
    MDB_stat stat;
    struct statvfs disk;
    int fd = -1;
    (void)mdb_env_info(store->env, &info);
    (void)mdb_env_stat(store->env, &stat);
    (void)mdb_env_get_fd(store->env, &fd);
    ret_size->used_bytes = (uint64_t)(info.me_last_pgno + 1) * stat.ms_psize;
    ret_size->free_bytes = info.me_mapsize - ret_size->used_bytes;
    ret_size->map_bytes = info.me_mapsize;
    ret_size->entry_bytes =
        (uint64_t)(stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages) *
        stat.ms_psize;
    if (fstatvfs(fd, &disk) == 0 && (uint64_t)disk.f_bavail * disk.f_frsize < ret_size->free_bytes)
        ret_size->free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
}

void ats_store_close(struct ats_store *store)
{
    if (!store)
        return;
    if (store->env)
        mdb_env_close(store->env);
    ats_folder_unlock(store->lock_fd);
    sodium_free(store->seal.keyed); /* zeroes it */
    free(store);
}
