/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this folder share; LMDB shows nowhere else. */
#ifndef ATS_STORE_STORE_INTERNAL_H
#define ATS_STORE_STORE_INTERNAL_H

#include "common/store/store.h"

#include <lmdb.h>
#include <sodium.h>
#include <stdatomic.h>

#define ATS_STORE_TAG_SIZE 16

/* On from ats_store_seal(), which comes before any view or batch. */
struct ats_store_seal {
    bool on;
    crypto_generichash_state *keyed; /* in memory that no core dump holds */
    _Atomic uint64_t altered;        /* reads of entries whose tag did not hold */
};

struct ats_store {
    MDB_env *env;
    MDB_dbi dbi;
    int lock_fd;
    struct ats_store_seal seal;
};

void ats_store_tag(const struct ats_store_seal *seal, struct ats_span key, struct ats_span value,
                   uint8_t ret_tag[ATS_STORE_TAG_SIZE]);
/* The value without its tag; CORRUPT, counted, where that does not hold. Without a seal: what is stored. */
enum ats_status ats_store_unseal(struct ats_store_seal *seal, struct ats_span key,
                                 struct ats_span stored, struct ats_span *ret_value);

/* The status of LMDB's answer. */
enum ats_status ats_store_status(int code);
/* Borrows the value from the transaction's pages. */
enum ats_status ats_store_txn_get(MDB_txn *txn, struct ats_store *store, struct ats_span key,
                                  struct ats_span *ret_value);

enum ats_status ats_store_txn_walk(MDB_txn *txn, struct ats_store *store, struct ats_span prefix,
                                   ats_store_visit *visit, void *ctx);

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
