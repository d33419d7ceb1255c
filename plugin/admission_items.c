/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list of events: each is judged for itself and becomes a record of its own, and all records are one group of the journal. So the
 * publish is kept whole or not at all, and counts as admitted if one of its events is.
 */
#include "plugin/admission.h"

/* What became of the group that is being written. */
struct tally {
    uint32_t admitted;
    uint32_t quarantined;
    size_t quarantine_bytes;
    bool no_room;          /* in this segment */
    enum ats_reason first; /* of those that are quarantined */
    uint32_t first_item;
    struct ats_verdict first_verdict;
    struct ats_rule_counts rules;
};

static void note_refused(struct ats_admission *admission, uint32_t item)
{
    admission->refused_items[item / 64] |= UINT64_C(1) << (item % 64);
}

bool ats_admission_item_is_refused(const struct ats_admission *admission, uint32_t item)
{
    return admission->refused_items[item / 64] >> (item % 64) & 1;
}

enum ats_reason ats_admission_judge_item(struct ats_gate *gate, struct ats_admission *admission,
                                         uint32_t item)
{
    admission->item = item;
    admission->kept.payload = ats_batch_item(gate->batch, item);
    ats_buf_clear(&gate->value);
    enum ats_reason reason = ats_admission_reason_of(
        gate, admission, ats_batch_admit(gate->batch, item, &gate->value, &admission->verdict));
    return reason == ATS_REASON_NONE ? ats_admission_judge_series(gate, admission) : reason;
}

void ats_admission_begin_again(struct ats_gate *gate)
{
    gate->series_now = gate->series_before;
}

static void note_quarantined(struct ats_admission *admission, enum ats_reason reason, size_t len,
                             struct tally *tally)
{
    note_refused(admission, admission->item);
    tally->quarantine_bytes += len;
    if (tally->quarantined++ > 0)
        return;
    tally->first = reason;
    tally->first_item = admission->item;
    tally->first_verdict = admission->verdict;
}

/* One event behind those before it. Another reason than NONE: why the group cannot be. */
static enum ats_reason add_item(struct ats_gate *gate, struct ats_admission *admission,
                                uint32_t item, struct tally *tally)
{
    enum ats_event_kind kind;
    size_t len = 0;
    enum ats_reason reason = ats_admission_judge_item(gate, admission, item);
    if (reason == ATS_REASON_GATE_BUSY || (reason == ATS_REASON_NONE && admission->only_poison))
        return reason;
    if (ats_admission_encode(gate, admission, reason, &kind, &len) != ATS_REASON_NONE)
        return ATS_REASON_GATE_BUSY;
    tally->admitted += reason == ATS_REASON_NONE;
    if (reason != ATS_REASON_NONE)
        note_quarantined(admission, reason, len, tally);
    ats_rule_counts_add(&tally->rules, &admission->verdict);
    if (reason != ATS_REASON_NONE &&
        !ats_admission_quarantine_has_room(gate, tally->quarantine_bytes))
        return ATS_REASON_QUARANTINE_FULL;
    tally->no_room =
        ats_journal_group_add(gate->journal, kind, ats_span_of(gate->event_memory, len)) != ATS_OK;
    return tally->no_room ? ATS_REASON_JOURNAL_FULL : ATS_REASON_NONE;
}

static enum ats_reason put_group(struct ats_gate *gate, struct ats_admission *admission, bool fresh,
                                 struct tally *ret_tally)
{
    uint64_t first = 0;
    *ret_tally = (struct tally){0};
    ats_admission_begin_series(gate, admission);
    memset(admission->refused_items, 0, sizeof(admission->refused_items));
    enum ats_status status = ats_journal_group_begin(gate->journal, fresh);
    if (status != ATS_OK)
        return status == ATS_ERR_LIMIT ? ATS_REASON_JOURNAL_FULL : ATS_REASON_GATE_BUSY;
    enum ats_reason reason = ATS_REASON_NONE;
    for (uint32_t i = 0; i < admission->item_count && reason == ATS_REASON_NONE; i++)
        reason = add_item(gate, admission, i, ret_tally);
    if (reason != ATS_REASON_NONE) {
        ats_journal_group_drop(gate->journal);
        return reason;
    }
    return ats_journal_group_end(gate->journal, &first) == ATS_OK ? ATS_REASON_NONE
                                                                  : ATS_REASON_GATE_BUSY;
}

/* More than a segment holds: it is kept as what it is, one payload that is too large. */
static enum ats_reason quarantine_whole(struct ats_gate *gate, struct ats_admission *admission)
{
    uint32_t count = admission->item_count;
    admission->item = 0;
    admission->item_count = 0;
    admission->kept.payload = admission->publish->payload;
    memset(admission->refused_items, 0, sizeof(admission->refused_items));
    ats_verdict_clear(&admission->verdict);
    ats_verdict_set(&admission->verdict, ATS_RULE_SIZE, "",
                    "the records of its %u events are larger than a segment of the gate's journal: "
                    "send fewer at once",
                    count);
    return ats_admission_append(gate, admission,
                                ats_reason_of_class(admission->verdict.verdict_class));
}

static void count_items(struct ats_gate *gate, const struct ats_admission *admission,
                        const struct tally *tally)
{
    struct ats_gate_metrics *metrics = &gate->metrics;
    ats_counter_add(&metrics->lists, admission->only_poison ? 0 : 1);
    ats_counter_add(&metrics->items_admitted, tally->admitted);
    ats_counter_add(&metrics->items_quarantined, admission->only_poison ? 0 : tally->quarantined);
    ats_counter_add(&metrics->quarantine_bytes_in, tally->quarantine_bytes);
    ats_admission_count_rules(gate, admission, &tally->rules);
}

/* With a signature each record carries the whole payload, so that some need no trial. */
static bool is_more_than_a_segment(const struct ats_gate *gate,
                                   const struct ats_admission *admission)
{
    return admission->proven == ATS_EVENT_PROOF_SIGNATURE &&
           (uint64_t)admission->item_count * admission->publish->payload.len >
               (uint64_t)gate->options.journal_segment_size;
}

enum ats_reason ats_admission_append_items(struct ats_gate *gate, struct ats_admission *admission)
{
    struct tally tally;
    if (is_more_than_a_segment(gate, admission))
        return quarantine_whole(gate, admission);
    enum ats_reason reason = put_group(gate, admission, false, &tally);
    if (tally.no_room)
        reason = put_group(gate, admission, true, &tally);
    if (tally.no_room)
        return quarantine_whole(gate, admission);
    if (reason != ATS_REASON_NONE)
        return reason;
    count_items(gate, admission, &tally);
    if (tally.admitted > 0)
        ats_admission_keep_series(gate, admission);
    admission->items_quarantined = tally.quarantined;
    if (tally.admitted > 0 || tally.quarantined == 0)
        return ATS_REASON_NONE;
    admission->item = tally.first_item;
    admission->verdict = tally.first_verdict;
    return tally.first;
}
