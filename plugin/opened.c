/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator is told at the start. Thread: the broker's. */
#include "plugin/gate_state.h"

#include <inttypes.h>

/* An unclean stop is worth a look; data that is gone is for a person: the folder has it as *.corrupt. */
static void say_recovered(const struct ats_gate *gate)
{
    const struct ats_journal_recovery *found = ats_journal_recovered(gate->journal);
    bool damaged = found->corrupt > 0 || found->lost > 0;
    if (found->clean && !damaged)
        return;
    ats_log_event(gate->log, damaged ? ATS_LOG_ERROR : ATS_LOG_WARNING, "journal.recovered",
                  "journal=%016" PRIx64 " segments=%" PRIu64 " records=%" PRIu64 " torn=%" PRIu64
                  " corrupt=%" PRIu64 " lost=%" PRIu64 " folder=%s/journal",
                  ats_journal_id(gate->journal), found->segments, found->records, found->torn,
                  found->corrupt, found->lost, gate->options.state_folder);
}

/* Better now than by each device that is refused. */
static void say_tokens(const struct ats_gate *gate)
{
    if (gate->options.allow_plain_tokens || ats_tls_listeners_any(&gate->tls))
        return;
    ats_log_event(gate->log, ATS_LOG_WARNING, "gate.tokens-refused",
                  "hint=\"no listener of the broker has certfile and keyfile, and tokens are taken "
                  "over TLS alone unless plugin_opt_allow_plain_tokens is true\"");
}

/* Who it is, and what it leaves to the broker. */
static void say_opened(const struct ats_gate *gate)
{
    say_tokens(gate);
    ats_log_event(gate->log, ATS_LOG_INFO, "gate.opened",
                  "version=" ATS_VERSION " gate=%s mode=%s processor_group=%s contracts=%zu "
                  "control_records=%llu",
                  gate->fleet.identity.name, ats_gate_observes(gate) ? "observe" : "enforce",
                  gate->options.processor_group, ats_contract_set_count(gate->contracts),
                  (unsigned long long)ats_registry_count(gate->registry));
    ats_log_event(gate->log, ATS_LOG_INFO, "gate.broker-rules", "access=%s names=%s",
                  gate->rules.open_access ? "open" : "deferred",
                  gate->rules.open_names ? "open" : "deferred");
}

void ats_gate_say_unlocked(struct ats_gate *gate)
{
    if (gate->unlocked_said || (gate->locked && ats_sessions_keys_locked(gate->sessions)))
        return;
    gate->unlocked_said = true;
    ats_log_event(
        gate->log, ATS_LOG_WARNING, "gate.memory-not-locked",
        "hint=\"keys may be swapped out: raise RLIMIT_MEMLOCK (LimitMEMLOCK= of systemd) or "
        "encrypt the swap\"");
}

void ats_gate_say_opened(struct ats_gate *gate)
{
    say_opened(gate);
    say_recovered(gate);
    ats_gate_say_unlocked(gate);
}
