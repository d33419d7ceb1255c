/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/replays.h"

#include "plugin/device_store.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

/* Out of memory is an answer here, not the end of the broker: uthash then leaves hh.tbl NULL. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->key[0] = '\0')
#include <uthash.h>

/* Entries that are looked at to find room for one more. */
#define LOOKS 8
#define MARK_EVENT '\x1d'
#define MARK_NAME '\x1e'

struct pending {
    char key[ATS_REPLAY_KEY_SIZE];
    UT_hash_handle hh;
};

struct ats_replays {
    struct ats_store *store;
    struct pending *by_key; /* oldest first */
    size_t pending_max;
};

static void make_key(char mark, struct ats_span text, char ret_key[ATS_REPLAY_KEY_SIZE])
{
    uint8_t hash[16];
    (void)crypto_generichash(hash, sizeof(hash), text.data, text.len, NULL, 0);
    ret_key[0] = mark;
    (void)sodium_bin2hex(ret_key + 1, ATS_REPLAY_KEY_SIZE - 1, hash, sizeof(hash));
}

void ats_replay_event_key(struct ats_span id, char ret_key[ATS_REPLAY_KEY_SIZE])
{
    make_key(MARK_EVENT, id, ret_key);
}

void ats_replay_name_key(const char *name, char ret_key[ATS_REPLAY_KEY_SIZE])
{
    make_key(MARK_NAME, ats_span_text(name), ret_key);
}

enum ats_status ats_replays_new(struct ats_store *store, size_t pending_max,
                                struct ats_replays **ret_replays)
{
    struct ats_replays *replays = calloc(1, sizeof(*replays));
    *ret_replays = replays;
    if (!replays)
        return ATS_ERR_MEMORY;
    replays->store = store;
    replays->pending_max = pending_max;
    return ATS_OK;
}

void ats_replays_free(struct ats_replays *replays)
{
    struct pending *each, *next;
    if (!replays)
        return;
    /* NOLINTBEGIN(clang-analyzer-unix.Malloc): it does not follow uthash's list of what is left. */
    HASH_ITER(hh, replays->by_key, each, next)
    {
        HASH_DEL(replays->by_key, each);
        free(each);
    }
    /* NOLINTEND(clang-analyzer-unix.Malloc) */
    free(replays);
}

static bool is_stored(const struct ats_replays *replays, const char *key)
{
    uint64_t mark = 0;
    return ats_device_store_get(replays->store, key, &mark) == ATS_OK && mark > 0;
}

static bool make_room(struct ats_replays *replays)
{
    for (int i = 0; i < LOOKS && replays->by_key; i++) {
        struct pending *oldest = replays->by_key;
        if (HASH_COUNT(replays->by_key) < replays->pending_max || !is_stored(replays, oldest->key))
            break;
        HASH_DEL(replays->by_key, oldest);
        free(oldest);
    }
    return HASH_COUNT(replays->by_key) < replays->pending_max;
}

static bool is_pending(const struct ats_replays *replays, const char *key)
{
    struct pending *found = NULL;
    HASH_FIND_STR(replays->by_key, key, found);
    return found != NULL;
}

enum ats_status ats_replays_find(struct ats_replays *replays, const char *key, bool *ret_found,
                                 bool *ret_room)
{
    uint64_t mark = 0;
    *ret_room = make_room(replays);
    *ret_found = is_pending(replays, key);
    if (*ret_found)
        return ATS_OK;
    enum ats_status status = ats_device_store_get(replays->store, key, &mark);
    *ret_found = mark > 0;
    return status;
}

enum ats_status ats_replays_note(struct ats_replays *replays, const char *key)
{
    if (is_pending(replays, key) || is_stored(replays, key))
        return ATS_OK;
    if (!make_room(replays))
        return ATS_ERR_LIMIT;
    struct pending *made = calloc(1, sizeof(*made));
    if (!made)
        return ATS_ERR_MEMORY;
    (void)snprintf(made->key, sizeof(made->key), "%s", key);
    HASH_ADD_STR(replays->by_key, key, made);
    if (made->hh.tbl)
        return ATS_OK;
    free(made);
    return ATS_ERR_MEMORY;
}

void ats_replays_forget(struct ats_replays *replays, const char *key)
{
    struct pending *found = NULL;
    HASH_FIND_STR(replays->by_key, key, found);
    if (!found)
        return;
    HASH_DEL(replays->by_key, found);
    free(found);
}
