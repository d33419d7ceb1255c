/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/expiry.h"

#include "plugin/closed.h"

static void note_next(int64_t *next_ms, int64_t expires_ms)
{
    if (*next_ms == 0 || expires_ms < *next_ms)
        *next_ms = expires_ms;
}

/* 0: with the connection. */
static int64_t end_of(const struct ats_session *session)
{
    const struct ats_device_key *key = ats_device_facts_key(&session->facts, session->key_id);
    int64_t end_ms = session->expires_ms;
    return key && key->not_after_ms != 0 && (end_ms == 0 || key->not_after_ms < end_ms)
               ? key->not_after_ms
               : end_ms;
}

void ats_expiry_set(struct ats_gate *gate, struct ats_session *session, int64_t expires_ms)
{
    session->expires_ms = expires_ms;
    ats_expiry_renew(gate, session);
}

void ats_expiry_renew(struct ats_gate *gate, const struct ats_session *session)
{
    int64_t end_ms = end_of(session);
    if (end_ms != 0)
        note_next(&gate->next_expiry_ms, end_ms);
}

static void look_at(void *ctx, struct ats_session *session)
{
    struct ats_gate *gate = ctx;
    int64_t end_ms = end_of(session);
    if (end_ms == 0 || session->close_at_ms != 0)
        return;
    enum ats_reason reason = end_ms <= ats_clock_wall_ms(gate->clock)
                                 ? ats_gate_session_reason(gate, session)
                                 : ATS_REASON_NONE;
    if (reason == ATS_REASON_NONE || reason == ATS_REASON_GATE_BUSY) {
        ats_expiry_renew(gate, session); /* the record may give its key another end by now */
        return;
    }
    ats_log_event(gate->log, ATS_LOG_INFO, "session.expired", "device=%s client=%s reason=%s",
                  ats_log_quote(session->device_name).text, ats_log_quote(session->client_id).text,
                  ats_reason_info(reason)->name);
    ats_closed_later(gate, session, reason, ATS_GATE_EXPIRED_GRACE_MS);
}

static bool is_due(const struct ats_gate *gate)
{
    return gate->next_expiry_ms != 0 && ats_clock_wall_ms(gate->clock) >= gate->next_expiry_ms &&
           ats_clock_monotonic_ms(gate->clock) >= gate->next_sweep_ms;
}

/* Sessions are only looked at when one of them is due, and not more often than that a person would see it; some at a tick. The
   earliest expiry is gathered anew on the way. */
void ats_expiry_check(struct ats_gate *gate)
{
    if (ats_gate_observes(gate))
        return;
    if (!ats_sessions_sweeping(gate->sessions, ATS_SWEEP_EXPIRY)) {
        if (!is_due(gate))
            return;
        gate->next_sweep_ms = ats_clock_monotonic_ms(gate->clock) + ATS_GATE_EXPIRY_INTERVAL_MS;
        gate->next_expiry_ms = 0;
        ats_sessions_sweep_begin(gate->sessions, ATS_SWEEP_EXPIRY);
    }
    ats_sessions_sweep(gate->sessions, ATS_SWEEP_EXPIRY, ATS_GATE_EXPIRY_LOOKS_MAX, look_at, gate);
}
