/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An open-addressing table of pointers to entries (linear probing, at most 3/4 full), so that an entry never moves. A
 * removed entry stays in the table until the transaction ends, since the changelog still needs its key, and is then taken
 * out by shifting its followers back: there are no tombstones to clean up.
 *
 *   entry:  [hash, key, value]   value data NULL: removed (or, after a rollback, never there)
 *   undo:   one line per entry that the transaction touched. Its old bytes are a copy in `saved` (changed in place), or the
 *           old memory itself (resized or removed), so that a rollback allocates nothing and cannot fail.
 *
 * The hash is keyed with random bytes (SipHash): names come from outside, and must not be able to pile up in one place.
 */
#include "processor/state/state.h"

#include "common/base/short_hash.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#define SLOTS_FIRST 64
#define NOT_TOUCHED SIZE_MAX

struct entry {
    uint64_t hash;
    size_t undo; /* its line in the undo log, or NOT_TOUCHED */
    uint8_t *value;
    size_t size;
    size_t key_len;
    uint8_t key[];
};

struct undo {
    struct entry *entry;
    bool existed;
    uint8_t *old_value; /* owned; NULL: the old bytes are a copy in `saved` */
    size_t at;          /* in `saved` */
    size_t size;        /* of the old bytes */
};

struct ats_state {
    struct entry **slots;
    size_t slot_count;  /* a power of two */
    size_t entry_count; /* entries in the table, removed ones included */
    size_t live_count;
    size_t bytes;
    size_t bytes_max;
    bool full; /* the bound was in the way of the last change of a size */
    struct undo *undo;
    size_t undo_count;
    size_t undo_cap;
    uint8_t *saved;
    size_t saved_len;
    size_t saved_cap;
    uint8_t hash_key[ATS_SHORT_HASH_KEY_SIZE];
};

struct ats_state *ats_state_new(size_t bytes_max)
{
    struct ats_state *state = calloc(1, sizeof(*state));
    if (!state)
        return NULL;
    state->slots = calloc(SLOTS_FIRST, sizeof(struct entry *));
    if (!state->slots) {
        free(state);
        return NULL;
    }
    state->slot_count = SLOTS_FIRST;
    state->bytes_max = bytes_max;
    randombytes_buf(state->hash_key, sizeof(state->hash_key));
    return state;
}

static void free_entry(struct entry *entry)
{
    free(entry->value);
    free(entry);
}

void ats_state_free(struct ats_state *state)
{
    if (!state)
        return;
    for (size_t i = 0; i < state->undo_count; i++)
        free(state->undo[i].old_value);
    for (size_t i = 0; i < state->slot_count; i++) {
        if (state->slots[i])
            free_entry(state->slots[i]);
    }
    free(state->slots);
    free(state->undo);
    free(state->saved);
    free(state);
}

static uint64_t hash_of(const struct ats_state *state, struct ats_span key)
{
    return ats_short_hash(key, state->hash_key);
}

/* The slot of the key, or the empty one where it would stand. */
static size_t slot_of(const struct ats_state *state, struct ats_span key, uint64_t hash)
{
    size_t slot = hash & (state->slot_count - 1);
    for (const struct entry *entry = state->slots[slot]; entry; entry = state->slots[slot]) {
        if (entry->hash == hash && entry->key_len == key.len &&
            memcmp(entry->key, key.data, key.len) == 0)
            return slot;
        slot = (slot + 1) & (state->slot_count - 1);
    }
    return slot;
}

static bool grow_table(struct ats_state *state)
{
    size_t count = state->slot_count * 2;
    struct entry **slots = calloc(count, sizeof(struct entry *));
    if (!slots)
        return false;
    for (size_t i = 0; i < state->slot_count; i++) {
        struct entry *entry = state->slots[i];
        if (!entry)
            continue;
        size_t slot = entry->hash & (count - 1);
        while (slots[slot])
            slot = (slot + 1) & (count - 1);
        slots[slot] = entry;
    }
    free(state->slots);
    state->slots = slots;
    state->slot_count = count;
    return true;
}

/* A new entry without a value; NULL when out of memory. */
static struct entry *add_entry(struct ats_state *state, struct ats_span key, uint64_t hash)
{
    if (4 * (state->entry_count + 1) > 3 * state->slot_count && !grow_table(state))
        return NULL;
    struct entry *entry = malloc(sizeof(*entry) + key.len);
    if (!entry)
        return NULL;
    *entry = (struct entry){.hash = hash, .undo = NOT_TOUCHED, .key_len = key.len};
    memcpy(entry->key, key.data, key.len);
    state->slots[slot_of(state, key, hash)] = entry;
    state->entry_count++;
    return entry;
}

