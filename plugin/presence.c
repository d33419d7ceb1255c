/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/presence.h"

#include "plugin/gate_state.h"

#include <stdio.h>
#include <string.h>

enum ats_status ats_presence_init(struct ats_presence *presence)
{
    return ats_ring_init(&presence->rows, sizeof(struct ats_presence_row), ATS_GATE_PRESENCE_ROWS);
}

void ats_presence_fini(struct ats_presence *presence)
{
    ats_ring_fini(&presence->rows);
}

struct ats_session_activity
ats_presence_of(struct ats_gate *gate, const struct ats_gate_client *client, const char *device)
{
    const struct ats_session *session =
        ats_sessions_find(gate->sessions, client->handle, client->id, device);
    return session ? session->activity : (struct ats_session_activity){0};
}

void ats_presence_begin(struct ats_gate *gate, const struct ats_gate_client *client,
                        struct ats_session *session)
{
    if (session->activity.since_ms > 0)
        return;
    session->activity.since_ms = ats_clock_wall_ms(gate->clock);
    (void)snprintf(session->activity.address, sizeof(session->activity.address), "%s",
                   client->address ? client->address : "");
}

void ats_presence_end(struct ats_gate *gate, const void *client_handle)
{
    struct ats_session *session = ats_sessions_find_client(gate->sessions, client_handle);
    if (session)
        session->activity.seen_ms = ats_clock_wall_ms(gate->clock);
}

static const char *method_of(const struct ats_session *session)
{
    const struct ats_device_key *key = ats_device_facts_key(&session->facts, session->key_id);
    if (session->has_keys)
        return "ATTESTREAM-1";
    return key && key->is_spki ? "certificate" : "token";
}

static void copy_text(char *to, size_t size, const char *text)
{
    size_t len = strnlen(text, size - 1);
    memcpy(to, text, len);
    to[len] = '\0';
}

/* One row, used again: to clear half a KiB for each of 512 sessions would cost more than all the rest. */
struct telling {
    struct ats_presence *presence;
    struct ats_presence_row row;
};

/* The ring has room: as many are visited as fit. */
static void tell_session(void *ctx, struct ats_session *session)
{
    struct telling *telling = ctx;
    struct ats_presence_row *row = &telling->row;
    int64_t now_ms = row->activity.seen_ms;
    if (session->claims)
        return;
    row->method = method_of(session);
    copy_text(row->device, sizeof(row->device), session->device_name);
    copy_text(row->client_id, sizeof(row->client_id), session->client_id);
    row->activity = session->activity;
    row->activity.seen_ms = now_ms;
    (void)ats_ring_push(&telling->presence->rows, row);
}

static void tell_sessions(struct ats_gate *gate, size_t max)
{
    struct telling telling = {.presence = &gate->presence, .row.kind = ATS_PRESENCE_SESSION};
    telling.row.activity.seen_ms = ats_clock_wall_ms(gate->clock);
    ats_sessions_sweep(gate->sessions, ATS_SWEEP_PRESENCE, max, tell_session, &telling);
}

static size_t room(const struct ats_presence *presence)
{
    return ATS_GATE_PRESENCE_ROWS - ats_ring_count(&presence->rows);
}

static void tell_gone(struct ats_gate *gate, size_t max)
{
    struct ats_presence_row row = {.kind = ATS_PRESENCE_GONE};
    for (size_t i = 0; i < max && ats_sessions_has_gone(gate->sessions); i++)
        if (ats_sessions_pop_gone(gate->sessions, row.device, &row.activity))
            (void)ats_ring_push(&gate->presence.rows, &row);
}

static bool has_changed(struct ats_gate *gate)
{
    struct ats_presence *presence = &gate->presence;
    uint64_t published = ats_counter_get(&gate->metrics.published);
    uint64_t accepted = ats_counter_get(&gate->metrics.connections_accepted);
    uint64_t sessions = ats_sessions_count(gate->sessions);
    bool changed = published != presence->published || accepted != presence->accepted ||
                   sessions != presence->sessions;
    presence->published = published;
    presence->accepted = accepted;
    presence->sessions = sessions;
    return changed;
}

static void begin_pass(struct ats_gate *gate)
{
    const struct ats_presence_row begin = {.kind = ATS_PRESENCE_BEGIN,
                                           .activity.seen_ms = ats_clock_wall_ms(gate->clock)};
    struct ats_presence *presence = &gate->presence;
    int64_t now_ms = ats_clock_monotonic_ms(gate->clock);
    if (now_ms < presence->next_ms || room(presence) == 0 || !has_changed(gate))
        return;
    presence->next_ms = now_ms + ATS_GATE_PRESENCE_MS + (int64_t)presence->sessions / 2;
    presence->passing = ats_ring_push(&presence->rows, &begin);
    ats_sessions_sweep_begin(gate->sessions, ATS_SWEEP_PRESENCE);
}

void ats_presence_step(struct ats_gate *gate)
{
    const struct ats_presence_row end = {.kind = ATS_PRESENCE_END};
    struct ats_presence *presence = &gate->presence;
    if (!presence->passing)
        begin_pass(gate);
    if (!presence->passing)
        return;
    size_t max =
        room(presence) < ATS_GATE_PRESENCE_LOOKS_MAX ? room(presence) : ATS_GATE_PRESENCE_LOOKS_MAX;
    if (ats_sessions_sweeping(gate->sessions, ATS_SWEEP_PRESENCE))
        tell_sessions(gate, max);
    else if (ats_sessions_has_gone(gate->sessions))
        tell_gone(gate, max);
    else if (ats_ring_push(&presence->rows, &end))
        presence->passing = false;
}
