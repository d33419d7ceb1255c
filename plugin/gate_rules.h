/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The broker's own configuration (broker_rules.h), as the gate takes it: what it says of others is followed, and what would let some
 * pass the gate by is refused. Where the gate enforces, a file that cannot be read whole is refused as well, since nobody knows
 * what it holds. Thread: the broker's.
 */
#ifndef ATS_PLUGIN_GATE_RULES_H
#define ATS_PLUGIN_GATE_RULES_H

#include "plugin/gate_state.h"

/* At the start. CONFIG: the error names the file and what to do. */
ATS_MUST_USE enum ats_status ats_gate_rules_begin(struct ats_gate *gate, struct ats_error *err);
/* At a reload. What cannot be taken is told (`gate.broker-rules-refused`) and leaves the rules as they were. */
void ats_gate_rules_again(struct ats_gate *gate);

#endif
