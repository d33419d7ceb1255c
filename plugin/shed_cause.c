/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/shed_cause.h"

enum ats_shed_cause ats_shed_cause_of(enum ats_reason reason)
{
    switch (reason) {
    case ATS_REASON_GATE_REVOKED:
    case ATS_REASON_GATE_UNREADY:
    case ATS_REASON_GATE_BUSY:
    case ATS_REASON_JOURNAL_FULL:
    case ATS_REASON_CONTROL_STALE:
    case ATS_REASON_CLAIM_LATER:
    case ATS_REASON_STOPPING:
        return ATS_SHED_CAUSE_GATE;
    case ATS_REASON_BUSY_HANDSHAKES:
        return ATS_SHED_CAUSE_OTHERS;
    default:
        return ATS_SHED_CAUSE_CLIENT;
    }
}
