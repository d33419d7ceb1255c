/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/replay_judge.h"

#include "plugin/admission.h"
#include "plugin/freshness.h"
#include "plugin/pins.h"
#include "plugin/topics.h"

#include "common/base/utf8.h"
#include "common/record/event_signature.h"

#include <stdio.h>

/* One candidate on its way. */
struct replay {
    struct ats_gate *gate;
    struct ats_replay_candidate *candidate;
    const struct ats_event *event; /* the candidate's */
    char device[ATS_NAME_MAX + 1];
    char topic[ATS_TOPIC_MAX + 1];
    struct ats_device_facts facts;
    struct ats_contract *contract;
    struct ats_admission admission; /* what it has in common with a publish */
    struct ats_gate_publish publish;
};

static bool later(struct replay *replay)
{
    replay->candidate->answer = ATS_REPLAY_LATER;
    return false;
}

static bool refuse(struct replay *replay, const char *reason, const char *text)
{
    replay->candidate->answer = ATS_REPLAY_REFUSED;
    replay->candidate->reason = reason;
    (void)snprintf(replay->candidate->text, sizeof(replay->candidate->text), "%.*s",
                   ats_utf8_cut(text, sizeof(replay->candidate->text) - 1), text);
    return false;
}

static bool refuse_for(struct replay *replay, enum ats_reason reason)
{
    const struct ats_reason_info *info = ats_reason_info(reason);
    return reason == ATS_REASON_GATE_BUSY ? later(replay) : refuse(replay, info->name, info->text);
}

/* ---- who ---- */

/* A gate that may not admit a publish now admits nothing old either; both may pass. */
static bool check_gate(struct replay *replay)
{
    return ats_gate_standing_reason(replay->gate) == ATS_REASON_NONE &&
                   !ats_gate_refuses_stale(replay->gate)
               ? true
               : later(replay);
}

static bool check_new(struct replay *replay)
{
    bool found = false;
    bool room = false;
    if (ats_replays_find(replay->gate->replays, replay->candidate->key, &found, &room) != ATS_OK)
        return later(replay);
    if (found)
        replay->candidate->answer = ATS_REPLAY_REPEATED;
    return found ? false : room || later(replay);
}

/* As it is now: whoever revokes or suspends a device wants no more of its data, and does not say since when its key was stolen. */
static bool check_device(struct replay *replay)
{
    enum ats_status status = ats_gate_look_up(replay->gate, replay->device, &replay->facts);
    if (status == ATS_ERR_NOT_FOUND)
        return refuse_for(replay, ats_gate_unknown_reason(replay->gate));
    if (status != ATS_OK)
        return later(replay);
    enum ats_reason reason = ats_reason_of_state(replay->facts.state);
    return reason == ATS_REASON_NONE ? true : refuse_for(replay, reason);
}

static bool check_topic(struct replay *replay)
{
    struct ats_span placeholder = {0};
    (void)ats_topic_governed(replay->gate, replay->topic, &replay->contract, &placeholder);
    if (!replay->contract)
        return refuse_for(replay, ATS_REASON_TOPIC_UNKNOWN);
    enum ats_reason version =
        ats_pins_apply(replay->gate, &replay->facts, ats_span_text(replay->topic),
                       &replay->contract, &placeholder);
    if (placeholder.data && !ats_span_is(placeholder, replay->device))
        return refuse_for(replay, ATS_REASON_TOPIC_DEVICE);
    if (!ats_device_facts_allow(&replay->facts, ats_contract_name(replay->contract)))
        return refuse_for(replay, ATS_REASON_CONTRACT);
    return version == ATS_REASON_NONE ? true : refuse_for(replay, version);
}

/* ---- proof ---- */

static bool check_least_proof(struct replay *replay)
{
    enum ats_proof_level least = ats_contract_least_proof(replay->contract);
    if (replay->facts.least_proof > least)
        least = replay->facts.least_proof;
    /* The levels are the proofs' own numbers (admit.c). */
    return (int)replay->event->proof >= (int)least ? true
                                                   : refuse_for(replay, ATS_REASON_PROOF_WEAK);
}

