/* SPDX-License-Identifier: Apache-2.0 */
/* Judging again what the log has accepted: judge_void.c says which acts stand. Internal to common/control. */
#ifndef ATS_CONTROL_JUDGE_AGAIN_H
#define ATS_CONTROL_JUDGE_AGAIN_H

#include "common/control/acts.h"
#include "common/control/judge.h"

/* Whether a root or successor signed it; a member of a group or a gate may have such a name. */
static inline bool ats_judge_is_by_root(const struct ats_control_act *act)
{
    return act->kind == ATS_CONTROL_ROOT || act->kind == ATS_CONTROL_OPERATOR ||
           act->kind == ATS_CONTROL_POLICY;
}

/* Sets whether an act stands, where it was otherwise before. */
ATS_MUST_USE enum ats_status ats_judge_mark(struct ats_judge *judge, struct ats_control_act *act,
                                            bool stands);
/* After which of the log's records a revocation that stands makes void what the operator signed; UINT64_MAX: none does. While acts
   are marked, and then alone. */
ATS_MUST_USE enum ats_status ats_judge_stands_until(struct ats_judge *judge, const char *name,
                                                    uint64_t *ret_count);
/* Whether a policy that stands makes that checkpoint void. Asked once, while acts are marked. */
ATS_MUST_USE enum ats_status ats_judge_time_is_void(struct ats_judge *judge, uint64_t count,
                                                    bool *ret_void);
/* The record of an act, which `buf` keeps. Not found: one of a root, in whose place a successor's change came. */
ATS_MUST_USE enum ats_status
ats_judge_again_read(struct ats_judge *judge, const struct ats_control_act *act,
                     struct ats_buf *buf, struct ats_control_record *ret_record, bool *ret_found);
/* Makes anew what the copy holds beside the acts, out of those that stand, and marks those that no root signed. Takes one pass over
   the log, however often acts were revoked and restored. */
ATS_MUST_USE enum ats_status ats_judge_again(struct ats_judge *judge);

#endif
