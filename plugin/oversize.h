/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records that Kafka refuses for their size. The gate's own limit keeps below Kafka's default, but a topic may have a lower
 * one, and it is on batches: which record is too large is known only of one that was sent alone. So after a refusal as many
 * as were in flight go one at a time, and the one that is refused again goes smaller, step by step; the others go on.
 * What size was refused is not remembered: the limit is on the compressed batch, so a longer record may well fit.
 *
 * Thread: the forwarder's. Owns: nothing.
 */
#ifndef ATS_PLUGIN_OVERSIZE_H
#define ATS_PLUGIN_OVERSIZE_H

#include "common/journal/journal.h"
#include "common/record/event.h"
#include "plugin/in_flight.h"

struct ats_oversize {
    uint64_t alone; /* so many go one at a time */
    uint64_t journal_id;
    uint64_t position;
    unsigned times; /* that the record at this position was refused alone */
};

enum ats_oversize_step {
    ATS_OVERSIZE_WHOLE,
    ATS_OVERSIZE_QUARANTINED, /* to the quarantine topic, which may take more, with its bytes */
    ATS_OVERSIZE_BARE,        /* there without its bytes: says what is missing, and of whom */
};

/* `tag` was refused for its size. Whether it is now known to be the one, and was not before. */
bool ats_oversize_note(struct ats_oversize *oversize, const struct ats_in_flight *flights,
                       uint64_t tag);
/* `count` records have been taken by Kafka. */
void ats_oversize_taken(struct ats_oversize *oversize, uint64_t count);
/* Whether the next record may be sent now. */
bool ats_oversize_allows(const struct ats_oversize *oversize, const struct ats_in_flight *flights);
/* Whether even the smallest record was refused: the next try has nothing new to send. */
bool ats_oversize_stuck(const struct ats_oversize *oversize);
/* How this entry is to be sent first. */
enum ats_oversize_step ats_oversize_first(const struct ats_oversize *oversize,
                                          const struct ats_journal_entry *entry);
/* Makes the event what that step sends. */
void ats_oversize_apply(enum ats_oversize_step step, struct ats_event *event);

#endif