static struct entry *find_entry(const struct ats_state *state, struct ats_span key,
                                uint64_t *ret_hash)
{
    *ret_hash = hash_of(state, key);
    return state->slots[slot_of(state, key, *ret_hash)];
}

/* Takes the entry out of the table; those behind it that it had pushed aside move back. */
static void drop_entry(struct ats_state *state, struct entry *entry)
{
    size_t mask = state->slot_count - 1;
    size_t hole = slot_of(state, ats_span_of(entry->key, entry->key_len), entry->hash);
    for (size_t next = (hole + 1) & mask; state->slots[next]; next = (next + 1) & mask) {
        size_t home = state->slots[next]->hash & mask;
        if (((next - home) & mask) >= ((next - hole) & mask)) {
            state->slots[hole] = state->slots[next];
            hole = next;
        }
    }
    state->slots[hole] = NULL;
    state->entry_count--;
    free_entry(entry);
}

/* Keeps the entry's memory for a rollback if it is what was there before the transaction; else frees it. */
static void give_up_value(struct ats_state *state, struct entry *entry)
{
    struct undo *undo = entry->undo == NOT_TOUCHED ? NULL : &state->undo[entry->undo];
    if (undo && undo->existed && !undo->old_value) {
        if (undo->size > 0)
            memcpy(entry->value, state->saved + undo->at, undo->size);
        undo->old_value = entry->value;
    } else {
        free(entry->value);
    }
    entry->value = NULL;
}

/* Puts `value` (NULL: none) in the place of the entry's and keeps the counts. */
static void set_value(struct ats_state *state, struct entry *entry, uint8_t *value, size_t size)
{
    if (entry->value) {
        state->live_count--;
        state->bytes -= entry->size + entry->key_len;
        give_up_value(state, entry);
    }
    if (value) {
        state->live_count++;
        state->bytes += size + entry->key_len;
    }
    entry->value = value;
    entry->size = value ? size : 0;
}

/* Gives the entry `size` zero bytes. False: out of memory or past the bound. */
static bool resize(struct ats_state *state, struct entry *entry, size_t size)
{
    size_t others = state->bytes - (entry->value ? entry->size + entry->key_len : 0);
    state->full = others > state->bytes_max || entry->key_len > state->bytes_max - others ||
                  size > state->bytes_max - others - entry->key_len;
    if (state->full)
        return false;
    uint8_t *value = calloc(1, size > 0 ? size : 1);
    if (!value)
        return false;
    set_value(state, entry, value, size);
    return true;
}

static bool reserve(void **data, size_t *cap, size_t needed, size_t item_size)
{
    size_t larger = *cap ? *cap : 64;
    if (needed <= *cap)
        return true;
    while (larger < needed)
        larger *= 2;
    void *grown = realloc(*data, larger * item_size);
    if (!grown)
        return false;
    *data = grown;
    *cap = larger;
    return true;
}

/* Writes the entry's old bytes into the undo log at its first touch in the transaction. */
static bool remember(struct ats_state *state, struct entry *entry)
{
    void *undo = state->undo;
    void *saved = state->saved;
    if (entry->undo != NOT_TOUCHED)
        return true;
    if (!reserve(&undo, &state->undo_cap, state->undo_count + 1, sizeof(struct undo)))
        return false;
    state->undo = undo;
    if (!reserve(&saved, &state->saved_cap, state->saved_len + entry->size, 1))
        return false;
    state->saved = saved;
    assert(entry->size == 0 || (state->saved && entry->value));
    if (entry->size > 0)
        memcpy(state->saved + state->saved_len, entry->value, entry->size);
    state->undo[state->undo_count] = (struct undo){.entry = entry,
                                                   .existed = entry->value != NULL,
                                                   .at = state->saved_len,
                                                   .size = entry->size};
    entry->undo = state->undo_count++;
    state->saved_len += entry->size;
    return true;
}

void *ats_state_edit(struct ats_state *state, struct ats_span key, size_t size)
{
    uint64_t hash = 0;
    struct entry *entry = find_entry(state, key, &hash);
    bool is_new = !entry;
    if (is_new)
        entry = add_entry(state, key, hash);
    if (!entry)
        return NULL;
    if (!is_new && entry->value && entry->size == size)
        return remember(state, entry) ? entry->value : NULL;
    if (remember(state, entry) && resize(state, entry, size))
        return entry->value;
    if (is_new && entry->undo == NOT_TOUCHED)
        drop_entry(state, entry);
    return NULL;
}

