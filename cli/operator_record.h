/* SPDX-License-Identifier: Apache-2.0 */
/* An operator's record: what the commands that state one share. Thread: one. */
#ifndef ATS_CLI_OPERATOR_RECORD_H
#define ATS_CLI_OPERATOR_RECORD_H

#include "cli/session.h"
#include "common/control/body.h"

/* How long devices take an operator's certificate, unless --valid says something else. */
#define ATS_OPERATOR_VALID_DEFAULT "3650d"

/* The record that holds; `again`: also one that is revoked already. REFUSED. */
ATS_MUST_USE enum ats_status ats_operator_find(struct ats_session *session, const char *name,
                                               bool again, struct ats_body_operator *ret_body,
                                               struct ats_error *err);
/* A certificate up to `until_ms`, and not past the operator's end; of who may sign gates alone, since devices believe whom it
   certifies. */
ATS_MUST_USE enum ats_status ats_operator_certify(struct ats_session *session,
                                                  const struct ats_signer *root, const char *name,
                                                  int64_t until_ms, struct ats_body_operator *body,
                                                  struct ats_error *err);
ATS_MUST_USE enum ats_status ats_operator_publish(struct ats_session *session, const char *name,
                                                  const struct ats_body_operator *body,
                                                  struct ats_error *err);
/* Whether stating it would be refused. Changes nothing. */
ATS_MUST_USE enum ats_status ats_operator_check(struct ats_session *session, const char *name,
                                                const struct ats_body_operator *body,
                                                struct ats_error *err);
/* CONFIG: an end that has passed. 0: none. */
ATS_MUST_USE enum ats_status ats_operator_check_end(int64_t not_after_ms, struct ats_error *err);

#endif
