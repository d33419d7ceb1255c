/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deferred work of the broker's thread: what other threads left for it, and connections that must be closed. It is done
 * at every callback, since a broker may never tick; only closing, and looking at all sessions, wait for a tick, where the broker
 * allows it. What a tick does has a bound that the number of sessions does not change.
 */
#include "plugin/closed.h"
#include "plugin/expiry.h"
#include "plugin/replay_judge.h"

static void recheck_changed(void *ctx, struct ats_session *session)
{
    struct ats_gate *gate = ctx;
    enum ats_reason reason = ats_gate_recheck(gate, session, ats_clock_wall_ms(gate->clock));
    if (reason == ATS_REASON_NONE)
        ats_expiry_renew(gate, session);
    if (reason == ATS_REASON_GATE_BUSY) /* it may be one that never publishes: looked at again */
        atomic_store(&gate->changes_lost, true);
    if (reason == ATS_REASON_NONE || reason == ATS_REASON_GATE_BUSY)
        return;
    ats_log_event(gate->log, ATS_LOG_INFO, "session.revoked", "device=%s client=%s reason=%s",
                  ats_log_quote(session->device_name).text, ats_log_quote(session->client_id).text,
                  ats_reason_info(reason)->name);
    if (!ats_gate_observes(gate))
        ats_closed_later(gate, session, reason, ATS_GATE_REVOKED_GRACE_MS);
}

static void take_changes(struct ats_gate *gate)
{
    char device[ATS_NAME_MAX + 1];
    while (ats_ring_count(&gate->changed_devices) > 0 &&
           ats_ring_pop(&gate->changed_devices, device))
        ats_sessions_each(gate->sessions, device, recheck_changed, gate);
}

/* All sessions, some at a tick: those that publish are looked at then anyway. What changes meanwhile may concern those that the
   pass has left behind, so that another one follows. */
static void recheck_all(struct ats_gate *gate)
{
    if (!ats_sessions_sweeping(gate->sessions, ATS_SWEEP_CHANGES) &&
        atomic_load_explicit(&gate->changes_lost, memory_order_relaxed) &&
        atomic_exchange(&gate->changes_lost, false))
        ats_sessions_sweep_begin(gate->sessions, ATS_SWEEP_CHANGES);
    ats_sessions_sweep(gate->sessions, ATS_SWEEP_CHANGES, ATS_GATE_RECHECKS_MAX, recheck_changed,
                       gate);
}

static void take_contracts(struct ats_gate *gate)
{
    if (!atomic_load_explicit(&gate->next_contracts, memory_order_relaxed))
        return;
    struct ats_contract_set *next = atomic_exchange(&gate->next_contracts, NULL);
    /* After an operator's act it is made anew, mostly of the same ones. */
    bool same = ats_contract_set_equal(gate->contracts, next);
    ats_contract_set_free(gate->contracts);
    gate->contracts = next;
    gate->contracts_number++;
    gate->view_generation = UINT64_MAX; /* a copy that was made anew has the same count */
    if (!same)
        ats_log_event(gate->log, ATS_LOG_INFO, "contracts.changed", "count=%zu",
                      ats_contract_set_count(next));
}

/* Replays are counted first: those that are asked by then rest on contracts that were offered before, and are taken here. */
static void begin_turn(struct ats_gate *gate, size_t replays_max)
{
    size_t waiting = ats_ring_count(&gate->replay_rings.asked);
    ats_thread_log_drain(&gate->follower_log, &gate->broker);
    ats_thread_log_drain(&gate->forwarder_log, &gate->broker);
    ats_thread_log_drain(&gate->freshness_log, &gate->broker);
    ats_thread_log_drain(&gate->replayer_log, &gate->broker);
    take_contracts(gate);
    take_changes(gate);
    ats_gate_check_time(gate);
    ats_gate_replay_step(gate, waiting < replays_max ? waiting : replays_max);
}

void ats_gate_begin_turn(struct ats_gate *gate)
{
    begin_turn(gate, ATS_GATE_REPLAYS_PER_TURN);
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
    begin_turn(gate, ATS_GATE_REPLAYS_WAITING);
    ats_clock_watch_check(&gate->clock_watch, gate->clock, gate->log);
    (void)ats_gate_view(gate); /* renewed while nobody publishes, so that it pins no old pages */
    int64_t now_ms = ats_clock_monotonic_ms(gate->clock);
    recheck_all(gate);
    ats_expiry_check(gate);
    ats_closing_check(gate);
    ats_presence_step(gate);
    ats_log_shares_tell(gate, ATS_GATE_LOG_QUIET_MS);
    log_metrics(gate, now_ms);
}