static void copy_text(struct ats_span from, char *to, size_t size)
{
    size_t len = from.len < size ? from.len : size - 1;
    if (len > 0)
        memcpy(to, from.data, len);
    to[len] = '\0';
}

/* So that whoever verifies the record later comes to the same, by the device's record of now. */
static bool check_signature(struct replay *replay)
{
    char key_id[ATS_KEY_ID_SIZE];
    const uint8_t *key = NULL;
    if (replay->event->proof != ATS_EVENT_PROOF_SIGNATURE)
        return true;
    copy_text(replay->event->key_id, key_id, sizeof(key_id));
    enum ats_reason reason =
        ats_gate_device_key(&replay->facts, key_id, replay->event->received_ms, &key);
    if (reason != ATS_REASON_NONE)
        return refuse_for(replay, reason);
    return ats_event_signature_holds(replay->event, key)
               ? true
               : refuse_for(replay, ATS_REASON_PROOF_WRONG);
}

/* ---- what ---- */

/* What was kept out by the event before it can be admitted once no such rule stands: there is nothing to hold it against. */
static bool check_series(struct replay *replay)
{
    static const enum ats_rule rules[] = {ATS_RULE_TIME_BACK, ATS_RULE_CHANGE_RATE,
                                          ATS_RULE_STUCK_VALUE};
    if (!ats_contract_keeps_out_by_series(replay->contract))
        return true;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if (ats_span_is(replay->event->reason_rule, ats_rule_name(rules[i])))
            return refuse(replay, "series",
                          "it was held against the event before it, and the contract still has "
                          "such rules");
    return true;
}

static bool refuse_by_verdict(struct replay *replay, enum ats_reason reason)
{
    const struct ats_verdict *verdict = &replay->admission.verdict;
    if (ats_reason_info(reason)->kind != ATS_QUARANTINED)
        return refuse_for(replay, reason);
    (void)refuse(replay, ats_rule_name(verdict->rule), "");
    (void)snprintf(replay->candidate->text, sizeof(replay->candidate->text), "%.120s: %.120s",
                   verdict->path, verdict->text);
    return false;
}

static bool check_payload(struct replay *replay)
{
    struct ats_gate *gate = replay->gate;
    const struct ats_event *event = replay->event;
    const struct ats_contract_input input = {.payload = event->payload,
                                             .device = event->device,
                                             .now_ms = event->received_ms,
                                             .content_type = event->content_type,
                                             .versions = gate->contracts};
    ats_verdict_clear(&replay->admission.verdict);
    ats_buf_clear(&gate->value);
    enum ats_status status =
        ats_batch_open(gate->batch, replay->contract, &input, &replay->admission.verdict);
    if (status == ATS_OK && !ats_batch_is_single(gate->batch))
        return refuse(replay, "list", "it is a list of events, and one record becomes one event");
    if (status == ATS_OK)
        status = ats_batch_admit(gate->batch, 0, &gate->value, &replay->admission.verdict);
    enum ats_reason reason = ats_admission_reason_of(gate, &replay->admission, status);
    return reason == ATS_REASON_NONE ? true : refuse_by_verdict(replay, reason);
}

/* ---- journal ---- */

/* Proof, sequence, time and payload as they were; what it is now, and by which control records it was judged. */
static void describe(const struct replay *replay, struct ats_event *event)
{
    bool is_signed = replay->event->proof == ATS_EVENT_PROOF_SIGNATURE;
    *event = *replay->event;
    event->kind = ATS_EVENT_ADMITTED;
    event->asset = ats_span_text(replay->facts.asset);
    event->contract = ats_span_text(ats_contract_name(replay->contract));
    event->contract_version = ats_span_text(ats_contract_version(replay->contract));
    event->schema_id = ats_contract_schema_id(replay->contract);
    event->control_count = replay->facts.generation;
    event->value = ats_buf_span(&replay->gate->value);
    event->payload = is_signed ? replay->event->payload : ats_span_of(NULL, 0);
    event->warnings = ats_span_text(replay->admission.verdict.warnings);
    event->replay = replay->candidate->id;
    event->reason_class = event->reason_rule = event->reason_path = event->reason_text =
        ats_span_of(NULL, 0);
}

