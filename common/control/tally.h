/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one operator stopped alone within an hour of the log's time, minute by minute: the minute that runs and the sixty before it. So
 * no hour has more than the policy allows, wherever it begins, and a stop is forgotten after an hour and at most a minute.
 *
 * Thread: any. Owns: nothing.
 */
#ifndef ATS_CONTROL_TALLY_H
#define ATS_CONTROL_TALLY_H

#include "common/store/store.h"

#define ATS_TALLY_MINUTES 61

struct ats_tally {
    int64_t minute; /* of the log's time; the one that runs */
    size_t used;
    struct {
        int64_t minute;
        uint64_t count;
    } stops[ATS_TALLY_MINUTES]; /* ascending; only minutes with stops */
};

/* As it is at that time. What lies before the hour, or is yet to come, is left out: the log's time goes back where a thief's is
   undone. CORRUPT. */
ATS_MUST_USE enum ats_status ats_tally_find(struct ats_store_batch *batch,
                                            const char *operator_name, int64_t now_ms,
                                            struct ats_tally *ret_tally);
ATS_MUST_USE enum ats_status ats_tally_get(struct ats_store_view *view, const char *operator_name,
                                           int64_t now_ms, struct ats_tally *ret_tally);
uint64_t ats_tally_count(const struct ats_tally *tally);
/* In the minute that runs. */
void ats_tally_add(struct ats_tally *tally, uint64_t count);
ATS_MUST_USE enum ats_status ats_tally_put(struct ats_store_batch *batch, const char *operator_name,
                                           const struct ats_tally *tally);

#endif
