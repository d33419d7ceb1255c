/* SPDX-License-Identifier: Apache-2.0 */
/* attestream operator acts, gate acts: what a key signed, and what others have stated on top of it. */
#ifndef ATS_CLI_OPERATOR_ACTS_H
#define ATS_CLI_OPERATOR_ACTS_H

#include "cli/session.h"

#include <jansson.h>

/* Gives an array with a row for each act that `signer` signed or approved, in the log's order; in "followed_by" the count of the first
   act of somebody else's about the same kind and name that came behind it and holds: a change states the whole again, and so it may
   say what the act said. 0: none. The caller frees. */
ATS_MUST_USE enum ats_status ats_operator_acts_find(const struct ats_session *session,
                                                    const char *signer, json_t **ret_rows,
                                                    struct ats_error *err);
/* After a revocation: names what holds and was stated on top of what is void, in a note. */
void ats_operator_acts_note_followed(struct ats_session *session, const char *signer);
int ats_operator_run_acts(const struct ats_cli *cli, const struct ats_arguments *arguments);
int ats_gate_run_acts(const struct ats_cli *cli, const struct ats_arguments *arguments);

#endif
