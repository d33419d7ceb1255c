/* SPDX-License-Identifier: Apache-2.0 */
/* The control records that name records of quarantine, one or more for each gate. Thread: one. */
#ifndef ATS_CLI_REPLAY_DRAFTS_H
#define ATS_CLI_REPLAY_DRAFTS_H

#include "cli/session.h"
#include "common/control/body.h"

struct ats_replay_named {
    struct ats_replay_record record;
    char gate[ATS_NAME_MAX + 1]; /* that is to admit it */
};

/* Signs them, in another order and each once, and says what was signed. At least one. LIMIT: a gate's name is too long for one; as
   ats_publish(). */
ATS_MUST_USE enum ats_status ats_replay_drafts_sign(struct ats_session *session,
                                                    struct ats_replay_named *named, size_t count,
                                                    bool unsealed, struct ats_error *err);

#endif
