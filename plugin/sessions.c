/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/sessions.h"

#include "common/identity/secret.h"
#include "plugin/closing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Out of memory is an answer here, not the end of the broker: uthash then leaves hh.tbl NULL. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->unused = 0)
#include <uthash.h>
#include <utlist.h>

struct ats_gate_device {
    char name[ATS_SESSION_NAME_MAX + 1];
    struct ats_session_keys *previous;     /* NULL: none */
    char previous_key_id[ATS_KEY_ID_SIZE]; /* the device's key that opened that session */
    struct entry *sessions;
    struct ats_device_limits limits;
    bool is_gone; /* in the list of those that have gone */
    struct ats_gate_device *next_gone;
    struct ats_session_activity activity; /* of the session that ended last */
    int unused;
    UT_hash_handle hh;
};

/* A session with the handles of the tables it is in, and its neighbours in its device's list. */
struct entry {
    struct ats_session session;
    struct entry *prev;
    struct entry *next;
    int unused;
    UT_hash_handle hh;
    UT_hash_handle hh_id;
};

struct ats_sessions {
    struct entry *by_client;
    struct entry *by_id;
    struct ats_gate_device *devices;
    struct ats_gate_device *first_gone;
    struct ats_gate_device *last_gone;
    struct ats_key_arena *keys;
    struct entry *sweeps[ATS_SWEEP_COUNT]; /* the next one of each pass; NULL: none is on */
};

enum ats_status ats_sessions_new(struct ats_sessions **ret_sessions)
{
    struct ats_sessions *sessions = calloc(1, sizeof(*sessions));
    if (sessions && ats_key_arena_new(ATS_GATE_SESSION_KEYS_MAX, &sessions->keys) == ATS_OK) {
        *ret_sessions = sessions;
        return ATS_OK;
    }
    free(sessions);
    return ATS_ERR_MEMORY;
}

static void device_free(struct ats_sessions *sessions, struct ats_gate_device *device)
{
    HASH_DEL(sessions->devices, device);
    ats_device_limits_fini(&device->limits);
    ats_key_arena_give(sessions->keys, device->previous);
    free(device);
}

/* It is in no table any more. */
static void entry_free(struct ats_sessions *sessions, struct entry *entry)
{
    ats_device_facts_fini(&entry->session.facts);
    ats_key_arena_give(sessions->keys, entry->session.keys);
    free(entry);
}

static void device_free_if_done(struct ats_sessions *sessions, struct ats_gate_device *device)
{
    if (!device->sessions && !device->previous && !device->limits.touched && !device->is_gone)
        device_free(sessions, device);
}

/* Its session has ended, and it has no other. */
static void note_gone(struct ats_sessions *sessions, struct ats_gate_device *device,
                      const struct ats_session *session)
{
    struct ats_session_activity *activity = &device->activity;
    *activity = session->activity;
    if (activity->seen_ms == 0) /* taken over */
        activity->seen_ms =
            activity->last_publish_ms > 0 ? activity->last_publish_ms : activity->since_ms;
    if (device->is_gone || session->claims)
        return;
    device->is_gone = true;
    device->next_gone = NULL;
    *(sessions->last_gone ? &sessions->last_gone->next_gone : &sessions->first_gone) = device;
    sessions->last_gone = device;
}

bool ats_sessions_has_gone(const struct ats_sessions *sessions)
{
    return sessions->first_gone != NULL;
}

static struct ats_gate_device *take_gone(struct ats_sessions *sessions)
{
    struct ats_gate_device *device = sessions->first_gone;
    if (!device)
        return NULL;
    sessions->first_gone = device->next_gone;
    if (!sessions->first_gone)
        sessions->last_gone = NULL;
    device->is_gone = false;
    return device;
}

bool ats_sessions_pop_gone(struct ats_sessions *sessions, char ret_name[ATS_NAME_MAX + 1],
                           struct ats_session_activity *ret_activity)
{
    struct ats_gate_device *device = take_gone(sessions);
    if (!device || device->sessions)
        return false;
    (void)snprintf(ret_name, ATS_NAME_MAX + 1, "%.*s", ATS_NAME_MAX, device->name);
    *ret_activity = device->activity;
    device_free_if_done(sessions, device);
    return true;
}

