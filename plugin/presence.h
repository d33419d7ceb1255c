/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which devices are connected, since when, and when each was last heard of: for people, in files of the state folder.
 *
 *   broker's thread                                        forwarder's thread (presence_file.h)
 *   a time stamp and a count for each publish
 *   a pass over the sessions, some at a tick  -- ring -->  sessions.ndjson, replaced whole
 *   then those that have gone since the last  -- ring -->  departed.ndjson, appended to
 *
 * A pass begins where something has changed, at most every ATS_GATE_PRESENCE_MS and half a millisecond for each session. A full
 * ring makes it wait, nothing is lost.
 *
 * Thread: the broker's, but for the ring's other end. Owns: the ring.
 */
#ifndef ATS_PLUGIN_PRESENCE_H
#define ATS_PLUGIN_PRESENCE_H

#include "common/base/ring.h"
#include "plugin/reasons.h"
#include "plugin/sessions.h"

struct ats_gate;
struct ats_gate_client;

enum ats_presence_kind {
    ATS_PRESENCE_BEGIN,
    ATS_PRESENCE_SESSION,
    ATS_PRESENCE_GONE,
    ATS_PRESENCE_END
};

/* What goes through the ring. */
struct ats_presence_row {
    enum ats_presence_kind kind;
    char device[ATS_NAME_MAX + 1];
    char client_id[ATS_CLIENT_ID_MAX + 1]; /* of a session */
    const char *method;                    /* of a session; a constant */
    struct ats_session_activity activity;  /* seen_ms: now, or when it went */
};

struct ats_presence {
    struct ats_ring rows;
    bool passing;
    int64_t next_ms;                        /* monotonic */
    uint64_t published, accepted, sessions; /* at the last pass */
};

ATS_MUST_USE enum ats_status ats_presence_init(struct ats_presence *presence);
void ats_presence_fini(struct ats_presence *presence);
/* What this connection of the device did so far, before it proves itself again; nothing if it is new. */
struct ats_session_activity
ats_presence_of(struct ats_gate *gate, const struct ats_gate_client *client, const char *device);
/* A session begins (one with what its connection did so far goes on), or ends now. */
void ats_presence_begin(struct ats_gate *gate, const struct ats_gate_client *client,
                        struct ats_session *session);
void ats_presence_end(struct ats_gate *gate, const void *client_handle);
/* At a tick: the next part of a pass, or its beginning where one is due. */
void ats_presence_step(struct ats_gate *gate);

/* A publish of the session, which may be NULL, was judged. */
static inline void ats_presence_note(struct ats_session *session, enum ats_reason reason,
                                     int64_t now_ms)
{
    if (!session)
        return;
    session->activity.last_publish_ms = now_ms;
    session->activity.published++;
    session->activity.refused += ats_reason_info(reason)->kind == ATS_REFUSED;
}

#endif
