/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The local store: one LMDB environment in a folder, keys and values are bytes, keys sort by memcmp.
 *
 * One process opens a store at a time (its folder is locked; a second open answers EXISTS). Any number of
 * threads may read; one writes at a time. A view is a consistent snapshot; it must be renewed to see
 * later commits, and kept short-lived or renewed often, since it pins old pages.
 *
 * LIMIT: the map is full, a key is empty or longer than ATS_STORE_KEY_MAX, or ATS_STORE_VIEWS_MAX views are open.
 *
 * Thread: a view belongs to the thread that opened it; a batch to the thread that began it.
 */
#ifndef ATS_STORE_STORE_H
#define ATS_STORE_STORE_H

#include "common/base/error.h"
#include "common/base/span.h"

/* What LMDB takes as built by Debian. */
#define ATS_STORE_KEY_MAX 511

struct ats_store;
struct ats_store_view;
struct ats_store_batch;

/* Opens or creates the folder (mode 0700). `map_size` bounds the file; IO, EXISTS, CORRUPT. */
ATS_MUST_USE enum ats_status ats_store_open(const char *folder, size_t map_size,
                                            struct ats_store **ret_store, struct ats_error *err);
void ats_store_close(struct ats_store *store);

/* A snapshot of now. */
ATS_MUST_USE enum ats_status ats_store_view_open(struct ats_store *store,
                                                 struct ats_store_view **ret_view);
/* Moves the view to the newest commit; spans from before are void. No system call, no lock in steady state. */
ATS_MUST_USE enum ats_status ats_store_view_renew(struct ats_store_view *view);
void ats_store_view_close(struct ats_store_view *view);
/* Borrows the value until the view is renewed or closed; NOT_FOUND. */
enum ats_status ats_store_get(struct ats_store_view *view, struct ats_span key,
                              struct ats_span *ret_value);
/* Called per key with the prefix, in key order; a status other than OK ends the walk and is returned. */
typedef enum ats_status ats_store_visit(void *ctx, struct ats_span key, struct ats_span value);
enum ats_status ats_store_walk(struct ats_store_view *view, struct ats_span prefix,
                               ats_store_visit *visit, void *ctx);

/* A write transaction: all or nothing. Get inside it sees its own puts. */
ATS_MUST_USE enum ats_status ats_store_batch_begin(struct ats_store *store,
                                                   struct ats_store_batch **ret_batch);
enum ats_status ats_store_batch_get(struct ats_store_batch *batch, struct ats_span key,
                                    struct ats_span *ret_value);
ATS_MUST_USE enum ats_status ats_store_batch_put(struct ats_store_batch *batch, struct ats_span key,
                                                 struct ats_span value);
/* OK also where there is no such key. */
ATS_MUST_USE enum ats_status ats_store_batch_delete(struct ats_store_batch *batch,
                                                    struct ats_span key);
/* Commits durably and frees the batch, whatever the answer. After a failed put the answer is that failure. */
ATS_MUST_USE enum ats_status ats_store_batch_commit(struct ats_store_batch *batch);
void ats_store_batch_abort(struct ats_store_batch *batch);

#endif
