/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quarantined events that an operator wants admitted anew, as the broker's thread judges them: by the device, the contract and the
 * rights of now, at the time at which the event came. Windows, rates and rules that hold an event against the one before it are not asked:
 * its place among the others is past. Thread: the broker's; each allocates and reads a store, so few are judged at a time. Owns: nothing.
 */
#ifndef ATS_PLUGIN_REPLAY_JUDGE_H
#define ATS_PLUGIN_REPLAY_JUDGE_H

#include "plugin/gate_state.h"

/* Starts the thread that reads them, behind the follower. */
ATS_MUST_USE enum ats_status ats_gate_replay_start(struct ats_gate *gate, struct ats_error *err);
/* At most `max` of those that wait. */
void ats_gate_replay_step(struct ats_gate *gate, size_t max);
/* The verdict on one, and its record into the journal. */
void ats_gate_replay_judge(struct ats_gate *gate, struct ats_replay_candidate *candidate);
/* At the start: an event that the journal still has. MEMORY, LIMIT: no room. */
ATS_MUST_USE enum ats_status ats_gate_replay_note(struct ats_gate *gate,
                                                  const struct ats_event *event);

#endif
