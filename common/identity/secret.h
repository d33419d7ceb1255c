/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for secrets, by libsodium's sodium_malloc(): no core dump holds it (MADV_DONTDUMP), guard pages stand around it, it is
 * zeroed when it is freed, and it is not swapped out as far as RLIMIT_MEMLOCK allows.
 *
 *   blocks    one at a time, for what a process has once
 *   arena     session keys, of which there are as many as devices: slots in chunks, which are not given back
 *
 * Thread: one at a time. ats_identity_init() comes first.
 */
#ifndef ATS_IDENTITY_SECRET_H
#define ATS_IDENTITY_SECRET_H

#include "common/identity/session.h"

/* Zeroed, aligned for any object; NULL without memory. `ret_locked` becomes false where it may be swapped out, and stays as it
   is otherwise. */
void *ats_secret_new(size_t size, bool *ret_locked);
/* Zeroes it. NULL is fine. */
void ats_secret_free(void *memory);

struct ats_key_arena;

/* At most `max` keys at a time; takes no memory for them yet. */
ATS_MUST_USE enum ats_status ats_key_arena_new(size_t max, struct ats_key_arena **ret_arena);
/* Zeroes all of it, also what is in use. */
void ats_key_arena_free(struct ats_key_arena *arena);
/* A slot, zeroed; NULL: `max` are in use, or no memory. */
struct ats_session_keys *ats_key_arena_take(struct ats_key_arena *arena);
/* Zeroes the slot and takes it back. NULL is fine. */
void ats_key_arena_give(struct ats_key_arena *arena, struct ats_session_keys *keys);
/* Whether nothing of it can be swapped out. */
bool ats_key_arena_locked(const struct ats_key_arena *arena);

#endif
