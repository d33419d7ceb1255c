/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The highest sequence of each device and key that Kafka has, or the highest counter of its CONNECTs, gathered between two commits. A mark
 * is stored before the journal may forget its record, so that a replay is known after any restart. Thread: the forwarder's.
 */
#ifndef ATS_PLUGIN_MARKS_H
#define ATS_PLUGIN_MARKS_H

#include "common/base/limits.h"
#include "common/store/store.h"

struct ats_mark;

struct ats_marks {
    struct ats_mark *by_name;
};

ATS_MUST_USE enum ats_status ats_marks_note(struct ats_marks *marks, struct ats_span device,
                                            struct ats_span key_id, uint64_t sequence);
/* The same for any number under any name of the store, up to ATS_WILL_KEY_SIZE. */
ATS_MUST_USE enum ats_status ats_marks_raise(struct ats_marks *marks, const char *name,
                                             uint64_t number);
/* Adds them to the batch; they are forgotten (fini) once it is committed. */
ATS_MUST_USE enum ats_status ats_marks_put(const struct ats_marks *marks,
                                           struct ats_store_batch *batch);
void ats_marks_fini(struct ats_marks *marks);

#endif
