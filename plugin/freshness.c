/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/freshness.h"

#include "plugin/signals.h"

enum ats_status ats_gate_listen(struct ats_gate *gate, struct ats_error *err)
{
    /* In the order of enum ats_gate_stale. */
    static const char *const consequences[] = {"the gate goes on with its copy",
                                               "devices that connect are refused",
                                               "devices and their publishes are refused"};
    const struct ats_freshness_options options = {
        .kafka = &gate->kafka,
        .registry = gate->registry,
        .fleet = gate->fleet.identity.fleet,
        .clock = gate->clock,
        .log = gate->freshness_log.log,
        .max_age_ms = gate->options.control_max_age_ms,
        .consequence = ats_gate_observes(gate) ? consequences[ATS_GATE_STALE_CONTINUE]
                                               : consequences[gate->options.control_stale],
        .report = &gate->freshness_report,
    };
    if (gate->options.control_max_age_ms == 0)
        return ATS_OK;
    sigset_t before = ats_signals_block();
    enum ats_status status = ats_freshness_start(&options, &gate->freshness, err);
    ats_signals_restore(before);
    return status;
}

static bool is_stale(const struct ats_gate *gate, enum ats_gate_stale least)
{
    return gate->options.control_stale >= (int)least &&
           atomic_load_explicit(&gate->freshness_report.stale, memory_order_relaxed);
}

bool ats_gate_refuses_stale(const struct ats_gate *gate)
{
    return is_stale(gate, ATS_GATE_STALE_REFUSE);
}

enum ats_reason ats_gate_entry_reason(const struct ats_gate *gate)
{
    enum ats_reason reason = ats_gate_standing_reason(gate);
    if (reason == ATS_REASON_NONE && is_stale(gate, ATS_GATE_STALE_NO_SESSIONS))
        return ATS_REASON_CONTROL_STALE;
    return reason;
}
