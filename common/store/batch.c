/* SPDX-License-Identifier: Apache-2.0 */
/* Batches. After a failed put LMDB refuses the commit without its reason, so the batch keeps the first one. */
#include "common/store/store_internal.h"

#include <stdlib.h>

struct ats_store_batch {
    MDB_txn *txn;
    struct ats_store *store;
    enum ats_status status;
};

enum ats_status ats_store_batch_begin(struct ats_store *store, struct ats_store_batch **ret_batch)
{
    struct ats_store_batch *batch = calloc(1, sizeof(*batch));
    if (!batch)
        return ATS_ERR_MEMORY;
    batch->store = store;
    int code = mdb_txn_begin(store->env, NULL, 0, &batch->txn);
    if (code != MDB_SUCCESS) {
        free(batch);
        return ats_store_status(code);
    }
    *ret_batch = batch;
    return ATS_OK;
}

enum ats_status ats_store_batch_get(struct ats_store_batch *batch, struct ats_span key,
                                    struct ats_span *ret_value)
{
    return ats_store_txn_get(batch->txn, batch->store, key, ret_value);
}

/* Into LMDB's own page, so that value and tag need no memory of ours. */
static int put_sealed(struct ats_store_batch *batch, struct ats_span key, struct ats_span value)
{
    uint8_t tag[ATS_STORE_TAG_SIZE];
    MDB_val key_val = ats_store_val(key);
    MDB_val room = {.mv_size = value.len + sizeof(tag)};
    ats_store_tag(&batch->store->seal, key, value, tag);
    int code = mdb_put(batch->txn, batch->store->dbi, &key_val, &room, MDB_RESERVE);
    if (code != MDB_SUCCESS)
        return code;
    if (value.len > 0)
        memcpy(room.mv_data, value.data, value.len);
    memcpy((uint8_t *)room.mv_data + value.len, tag, sizeof(tag));
    return code;
}

static int put_plain(struct ats_store_batch *batch, struct ats_span key, struct ats_span value)
{
    MDB_val key_val = ats_store_val(key);
    MDB_val value_val = ats_store_val(value);
    return mdb_put(batch->txn, batch->store->dbi, &key_val, &value_val, 0);
}

static enum ats_status note(struct ats_store_batch *batch, int code)
{
    enum ats_status status = ats_store_status(code);
    if (batch->status == ATS_OK)
        batch->status = status;
    return status;
}

enum ats_status ats_store_batch_put(struct ats_store_batch *batch, struct ats_span key,
                                    struct ats_span value)
{
    return note(batch, batch->store->seal.on ? put_sealed(batch, key, value)
                                             : put_plain(batch, key, value));
}

enum ats_status ats_store_batch_clear(struct ats_store_batch *batch)
{
    return note(batch, mdb_drop(batch->txn, batch->store->dbi, 0));
}

enum ats_status ats_store_batch_delete(struct ats_store_batch *batch, struct ats_span key)
{
    MDB_val key_val = ats_store_val(key);
    int code = mdb_del(batch->txn, batch->store->dbi, &key_val, NULL);
    enum ats_status status = code == MDB_NOTFOUND ? ATS_OK : ats_store_status(code);
    if (batch->status == ATS_OK)
        batch->status = status;
    return status;
}

enum ats_status ats_store_batch_first(struct ats_store_batch *batch, struct ats_span *ret_key,
                                      size_t *ret_count)
{
    MDB_cursor *cursor = NULL;
    MDB_stat stat;
    MDB_val key = {0};
    MDB_val value = {0};
    int code = mdb_stat(batch->txn, batch->store->dbi, &stat);
    if (code == MDB_SUCCESS)
        code = mdb_cursor_open(batch->txn, batch->store->dbi, &cursor);
    if (code != MDB_SUCCESS)
        return ats_store_status(code);
    code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    mdb_cursor_close(cursor);
    *ret_count = stat.ms_entries;
    *ret_key = ats_span_of(key.mv_data, key.mv_size);
    return ats_store_status(code);
}

enum ats_status ats_store_batch_walk(struct ats_store_batch *batch, struct ats_span prefix,
                                     ats_store_visit *visit, void *ctx)
{
    return ats_store_txn_walk(batch->txn, batch->store, prefix, visit, ctx);
}

enum ats_status ats_store_batch_commit(struct ats_store_batch *batch)
{
    enum ats_status status = batch->status;
    if (status != ATS_OK) {
        ats_store_batch_abort(batch);
        return status;
    }
    int code = mdb_txn_commit(batch->txn);
    free(batch);
    return ats_store_status(code);
}

void ats_store_batch_abort(struct ats_store_batch *batch)
{
    if (!batch)
        return;
    mdb_txn_abort(batch->txn);
    free(batch);
}
