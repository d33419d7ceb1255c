/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wills. A broker asks for one in its access check alone, without user properties, when the session has ended:
 *
 *   disconnected -> access check                     the connection broke, or another one took over its client id
 *   disconnected -> ... a will delay ... -> access check   MQTT 5; the client's handle lives on until then
 *
 * So of each session that ends it is remembered what its will is judged by (ATS_GATE_DEPARTED_MAX; past that the oldest is
 * forgotten, of a device with ATS_GATE_DEPARTED_PER_DEVICE its own, and its will refused as of a session that is lost), until the will was judged or the handle belongs to another connection. A will is then judged as a publish
 * of that session at the moment at which the broker sends it: device, topic, proof, payload; what is admitted goes into the
 * journal there.
 *
 * Its proof is a signed envelope, with a sequence above ATS_DEVICE_WILL_FIRST: wills are signed before the publishes of their
 * connection and sent after them, so they have a space of their own, where a sequence must be above each one before, and in a
 * session of ATTESTREAM-1 the counter of its CONNECT. Or it is the connection, where the contract takes that and the broker
 * sends the will as the connection ends: a later access check is no proof that it is still the same client's.
 *
 * Thread: the broker's. Owns: everything.
 */
#ifndef ATS_PLUGIN_WILLS_H
#define ATS_PLUGIN_WILLS_H

#include "plugin/gate_state.h"
#include "plugin/numbers.h"

/* `marks_max`: highest wills that are kept in memory, of one per owner (numbers.h). When it is full, who comes new takes the place of
   one that the store has. */
ATS_MUST_USE enum ats_status ats_wills_new(size_t marks_max, struct ats_wills **ret_wills);
void ats_wills_free(struct ats_wills *wills);

/* Remembers a session that ends, but not a claim's. Out of memory: its will is refused. */
void ats_wills_depart(struct ats_wills *wills, const struct ats_session *session);
/* Whether a will of this handle may still come. */
bool ats_wills_knows(const struct ats_wills *wills, const void *client);
/* The handle belongs to a new connection, or its will was judged. */
void ats_wills_forget(struct ats_wills *wills, const void *client);

/* The session of this client that has ended, to be judged by, and forgets it; false: there is none, or it is another's by now.
   `ret_device` (of ATS_NAME_MAX + 1 bytes) is its name's place. The caller frees its facts. */
bool ats_wills_take(struct ats_wills *wills, const struct ats_gate_client *client, char *ret_device,
                    struct ats_session *ret_session);

/* Whether a sequence is in the space of wills; a publish has none of those. */
bool ats_will_has_sequence(uint64_t sequence);
/* Under which name the highest will of an owner (numbers.h) is stored beside its highest publish. */
#define ATS_WILL_KEY_SIZE (ATS_NUMBERS_OWNER_SIZE + 5)
void ats_will_key(const char *owner, char ret_key[ATS_WILL_KEY_SIZE]);
/* What this sequence is worth beside the highest will of the owner, also from before this process: NONE, DUPLICATE,
   WILL_REPLAYED; GATE_BUSY. Leaves no trace. */
enum ats_reason ats_will_judge(struct ats_gate *gate, const struct ats_session *session,
                               const char *owner, uint64_t sequence, uint64_t digest);
/* It is in the journal. Sequence 0 is none; false: no room. */
bool ats_will_note(struct ats_gate *gate, const char *owner, uint64_t sequence, uint64_t digest);

/* The access check of a client without a session: false if nothing is known of it. */
bool ats_gate_will(struct ats_gate *gate, const struct ats_gate_client *client,
                   const struct ats_gate_publish *publish, enum ats_gate_access *ret_access);
/* The verdict, in admit.c: of a session that has ended; `late` if not as it ended. */
enum ats_reason ats_admit_will(struct ats_gate *gate, const struct ats_gate_client *client,
                               const struct ats_gate_publish *publish, struct ats_session *session,
                               bool late);

#endif
