/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this folder share; LMDB shows nowhere else. */
#ifndef ATS_STORE_STORE_INTERNAL_H
#define ATS_STORE_STORE_INTERNAL_H

#include "common/store/store.h"

#include <lmdb.h>

struct ats_store {
    MDB_env *env;
    MDB_dbi dbi;
    int lock_fd;
};

/* The status of LMDB's answer. */
enum ats_status ats_store_status(int code);
/* Borrows the value from the transaction's pages. */
enum ats_status ats_store_txn_get(MDB_txn *txn, MDB_dbi dbi, struct ats_span key,
                                  struct ats_span *ret_value);

/* LMDB takes keys and values through one struct that is not const; it does not write to them. */
static inline MDB_val ats_store_val(struct ats_span span)
{
    union {
        const void *in;
        void *out;
    } data = {.in = span.data};
    return (MDB_val){.mv_size = span.len, .mv_data = data.out};
}

#endif
