/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of the journal for which nothing is sent: the counter of a CONNECT and a single-use token, which are noted when their flight is taken, and a record
 * whose sum holds but which this code cannot read (only another version's), which is said. They keep their place in the order.
 *
 * Thread: the forwarder's. Owns: nothing.
 */
#ifndef ATS_PLUGIN_PASS_OVER_H
#define ATS_PLUGIN_PASS_OVER_H

#include "common/base/log.h"
#include "common/journal/journal.h"
#include "common/record/event.h"
#include "plugin/in_flight.h"

/* Whether it is one; the flight is then done and lacks only its place. False: `ret_event` is to be sent. */
bool ats_pass_over(const struct ats_journal_entry *entry, struct ats_log *log,
                   struct ats_event *ret_event, struct ats_flight *ret_flight);

#endif
