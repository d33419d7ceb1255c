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
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

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

static enum ats_status open_environment(struct ats_store *store, const char *folder,
                                        size_t map_size, struct ats_error *err)
{
    int code = mdb_env_create(&store->env);
    if (code == MDB_SUCCESS)
        code = mdb_env_set_mapsize(store->env, round_to_pages(map_size));
    if (code == MDB_SUCCESS)
        code = mdb_env_set_maxreaders(store->env, ATS_STORE_VIEWS_MAX);
    if (code == MDB_SUCCESS)
        code = mdb_env_open(store->env, folder, MDB_NOTLS, 0600);
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