static void entry_remove(struct ats_sessions *sessions, struct entry *entry)
{
    struct ats_gate_device *device = entry->session.device;
    if (entry->session.has_keys) {
        ats_key_arena_give(sessions->keys, device->previous);
        device->previous = entry->session.keys;
        entry->session.keys = NULL;
        memcpy(device->previous_key_id, entry->session.key_id, sizeof(device->previous_key_id));
    }
    for (size_t i = 0; i < ATS_SWEEP_COUNT; i++)
        if (sessions->sweeps[i] == entry)
            sessions->sweeps[i] = entry->hh.next;
    ats_closing_forget(&entry->session);
    HASH_DELETE(hh, sessions->by_client, entry);
    HASH_DELETE(hh_id, sessions->by_id, entry);
    DL_DELETE(device->sessions, entry);
    if (!device->sessions)
        note_gone(sessions, device, &entry->session);
    entry_free(sessions, entry);
    device_free_if_done(sessions, device);
}

void ats_sessions_free(struct ats_sessions *sessions)
{
    if (!sessions)
        return;
    HASH_CLEAR(hh, sessions->by_client);
    HASH_CLEAR(hh_id, sessions->by_id);
    struct ats_gate_device *device, *next_device;
    HASH_ITER(hh, sessions->devices, device, next_device)
    {
        struct entry *entry, *next;
        DL_FOREACH_SAFE(device->sessions, entry, next)
        entry_free(sessions, entry);
        device_free(sessions, device);
    }
    ats_key_arena_free(sessions->keys);
    free(sessions);
}

static struct ats_gate_device *device_get(struct ats_sessions *sessions, const char *name)
{
    struct ats_gate_device *device = NULL;
    HASH_FIND_STR(sessions->devices, name, device);
    if (device || HASH_COUNT(sessions->devices) >= ATS_GATE_DEVICES_MAX)
        return device;
    device = calloc(1, sizeof(*device));
    if (!device)
        return NULL;
    (void)snprintf(device->name, sizeof(device->name), "%s", name);
    HASH_ADD_STR(sessions->devices, name, device);
    if (device->hh.tbl)
        return device;
    free(device);
    return NULL;
}

struct ats_session *ats_sessions_find(struct ats_sessions *sessions, const void *client,
                                      const char *client_id, const char *user_name)
{
    struct entry *entry = NULL;
    HASH_FIND(hh, sessions->by_client, &client, sizeof(client), entry);
    if (!entry || !client_id || !user_name)
        return NULL;
    /* A handle may be used again by another connection: what was proven must still be what it claims. */
    if (strcmp(entry->session.client_id, client_id) != 0 ||
        strcmp(entry->session.device_name, user_name) != 0)
        return NULL;
    return &entry->session;
}

struct ats_session *ats_sessions_find_client(struct ats_sessions *sessions, const void *client)
{
    struct entry *entry = NULL;
    HASH_FIND(hh, sessions->by_client, &client, sizeof(client), entry);
    return entry ? &entry->session : NULL;
}

struct ats_session *ats_sessions_find_client_id(struct ats_sessions *sessions,
                                                const char *client_id)
{
    struct entry *entry = NULL;
    HASH_FIND(hh_id, sessions->by_id, client_id, strlen(client_id), entry);
    return entry ? &entry->session : NULL;
}

void ats_sessions_remove(struct ats_sessions *sessions, const void *client)
{
    struct entry *entry = NULL;
    HASH_FIND(hh, sessions->by_client, &client, sizeof(client), entry);
    if (entry)
        entry_remove(sessions, entry);
}

/* Puts an entry into both tables or into none. */
static bool insert(struct ats_sessions *sessions, struct entry *entry)
{
    HASH_ADD(hh, sessions->by_client, session.client, sizeof(entry->session.client), entry);
    if (!entry->hh.tbl)
        return false;
    HASH_ADD_KEYPTR(hh_id, sessions->by_id, entry->session.client_id,
                    strlen(entry->session.client_id), entry);
    if (entry->hh_id.tbl)
        return true;
    HASH_DELETE(hh, sessions->by_client, entry);
    return false;
}

enum ats_status ats_sessions_add(struct ats_sessions *sessions, const void *client,
                                 const char *client_id, const char *device,
                                 struct ats_session **ret_session)
{
    if (strlen(client_id) > ATS_CLIENT_ID_MAX || strlen(device) > ATS_SESSION_NAME_MAX)
        return ATS_ERR_LIMIT;
    ats_sessions_remove(sessions, client);
    struct ats_session *taken_over = ats_sessions_find_client_id(sessions, client_id);
    if (taken_over)
        ats_sessions_remove(sessions, taken_over->client);
    struct ats_gate_device *known = device_get(sessions, device);
    struct entry *entry = known ? calloc(1, sizeof(*entry)) : NULL;
    if (!entry)
        return ATS_ERR_MEMORY;
    entry->session.client = client;
    (void)snprintf(entry->session.client_id, sizeof(entry->session.client_id), "%s", client_id);
    entry->session.device = known;
    entry->session.device_name = known->name;
    if (!insert(sessions, entry)) {
        free(entry);
        return ATS_ERR_MEMORY;
    }
    DL_APPEND(known->sessions, entry);
    *ret_session = &entry->session;
    return ATS_OK;
}

