/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/wills.h"

#include "plugin/device_store.h"

#include <stdio.h>
#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->unused = 0)
#include <uthash.h>

/* A session that has ended. */
struct departed {
    const void *client;
    char client_id[ATS_CLIENT_ID_MAX + 1];
    char device[ATS_NAME_MAX + 1];
    char key_id[ATS_KEY_ID_SIZE];
    int64_t expires_ms;
    uint64_t counter;
    bool has_keys;
    int unused;
    UT_hash_handle hh;
};

/* The highest will of a device. */
struct will_mark {
    char device[ATS_NAME_MAX + 1];
    uint64_t sequence; /* 0: none */
    uint64_t digest;
    int unused;
    UT_hash_handle hh;
};

struct ats_wills {
    struct departed *departed; /* the oldest first, as uthash iterates */
    struct will_mark *marks;
};

enum ats_status ats_wills_new(struct ats_wills **ret_wills)
{
    *ret_wills = calloc(1, sizeof(**ret_wills));
    return *ret_wills ? ATS_OK : ATS_ERR_MEMORY;
}

static void remove_departed(struct ats_wills *wills, struct departed *departed)
{
    HASH_DEL(wills->departed, departed);
    free(departed);
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

void ats_wills_depart(struct ats_wills *wills, const struct ats_session *session)
{
    ats_wills_forget(wills, session->client);
    if (HASH_COUNT(wills->departed) >= ATS_GATE_DEPARTED_MAX)
        remove_departed(wills, wills->departed);
    struct departed *departed = calloc(1, sizeof(*departed));
    if (!departed)
        return;
    departed->client = session->client;
    departed->expires_ms = session->expires_ms;
    departed->counter = session->counter;
    departed->has_keys = session->has_keys;
    (void)snprintf(departed->client_id, sizeof(departed->client_id), "%s", session->client_id);
    (void)snprintf(departed->device, sizeof(departed->device), "%s", session->device_name);
    memcpy(departed->key_id, session->key_id, sizeof(departed->key_id));
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it does not follow uthash's list of what is left. */
    HASH_ADD(hh, wills->departed, client, sizeof(departed->client), departed);
    if (!departed->hh.tbl)
        free(departed);
}

/* As a session, to be judged by; false: no session of this client has ended, or it is another's by now. */
static bool take(struct ats_wills *wills, const struct ats_gate_client *client, char *ret_device,
                 struct ats_session *ret_session)
{
    struct departed *departed = NULL;
    HASH_FIND(hh, wills->departed, &client->handle, sizeof(client->handle), departed);
    if (!departed || !client->id || !client->user_name ||
        strcmp(departed->client_id, client->id) != 0 ||
        strcmp(departed->device, client->user_name) != 0)
        return false;
    *ret_session = (struct ats_session){.client = departed->client,
                                        .expires_ms = departed->expires_ms,
                                        .counter = departed->counter,
                                        .has_keys = departed->has_keys}; /* device, keys: gone */
    (void)snprintf(ret_device, ATS_NAME_MAX + 1, "%s", departed->device);
    ret_session->device_name = ret_device;
    memcpy(ret_session->client_id, departed->client_id, sizeof(ret_session->client_id));
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
void ats_will_key(const char *device, char ret_key[ATS_WILL_KEY_SIZE])
{
    (void)snprintf(ret_key, ATS_WILL_KEY_SIZE, "%s\x1fwill", device);
}

/* NULL: no room. */
static struct will_mark *mark_get(struct ats_gate *gate, const char *device)
{
    struct ats_wills *wills = gate->wills;
    struct will_mark *mark = NULL;
    uint64_t sequence;
    char key[ATS_WILL_KEY_SIZE];
    HASH_FIND_STR(wills->marks, device, mark);
    if (mark)
        return mark;
    ats_will_key(device, key);
    if (HASH_COUNT(wills->marks) >= ATS_GATE_DEVICES_MAX ||
        ats_device_store_get(gate->mark_store, key, &sequence) != ATS_OK)
        return NULL;
    mark = calloc(1, sizeof(*mark));
    if (!mark)
        return NULL;
    mark->sequence = sequence;
    mark->digest = ATS_WINDOW_DIGEST_UNKNOWN;
    (void)snprintf(mark->device, sizeof(mark->device), "%s", device);
    HASH_ADD_STR(wills->marks, device, mark);
    if (mark->hh.tbl)
        return mark;
    free(mark);
    return NULL;
}

enum ats_reason ats_will_judge(struct ats_gate *gate, const struct ats_session *session,
                               uint64_t sequence, uint64_t digest)
{
    const struct will_mark *mark = mark_get(gate, session->device_name);
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

bool ats_will_note(struct ats_gate *gate, const char *device, uint64_t sequence, uint64_t digest)
{
    struct will_mark *mark = sequence > 0 ? mark_get(gate, device) : NULL;
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
    if (!take(gate->wills, client, device, &session))
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