static void count_warnings(const struct replay *replay)
{
    struct ats_rule_counts counts = {0};
    if (replay->admission.verdict.warned == 0)
        return;
    ats_rule_counts_add(&counts, &replay->admission.verdict);
    ats_metrics_add_rules(&replay->gate->metrics, &counts);
    ats_device_rules_add(replay->gate->device_rules, replay->device,
                         ats_contract_name(replay->contract), &counts, replay->event->received_ms);
}

/* The record in the journal is what makes it admitted: nothing can fail behind it. */
static bool append(struct replay *replay)
{
    struct ats_gate *gate = replay->gate;
    struct ats_event event;
    uint64_t position;
    size_t len = 0;
    describe(replay, &event);
    if (ats_event_encode(&event, gate->event_memory, gate->event_memory_size, &len) != ATS_OK)
        return refuse(replay, ats_rule_name(ATS_RULE_SIZE),
                      "with the event's id it is larger than a record of the journal");
    if (ats_replays_note(gate->replays, replay->candidate->key) != ATS_OK)
        return later(replay);
    if (ats_journal_append(gate->journal, ATS_EVENT_ADMITTED, ats_span_of(gate->event_memory, len),
                           &position) != ATS_OK) {
        ats_replays_forget(gate->replays, replay->candidate->key);
        return later(replay);
    }
    count_warnings(replay);
    replay->candidate->answer = ATS_REPLAY_ADMITTED;
    return true;
}

void ats_gate_replay_judge(struct ats_gate *gate, struct ats_replay_candidate *candidate)
{
    static bool (*const steps[])(struct replay *) = {
        check_gate,      check_new,    check_device,  check_topic, check_least_proof,
        check_signature, check_series, check_payload, append,
    };
    struct replay replay = {.gate = gate, .candidate = candidate, .event = &candidate->event};
    replay.publish.payload = candidate->event.payload;
    replay.admission.publish = &replay.publish;
    replay.admission.proven = candidate->event.proof;
    copy_text(candidate->event.device, replay.device, sizeof(replay.device));
    copy_text(candidate->event.topic, replay.topic, sizeof(replay.topic));
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && steps[i](&replay); i++)
        continue;
    ats_device_facts_fini(&replay.facts);
}

void ats_gate_replay_step(struct ats_gate *gate, size_t max)
{
    struct ats_replay_candidate *candidate = NULL;
    for (size_t i = 0; i < max && ats_ring_count(&gate->replay_rings.asked) > 0; i++) {
        if (!ats_ring_pop(&gate->replay_rings.asked, &candidate))
            return;
        ats_gate_replay_judge(gate, candidate);
        /* As many places as there are candidates. */
        (void)ats_ring_push(&gate->replay_rings.answered, &candidate);
    }
}

enum ats_status ats_gate_replay_note(struct ats_gate *gate, const struct ats_event *event)
{
    char key[ATS_REPLAY_KEY_SIZE];
    ats_replay_event_key(event->replay, key);
    return ats_replays_note(gate->replays, key);
}

enum ats_status ats_gate_replay_start(struct ats_gate *gate, struct ats_error *err)
{
    const struct ats_replayer_options options = {
        .kafka = &gate->kafka,
        .registry = gate->registry,
        .follower = gate->follower,
        .marks = gate->mark_store,
        .agreement = &gate->fleet.agreement,
        .gate = gate->fleet.identity.name,
        .group = gate->options.processor_group,
        .rings = &gate->replay_rings,
        .metrics = &gate->metrics,
        .settled = &gate->contracts_offered,
        .stated = &gate->replays_stated,
        .clock = gate->clock,
        .log = gate->replayer_log.log,
    };
    return ats_replayer_start(&options, &gate->replayer, err);
}
