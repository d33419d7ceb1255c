/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Receipts: what became of a publish that was not admitted, or a subscription that was refused, as JSON on
 * `ats/receipts/DEVICE`, sent to that connection alone. They have a budget a second, of the gate and of each device, as the log's
 * lines about them have; past it they are counted.
 * Thread: the broker's.
 */
#ifndef ATS_PLUGIN_RECEIPTS_H
#define ATS_PLUGIN_RECEIPTS_H

#include "plugin/gate_state.h"

#define ATS_RECEIPTS_TOPIC "ats/receipts/"

struct ats_receipt {
    enum ats_reason reason;
    const struct ats_verdict *verdict; /* NULL unless quarantined */
    const char *topic;                 /* or the filter */
    uint64_t sequence;                 /* 0 if none */
};

void ats_receipt_send(struct ats_gate *gate, struct ats_session *session,
                      const struct ats_receipt *receipt);
/* Whether a line of the log is left for a refusal of this device (NULL: a stranger's); how many there was none for since the last one. */
bool ats_refusal_is_logged(struct ats_gate *gate, const struct ats_session *session,
                           unsigned long *ret_not_logged);

#endif
