/* SPDX-License-Identifier: Apache-2.0 */
/* What a gate does whose copy of the control log may be too old. Thread: the broker's. */
#ifndef ATS_PLUGIN_FRESHNESS_H
#define ATS_PLUGIN_FRESHNESS_H

#include "plugin/gate_state.h"

/* Starts the thread that listens to heartbeats; nothing with `control_max_age 0`. */
ATS_MUST_USE enum ats_status ats_gate_listen(struct ats_gate *gate, struct ats_error *err);
/* Whether publishes are refused for it; one atomic load. */
bool ats_gate_refuses_stale(const struct ats_gate *gate);
/* NONE unless devices must not connect now: the gate's own standing, or a copy that is too old. */
enum ats_reason ats_gate_entry_reason(const struct ats_gate *gate);

#endif
