/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shares of the log. Of each event it has some lines a second for everybody together (common/base/log.h), so each device and each
 * address has a share of those about refusals, lest one of them hides the others':
 *
 *   a device     its publishes and subscriptions, on all its connections
 *   a reader     deliveries to that device (or to all who are none)
 *   an address   connections and claims (IPv6: of one /64)
 *   a site       the same of a /48 of IPv6, whose networks have no more than ATS_GATE_LOG_NETWORKS_PER_SITE shares together: who has one
 *                has 65,536 networks
 *
 * A share is ATS_GATE_LOG_LINES_PER_DEVICE lines a second, and a few more for reasons that had no line in it, so that what is cheap
 * to bring about hides nothing else. What has no line counts (`refusals_not_logged`) and is told as `not_logged` with the share's next
 * line, or, if none comes, by a tick.
 *
 * They are kept in a table of a fixed size under a key of the gate's own. Where a set of it is full, the one that is longest without
 * a line is told of and given up.
 *
 * Thread: the broker's; no allocation after ats_log_shares_new().
 */
#ifndef ATS_PLUGIN_LOG_SHARES_H
#define ATS_PLUGIN_LOG_SHARES_H

#include "plugin/reasons.h"

struct ats_gate;
struct ats_log_shares;
struct ats_session;

enum ats_log_share {
    ATS_LOG_SHARE_DEVICE,
    ATS_LOG_SHARE_READER,
    ATS_LOG_SHARE_ADDRESS,
    ATS_LOG_SHARE_SITE, /* by itself only: whoever takes an address's takes its site's */
};

ATS_MUST_USE enum ats_status ats_log_shares_new(struct ats_log_shares **ret_shares);
void ats_log_shares_free(struct ats_log_shares *shares);

/* Whether the share of this device or address (as text; NULL: all that have none) has a line left for a refusal for `reason`;
   `ret_not_logged`: how many had none since its last line, and its site's. */
bool ats_log_share_take(struct ats_gate *gate, enum ats_log_share kind, const char *name,
                        enum ats_reason reason, unsigned long *ret_not_logged);
/* The same of a connected device; there is always one left for a stranger (NULL). */
bool ats_refusal_is_logged(struct ats_gate *gate, const struct ats_session *session,
                           enum ats_reason reason, unsigned long *ret_not_logged);
/* Tells what had no line, of those that have been quiet for as long (in ms); looks once a second, but with 0 always. */
void ats_log_shares_tell(struct ats_gate *gate, int64_t quiet_ms);

#endif
