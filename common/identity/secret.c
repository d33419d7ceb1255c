/* SPDX-License-Identifier: Apache-2.0 */
#include "common/identity/secret.h"

#include "common/base/limits.h"

#include <sodium.h>
#include <stdlib.h>
#include <sys/mman.h>

#define ALIGNMENT _Alignof(max_align_t)

void *ats_secret_new(size_t size, bool *ret_locked)
{
    /* It ends where the guard page begins, so that its size makes its alignment. */
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    void *memory = sodium_malloc(size);
    if (!memory)
        return NULL;
    sodium_memzero(memory, size);
    /* sodium_malloc() does not say whether it could; asked again, the kernel does. */
    if (mlock(memory, size) != 0)
        *ret_locked = false;
    return memory;
}

void ats_secret_free(void *memory)
{
    sodium_free(memory);
}

union slot {
    struct ats_session_keys keys;
    union slot *next_free; /* over the session id, so that the key stays zero */
};

struct chunk {
    union slot *slots;
    struct chunk *next;
};

struct ats_key_arena {
    size_t max;
    size_t used;
    bool locked;
    union slot *free;
    struct chunk *chunks;
};

_Static_assert(offsetof(struct ats_session_keys, key) >= sizeof(union slot *),
               "a free slot's link does not touch the key");

enum ats_status ats_key_arena_new(size_t max, struct ats_key_arena **ret_arena)
{
    struct ats_key_arena *arena = calloc(1, sizeof(*arena));
    if (!arena)
        return ATS_ERR_MEMORY;
    arena->max = max;
    arena->locked = true;
    *ret_arena = arena;
    return ATS_OK;
}

void ats_key_arena_free(struct ats_key_arena *arena)
{
    if (!arena)
        return;
    for (struct chunk *chunk = arena->chunks, *next; chunk; chunk = next) {
        next = chunk->next;
        ats_secret_free(chunk->slots);
        free(chunk);
    }
    free(arena);
}

static bool grow(struct ats_key_arena *arena)
{
    struct chunk *chunk = calloc(1, sizeof(*chunk));
    if (!chunk)
        return false;
    chunk->slots = ats_secret_new(ATS_KEY_ARENA_CHUNK * sizeof(*chunk->slots), &arena->locked);
    if (!chunk->slots) {
        free(chunk);
        return false;
    }
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    for (size_t i = 0; i < ATS_KEY_ARENA_CHUNK; i++) {
        chunk->slots[i].next_free = arena->free;
        arena->free = &chunk->slots[i];
    }
    return true;
}

struct ats_session_keys *ats_key_arena_take(struct ats_key_arena *arena)
{
    if (arena->used == arena->max || (!arena->free && !grow(arena)))
        return NULL;
    union slot *slot = arena->free;
    arena->free = slot->next_free;
    arena->used++;
    sodium_memzero(slot, sizeof(*slot));
    return &slot->keys;
}

void ats_key_arena_give(struct ats_key_arena *arena, struct ats_session_keys *keys)
{
    if (!keys)
        return;
    union slot *slot = (union slot *)keys;
    sodium_memzero(slot, sizeof(*slot));
    slot->next_free = arena->free;
    arena->free = slot;
    arena->used--;
}

bool ats_key_arena_locked(const struct ats_key_arena *arena)
{
    return arena->locked;
}
