/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Receipts: what became of a publish that was not admitted, or a subscription that was refused, as JSON on
 * `ats/receipts/DEVICE`, sent to that connection alone. They have a budget a second, of the gate and of each device; past it they
 * are counted.
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
    const uint32_t *item;              /* of a list of events; NULL: the publish as a whole */
};

void ats_receipt_send(struct ats_gate *gate, struct ats_session *session,
                      const struct ats_receipt *receipt);

#endif
