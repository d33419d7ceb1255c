/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The local store: one LMDB environment in a folder, keys and values are bytes, keys sort by memcmp.
 *
 * One process opens a store at a time (its folder is locked; a second open answers EXISTS). Any number of
 * threads may read; one writes at a time. A view is a consistent snapshot; it must be renewed to see
 * later commits, and kept short-lived or renewed often, since it pins old pages.
 *
 * A store may be sealed with a secret: then each entry carries a tag, and one that was altered outside of this process answers
 * CORRUPT wherever it is read.
 *
 * LIMIT: the map is full, a key is empty or longer than ATS_STORE_KEY_MAX, or ATS_STORE_VIEWS_MAX views are open. DISK: the disk has
 * no room for the batch, or fails; the store stays as it was, and a later batch may succeed.
 *
 * Thread: a view belongs to the thread that opened it; a batch to the thread that began it.
 */
#ifndef ATS_STORE_STORE_H
#define ATS_STORE_STORE_H

#include "common/base/error.h"
#include "common/base/span.h"

/* What LMDB takes as built by Debian. */
#define ATS_STORE_KEY_MAX 511
/* Of the secret that seals a store: that of a key pair's seed. */
#define ATS_STORE_SECRET_SIZE 32

struct ats_store;
struct ats_store_view;
struct ats_store_batch;

/* Opens or creates the folder (mode 0700). `map_size` bounds the file: it is reserved as addresses, or what the process may have of it.
   IO, EXISTS, CORRUPT, DISK. */
ATS_MUST_USE enum ats_status ats_store_open(const char *folder, size_t map_size,
                                            struct ats_store **ret_store, struct ats_error *err);
void ats_store_close(struct ats_store *store);

struct ats_store_size {
    uint64_t used_bytes; /* what the file has grown to; room in it that batches gave up included */
    uint64_t
        free_bytes; /* what it can still grow by: of the disk, or of the map where that is less */
    uint64_t entry_bytes; /* of the map, what its entries take */
    uint64_t map_bytes;
};

/* What a person is told of a batch that failed. */
const char *ats_store_reason(enum ats_status status);
/* Thread: any. Asks the file system. */
void ats_store_measure(const struct ats_store *store, struct ats_store_size *ret_size);
/* Call before any view or batch. The key of the tags is made from the secret, which is not kept; what stands in the store
   without a tag, or under another secret's, is CORRUPT from here on. */
void ats_store_seal(struct ats_store *store, const uint8_t secret[ATS_STORE_SECRET_SIZE]);
/* How many reads have met an entry whose tag does not hold. Thread: any. */
uint64_t ats_store_altered(const struct ats_store *store);

/* A snapshot of now. */
ATS_MUST_USE enum ats_status ats_store_view_open(struct ats_store *store,
                                                 struct ats_store_view **ret_view);
/* Moves the view to the newest commit; spans from before are void. No system call, no lock in steady state. */
ATS_MUST_USE enum ats_status ats_store_view_renew(struct ats_store_view *view);
void ats_store_view_close(struct ats_store_view *view);
/* Borrows the value until the view is renewed or closed; NOT_FOUND; CORRUPT: its seal does not hold. */
enum ats_status ats_store_get(struct ats_store_view *view, struct ats_span key,
                              struct ats_span *ret_value);
/* The last key that sorts no later than this one, borrowed as values are; whether its entry's seal holds is not looked at.
   NOT_FOUND: there is none. */
enum ats_status ats_store_floor(struct ats_store_view *view, struct ats_span key,
                                struct ats_span *ret_key);
/* Called per key with the prefix, in key order; a status other than OK ends the walk and is returned, and so does CORRUPT. */
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
/* Removes every entry: readers see that, and what is put after it, from the commit on. */
ATS_MUST_USE enum ats_status ats_store_batch_clear(struct ats_store_batch *batch);
/* NOT_FOUND is fine. */
ATS_MUST_USE enum ats_status ats_store_batch_delete(struct ats_store_batch *batch,
                                                    struct ats_span key);
/* The first entry in key order, and how many there are; borrowed until the next change. NOT_FOUND: there is none. */
enum ats_status ats_store_batch_first(struct ats_store_batch *batch, struct ats_span *ret_key,
                                      size_t *ret_count);
/* As ats_store_walk(), of what the batch has by now; `visit` changes nothing. */
enum ats_status ats_store_batch_walk(struct ats_store_batch *batch, struct ats_span prefix,
                                     ats_store_visit *visit, void *ctx);
/* Commits durably and frees the batch, whatever the answer. After a failed put the answer is that failure. */
ATS_MUST_USE enum ats_status ats_store_batch_commit(struct ats_store_batch *batch);
void ats_store_batch_abort(struct ats_store_batch *batch);

#endif
