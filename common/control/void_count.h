/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many accepted records a later act made void (acts.h). Nothing else keeps that number, and all acts must be looked at for it, so
 * that it is found out in slices, by who has time, after a record that can make others void: an operator's, a root's, the policy.
 *
 * Thread: one; any number of them at a registry.
 */
#ifndef ATS_CONTROL_VOID_COUNT_H
#define ATS_CONTROL_VOID_COUNT_H

#include "common/control/registry.h"

/* All zero: nothing is known, and nothing to do. */
struct ats_void_count {
    uint64_t records; /* as of the last pass that came to the end */
    uint64_t next;    /* the act to look at; 0: no pass */
    uint64_t found;   /* by the pass so far */
};

/* Begins anew. */
void ats_void_count_begin(struct ats_void_count *count);
/* Looks at up to `max` acts more. True where a pass came to the end, and the number is another one. A store that fails ends the pass. */
bool ats_void_count_step(struct ats_void_count *count, struct ats_registry *registry, size_t max);

#endif
