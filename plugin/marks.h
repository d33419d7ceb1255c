/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The highest sequence of each device that Kafka has, gathered between two commits. A mark is stored before the
 * journal may forget its record, so that a replay is known after any restart. Thread: the forwarder's.
 */
#ifndef ATS_PLUGIN_MARKS_H
#define ATS_PLUGIN_MARKS_H

#include "common/base/limits.h"
#include "common/store/store.h"

struct ats_mark;

struct ats_marks {
    struct ats_mark *by_device;
};

ATS_MUST_USE enum ats_status ats_marks_note(struct ats_marks *marks, struct ats_span device,
                                            uint64_t sequence);
/* Writes them in one transaction and forgets them; on failure they stay. */
ATS_MUST_USE enum ats_status ats_marks_store(struct ats_marks *marks, struct ats_store *store);
void ats_marks_fini(struct ats_marks *marks);

#endif
