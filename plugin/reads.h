/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What clients may read, and whose commands a device may write: nobody's but its own, unless `device_reads` leaves that to the
 * broker's own rules. A device reads its own receipts and, below `device_commands`, its own commands; more only where
 * `device_reads` leaves that to the broker's own rules. Others read by the broker's rules, but no receipt and no duplicate. It is
 * asked at each subscription and again at each delivery, so that what an earlier session left (subscriptions, queued messages)
 * gives nobody more than he may have now.
 *
 * Thread: the broker's.
 */
#ifndef ATS_PLUGIN_READS_H
#define ATS_PLUGIN_READS_H

#include "common/base/error.h"

#include <stdbool.h>

/* Whether it may be the value of `device_commands`: "", or a filter with {device} as one of its levels, no other wildcard than
   `#` as the last one, not below `ats/` and not a topic of the broker. */
bool ats_reads_template_valid(const char *text);
/* Whether a topic, or all that a filter matches, is among the device's own commands. */
bool ats_reads_own_command(const char *template_, const char *device, const char *filter);
/* Whether a topic is among the commands of another device, be there one of that name or not. */
bool ats_reads_others_command(const char *template_, const char *device, const char *topic);

#endif
