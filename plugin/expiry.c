/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/expiry.h"

struct sweep {
    struct ats_gate *gate;
    int64_t now_ms;
    int64_t next_ms;
};

static void note_next(int64_t *next_ms, int64_t expires_ms)
{
    if (*next_ms == 0 || expires_ms < *next_ms)
        *next_ms = expires_ms;
}

void ats_expiry_set(struct ats_gate *gate, struct ats_session *session, int64_t expires_ms)
{
    session->expires_ms = expires_ms;
    note_next(&gate->next_expiry_ms, expires_ms);
}

static void look_at(void *ctx, struct ats_session *session)
{
    struct sweep *sweep = ctx;
    if (session->expires_ms == 0 || session->close_at_ms != 0)
        return;
    if (session->expires_ms > sweep->now_ms) {
        note_next(&sweep->next_ms, session->expires_ms);
        return;
    }
    ats_log_event(sweep->gate->log, ATS_LOG_INFO, "session.expired", "device=%s client=%s",
                  ats_log_quote(session->device_name).text, ats_log_quote(session->client_id).text);
    ats_gate_close_later(sweep->gate, session, ATS_GATE_EXPIRED_GRACE_MS);
}

/* Sessions are only looked at when one of them is due, and not more often than that a person would see it. */
void ats_expiry_check(struct ats_gate *gate)
{
    struct sweep sweep = {.gate = gate, .now_ms = ats_clock_wall_ms(gate->clock)};
    int64_t monotonic_ms = ats_clock_monotonic_ms(gate->clock);
    if (ats_gate_observes(gate) || gate->next_expiry_ms == 0 ||
        sweep.now_ms < gate->next_expiry_ms || monotonic_ms < gate->next_sweep_ms)
        return;
    gate->next_sweep_ms = monotonic_ms + ATS_GATE_EXPIRY_INTERVAL_MS;
    ats_sessions_each(gate->sessions, NULL, look_at, &sweep);
    gate->next_expiry_ms = sweep.next_ms;
}