bool ats_state_is_full(const struct ats_state *state)
{
    return state->full;
}

struct ats_span ats_state_view(const struct ats_state *state, struct ats_span key)
{
    uint64_t hash = 0;
    const struct entry *entry = find_entry(state, key, &hash);
    return entry ? ats_span_of(entry->value, entry->size) : ats_span_of(NULL, 0);
}

enum ats_status ats_state_remove(struct ats_state *state, struct ats_span key)
{
    uint64_t hash = 0;
    struct entry *entry = find_entry(state, key, &hash);
    if (!entry || !entry->value)
        return ATS_OK;
    if (!remember(state, entry))
        return ATS_ERR_MEMORY;
    set_value(state, entry, NULL, 0);
    return ATS_OK;
}

static struct ats_span old_bytes(const struct ats_state *state, const struct undo *undo)
{
    static const uint8_t nothing[1];
    if (!undo->existed)
        return ats_span_of(NULL, 0);
    if (undo->size == 0)
        return ats_span_of(nothing, 0);
    return ats_span_of(undo->old_value ? undo->old_value : state->saved + undo->at, undo->size);
}

enum ats_status ats_state_each_dirty(const struct ats_state *state, ats_state_visit *visit,
                                     void *ctx)
{
    enum ats_status status = ATS_OK;
    for (size_t i = 0; i < state->undo_count && status == ATS_OK; i++) {
        const struct entry *entry = state->undo[i].entry;
        /* Made and removed again in one transaction: the changelog never heard of it. */
        if (!entry->value && !state->undo[i].existed)
            continue;
        status = visit(ctx, ats_span_of(entry->key, entry->key_len),
                       ats_span_of(entry->value, entry->size), old_bytes(state, &state->undo[i]));
    }
    return status;
}

static void forget_undo(struct ats_state *state)
{
    for (size_t i = 0; i < state->undo_count; i++) {
        struct entry *entry = state->undo[i].entry;
        free(state->undo[i].old_value);
        entry->undo = NOT_TOUCHED;
        if (!entry->value)
            drop_entry(state, entry);
    }
    state->undo_count = 0;
    state->saved_len = 0;
}

void ats_state_commit(struct ats_state *state)
{
    forget_undo(state);
}

static void put_back(struct ats_state *state, struct undo *undo)
{
    struct entry *entry = undo->entry;
    uint8_t *old = undo->old_value;
    if (undo->existed && !old) {
        if (undo->size > 0)
            memcpy(entry->value, state->saved + undo->at, undo->size);
        return;
    }
    undo->old_value = NULL;
    undo->existed = false; /* what stands there now is of no use to anybody */
    set_value(state, entry, old, undo->size);
}

void ats_state_rollback(struct ats_state *state)
{
    for (size_t i = 0; i < state->undo_count; i++)
        put_back(state, &state->undo[i]);
    forget_undo(state);
}

enum ats_status ats_state_restore(struct ats_state *state, struct ats_span key,
                                  struct ats_span value)
{
    uint64_t hash = 0;
    struct entry *entry = find_entry(state, key, &hash);
    if (!value.data) {
        if (entry) {
            set_value(state, entry, NULL, 0);
            drop_entry(state, entry);
        }
        return ATS_OK;
    }
    bool is_new = !entry;
    if (is_new)
        entry = add_entry(state, key, hash);
    if (!entry)
        return ATS_ERR_MEMORY;
    if (!resize(state, entry, value.len)) {
        if (is_new)
            drop_entry(state, entry);
        return ATS_ERR_LIMIT;
    }
    if (value.len > 0)
        memcpy(entry->value, value.data, value.len);
    return ATS_OK;
}

enum ats_status ats_state_each_with(const struct ats_state *state, struct ats_span prefix,
                                    ats_state_visit *visit, void *ctx)
{
    enum ats_status status = ATS_OK;
    for (size_t i = 0; i < state->slot_count && status == ATS_OK; i++) {
        const struct entry *entry = state->slots[i];
        if (entry && entry->value && entry->key_len >= prefix.len &&
            memcmp(entry->key, prefix.data, prefix.len) == 0)
            status = visit(ctx, ats_span_of(entry->key, entry->key_len),
                           ats_span_of(entry->value, entry->size), ats_span_of(NULL, 0));
    }
    return status;
}

size_t ats_state_count(const struct ats_state *state)
{
    return state->live_count;
}

size_t ats_state_bytes(const struct ats_state *state)
{
    return state->bytes;
}
