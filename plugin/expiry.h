/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions that end at a time of their own, with their token or certificate, or with the key that opened them: a connection that says
 * nothing more is closed too.
 * Thread: the broker's.
 */
#ifndef ATS_PLUGIN_EXPIRY_H
#define ATS_PLUGIN_EXPIRY_H

#include "plugin/gate_state.h"

/* Its token or certificate ends at that time of the wall clock (0: it has none); where its key ends before, the session does. Its key
   id and facts are set. */
void ats_expiry_set(struct ats_gate *gate, struct ats_session *session, int64_t expires_ms);
/* Its facts are new: the key may end at another time. */
void ats_expiry_renew(struct ats_gate *gate, const struct ats_session *session);
/* Marks what has expired, to be closed after a moment in which a publish is told why. Called at each tick. */
void ats_expiry_check(struct ats_gate *gate);

#endif
