/* SPDX-License-Identifier: Apache-2.0 */
/* Batches. After a failed put LMDB refuses the commit without its reason, so the batch keeps the first one. */
#include "common/store/store_internal.h"

#include <stdlib.h>

struct ats_store_batch {
    MDB_txn *txn;
    MDB_dbi dbi;
    enum ats_status status;
};

enum ats_status ats_store_batch_begin(struct ats_store *store, struct ats_store_batch **ret_batch)
{
    struct ats_store_batch *batch = calloc(1, sizeof(*batch));
    if (!batch)
        return ATS_ERR_MEMORY;
    batch->dbi = store->dbi;
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
    return ats_store_txn_get(batch->txn, batch->dbi, key, ret_value);
}

enum ats_status ats_store_batch_put(struct ats_store_batch *batch, struct ats_span key,
                                    struct ats_span value)
{
    MDB_val key_val = ats_store_val(key);
    MDB_val value_val = ats_store_val(value);
    int code = mdb_put(batch->txn, batch->dbi, &key_val, &value_val, 0);
    enum ats_status status = ats_store_status(code);
    if (batch->status == ATS_OK)
        batch->status = status;
    return status;
}

enum ats_status ats_store_batch_delete(struct ats_store_batch *batch, struct ats_span key)
{
    MDB_val key_val = ats_store_val(key);
    int code = mdb_del(batch->txn, batch->dbi, &key_val, NULL);
    enum ats_status status = code == MDB_NOTFOUND ? ATS_OK : ats_store_status(code);
    if (batch->status == ATS_OK)
        batch->status = status;
    return status;
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
