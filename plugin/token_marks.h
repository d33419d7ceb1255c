/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single-use tokens out of the journal, gathered between two commits as marks are (marks.h). Thread: the forwarder's. Owns: its list,
 * which is no longer than what was taken between two commits.
 */
#ifndef ATS_PLUGIN_TOKEN_MARKS_H
#define ATS_PLUGIN_TOKEN_MARKS_H

#include "common/base/clock.h"
#include "plugin/token_store.h"

struct ats_token_marks {
    struct ats_token_record *items;
    size_t count;
    size_t capacity;
};

/* A record of the journal, once if it comes again at once; MEMORY. */
ATS_MUST_USE enum ats_status ats_token_marks_note(struct ats_token_marks *marks,
                                                  struct ats_span record);
/* Puts them into the store, all or none, and forgets them then. */
ATS_MUST_USE enum ats_status ats_token_marks_store(struct ats_token_marks *marks,
                                                   struct ats_store *store,
                                                   const struct ats_clock *clock);
void ats_token_marks_fini(struct ats_token_marks *marks);

#endif
