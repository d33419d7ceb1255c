/* SPDX-License-Identifier: Apache-2.0 */
/* A gate's record, and the folder with its keys: what the commands that state one share. Thread: one. */
#ifndef ATS_CLI_GATE_RECORD_H
#define ATS_CLI_GATE_RECORD_H

#include "cli/session.h"
#include "common/control/body.h"

/* How long devices take a new certificate, unless --valid says something else. */
#define ATS_GATE_VALID_DEFAULT "400d"

/* Owns: the pairs, see fini. */
struct ats_gate_keys {
    struct ats_fleet_key signing;
    struct ats_fleet_key agreement;
};

/* The record that holds; REFUSED where there is none, or it is revoked. */
ATS_MUST_USE enum ats_status ats_gate_find(struct ats_session *session, const char *name,
                                           struct ats_body_gate *ret_gate, struct ats_error *err);
/* The same, also where it is revoked. */
ATS_MUST_USE enum ats_status ats_gate_find_any(struct ats_session *session, const char *name,
                                               struct ats_body_gate *ret_gate,
                                               struct ats_error *err);
/* Certificates of its key, up to `until_ms`, and of its former one, up to that one's end, by the operator who signs. */
ATS_MUST_USE enum ats_status ats_gate_certify(struct ats_session *session, const char *name,
                                              int64_t until_ms, struct ats_body_gate *gate,
                                              struct ats_error *err);
/* Until when devices take its certificate, in milliseconds since 1970; 0 where it cannot be read. */
int64_t ats_gate_certificate_end(const struct ats_body_gate *gate);
ATS_MUST_USE enum ats_status ats_gate_publish(struct ats_session *session, const char *name,
                                              const struct ats_body_gate *gate,
                                              struct ats_error *err);

/* That of --out, or <fleet>/gates/NAME. */
ATS_MUST_USE enum ats_status ats_gate_folder(const struct ats_cli *cli, const char *out,
                                             const char *name, struct ats_path *ret_path,
                                             struct ats_error *err);
/* Those in the folder, or new ones that are not written yet; the public keys go into the record. */
ATS_MUST_USE enum ats_status ats_gate_open_keys(const char *folder, struct ats_gate_keys *keys,
                                                struct ats_body_gate *gate, struct ats_error *err);
void ats_gate_keys_fini(struct ats_gate_keys *keys);
/* The folder is written once nothing speaks against the record, and before that is sent: a gate that the log has must not be without
   its keys. */
ATS_MUST_USE enum ats_status
ats_gate_publish_with_folder(struct ats_session *session, const char *folder,
                             const struct ats_identity *identity, struct ats_gate_keys *keys,
                             const struct ats_body_gate *gate, struct ats_error *err);

#endif
