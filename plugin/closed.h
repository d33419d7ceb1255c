/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions that the gate has the broker close, each counted once with its reason (`sessions_closed_by_reason`): what a publish is
 * refused for with its connection, and what ends one that publishes nothing, such as a revocation or a token's end.
 *
 * Thread: the broker's. Owns: nothing.
 */
#ifndef ATS_PLUGIN_CLOSED_H
#define ATS_PLUGIN_CLOSED_H

#include "plugin/gate_state.h"

/* The broker closes it for this. Where it was told before, the first reason stands. */
void ats_closed_note(struct ats_gate *gate, struct ats_session *session, enum ats_reason reason);
/* The same, and closes it at a tick: see ats_gate_close_later(). */
void ats_closed_later(struct ats_gate *gate, struct ats_session *session, enum ats_reason reason,
                      int64_t delay_ms);

#endif
