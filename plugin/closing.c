/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/closing.h"

#include "plugin/gate_state.h"

#include <assert.h>
#include <stdio.h>

struct kicks {
    struct {
        char text[ATS_CLIENT_ID_MAX + 1];
        struct ats_session
            *alone; /* closed by its client id, and looked at once more; NULL: by user name */
        struct ats_client_end end;
    } names[ATS_GATE_KICKS_MAX];
    size_t count;
};

void ats_closing_forget(struct ats_session *session)
{
    struct ats_closing_list *list = session->closing.list;
    if (!list)
        return;
    struct ats_session *prev = session->closing.prev;
    struct ats_session *next = session->closing.next;
    *(prev ? &prev->closing.next : &list->first) = next;
    *(next ? &next->closing.prev : &list->last) = prev;
    session->closing.list = NULL;
    session->closing.prev = session->closing.next = NULL;
}

static void append(struct ats_closing_list *list, struct ats_session *session)
{
    session->closing.list = list;
    session->closing.prev = list->last;
    *(list->last ? &list->last->closing.next : &list->first) = session;
    list->last = session;
}

/* Before those that have waited less. */
static void prepend(struct ats_closing_list *list, struct ats_session *session)
{
    session->closing.list = list;
    session->closing.next = list->first;
    *(list->first ? &list->first->closing.prev : &list->last) = session;
    list->first = session;
}

/* Delays are constants of the gate, met in any order. */
static struct ats_closing_list *list_of(struct ats_closing *closing, int64_t delay_ms)
{
    for (size_t i = 0; i < closing->list_count; i++)
        if (closing->lists[i].delay_ms == delay_ms)
            return &closing->lists[i];
    assert(closing->list_count < ATS_CLOSING_LISTS);
    closing->lists[closing->list_count].delay_ms = delay_ms;
    return &closing->lists[closing->list_count++];
}

void ats_gate_close_later(struct ats_gate *gate, struct ats_session *session, int64_t delay_ms)
{
    if (session->closing.list && session->closing.list->delay_ms <= delay_ms)
        return;
    ats_closing_forget(session);
    session->close_at_ms = ats_clock_monotonic_ms(gate->clock) + delay_ms;
    append(list_of(&gate->closing, delay_ms), session);
}

static void note_staying(void *ctx, struct ats_session *session)
{
    bool *stays = ctx;
    *stays = *stays || session->close_at_ms == 0;
}

/* The broker closes by user name for certain, by client id only what it has in its index (a client can fall out of that). So the
   name is used, but first the id where a device has turned to a new key and has connections that stay, and where there are many. A
   claim's id says nothing of whose connection it is. */
static bool closes_alone(struct ats_gate *gate, struct ats_session *session, size_t before)
{
    bool alone = before >= ATS_GATE_KICKS_BY_NAME && !session->claims;
    if (session->closed_alone)
        return false;
    if (!alone)
        ats_sessions_each(gate->sessions, session->device_name, note_staying, &alone);
    session->closed_alone = alone;
    return alone;
}

/* Who is due; of several the one whose delay is the shortest, since it was just told why. NULL: nobody. */
static struct ats_session *next_due(struct ats_closing *closing, int64_t now_ms)
{
    const struct ats_closing_list *next = NULL;
    for (size_t i = 0; i < closing->list_count; i++) {
        const struct ats_closing_list *list = &closing->lists[i];
        if (list->first && list->first->close_at_ms <= now_ms &&
            (!next || list->delay_ms < next->delay_ms))
            next = list;
    }
    return next ? next->first : NULL;
}

static void collect(struct ats_gate *gate, int64_t now_ms, struct kicks *kicks)
{
    struct ats_session *session;
    while (kicks->count < ATS_GATE_KICKS_MAX && (session = next_due(&gate->closing, now_ms))) {
        bool alone = closes_alone(gate, session, kicks->count);
        ats_closing_forget(session);
        kicks->names[kicks->count].alone = alone ? session : NULL;
        kicks->names[kicks->count].end = session->end;
        (void)snprintf(kicks->names[kicks->count].text, sizeof(kicks->names[0].text), "%s",
                       alone ? session->client_id : session->device_name);
        kicks->count++;
    }
    for (size_t i = 0; i < kicks->count; i++)
        if (kicks->names[i].alone)
            prepend(&gate->closing.lists[0], kicks->names[i].alone);
}

/* Kicking ends sessions, so names are collected first. */
void ats_closing_check(struct ats_gate *gate)
{
    int64_t now_ms = ats_clock_monotonic_ms(gate->clock);
    struct kicks kicks;
    kicks.count = 0;
    if (now_ms < gate->closing.next_ms)
        return;
    collect(gate, now_ms, &kicks);
    if (kicks.count > 0)
        gate->closing.next_ms = now_ms + ATS_GATE_KICK_INTERVAL_MS;
    for (size_t i = 0; i < kicks.count; i++) {
        (kicks.names[i].alone ? gate->broker.kick_client : gate->broker.kick)(gate->broker.ctx,
                                                                              kicks.names[i].text);
        if (ats_hang_up(&kicks.names[i].end))
            ats_log_event(gate->log, ATS_LOG_INFO, "session.hung-up", "name=%s",
                          ats_log_quote(kicks.names[i].text).text);
    }
}
