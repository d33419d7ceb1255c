/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/used_tokens.h"

#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->capacity = 0)
#include <uthash.h>

#define CAPACITY_FIRST 2

struct ats_key_tokens {
    uint8_t key[ATS_TOKEN_HASH_SIZE];
    struct ats_token_set pending;
    size_t capacity;
    UT_hash_handle hh;
};

void ats_used_tokens_fini(struct ats_used_tokens *tokens)
{
    struct ats_key_tokens *each, *next;
    /* NOLINTBEGIN(clang-analyzer-unix.Malloc): it does not follow uthash's list of what is left. */
    HASH_ITER(hh, tokens->by_key, each, next)
    {
        HASH_DEL(tokens->by_key, each);
        free(each->pending.items);
        free(each);
    }
    /* NOLINTEND(clang-analyzer-unix.Malloc) */
}

static struct ats_key_tokens *find(struct ats_used_tokens *tokens,
                                   const uint8_t key[ATS_TOKEN_HASH_SIZE])
{
    struct ats_key_tokens *found = NULL;
    HASH_FIND(hh, tokens->by_key, key, ATS_TOKEN_HASH_SIZE, found);
    return found;
}

/* All that is known of the key: the store's into `set`, and on top what waits for it; what does no more leaves memory. */
static void merge(struct ats_key_tokens *of, struct ats_token_set *set, int64_t now_s)
{
    size_t kept = 0;
    for (size_t i = 0; i < of->pending.count; i++)
        if (!ats_token_set_has(set, &of->pending.items[i]))
            of->pending.items[kept++] = of->pending.items[i];
    of->pending.count = kept;
    for (size_t i = 0; i < kept; i++)
        ats_token_set_add(set, &of->pending.items[i], now_s);
    if (of->pending.forgotten_s > set->forgotten_s)
        set->forgotten_s = of->pending.forgotten_s;
}

/* The key that was met first leaves memory, if the store has all of it. */
static void make_room(struct ats_used_tokens *tokens)
{
    struct ats_key_tokens *first = tokens->by_key;
    struct ats_used_token items[ATS_GATE_TOKENS_PER_KEY];
    struct ats_token_set set = {.items = items};
    if (ats_token_store_get(tokens->store, first->key, &set) != ATS_OK)
        return;
    merge(first, &set, 0);
    if (first->pending.count > 0)
        return;
    HASH_DEL(tokens->by_key, first);
    free(first->pending.items);
    free(first);
}

static struct ats_key_tokens *make(struct ats_used_tokens *tokens,
                                   const uint8_t key[ATS_TOKEN_HASH_SIZE])
{
    struct ats_key_tokens *made = find(tokens, key);
    if (made)
        return made;
    if (HASH_COUNT(tokens->by_key) >= tokens->keys_max)
        make_room(tokens);
    if (HASH_COUNT(tokens->by_key) >= tokens->keys_max)
        return NULL;
    made = calloc(1, sizeof(*made));
    if (!made)
        return NULL;
    memcpy(made->key, key, ATS_TOKEN_HASH_SIZE);
    HASH_ADD(hh, tokens->by_key, key, ATS_TOKEN_HASH_SIZE, made);
    if (made->hh.tbl)
        return made;
    free(made);
    return NULL;
}

/* The entry of that key, with room for one more; NULL: no room. */
static struct ats_key_tokens *reserve(struct ats_used_tokens *tokens,
                                      const uint8_t key[ATS_TOKEN_HASH_SIZE])
{
    struct ats_key_tokens *of = make(tokens, key);
    if (!of || of->pending.count < of->capacity || of->capacity == ATS_GATE_TOKENS_PER_KEY)
        return of;
    size_t capacity = of->capacity ? 2 * of->capacity : CAPACITY_FIRST;
    if (capacity > ATS_GATE_TOKENS_PER_KEY)
        capacity = ATS_GATE_TOKENS_PER_KEY;
    struct ats_used_token *items = realloc(of->pending.items, capacity * sizeof(*items));
    if (!items)
        return NULL;
    of->pending.items = items;
    of->capacity = capacity;
    return of;
}

static enum ats_reason busy(struct ats_error *err, const char *what, enum ats_status status)
{
    (void)ats_error_set(err, status, "cannot remember the token: %s: %s", what,
                        ats_status_name(status));
    return ATS_REASON_GATE_BUSY;
}

static enum ats_reason note(struct ats_used_tokens *tokens, const struct ats_token_record *record,
                            int64_t now_s, struct ats_error *err)
{
    uint8_t data[ATS_TOKEN_RECORD_SIZE];
    uint64_t position;
    struct ats_key_tokens *of = reserve(tokens, record->key);
    if (!of)
        return busy(err, "memory", ATS_ERR_LIMIT);
    ats_token_record_encode(record, data);
    enum ats_status status = ats_journal_append(tokens->journal, ATS_TOKEN_RECORD_KIND,
                                                ats_span_of(data, sizeof(data)), &position);
    if (status != ATS_OK)
        return busy(err, "the journal", status);
    ats_token_set_add(&of->pending, &record->used, now_s);
    return ATS_REASON_NONE;
}

enum ats_reason ats_used_tokens_take(struct ats_used_tokens *tokens, const struct ats_jwt *jwt,
                                     const char *device, int64_t now_s, struct ats_error *err)
{
    struct ats_token_record record;
    struct ats_used_token items[ATS_GATE_TOKENS_PER_KEY];
    struct ats_token_set set = {.items = items};
    ats_token_record_make(device, jwt->key_id, jwt->token_id, jwt->expires_s, &record);
    enum ats_status status = ats_token_store_get(tokens->store, record.key, &set);
    if (status != ATS_OK)
        return busy(err, "the store", status);
    struct ats_key_tokens *of = find(tokens, record.key);
    if (of)
        merge(of, &set, now_s);
    if (ats_token_set_has(&set, &record.used))
        return ATS_REASON_TOKEN_REPLAYED;
    if (ats_token_set_live(&set, now_s) >= ATS_GATE_TOKENS_PER_KEY)
        return ATS_REASON_TOKENS_FULL;
    return note(tokens, &record, now_s, err);
}

enum ats_status ats_used_tokens_replay(struct ats_used_tokens *tokens, struct ats_span data,
                                       int64_t now_s)
{
    struct ats_token_record record;
    struct ats_used_token items[ATS_GATE_TOKENS_PER_KEY];
    struct ats_token_set set = {.items = items};
    if (!ats_token_record_decode(data, &record))
        return ATS_OK;
    enum ats_status status = ats_token_store_get(tokens->store, record.key, &set);
    if (status != ATS_OK || ats_token_set_has(&set, &record.used))
        return status;
    struct ats_key_tokens *of = reserve(tokens, record.key);
    if (!of)
        return ATS_ERR_LIMIT;
    ats_token_set_add(&of->pending, &record.used, now_s);
    return ATS_OK;
}
