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
    /* Of a payload that is a list of events (ats_batch of the gate holds it). */
    uint32_t item;       /* the one at hand */
    uint32_t item_count; /* 0: it is no list */
    uint32_t items_quarantined;
    uint64_t
        refused_items[(ATS_BATCH_ITEMS_MAX + 63) / 64]; /* a bit for each that was quarantined */
    bool
        only_poison; /* of a publish that is refused: what it holds that may be admitted is passed over */
};

/* Whether the publish's payload is a signed envelope. */
bool ats_admission_is_envelope(const struct ats_admission *admission);
/* NONE, with the value in `gate->value` or a list in `gate->batch`; a reason of quarantine, with what is kept; or GATE_BUSY. Nothing is
   remembered. */
enum ats_reason ats_admission_check_payload(struct ats_gate *gate, struct ats_admission *admission);
/* Into the journal, as admitted (NONE) or for quarantine: the same reason, or why it did not fit. */
enum ats_reason ats_admission_append(struct ats_gate *gate, struct ats_admission *admission,
                                     enum ats_reason reason);

/* admission_items.c: a list's events, each judged for itself, all into the journal or none. NONE where one was admitted; else the
   reason of the first, or why they did not fit. */
enum ats_reason ats_admission_append_items(struct ats_gate *gate, struct ats_admission *admission);
/* The verdict on one of them again: each in its turn, from the first on, behind ats_admission_begin_again(). */
enum ats_reason ats_admission_judge_item(struct ats_gate *gate, struct ats_admission *admission,
                                         uint32_t item);
void ats_admission_begin_again(struct ats_gate *gate);
bool ats_admission_item_is_refused(const struct ats_admission *admission, uint32_t item);

/* Rules that hold an event against the one before it, of a proven device. Begins with what its last event said; judges the value in
   `gate->value`, which is then the last; keeps it once the journal has it. */
void ats_admission_begin_series(struct ats_gate *gate, const struct ats_admission *admission);
enum ats_reason ats_admission_judge_series(struct ats_gate *gate, struct ats_admission *admission);
void ats_admission_keep_series(struct ats_gate *gate, const struct ats_admission *admission);

/* Counts what rules said of the payload's events, by rule and by device. */
void ats_admission_count_rules(struct ats_gate *gate, const struct ats_admission *admission,
                               const struct ats_rule_counts *counts);

/* What both share. Of a value that is there: whether it is a record, else the verdict is set. */
enum ats_reason ats_admission_reason_of(const struct ats_gate *gate,
                                        struct ats_admission *admission, enum ats_status status);
/* The event's journal form in `gate->event_memory`. */
enum ats_reason ats_admission_encode(struct ats_gate *gate, const struct ats_admission *admission,
                                     enum ats_reason reason, enum ats_event_kind *ret_kind,
                                     size_t *ret_len);
/* Whether poison of this size may still enter the journal. */
bool ats_admission_quarantine_has_room(const struct ats_gate *gate, size_t more);

#endif
