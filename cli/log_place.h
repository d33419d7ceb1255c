/* SPDX-License-Identifier: Apache-2.0 */
/* The place in the control log up to which a key stands, as people name it: by its count. Thread: any. */
#ifndef ATS_CLI_LOG_PLACE_H
#define ATS_CLI_LOG_PLACE_H

#include "cli/session.h"
#include "common/control/body.h"

/* `text` is what stands behind --stands-until. CONFIG. */
ATS_MUST_USE enum ats_status ats_log_place(struct ats_session *session, const char *text,
                                           struct ats_body_place *ret_place, struct ats_error *err);
/* Where the log ends now. */
void ats_log_place_now(struct ats_session *session, struct ats_body_place *ret_place);

#endif
