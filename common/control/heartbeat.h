/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a member with the scope `checkpoint` signs: checkpoints for the control log and heartbeats for the topic `heartbeat`. A
 * heartbeat is a checkpoint record with revision ATS_HEARTBEAT_REVISION and no predecessor, a place that no record of the log
 * can have: in the log it is refused, whoever copies it there. A checkpoint in the topic of heartbeats is none.
 *
 * Thread: any. Owns: nothing.
 */
#ifndef ATS_CONTROL_HEARTBEAT_H
#define ATS_CONTROL_HEARTBEAT_H

#include "common/control/body.h"
#include "common/control/registry.h"

#define ATS_HEARTBEAT_REVISION ((uint64_t)INT64_MAX)

/* Borrowed all. */
struct ats_checkpoint_signer {
    const uint8_t *fleet;
    const char *group;
    const char *member;
    const struct ats_key_pair *pair;
};

struct ats_heartbeat {
    char group[ATS_NAME_MAX + 1];
    char member[ATS_NAME_MAX + 1];
    char key_id[ATS_KEY_ID_SIZE];
    struct ats_body_checkpoint place;
    int64_t time_ms; /* the member's clock */
    bool foreign;    /* refused, as one of another fleet */
};

/* The next checkpoint of the group: where the registry stands, at that time. Appends the record's value. */
ATS_MUST_USE enum ats_status ats_checkpoint_write(const struct ats_checkpoint_signer *signer,
                                                  struct ats_registry *registry, int64_t time_ms,
                                                  struct ats_buf *out);
ATS_MUST_USE enum ats_status ats_heartbeat_write(const struct ats_checkpoint_signer *signer,
                                                 const struct ats_registry *registry,
                                                 int64_t time_ms, struct ats_buf *out);
/* Reads and verifies one. MALFORMED: it is none. REFUSED: of another fleet, or of nobody who has the scope in the view; group,
   member and `foreign` are then those that it states, unproven, and nothing else is given. */
ATS_MUST_USE enum ats_status ats_heartbeat_read(struct ats_span value, const uint8_t *fleet,
                                                struct ats_store_view *view,
                                                struct ats_heartbeat *ret_heartbeat);
/* Whether that member has the scope and that key in the view; gives the key. REFUSED, or a failure of the store. */
ATS_MUST_USE enum ats_status ats_heartbeat_find_signer(struct ats_store_view *view,
                                                       const char *group, const char *member,
                                                       const char *key_id,
                                                       uint8_t ret_key[ATS_PUBLIC_KEY_SIZE]);

#endif
