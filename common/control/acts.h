/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each accepted record of the log was, by its count: who signed it, what it is about, the chained hash with it, and whether a
 * later act made it void. A void record keeps its place, in the log's chain and in that of its kind and name, and says nothing.
 *
 * Thread: any; a view is one thread's. Owns: nothing.
 */
#ifndef ATS_CONTROL_ACTS_H
#define ATS_CONTROL_ACTS_H

#include "common/control/record.h"
#include "common/store/store.h"

struct ats_control_act {
    uint64_t count;
    uint64_t void_by; /* the count of the act that made it void; 0: it holds */
    char signer[ATS_NAME_MAX + 1];
    char key_id[ATS_KEY_ID_SIZE];
    char approver[ATS_NAME_MAX + 1]; /* "" where one person signed */
    char approver_key_id[ATS_KEY_ID_SIZE];
    enum ats_control_kind kind;
    char name[ATS_NAME_MAX + 1];
    uint64_t revision;
    int64_t time_ms;
    uint8_t chain[ATS_HASH_SIZE]; /* this record included */
};

/* NOT_FOUND, CORRUPT. */
ATS_MUST_USE enum ats_status ats_control_act_get(struct ats_store_view *view, uint64_t count,
                                                 struct ats_control_act *ret_act);
/* Whether an operator, root or successor of that name signed or approved it, or signed its token; a member of a group may have the
   same name, and signs checkpoints. */
bool ats_control_act_is_by(const struct ats_control_act *act, const char *name);
/* What the next record of that kind and name follows: the newest accepted one, void or not; revision 0 and zeros for none. */
ATS_MUST_USE enum ats_status ats_control_place(struct ats_store_view *view,
                                               enum ats_control_kind kind, const char *name,
                                               uint64_t *ret_revision,
                                               uint8_t ret_hash[ATS_HASH_SIZE]);

/* The act of a revision, and its value, borrowed from the view; NOT_FOUND: there is none. */
ATS_MUST_USE enum ats_status ats_control_revision_view(struct ats_store_view *view,
                                                       enum ats_control_kind kind, const char *name,
                                                       uint64_t revision,
                                                       struct ats_control_act *ret_act,
                                                       struct ats_span *ret_value);

/* The count in a stored revision (h/ of store_key.h); false: it has none. */
bool ats_control_revision_count(struct ats_span stored, uint64_t *ret_count);

/* For the registry. */
ATS_MUST_USE enum ats_status ats_control_act_find(struct ats_store_batch *batch, uint64_t count,
                                                  struct ats_control_act *ret_act);
ATS_MUST_USE enum ats_status ats_control_act_put(struct ats_store_batch *batch,
                                                 const struct ats_control_act *act);
ATS_MUST_USE enum ats_status ats_control_place_find(struct ats_store_batch *batch,
                                                    enum ats_control_kind kind, const char *name,
                                                    uint64_t *ret_revision,
                                                    uint8_t ret_hash[ATS_HASH_SIZE]);
/* Stores a record that was just accepted as the newest of its kind and name, and keeps the one before it. `chain`: with it. */
ATS_MUST_USE enum ats_status ats_control_act_accept(struct ats_store_batch *batch,
                                                    const struct ats_control_record *record,
                                                    struct ats_span value, uint64_t count,
                                                    const uint8_t chain[ATS_HASH_SIZE]);
/* The part of it that holds: makes an act the one of its kind and name that says what is, and the newest. */
ATS_MUST_USE enum ats_status ats_control_act_hold(struct ats_store_batch *batch,
                                                  const struct ats_control_act *act,
                                                  struct ats_span value);
/* A void act is the newest of its kind and name, and says nothing. */
ATS_MUST_USE enum ats_status ats_control_act_skip(struct ats_store_batch *batch,
                                                  const struct ats_control_act *act,
                                                  const struct ats_control_record *record);
/* Nothing of that kind and name holds, nor was there any; the revisions stay, for the two above. */
ATS_MUST_USE enum ats_status ats_control_set_aside(struct ats_store_batch *batch,
                                                   enum ats_control_kind kind, const char *name);
/* The log's chained hash with one more record. */
void ats_control_chain_extend(uint8_t chain[ATS_HASH_SIZE],
                              const struct ats_control_record *record);
/* The act of a revision; NOT_FOUND. */
ATS_MUST_USE enum ats_status ats_control_revision_act(struct ats_store_batch *batch,
                                                      enum ats_control_kind kind, const char *name,
                                                      uint64_t revision,
                                                      struct ats_control_act *ret_act);
/* The value of a revision as `out` takes it, and its act. NOT_FOUND. */
ATS_MUST_USE enum ats_status ats_control_revision_get(struct ats_store_batch *batch,
                                                      enum ats_control_kind kind, const char *name,
                                                      uint64_t revision, struct ats_buf *out,
                                                      struct ats_control_act *ret_act);

#endif
