/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate's side of ATTESTREAM-1 (device/protocol.h has the bytes): answering CONNECT, and judging the proof on
 * each publish. Thread: the gate's broker thread; no allocation, no system call.
 */
#ifndef ATS_IDENTITY_SESSION_H
#define ATS_IDENTITY_SESSION_H

#include "common/base/error.h"
#include "common/identity/key.h"
#include "device/protocol.h"

/* Who the gate is, as it tells devices. */
struct ats_gate_identity {
    char name[ATS_DEVICE_NAME_SIZE];
    uint8_t fleet[32];
    struct ats_key_pair signing;
    uint8_t operator_certificate[ATS_CERTIFICATE_MAX];
    size_t operator_certificate_len;
    uint8_t gate_certificate[ATS_CERTIFICATE_MAX];
    size_t gate_certificate_len;
};

struct ats_session_keys {
    uint8_t id[ATS_SESSION_ID_SIZE];
    uint8_t key[32];
};

/* Verifies a decoded CONNECT with the registry's key for it: REFUSED if the signature does not hold or it names another gate
   or key; LIMIT if client id or user name (NULL: absent) is too long to be signed. */
ATS_MUST_USE enum ats_status ats_session_verify(const struct ats_gate_identity *gate,
                                                const struct ats_connect_data *connect,
                                                const uint8_t device_key[ATS_PUBLIC_KEY_SIZE],
                                                const char *client_id, const char *user_name,
                                                struct ats_error *err);
/* Makes CONNACK's data and the session's keys. `ephemeral` is a fresh agreement pair, used once. REFUSED: the device's
   ephemeral key has no agreement (its result is all zero). */
ATS_MUST_USE enum ats_status
ats_session_accept(const struct ats_gate_identity *gate, const struct ats_connect_data *connect,
                   const char *client_id, const char *user_name,
                   const struct ats_key_pair *ephemeral, uint64_t sequence_seen, int64_t now_ms,
                   struct ats_session_keys *ret_keys, uint8_t ret_data[ATS_ACCEPT_DATA_MAX],
                   size_t *ret_len);
/* Whether the tag or signature of a parsed proof holds. `session` is for MAC (and names the session of a signature),
   `device_key` for a signature. REFUSED if not; LIMIT: the topic is too long. */
ATS_MUST_USE enum ats_status ats_proof_check(const struct ats_proof *proof, const char *device,
                                             const char *gate,
                                             const struct ats_session_keys *session,
                                             const uint8_t device_key[ATS_PUBLIC_KEY_SIZE],
                                             const struct ats_device_publish *publish);

#endif