size_t ats_sessions_count(const struct ats_sessions *sessions)
{
    return HASH_COUNT(sessions->by_client);
}

void ats_sessions_each(struct ats_sessions *sessions, const char *device, ats_session_visit *visit,
                       void *ctx)
{
    struct ats_gate_device *known = NULL;
    struct entry *entry, *next;
    if (!device) {
        HASH_ITER(hh, sessions->by_client, entry, next)
        visit(ctx, &entry->session);
        return;
    }
    HASH_FIND_STR(sessions->devices, device, known);
    for (entry = known ? known->sessions : NULL; entry; entry = next) {
        next = entry->next;
        visit(ctx, &entry->session);
    }
}

void ats_sessions_sweep_begin(struct ats_sessions *sessions, enum ats_sweep sweep)
{
    sessions->sweeps[sweep] = sessions->by_client;
}

bool ats_sessions_sweeping(const struct ats_sessions *sessions, enum ats_sweep sweep)
{
    return sessions->sweeps[sweep] != NULL;
}

void ats_sessions_sweep(struct ats_sessions *sessions, enum ats_sweep sweep, size_t max,
                        ats_session_visit *visit, void *ctx)
{
    for (size_t i = 0; i < max && sessions->sweeps[sweep]; i++) {
        struct entry *entry = sessions->sweeps[sweep];
        sessions->sweeps[sweep] = entry->hh.next;
        visit(ctx, &entry->session);
    }
}

struct ats_session_keys *ats_sessions_keys_take(struct ats_sessions *sessions)
{
    return ats_key_arena_take(sessions->keys);
}

void ats_sessions_keys_give(struct ats_sessions *sessions, struct ats_session_keys *keys)
{
    ats_key_arena_give(sessions->keys, keys);
}

bool ats_sessions_keys_locked(const struct ats_sessions *sessions)
{
    return ats_key_arena_locked(sessions->keys);
}

const struct ats_session_keys *ats_session_keys_of(const struct ats_session *session,
                                                   const uint8_t id[ATS_SESSION_ID_SIZE],
                                                   const char **ret_key_id)
{
    const struct ats_gate_device *device = session->device;
    if (session->keys && memcmp(session->keys->id, id, ATS_SESSION_ID_SIZE) == 0) {
        *ret_key_id = session->key_id;
        return session->keys;
    }
    if (!device || !device->previous || memcmp(device->previous->id, id, ATS_SESSION_ID_SIZE) != 0)
        return NULL;
    *ret_key_id = device->previous_key_id;
    return device->previous;
}

struct ats_device_limits *ats_sessions_limits(struct ats_sessions *sessions, const char *device,
                                              bool make)
{
    struct ats_gate_device *known = NULL;
    if (make)
        known = device_get(sessions, device);
    else
        HASH_FIND_STR(sessions->devices, device, known);
    return known ? &known->limits : NULL;
}

struct ats_device_limits *ats_session_limits(struct ats_sessions *sessions,
                                             const struct ats_session *session)
{
    return session->device ? &session->device->limits
                           : ats_sessions_limits(sessions, session->device_name, true);
}

void ats_device_facts_fini(struct ats_device_facts *facts)
{
    free(facts->contracts);
    free(facts->pins);
    memset(facts, 0, sizeof(*facts));
}

bool ats_device_facts_allow(const struct ats_device_facts *facts, const char *contract)
{
    if (!facts->contracts)
        return true;
    for (size_t at = 0; at < facts->contracts_len; at += strlen(facts->contracts + at) + 1)
        if (ats_device_contract_is_of(facts->contracts + at, contract))
            return true;
    return false;
}

const struct ats_device_key *ats_device_facts_key(const struct ats_device_facts *facts,
                                                  const char *key_id)
{
    for (size_t i = 0; i < facts->key_count; i++)
        if (strcmp(facts->keys[i].id, key_id) == 0)
            return &facts->keys[i];
    return NULL;
}
