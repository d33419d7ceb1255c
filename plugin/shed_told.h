/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which addresses the kernel holds back, told in the log: `connect.held-back` once an address is, `connect.let-in` once it is not any more.
 * Of each group of the filter's first level (shed_filter.h) the address that was refused last for what is not the gate's own doing
 * (shed_cause.h) is known, as 8 bytes, and no other of that group.
 *
 *   NONE --held back--> HELD --a line--> HELD_TOLD --let in--> LET_IN --a line--> NONE
 *
 * There are ATS_GATE_SHED_LINES lines a step, so that many addresses are told one after the other. Who is let in before his turn comes,
 * or held back again, has none for that: how often that was is `not_logged` of the next line.
 *
 * Thread: ats_shed_told_note the broker's, everything else one other.
 */
#ifndef ATS_PLUGIN_SHED_TOLD_H
#define ATS_PLUGIN_SHED_TOLD_H

#include "common/base/log.h"
#include "plugin/shed_filter.h"

enum ats_shed_word {
    ATS_SHED_WORD_NONE,
    ATS_SHED_WORD_HELD,
    ATS_SHED_WORD_HELD_TOLD,
    ATS_SHED_WORD_LET_IN,
};

/* All zero: nobody is held back. */
struct ats_shed_told {
    _Atomic(uint64_t) latest[ATS_SHED_GROUPS];
    struct {
        uint64_t address;
        enum ats_shed_word word;
    } groups[ATS_SHED_GROUPS];
    unsigned next; /* group to look at first, lest the others never have a line */
    bool busy;     /* somebody is held back, or has not been told */
    unsigned long not_logged;
};

/* `group`: of the first level. */
void ats_shed_told_note(struct ats_shed_told *told, unsigned group,
                        const struct ats_address *address);
/* Tells what is new, once a step; `filter` NULL: none is in force. */
void ats_shed_told_step(struct ats_shed_told *told, const struct ats_shed_filter *filter,
                        struct ats_log *log);

#endif
