/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checkpoints: a processor's member signs how many records the log has had accepted, their chained hash, and the time. One is
 * taken only where count and chain are those of its place, so that a log that was reordered or rolled back shows; it gives the
 * records after it their time, which is what "expired" is judged by. The judge's part is internal to common/control.
 *
 * What does not fit has one of two outcomes. LATE_CHECKPOINT: it counts fewer records than the place has, which is what comes of
 * another writer in the moment between reading and appending; its signer tries again. WRONG_CHECKPOINT: it counts more, or as
 * many with another chain, or its time goes back: records are missing here, or are others, or stand in another order.
 */
#ifndef ATS_CONTROL_CHECKPOINT_H
#define ATS_CONTROL_CHECKPOINT_H

#include "common/control/judge.h"

/* What the newest accepted checkpoint said. */
struct ats_registry_checkpoint {
    int64_t time_ms; /* the log's time, since 1970 */
    uint64_t count;  /* accepted records up to it and with it; 0: the log has none yet */
};

/* The log's time at the place that the view shows: of the newest accepted checkpoint; before the first that of the
   newest record of a root; 0 in an empty copy. */
ATS_MUST_USE enum ats_status ats_registry_log_time_ms(struct ats_store_view *view,
                                                      int64_t *ret_time_ms);
/* The same with the count; NOT_FOUND before the first checkpoint. */
ATS_MUST_USE enum ats_status
ats_registry_checkpoint(struct ats_store_view *view,
                        struct ats_registry_checkpoint *ret_checkpoint);
/* The same for the record that is judged. */
ATS_MUST_USE enum ats_status
ats_judge_newest_checkpoint(struct ats_judge *judge,
                            struct ats_registry_checkpoint *ret_checkpoint);

/* The member of group `record.name` that signed, with its scope. */
ATS_MUST_USE enum ats_status ats_judge_checkpoint_signer(struct ats_judge *judge,
                                                         struct ats_body_operator *ret_signer);
/* The body's rules. */
ATS_MUST_USE enum ats_status ats_judge_checkpoint(struct ats_judge *judge);
/* Stores the log's new time. */
ATS_MUST_USE enum ats_status ats_judge_checkpoint_put(struct ats_judge *judge);

#endif
