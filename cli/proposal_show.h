/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a proposal would change, for the person who is to sign it. Nothing is shown of one whose proposer's signature does not hold.
 * The digest is of the very records that are shown: who signs gives it, so that a file that was exchanged in between is not signed.
 * Thread: one.
 */
#ifndef ATS_CLI_PROPOSAL_SHOW_H
#define ATS_CLI_PROPOSAL_SHOW_H

#include "cli/session.h"
#include "common/base/buf.h"

#define ATS_PROPOSAL_DIGEST_SIZE 65 /* hexadecimal, with its end */

/* SHA-256 over the file's records, each behind its length in four bytes. */
void ats_proposal_digest(const struct ats_buf *values, size_t count,
                         char ret_digest[ATS_PROPOSAL_DIGEST_SIZE]);
/* Whether the log has it with an approval, as the newest of its name. */
bool ats_proposal_is_approved(struct ats_session *session, const struct ats_control_record *record);
/* Whether its end is to come, and at most seven days away by the clock of who looks at it: the log counts them from the proposer's.
   REFUSED, and why. */
ATS_MUST_USE enum ats_status ats_proposal_check_end(const struct ats_control_record *record,
                                                    int64_t now_ms, struct ats_error *err);
/* Whether the log would take that value of the record now: one with an approval, or else a proposal but for the approval.
   REFUSED, and why. */
ATS_MUST_USE enum ats_status ats_proposal_judge(struct ats_session *session,
                                                const struct ats_control_record *record,
                                                const struct ats_buf *value, struct ats_error *err);
/* Prints each record with the digest and with what changes against the one that holds now; for people, many of them as a table and
   the digest once. */
ATS_MUST_USE enum ats_status ats_proposal_show(const struct ats_cli *cli,
                                               const struct ats_buf *values, size_t count,
                                               struct ats_error *err);

#endif
