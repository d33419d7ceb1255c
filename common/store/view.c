/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Views. A read transaction is reset and renewed rather than begun anew: it keeps its slot in LMDB's table of
 * readers, so that a renewal is two loads and a store in shared memory.
 */
#include "common/store/store_internal.h"

#include <stdlib.h>

struct ats_store_view {
    MDB_txn *txn;
    struct ats_store *store;
};

enum ats_status ats_store_view_open(struct ats_store *store, struct ats_store_view **ret_view)
{
    struct ats_store_view *view = calloc(1, sizeof(*view));
    if (!view)
        return ATS_ERR_MEMORY;
    view->store = store;
    int code = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &view->txn);
    if (code != MDB_SUCCESS) {
        free(view);
        return ats_store_status(code);
    }
    *ret_view = view;
    return ATS_OK;
}

enum ats_status ats_store_view_renew(struct ats_store_view *view)
{
    mdb_txn_reset(view->txn);
    return ats_store_status(mdb_txn_renew(view->txn));
}

void ats_store_view_close(struct ats_store_view *view)
{
    if (!view)
        return;
    mdb_txn_abort(view->txn);
    free(view);
}

enum ats_status ats_store_txn_get(MDB_txn *txn, struct ats_store *store, struct ats_span key,
                                  struct ats_span *ret_value)
{
    MDB_val wanted = ats_store_val(key);
    MDB_val found;
    int code = mdb_get(txn, store->dbi, &wanted, &found);
    if (code != MDB_SUCCESS)
        return ats_store_status(code);
    return ats_store_unseal(&store->seal, key, ats_span_of(found.mv_data, found.mv_size),
                            ret_value);
}

enum ats_status ats_store_get(struct ats_store_view *view, struct ats_span key,
                              struct ats_span *ret_value)
{
    return ats_store_txn_get(view->txn, view->store, key, ret_value);
}

enum ats_status ats_store_floor(struct ats_store_view *view, struct ats_span key,
                                struct ats_span *ret_key)
{
    MDB_cursor *cursor = NULL;
    int code = mdb_cursor_open(view->txn, view->store->dbi, &cursor);
    if (code != MDB_SUCCESS)
        return ats_store_status(code);
    MDB_val found = ats_store_val(key);
    MDB_val value;
    code = mdb_cursor_get(cursor, &found, &value, MDB_SET_RANGE);
    if (code == MDB_NOTFOUND)
        code = mdb_cursor_get(cursor, &found, &value, MDB_LAST);
    else if (code == MDB_SUCCESS &&
             (found.mv_size != key.len || memcmp(found.mv_data, key.data, key.len) != 0))
        code = mdb_cursor_get(cursor, &found, &value, MDB_PREV);
    mdb_cursor_close(cursor);
    *ret_key = ats_span_of(found.mv_data, found.mv_size);
    return ats_store_status(code);
}

static bool starts_with(const MDB_val *key, struct ats_span prefix)
{
    return key->mv_size >= prefix.len &&
           (prefix.len == 0 || memcmp(key->mv_data, prefix.data, prefix.len) == 0);
}

static enum ats_status visit_one(struct ats_store *store, const MDB_val *key, const MDB_val *value,
                                 ats_store_visit *visit, void *ctx)
{
    struct ats_span name = ats_span_of(key->mv_data, key->mv_size);
    struct ats_span plain;
    enum ats_status status =
        ats_store_unseal(&store->seal, name, ats_span_of(value->mv_data, value->mv_size), &plain);
    return status == ATS_OK ? visit(ctx, name, plain) : status;
}

enum ats_status ats_store_txn_walk(MDB_txn *txn, struct ats_store *store, struct ats_span prefix,
                                   ats_store_visit *visit, void *ctx)
{
    MDB_cursor *cursor = NULL;
    int code = mdb_cursor_open(txn, store->dbi, &cursor);
    if (code != MDB_SUCCESS)
        return ats_store_status(code);
    MDB_val key = ats_store_val(prefix);
    MDB_val value;
    enum ats_status status = ATS_OK;
    code = mdb_cursor_get(cursor, &key, &value, prefix.len > 0 ? MDB_SET_RANGE : MDB_FIRST);
    while (code == MDB_SUCCESS && status == ATS_OK && starts_with(&key, prefix)) {
        status = visit_one(store, &key, &value, visit, ctx);
        if (status == ATS_OK)
            code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    if (status != ATS_OK)
        return status;
    return code == MDB_NOTFOUND ? ATS_OK : ats_store_status(code);
}

enum ats_status ats_store_walk(struct ats_store_view *view, struct ats_span prefix,
                               ats_store_visit *visit, void *ctx)
{
    return ats_store_txn_walk(view->txn, view->store, prefix, visit, ctx);
}
