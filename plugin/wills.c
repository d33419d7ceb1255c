/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/wills.h"

#include "plugin/device_store.h"

#include <stdio.h>
#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->unused = 0)
#include <uthash.h>
#include <utlist.h>

/* A device of which sessions have ended, the oldest of them first. */
struct departed_device {
    struct departed *first;
    size_t count;
    int unused;
    UT_hash_handle hh;
    char name[];
};

/* A session that has ended. */
struct departed {
    const void *client;
    struct departed_device *device;
    struct departed *prev;
    struct departed *next;
    int64_t expires_ms;
    uint64_t counter;
    char key_id[ATS_KEY_ID_SIZE];
    bool has_keys;
    int unused;
    UT_hash_handle hh;
    char client_id[];
};

/* The highest will of an owner. */
struct will_mark {
    char owner[ATS_NUMBERS_OWNER_SIZE];
    uint64_t sequence; /* 0: none */
    uint64_t digest;
    int unused;
    UT_hash_handle hh;
};

struct ats_wills {
    struct departed *departed; /* the oldest first, as uthash iterates */
    struct departed_device *devices;
    struct will_mark *marks;
    struct will_mark *next_look; /* in the search for room; NULL: the first */
    size_t marks_max;
};

enum ats_status ats_wills_new(size_t marks_max, struct ats_wills **ret_wills)
{
    *ret_wills = calloc(1, sizeof(**ret_wills));
    if (!*ret_wills)
        return ATS_ERR_MEMORY;
    (*ret_wills)->marks_max = marks_max;
    return ATS_OK;
}

static void remove_if_empty(struct ats_wills *wills, struct departed_device *device)
{
    if (device->first)
        return;
    HASH_DEL(wills->devices, device);
    free(device);
}

static void remove_departed(struct ats_wills *wills, struct departed *departed)
{
    struct departed_device *device = departed->device;
    HASH_DEL(wills->departed, departed);
    DL_DELETE(device->first, departed);
    device->count--;
    free(departed);
    remove_if_empty(wills, device);
}

void ats_wills_free(struct ats_wills *wills)
{
    if (!wills)
        return;
    struct departed *departed, *next_departed;
    /* NOLINTBEGIN(clang-analyzer-unix.Malloc): it does not follow uthash's list of what is left. */
    HASH_ITER(hh, wills->departed, departed, next_departed)
    remove_departed(wills, departed);
    struct will_mark *mark, *next_mark;
    HASH_ITER(hh, wills->marks, mark, next_mark)
    {
        HASH_DEL(wills->marks, mark);
        free(mark);
    }
    /* NOLINTEND(clang-analyzer-unix.Malloc) */
    free(wills);
}

/* --- sessions that have ended --- */

void ats_wills_forget(struct ats_wills *wills, const void *client)
{
    struct departed *departed = NULL;
    HASH_FIND(hh, wills->departed, &client, sizeof(client), departed);
    if (departed)
        remove_departed(wills, departed);
}

bool ats_wills_knows(const struct ats_wills *wills, const void *client)
{
    struct departed *departed = NULL;
    HASH_FIND(hh, wills->departed, &client, sizeof(client), departed);
    return departed != NULL;
}

/* NULL: no memory. */
static struct departed_device *device_get(struct ats_wills *wills, const char *name)
{
    size_t size = strlen(name) + 1;
    struct departed_device *device = NULL;
    HASH_FIND_STR(wills->devices, name, device);
    if (device)
        return device;
    device = calloc(1, sizeof(*device) + size);
    if (!device)
        return NULL;
    memcpy(device->name, name, size);
    HASH_ADD_STR(wills->devices, name, device);
    if (device->hh.tbl)
        return device;
    free(device);
    return NULL;
}

/* A device that has had its share gives up its own, so that who connects in a loop costs the others nothing. */
static void make_room(struct ats_wills *wills, const char *name)
{
    struct departed_device *device = NULL;
    HASH_FIND_STR(wills->devices, name, device);
    if (device && device->count >= ATS_GATE_DEPARTED_PER_DEVICE)
        remove_departed(wills, device->first);
    else if (HASH_COUNT(wills->departed) >= ATS_GATE_DEPARTED_MAX)
        remove_departed(wills, wills->departed);
}

void ats_wills_depart(struct ats_wills *wills, const struct ats_session *session)
{
    size_t size = strlen(session->client_id) + 1;
    ats_wills_forget(wills, session->client);
    if (session->claims)
        return; /* it may publish nothing, nor when it is gone */
    make_room(wills, session->device_name);
    struct departed_device *device = device_get(wills, session->device_name);
    if (!device)
        return;
    struct departed *departed = calloc(1, sizeof(*departed) + size);
    if (departed) {
        departed->client = session->client;
        departed->device = device;
        departed->expires_ms = session->expires_ms;
        departed->counter = session->counter;
        departed->has_keys = session->has_keys;
        memcpy(departed->client_id, session->client_id, size);
        memcpy(departed->key_id, session->key_id, sizeof(departed->key_id));
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it does not follow uthash's list of what is left. */
        HASH_ADD(hh, wills->departed, client, sizeof(departed->client), departed);
    }
    if (departed && departed->hh.tbl) {
        DL_APPEND(device->first, departed);
        device->count++;
        return;
    }
    free(departed);
    remove_if_empty(wills, device);
}

