/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The subjects under which the Schema Registry's API shows the control log's schemas: "<topic>-value", of each contract's telemetry topic
 * and of each output topic.
 *
 * A version is the place (count) of the first record of that contract's version in the control log, of an output record the revision of its
 * schema's record: both only grow, and what was served once keeps its number as long as that record holds. Of an output record the newest
 * revision alone is shown; what it replaced is found by its id. Versions of a contract with one and the same schema are one version, the
 * first of them.
 *
 * Thread: one. Owns: the list, which is made anew once the log has more contracts or schemas, or an act that may make some void; of
 * other records, such as devices', only the kind is looked at.
 */
#ifndef ATS_RUNTIME_SUBJECTS_H
#define ATS_RUNTIME_SUBJECTS_H

#include "common/control/registry.h"
#include "processor/http/server.h"

struct ats_subjects {
    struct ats_registry *registry; /* borrowed */
    const char *topic_prefix;      /* borrowed */
    uint64_t generation;           /* of the registry, for which the list holds */
    bool made;
    uint64_t times_made;            /* for tests */
    struct ats_http_subject *items; /* sorted; each owns its name */
    size_t count;
    size_t room;
};

/* The list as the log is now; borrowed until the next call. MEMORY, or a failure of the store. */
ATS_MUST_USE enum ats_status ats_subjects_get(struct ats_subjects *subjects,
                                              const struct ats_http_subject **ret_items,
                                              size_t *ret_count);
void ats_subjects_fini(struct ats_subjects *subjects);

#endif
