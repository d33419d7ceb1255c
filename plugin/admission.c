/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/admission.h"

/* Room that a record takes in Kafka beside value and payload: headers, names, reason. */
#define RECORD_OVERHEAD (2 * ATS_EVENT_OVERHEAD_MAX)

/* --- payload --- */

/* By its first byte, so that a broken one is told as that; where payloads may begin with any byte, by its whole form. */
bool ats_admission_is_envelope(const struct ats_admission *admission)
{
    struct ats_span payload = admission->publish->payload;
    struct ats_proof proof;
    const uint8_t *inner = NULL;
    size_t len = 0;
    return ats_envelope_begins(payload.data, payload.len) &&
           (!admission->contract || !ats_contract_takes_bare_avro(admission->contract) ||
            ats_envelope_decode(payload.data, payload.len, &proof, &inner, &len) == ATS_DEVICE_OK);
}

/* A signed publish takes its payload along, so both must fit into one record. */
static bool fits_record(const struct ats_gate *gate, const struct ats_admission *admission)
{
    size_t payload =
        admission->proven == ATS_EVENT_PROOF_SIGNATURE ? admission->publish->payload.len : 0;
    return gate->value.len + payload + RECORD_OVERHEAD <= ATS_RECORD_MAX;
}

/* What quarantine's part of the journal, and every reader of our records, could take. */
static size_t kept_max(const struct ats_gate *gate)
{
    size_t share = (size_t)gate->options.journal_size / ATS_GATE_QUARANTINE_SHARE;
    return (share < ATS_RECORD_MAX ? share : ATS_RECORD_MAX) - RECORD_OVERHEAD;
}

enum ats_reason ats_admission_reason_of(const struct ats_gate *gate,
                                        struct ats_admission *admission, enum ats_status status)
{
    if (status == ATS_ERR_MEMORY)
        return ATS_REASON_GATE_BUSY;
    if (status == ATS_ERR_LIMIT || (status == ATS_OK && !fits_record(gate, admission)))
        ats_verdict_set(&admission->verdict, ATS_RULE_SIZE, "",
                        "as a record it is larger than %d bytes", ATS_RECORD_MAX);
    else if (status == ATS_OK)
        return ATS_REASON_NONE;
    return ats_reason_of_class(admission->verdict.verdict_class);
}

static bool has_series(const struct ats_admission *admission)
{
    return admission->session && ats_contract_has_series(admission->contract);
}

void ats_admission_begin_series(struct ats_gate *gate, const struct ats_admission *admission)
{
    if (!has_series(admission))
        return;
    ats_device_series_load(gate->series, admission->session->device_name, admission->contract,
                           &gate->series_before);
    gate->series_now = gate->series_before;
}

enum ats_reason ats_admission_judge_series(struct ats_gate *gate, struct ats_admission *admission)
{
    if (!has_series(admission))
        return ATS_REASON_NONE;
    enum ats_status status =
        ats_contract_follow(admission->contract, ats_buf_span(&gate->value), admission->now_ms,
                            &gate->series_now, &admission->verdict);
    if (status == ATS_ERR_INVALID)
        return ats_reason_of_class(admission->verdict.verdict_class);
    return status == ATS_OK ? ATS_REASON_NONE : ATS_REASON_GATE_BUSY;
}

void ats_admission_keep_series(struct ats_gate *gate, const struct ats_admission *admission)
{
    if (has_series(admission))
        ats_device_series_store(gate->series, admission->session->device_name, admission->contract,
                                &gate->series_now);
}

enum ats_reason ats_admission_check_payload(struct ats_gate *gate, struct ats_admission *admission)
{
    if (!ats_keep(admission->publish, kept_max(gate), &admission->kept, &admission->verdict))
        return ats_reason_of_class(admission->verdict.verdict_class);
    struct ats_contract_input input = {.payload = admission->publish->payload,
                                       .now_ms = admission->now_ms,
                                       .content_type =
                                           ats_span_text(admission->properties.content_type),
                                       .versions = gate->contracts};
    if (admission->session)
        input.device = ats_span_text(admission->session->device_name);
    ats_buf_clear(&gate->value);
    enum ats_status status =
        ats_batch_open(gate->batch, admission->contract, &input, &admission->verdict);
    if (status == ATS_OK && !ats_batch_is_single(gate->batch)) {
        admission->item_count = (uint32_t)ats_batch_count(gate->batch);
        return ATS_REASON_NONE;
    }
    if (status == ATS_OK)
        status = ats_batch_admit(gate->batch, 0, &gate->value, &admission->verdict);
    enum ats_reason reason = ats_admission_reason_of(gate, admission, status);
    if (reason != ATS_REASON_NONE)
        return reason;
    ats_admission_begin_series(gate, admission);
    return ats_admission_judge_series(gate, admission);
}

/* --- journal --- */

