/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CLI's own verified copy of the control log, brought up to date.
 *
 * A session holds the lock of <fleet>/store: another `attestream` waits for its end. One that needs Kafka takes it once Kafka
 * answers. Thread: one.
 */
#ifndef ATS_CLI_SESSION_H
#define ATS_CLI_SESSION_H

#include "cli/append.h"
#include "cli/command.h"
#include "cli/fleet.h"
#include "cli/signer.h"
#include "common/control/registry.h"

struct ats_session;

enum ats_session_need {
    ATS_SESSION_READ, /* without Kafka the copy is used as it is, and a note says so; without a log and a copy of it there is none */
    ATS_SESSION_COMPARE, /* as READ, but Kafka must answer, and the log need not be there */
    ATS_SESSION_WRITE,   /* Kafka must answer; records that init left are published first */
};

/* UNAVAILABLE, CONFIG, NOT_FOUND (no fleet, or no control topic), INVALID (Kafka's log does not continue the copy). */
ATS_MUST_USE enum ats_status ats_session_open(const struct ats_cli *cli, enum ats_session_need need,
                                              struct ats_session **ret_session,
                                              struct ats_error *err);
/* To write what a root signs (ats_session_sign_as_root()): `root` is "root" or "successor". CONFIG: --operator or --propose was
   given, which would read as if somebody else signed. */
ATS_MUST_USE enum ats_status ats_session_open_for_root(const struct ats_cli *cli, const char *root,
                                                       struct ats_session **ret_session,
                                                       struct ats_error *err);
void ats_session_close(struct ats_session *session);

/* The copy as of the last renew; borrowed until the next one or close. */
struct ats_store_view *ats_session_view(const struct ats_session *session);
ATS_MUST_USE enum ats_status ats_session_renew(struct ats_session *session, struct ats_error *err);
const struct ats_registry *ats_session_registry(const struct ats_session *session);
/* Where to append; for publish.c. */
struct ats_append_target ats_session_target(const struct ats_session *session);
const struct ats_registry_pins *ats_session_pins(const struct ats_session *session);
/* Whether Kafka's log was read to its end. */
bool ats_session_is_synced(const struct ats_session *session);
/* The operator who signs; its key is wiped at close. */
ATS_MUST_USE enum ats_status ats_session_signer(struct ats_session *session,
                                                const struct ats_signer **ret_signer,
                                                struct ats_error *err);
/* The root signs that the session was opened for, whose key is in the file (by default <fleet>/NAME.key.pem). CONFIG. */
ATS_MUST_USE enum ats_status ats_session_sign_as_root(struct ats_session *session,
                                                      const char *key_file,
                                                      const struct ats_signer **ret_signer,
                                                      struct ats_error *err);
/* What the command line says. */
const struct ats_cli *ats_session_cli(const struct ats_session *session);
/* REFUSED "there is no KIND 'NAME'" where it is unknown. */
ATS_MUST_USE enum ats_status ats_session_find(struct ats_session *session,
                                              enum ats_control_kind kind, const char *name,
                                              struct ats_control_record *ret_record,
                                              struct ats_error *err);

#endif
