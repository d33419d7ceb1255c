/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of two names was first in the control log. What there is room for so many of goes to those that were: all readers of the log
 * see the same order, and no later name takes what an earlier one has.
 *
 * Thread: any; a view is one thread's. Owns: nothing.
 */
#ifndef ATS_CONTROL_SENIORITY_H
#define ATS_CONTROL_SENIORITY_H

#include "common/control/record.h"
#include "common/store/store.h"

/* The count of the first record of that kind and name that holds (acts.h), of whichever revision; of a contract, `name` is its id, and any
   version counts, or id@version. NOT_FOUND: none holds; CORRUPT. */
ATS_MUST_USE enum ats_status ats_control_seniority(struct ats_store_view *view,
                                                   enum ats_control_kind kind, const char *name,
                                                   uint64_t *ret_count);

#endif