static void describe_proof(const struct ats_admission *admission, struct ats_event *event)
{
    const struct ats_proof *proof = &admission->proof;
    event->proof = admission->proven;
    event->sequence = proof->sequence;
    event->proof_time_ms = proof->time_ms;
    event->digest = admission->digest;
    if (proof->has_session)
        event->session = ats_span_of(proof->session_id, sizeof(proof->session_id));
    event->key_id = ats_span_text(proof->key_id);
    if (admission->proven != ATS_EVENT_PROOF_SIGNATURE)
        return;
    event->signature = ats_span_of(proof->bytes, ATS_SIGNATURE_SIZE);
    event->payload = admission->publish->payload;
}

static void describe(const struct ats_gate *gate, const struct ats_admission *admission,
                     enum ats_reason reason, struct ats_event *event)
{
    *event = (struct ats_event){
        .kind = reason == ATS_REASON_NONE ? ATS_EVENT_ADMITTED : ATS_EVENT_QUARANTINED,
        .topic = admission->kept.topic,
        .qos = admission->publish->qos,
        .retain = admission->publish->retain,
        .contract = ats_span_text(ats_contract_name(admission->contract)),
        .contract_version = ats_span_text(ats_contract_version(admission->contract)),
        .schema_id = ats_contract_schema_id(admission->contract),
        .received_ms = admission->now_ms,
        /* What it was judged by, not what has come since. */
        .control_count = admission->session ? admission->session->facts.generation
                                            : ats_registry_count(gate->registry),
        .traceparent = ats_span_text(admission->properties.traceparent),
        .item = admission->item,
        .item_count = admission->item_count,
        .content_type = ats_span_text(admission->properties.content_type),
    };
    if (admission->session) {
        event->device = ats_span_text(admission->session->device_name);
        event->asset = ats_span_text(admission->session->facts.asset);
    }
    describe_proof(admission, event);
    if (reason == ATS_REASON_NONE) {
        event->value = ats_buf_span(&gate->value);
        event->warnings = ats_span_text(admission->verdict.warnings);
        return;
    }
    event->payload = admission->kept.payload;
    event->reason_class = ats_span_text(ats_verdict_class_name(admission->verdict.verdict_class));
    event->reason_rule = ats_span_text(ats_rule_name(admission->verdict.rule));
    event->reason_path = ats_span_text(admission->verdict.path);
    event->reason_text = ats_span_text(admission->verdict.text);
}

bool ats_admission_quarantine_has_room(const struct ats_gate *gate, size_t more)
{
    uint64_t waiting = ats_counter_get(&gate->metrics.quarantine_bytes_in) -
                       ats_counter_get(&gate->metrics.quarantine_bytes_out);
    return waiting + more <= (uint64_t)gate->options.journal_size / ATS_GATE_QUARANTINE_SHARE;
}

enum ats_reason ats_admission_encode(struct ats_gate *gate, const struct ats_admission *admission,
                                     enum ats_reason reason, enum ats_event_kind *ret_kind,
                                     size_t *ret_len)
{
    struct ats_event event;
    describe(gate, admission, reason, &event);
    *ret_kind = event.kind;
    /* It fits: all was held against ATS_RECORD_MAX before. */
    return ats_event_encode(&event, gate->event_memory, gate->event_memory_size, ret_len) == ATS_OK
               ? ATS_REASON_NONE
               : ATS_REASON_GATE_BUSY;
}

void ats_admission_count_rules(struct ats_gate *gate, const struct ats_admission *admission,
                               const struct ats_rule_counts *counts)
{
    ats_metrics_add_rules(&gate->metrics, counts);
    ats_device_rules_add(gate->device_rules,
                         admission->session ? admission->session->device_name : "",
                         ats_contract_name(admission->contract), counts, admission->now_ms);
}

static void count_verdict(struct ats_gate *gate, const struct ats_admission *admission)
{
    struct ats_rule_counts counts = {0};
    if (admission->verdict.rule == ATS_RULE_NONE && admission->verdict.warned == 0)
        return;
    ats_rule_counts_add(&counts, &admission->verdict);
    ats_admission_count_rules(gate, admission, &counts);
}

enum ats_reason ats_admission_append(struct ats_gate *gate, struct ats_admission *admission,
                                     enum ats_reason reason)
{
    enum ats_event_kind kind;
    size_t len = 0;
    uint64_t position;
    if (reason == ATS_REASON_NONE && admission->item_count > 0)
        return ats_admission_append_items(gate, admission);
    if (ats_admission_encode(gate, admission, reason, &kind, &len) != ATS_REASON_NONE)
        return ATS_REASON_GATE_BUSY;
    if (kind == ATS_EVENT_QUARANTINED && !ats_admission_quarantine_has_room(gate, len))
        return ATS_REASON_QUARANTINE_FULL;
    enum ats_status status =
        ats_journal_append(gate->journal, kind, ats_span_of(gate->event_memory, len), &position);
    if (status != ATS_OK)
        return status == ATS_ERR_LIMIT ? ATS_REASON_JOURNAL_FULL : ATS_REASON_GATE_BUSY;
    count_verdict(gate, admission);
    if (kind == ATS_EVENT_QUARANTINED)
        ats_counter_add(&gate->metrics.quarantine_bytes_in, len);
    else
        ats_admission_keep_series(gate, admission);
    return reason;
}
