/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One publish or will on its way through the verdict (admit.c), and its last two steps: its payload held against its contract, and
 * its record put into the journal. Thread: the broker's; no allocation. Owns nothing.
 */
#ifndef ATS_PLUGIN_ADMISSION_H
#define ATS_PLUGIN_ADMISSION_H

#include "common/record/event.h"
#include "plugin/gate_state.h"
#include "plugin/keep.h"

struct ats_admission {
    const struct ats_gate_client *client;
    const struct ats_gate_publish *publish;
    struct ats_session *session;
    struct ats_contract *contract;
    struct ats_gate_properties properties;
    size_t sent_len;                /* of the payload */
    struct ats_gate_publish opened; /* what an envelope held; `publish` points here then */
    struct ats_proof proof;         /* sequence 0: none */
    enum ats_event_proof proven;
    uint64_t digest;
    int64_t now_ms;
    struct ats_kept kept;
    struct ats_verdict verdict;
    bool is_will;
    bool is_late; /* a will that was not sent as its connection ended */
};

/* NONE, with the value in `gate->value`; a reason of quarantine, with what is kept; or GATE_BUSY. Nothing is remembered. */
enum ats_reason ats_admission_check_payload(struct ats_gate *gate, struct ats_admission *admission);
/* Into the journal, as admitted (NONE) or for quarantine: the same reason, or why it did not fit. */
enum ats_reason ats_admission_append(struct ats_gate *gate, const struct ats_admission *admission,
                                     enum ats_reason reason);

#endif
