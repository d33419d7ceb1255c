/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of a subscription or a delivery that is refused: it counts by its reason and is logged (a few lines a second at most,
 * log_shares.h). A device whose subscription is refused gets a receipt, within the receipts' budget. A delivery gives none: one
 * for each message would make a stale subscription a second stream.
 *
 * Thread: the broker's. Owns: nothing.
 */
#ifndef ATS_PLUGIN_REFUSED_READS_H
#define ATS_PLUGIN_REFUSED_READS_H

#include "plugin/gate_state.h"

struct ats_reader {
    struct ats_session *session; /* NULL: it is not connected, or no device */
    const char *device;          /* NULL: none */
    enum ats_reason reason;      /* why it may not even read what is its own; NONE: it may */
};

void ats_refused_subscription(struct ats_gate *gate, const struct ats_gate_client *client,
                              const struct ats_reader *reader, const char *filter,
                              enum ats_reason reason);
void ats_refused_delivery(struct ats_gate *gate, const struct ats_gate_client *client,
                          const struct ats_reader *reader, const char *topic,
                          enum ats_reason reason);

#endif