bool ats_wills_take(struct ats_wills *wills, const struct ats_gate_client *client, char *ret_device,
                    struct ats_session *ret_session)
{
    struct departed *departed = NULL;
    HASH_FIND(hh, wills->departed, &client->handle, sizeof(client->handle), departed);
    if (!departed || !client->id || !client->user_name ||
        strcmp(departed->client_id, client->id) != 0 ||
        strcmp(departed->device->name, client->user_name) != 0)
        return false;
    *ret_session = (struct ats_session){.client = departed->client,
                                        .expires_ms = departed->expires_ms,
                                        .counter = departed->counter,
                                        .has_keys = departed->has_keys}; /* device, keys: gone */
    (void)snprintf(ret_device, ATS_NAME_MAX + 1, "%s", departed->device->name);
    ret_session->device_name = ret_device;
    (void)snprintf(ret_session->client_id, sizeof(ret_session->client_id), "%s",
                   departed->client_id);
    memcpy(ret_session->key_id, departed->key_id, sizeof(ret_session->key_id));
    remove_departed(wills, departed);
    return true;
}

/* --- sequences --- */

bool ats_will_has_sequence(uint64_t sequence)
{
    return sequence >= ATS_DEVICE_WILL_FIRST;
}

/* No name has a control character. */
void ats_will_key(const char *owner, char ret_key[ATS_WILL_KEY_SIZE])
{
    (void)snprintf(ret_key, ATS_WILL_KEY_SIZE, "%s\x1fwill", owner);
}

static bool is_stored(struct ats_gate *gate, const struct will_mark *mark)
{
    uint64_t sequence;
    char key[ATS_WILL_KEY_SIZE];
    ats_will_key(mark->owner, key);
    return ats_device_store_get(gate->mark_store, key, &sequence) == ATS_OK &&
           sequence >= mark->sequence;
}

/* The next one that the store has leaves memory, of the few that are looked at. */
static void make_mark_room(struct ats_gate *gate)
{
    struct ats_wills *wills = gate->wills;
    for (int i = 0; i < ATS_GATE_NUMBERS_LOOKS; i++) {
        struct will_mark *mark = wills->next_look ? wills->next_look : wills->marks;
        if (!mark)
            return;
        wills->next_look = mark->hh.next;
        if (!is_stored(gate, mark))
            continue;
        HASH_DEL(wills->marks, mark);
        free(mark);
        return;
    }
}

/* NULL: no room. */
static struct will_mark *mark_get(struct ats_gate *gate, const char *owner)
{
    struct ats_wills *wills = gate->wills;
    struct will_mark *mark = NULL;
    uint64_t sequence;
    char key[ATS_WILL_KEY_SIZE];
    HASH_FIND_STR(wills->marks, owner, mark);
    if (mark)
        return mark;
    ats_will_key(owner, key);
    if (HASH_COUNT(wills->marks) >= wills->marks_max)
        make_mark_room(gate);
    if (HASH_COUNT(wills->marks) >= wills->marks_max ||
        ats_device_store_get(gate->mark_store, key, &sequence) != ATS_OK)
        return NULL;
    mark = calloc(1, sizeof(*mark));
    if (!mark)
        return NULL;
    mark->sequence = sequence;
    mark->digest = ATS_WINDOW_DIGEST_UNKNOWN;
    (void)snprintf(mark->owner, sizeof(mark->owner), "%s", owner);
    HASH_ADD_STR(wills->marks, owner, mark);
    if (mark->hh.tbl)
        return mark;
    free(mark);
    return NULL;
}

enum ats_reason ats_will_judge(struct ats_gate *gate, const struct ats_session *session,
                               const char *owner, uint64_t sequence, uint64_t digest)
{
    const struct will_mark *mark = mark_get(gate, owner);
    if (!mark)
        return ATS_REASON_GATE_BUSY;
    if (sequence == mark->sequence && digest == mark->digest)
        return ATS_REASON_DUPLICATE;
    if (sequence <= mark->sequence || sequence >= 2 * ATS_DEVICE_WILL_FIRST)
        return ATS_REASON_WILL_REPLAYED;
    return session->has_keys && sequence - ATS_DEVICE_WILL_FIRST != session->counter
               ? ATS_REASON_WILL_REPLAYED
               : ATS_REASON_NONE;
}

bool ats_will_note(struct ats_gate *gate, const char *owner, uint64_t sequence, uint64_t digest)
{
    struct will_mark *mark = sequence > 0 ? mark_get(gate, owner) : NULL;
    if (mark && sequence >= mark->sequence) {
        mark->sequence = sequence;
        mark->digest = digest;
    }
    return mark || sequence == 0;
}

/* --- the broker's question --- */

bool ats_gate_will(struct ats_gate *gate, const struct ats_gate_client *client,
                   const struct ats_gate_publish *publish, enum ats_gate_access *ret_access)
{
    char device[ATS_NAME_MAX + 1];
    struct ats_session session;
    if (!ats_wills_take(gate->wills, client, device, &session))
        return false;
    /* Where the broker does not tick, nothing says that no other client has come to the same place in between. */
    bool late = gate->turn.just_gone != client->handle || !gate->turn.ticked;
    enum ats_reason reason = ats_admit_will(gate, client, publish, &session, late);
    ats_device_facts_fini(&session.facts);
    if (reason == ATS_REASON_NONE)
        ats_log_event(gate->log, ATS_LOG_INFO, "will.admitted", "device=%s client=%s topic=%s",
                      ats_log_quote(device).text, ats_log_quote(client->id).text,
                      ats_log_quote(publish->topic).text);
    gate->turn.just_gone = NULL;
    *ret_access = reason == ATS_REASON_NONE ? ATS_GATE_ALLOW : ATS_GATE_DENY;
    return true;
}
