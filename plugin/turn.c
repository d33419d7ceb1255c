/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deferred work of the broker's thread: what other threads left for it, and connections that must be closed. It is done
 * at every callback, since a broker may never tick; only closing waits for a tick, where the broker allows it.
 */
#include "plugin/expiry.h"

#include <stdio.h>

struct closing {
    struct ats_gate *gate;
    int64_t now_ms;
    struct {
        char text[ATS_CLIENT_ID_MAX + 1];
        bool is_client_id;
    } names[ATS_GATE_KICKS_MAX];
    size_t count;
    size_t waiting;
    int64_t next_ms; /* when the first of those that wait is due */
};

void ats_gate_close_later(struct ats_gate *gate, struct ats_session *session, int64_t delay_ms)
{
    int64_t at_ms = ats_clock_monotonic_ms(gate->clock) + delay_ms;
    if (session->close_at_ms == 0)
        gate->closing++;
    if (session->close_at_ms == 0 || at_ms < session->close_at_ms)
        session->close_at_ms = at_ms;
    int64_t soonest_ms = gate->last_close_ms + ATS_GATE_KICK_INTERVAL_MS;
    int64_t look_ms = at_ms > soonest_ms ? at_ms : soonest_ms;
    if (gate->closing == 1 || look_ms < gate->next_close_ms)
        gate->next_close_ms = look_ms;
}

static void recheck_changed(void *ctx, struct ats_session *session)
{
    struct ats_gate *gate = ctx;
    enum ats_reason reason = ats_gate_recheck(gate, session, ats_clock_wall_ms(gate->clock));
    if (reason == ATS_REASON_NONE || reason == ATS_REASON_GATE_BUSY)
        return;
    ats_log_event(gate->log, ATS_LOG_INFO, "session.revoked", "device=%s reason=%s",
                  ats_log_quote(session->device_name).text, ats_reason_info(reason)->name);
    if (!ats_gate_observes(gate))
        ats_gate_close_later(gate, session, ATS_GATE_REVOKED_GRACE_MS);
}

static void take_changes(struct ats_gate *gate)
{
    char device[ATS_NAME_MAX + 1];
    while (ats_ring_count(&gate->changed_devices) > 0 &&
           ats_ring_pop(&gate->changed_devices, device))
        ats_sessions_each(gate->sessions, device, recheck_changed, gate);
    if (atomic_load_explicit(&gate->changes_lost, memory_order_relaxed) &&
        atomic_exchange(&gate->changes_lost, false))
        ats_sessions_each(gate->sessions, NULL, recheck_changed, gate);
}

static void take_contracts(struct ats_gate *gate)
{
    if (!atomic_load_explicit(&gate->next_contracts, memory_order_relaxed))
        return;
    struct ats_contract_set *next = atomic_exchange(&gate->next_contracts, NULL);
    ats_contract_set_free(gate->contracts);
    gate->contracts = next;
    gate->view_generation = UINT64_MAX; /* a copy that was made anew has the same count */
    ats_log_event(gate->log, ATS_LOG_INFO, "contracts.changed", "count=%zu",
                  ats_contract_set_count(next));
}

void ats_gate_begin_turn(struct ats_gate *gate)
{
    ats_thread_log_drain(&gate->follower_log, &gate->broker);
    ats_thread_log_drain(&gate->forwarder_log, &gate->broker);
    ats_thread_log_drain(&gate->freshness_log, &gate->broker);
    take_contracts(gate);
    take_changes(gate);
    ats_gate_check_time(gate);
}

static void note_staying(void *ctx, struct ats_session *session)
{
    bool *stays = ctx;
    *stays = *stays || session->close_at_ms == 0;
}

/* The broker closes by user name for certain, by client id only what it has in its index (a client can fall out of that). So the
   name is used, but first the id where a device has turned to a new key and has connections that stay. */
static bool closes_alone(struct ats_gate *gate, struct ats_session *session)
{
    bool stays = false;
    if (session->closed_alone)
        return false;
    ats_sessions_each(gate->sessions, session->device_name, note_staying, &stays);
    session->closed_alone = stays;
    return stays;
}

static void collect(void *ctx, struct ats_session *session)
{
    struct closing *closing = ctx;
    if (session->close_at_ms == 0)
        return;
    if (session->close_at_ms > closing->now_ms || closing->count == ATS_GATE_KICKS_MAX) {
        closing->waiting++;
        if (session->close_at_ms < closing->next_ms)
            closing->next_ms = session->close_at_ms;
        return;
    }
    bool alone = closes_alone(closing->gate, session);
    closing->waiting += alone; /* is looked at once more */
    if (alone)
        closing->next_ms = closing->now_ms;
    closing->names[closing->count].is_client_id = alone;
    (void)snprintf(closing->names[closing->count].text, sizeof(closing->names[0].text), "%s",
                   alone ? session->client_id : session->device_name);
    closing->count++;
}

/* Kicking ends sessions, so names are collected first. */
static void close_due(struct ats_gate *gate, int64_t now_ms)
{
    if (gate->closing == 0 || now_ms < gate->next_close_ms)
        return;
    struct closing closing = {.gate = gate, .now_ms = now_ms, .next_ms = INT64_MAX};
    ats_sessions_each(gate->sessions, NULL, collect, &closing);
    gate->closing = closing.waiting;
    gate->last_close_ms = now_ms;
    int64_t soonest_ms = now_ms + ATS_GATE_KICK_INTERVAL_MS;
    gate->next_close_ms = closing.next_ms > soonest_ms ? closing.next_ms : soonest_ms;
    for (size_t i = 0; i < closing.count; i++)
        (closing.names[i].is_client_id ? gate->broker.kick_client : gate->broker.kick)(
            gate->broker.ctx, closing.names[i].text);
}

static void log_metrics(struct ats_gate *gate, int64_t now_ms)
{
    if (now_ms < gate->next_metrics_ms)
        return;
    gate->next_metrics_ms = now_ms + gate->options.metrics_interval_ms;
    struct ats_buf line;
    ats_buf_init(&line, ATS_LOG_LINE_MAX);
    ats_metrics_line(&gate->metrics, &line);
    const char *text = ats_buf_text(&line);
    if (text)
        ats_log_event(gate->log, ATS_LOG_INFO, "gate.metrics", "%s", text);
    ats_buf_fini(&line);
}

void ats_gate_tick(struct ats_gate *gate)
{
    gate->turn = (struct ats_gate_turn){.ticked = true};
    ats_gate_begin_turn(gate);
    (void)ats_gate_view(gate); /* renewed while nobody publishes, so that it pins no old pages */
    int64_t now_ms = ats_clock_monotonic_ms(gate->clock);
    ats_expiry_check(gate);
    close_due(gate, now_ms);
    log_metrics(gate, now_ms);
}
