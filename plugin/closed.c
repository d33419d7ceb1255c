/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/closed.h"

void ats_closed_note(struct ats_gate *gate, struct ats_session *session, enum ats_reason reason)
{
    if (session->closed_for != ATS_REASON_NONE)
        return;
    session->closed_for = reason;
    ats_counter_add(&gate->metrics.sessions_closed[reason], 1);
}

void ats_closed_later(struct ats_gate *gate, struct ats_session *session, enum ats_reason reason,
                      int64_t delay_ms)
{
    ats_closed_note(gate, session, reason);
    ats_gate_close_later(gate, session, delay_ms);
}
