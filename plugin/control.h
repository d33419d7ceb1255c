/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the gate does when the control log has grown: compiled contracts for the broker's thread, and the names of devices
 * that changed. Thread: start and stop on the broker's; the rest on the follower's.
 */
#ifndef ATS_PLUGIN_CONTROL_H
#define ATS_PLUGIN_CONTROL_H

#include "plugin/gate_state.h"

/* The contracts of the registry as it is; those that do not compile are left out and logged. */
ATS_MUST_USE enum ats_status ats_gate_contracts(struct ats_gate *gate, struct ats_log *log,
                                                struct ats_contract_set **ret_set);
ATS_MUST_USE enum ats_status ats_gate_follow(struct ats_gate *gate, struct ats_error *err);

/* Has the follower read `control_file`, if one is set and there. */
void ats_gate_import(struct ats_gate *gate);

#endif
