/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keyed state of one task: bytes by key, in memory, with an undo log for the running transaction.
 *
 *   edit(key)   -> first touch in the transaction keeps a copy of the old bytes; the caller changes them in place
 *   each_dirty  -> what the transaction changed, for the changelog
 *   commit      -> forget the copies;    rollback -> put them back
 *
 * Thread: the task's. Owns: every entry; a pointer from edit or view holds until the key is removed, resized or rolled back.
 */
#ifndef ATS_STATE_STATE_H
#define ATS_STATE_STATE_H

#include "common/base/span.h"
#include "common/base/status.h"

struct ats_state;

/* `bytes_max` bounds keys and values together. NULL when out of memory. */
struct ats_state *ats_state_new(size_t bytes_max);
void ats_state_free(struct ats_state *state);

/* The entry's bytes for change, aligned for any type; a new or differently sized entry is all zero. NULL: out of memory or
   past the bound (the state is as before). */
void *ats_state_edit(struct ats_state *state, struct ats_span key, size_t size);
/* Whether what edit answered last was NULL because of the bound. */
bool ats_state_is_full(const struct ats_state *state);
/* The entry's bytes, or data NULL. */
struct ats_span ats_state_view(const struct ats_state *state, struct ats_span key);
ATS_MUST_USE enum ats_status ats_state_remove(struct ats_state *state, struct ats_span key);

/* What the running transaction changed, each key once, in the order of the first touch; value data NULL: removed; `before`
   data NULL: it is new. */
typedef enum ats_status ats_state_visit(void *ctx, struct ats_span key, struct ats_span value,
                                        struct ats_span before);
enum ats_status ats_state_each_dirty(const struct ats_state *state, ats_state_visit *visit,
                                     void *ctx);
void ats_state_commit(struct ats_state *state);
void ats_state_rollback(struct ats_state *state);

/* Sets an entry from the changelog, outside any transaction; value data NULL removes. */
ATS_MUST_USE enum ats_status ats_state_restore(struct ats_state *state, struct ats_span key,
                                               struct ats_span value);
/* Every entry whose key begins so, in no order, until `visit` says something else than OK; the value is as it is now, `before`
   data NULL. */
enum ats_status ats_state_each_with(const struct ats_state *state, struct ats_span prefix,
                                    ats_state_visit *visit, void *ctx);
size_t ats_state_count(const struct ats_state *state);
size_t ats_state_bytes(const struct ats_state *state);

#endif
