/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdict on one publish, in the order of cost and trust:
 *
 *   session -> device active? -> topic allowed by contract? -> rate -> proof -> replay window -> payload to Avro, checked -> journal
 *
 * The journal has the last word: nothing is remembered of a publish (window, counters) until it is in there. In steady
 * state this takes no lock, allocates nothing of ours, and makes no system call (but with `journal_sync always`).
 */
#include "plugin/admission.h"
#include "plugin/closed.h"
#include "plugin/freshness.h"
#include "plugin/numbers.h"
#include "plugin/pins.h"
#include "plugin/receipts.h"
#include "plugin/topics.h"
#include "plugin/wills.h"

#include <stdio.h>

/* " item=" and a number. */
#define ITEM_TEXT_SIZE 24

/* --- who and what --- */

static enum ats_reason check_session(struct ats_gate *gate, const struct ats_admission *admission)
{
    struct ats_session *session = admission->session;
    if (!session)
        return ats_gate_unproven_reason(gate, admission->client->user_name);
    if (ats_gate_refuses_stale(gate))
        return ATS_REASON_CONTROL_STALE;
    return ats_gate_session_reason(gate, session);
}

static enum ats_reason check_topic(const struct ats_gate *gate, struct ats_admission *admission,
                                   struct ats_span placeholder)
{
    struct ats_session *session = admission->session;
    if (!admission->contract)
        return ATS_REASON_TOPIC_UNKNOWN;
    enum ats_reason version =
        ats_pins_apply(gate, &session->facts, ats_span_text(admission->publish->topic),
                       &admission->contract, &placeholder);
    if (placeholder.data && !ats_span_is(placeholder, session->device_name))
        return ATS_REASON_TOPIC_DEVICE;
    return ats_device_facts_allow(&session->facts, ats_contract_name(admission->contract))
               ? version
               : ATS_REASON_CONTRACT;
}

/* --- proof --- */

static struct ats_device_publish device_publish(const struct ats_admission *admission)
{
    const struct ats_gate_publish *publish = admission->publish;
    return (struct ats_device_publish){.topic = publish->topic,
                                       .qos = publish->qos,
                                       .retain = publish->retain,
                                       .time_ms = admission->proof.time_ms,
                                       .payload = publish->payload.data,
                                       .payload_len = publish->payload.len};
}

/* Session and key that a proof names. */
static enum ats_reason find_keys(struct ats_admission *admission,
                                 const struct ats_session_keys **ret_session,
                                 const uint8_t **ret_key)
{
    struct ats_proof *proof = &admission->proof;
    const struct ats_session *session = admission->session;
    const char *opened_by = session->key_id;
    const uint8_t *opening_key = NULL;
    if (proof->has_session)
        *ret_session = ats_session_keys_of(session, proof->session_id, &opened_by);
    if (!*ret_session && (proof->has_session || proof->kind == ATS_PROOF_MAC))
        return ATS_REASON_PROOF_SESSION;
    /* The session's own was asked for with the session; the previous one's key may have been retired since. */
    if (opened_by != session->key_id &&
        ats_gate_device_key(&session->facts, opened_by, admission->now_ms, &opening_key) !=
            ATS_REASON_NONE)
        return ATS_REASON_SESSION_KEY;
    if (proof->kind == ATS_PROOF_SIGNATURE)
        return ats_gate_device_key(&admission->session->facts, proof->key_id, admission->now_ms,
                                   ret_key);
    memcpy(proof->key_id, opened_by, sizeof(proof->key_id)); /* a tag names none; it counts there */
    return ATS_REASON_NONE;
}

static bool has_property(const struct ats_admission *admission)
{
    return admission->properties.proof[0] || admission->properties.proof_too_long;
}

static void read_properties(struct ats_gate *gate, struct ats_admission *admission)
{
    if (admission->publish->properties)
        gate->broker.read_properties(gate->broker.ctx, admission->publish->properties,
                                     &admission->properties);
}

/* A proof says that the publish is meant for a contract. Where none governs the topic, that was altered on its way, is mistyped, or
   the contract is yet to come: the device must not take it for kept. */
static bool bears_proof(struct ats_gate *gate, struct ats_admission *admission)
{
    read_properties(gate, admission);
    return has_property(admission) || ats_admission_is_envelope(admission);
}

/* From here on the publish is what was put into the envelope: contract, window, journal and quarantine see no other, so
   that its record is that of the same signature in a property. What the broker hands to subscribers stays as it was sent. */
static bool open_envelope(struct ats_admission *admission)
{
    const struct ats_gate_publish *sent = admission->publish;
    const uint8_t *payload = NULL;
    size_t len = 0;
    if (ats_envelope_decode(sent->payload.data, sent->payload.len, &admission->proof, &payload,
                            &len) != ATS_DEVICE_OK)
        return false;
    admission->opened = *sent;
    admission->opened.payload = ats_span_of(payload, len);
    admission->publish = &admission->opened;
    return true;
}

static bool read_proof(struct ats_admission *admission)
{
    const char *text = admission->properties.proof;
    if (!has_property(admission))
        return open_envelope(admission);
    return !admission->properties.proof_too_long &&
           ats_proof_parse(text, strlen(text), &admission->proof) == ATS_DEVICE_OK;
}

/* Of what is refused unproven: the receipt names the sequence that stands there, to whoever wrote it. */
static void note_sequence(struct ats_gate *gate, struct ats_admission *admission)
{
    read_properties(gate, admission);
    if ((has_property(admission) || ats_admission_is_envelope(admission)) && !read_proof(admission))
        admission->proof.sequence = 0;
}

static enum ats_reason check_rate(struct ats_gate *gate, struct ats_admission *admission)
{
    enum ats_reason reason =
        ats_limits_take(gate, admission->session, admission->contract, admission->sent_len);
    if (reason != ATS_REASON_NONE)
        note_sequence(gate, admission);
    return reason;
}

static enum ats_reason check_given_proof(struct ats_gate *gate, struct ats_admission *admission)
{
    if (!read_proof(admission) || admission->proof.sequence == 0)
        return ATS_REASON_PROOF_MALFORMED;
    if (ats_will_has_sequence(admission->proof.sequence) != admission->is_will)
        return ATS_REASON_SEQUENCE_SPACE;
    const struct ats_session_keys *keys = NULL;
    const uint8_t *key = NULL;
    enum ats_reason reason = find_keys(admission, &keys, &key);
    if (reason != ATS_REASON_NONE)
        return reason;
    struct ats_device_publish publish = device_publish(admission);
    if (ats_proof_check(&admission->proof, admission->session->device_name,
                        gate->fleet.identity.name, keys, key, &publish) != ATS_OK)
        return ATS_REASON_PROOF_WRONG;
    admission->proven =
        admission->proof.kind == ATS_PROOF_MAC ? ATS_EVENT_PROOF_MAC : ATS_EVENT_PROOF_SIGNATURE;
    return ATS_REASON_NONE;
}

static enum ats_proof_level level_of(enum ats_event_proof proven)
{
    switch (proven) {
    case ATS_EVENT_PROOF_SIGNATURE:
        return ATS_PROOF_SIGNED;
    case ATS_EVENT_PROOF_MAC:
        return ATS_PROOF_TAG;
    case ATS_EVENT_PROOF_CONNECTION:
    case ATS_EVENT_PROOF_NONE:
        break;
    }
    return ATS_PROOF_CONNECTION;
}

/* What the contract or the device's record asks for, and a device that has keys always can: without this, whoever sits between could take the
   proof out of a packet and change the rest. */
static enum ats_proof_level least_proof(const struct ats_admission *admission)
{
    enum ats_proof_level least = ats_contract_least_proof(admission->contract);
    if (admission->session->facts.least_proof > least)
        least = admission->session->facts.least_proof;
    return admission->session->has_keys && least < ATS_PROOF_TAG ? ATS_PROOF_TAG : least;
}

static enum ats_reason check_proof(struct ats_gate *gate, struct ats_admission *admission)
{
    admission->proven = ATS_EVENT_PROOF_CONNECTION;
    read_properties(gate, admission);
    if (has_property(admission) || ats_admission_is_envelope(admission)) {
        enum ats_reason reason = check_given_proof(gate, admission);
        if (reason != ATS_REASON_NONE)
            return reason;
    }
    if (level_of(admission->proven) < least_proof(admission))
        return ATS_REASON_PROOF_WEAK;
    return admission->is_late && admission->proven == ATS_EVENT_PROOF_CONNECTION ? ATS_REASON_WILL
                                                                                 : ATS_REASON_NONE;
}

static enum ats_reason check_window(struct ats_gate *gate, struct ats_admission *admission,
                                    struct ats_window **ret_window)
{
    if (admission->proof.sequence == 0)
        return ATS_REASON_NONE;
    const struct ats_gate_publish *publish = admission->publish;
    admission->digest = ats_window_digest(gate->digest_key, publish->topic, publish->qos,
                                          publish->retain, publish->payload);
    char owner[ATS_NUMBERS_OWNER_SIZE];
    ats_numbers_owner(admission->session->device_name, admission->proof.key_id, owner);
    if (admission->is_will)
        return ats_will_judge(gate, admission->session, owner, admission->proof.sequence,
                              admission->digest);
    struct ats_window *window = ats_gate_window(gate, owner, true);
    if (!window)
        return ATS_REASON_GATE_BUSY;
    *ret_window = window;
    switch (ats_window_judge(window, admission->proof.sequence, admission->digest)) {
    case ATS_WINDOW_NEW:
        return ATS_REASON_NONE;
    case ATS_WINDOW_DUPLICATE:
        return ATS_REASON_DUPLICATE;
    case ATS_WINDOW_ATTACK:
        return ATS_REASON_SEQUENCE_REUSED;
    case ATS_WINDOW_OLD:
        break;
    }
    return ATS_REASON_SEQUENCE_OLD;
}

static void note_will(struct ats_gate *gate, const struct ats_admission *admission)
{
    char owner[ATS_NUMBERS_OWNER_SIZE];
    ats_numbers_owner(admission->session->device_name, admission->proof.key_id, owner);
    (void)ats_will_note(gate, owner, admission->proof.sequence, admission->digest);
}

/* --- verdict --- */

/* Of what is within the rate. */
static enum ats_reason judge_taken(struct ats_gate *gate, struct ats_admission *admission)
{
    struct ats_window *window = NULL;
    enum ats_reason reason = check_proof(gate, admission);
    if (reason == ATS_REASON_NONE)
        reason = check_window(gate, admission, &window);
    if (reason == ATS_REASON_DUPLICATE)
        reason = ats_limits_duplicate(gate, admission->session, admission->contract,
                                      admission->sent_len);
    if (reason != ATS_REASON_NONE)
        return reason;
    reason = ats_admission_check_payload(gate, admission);
    if (reason == ATS_REASON_NONE)
        reason =
            ats_lasting_retained_room(gate, admission->session->device_name, admission->publish);
    if (reason != ATS_REASON_NONE && ats_reason_info(reason)->kind != ATS_QUARANTINED)
        return reason;
    reason = ats_admission_append(gate, admission, reason);
    enum ats_verdict_kind kind = ats_reason_info(reason)->kind;
    if (window && (kind == ATS_ADMITTED || kind == ATS_QUARANTINED)) {
        if (window->highest > 0 && admission->proof.sequence > window->highest + 1)
            ats_counter_add(&gate->metrics.sequence_gaps, 1);
        ats_window_note(window, admission->proof.sequence, admission->digest);
    }
    if (admission->is_will && (kind == ATS_ADMITTED || kind == ATS_QUARANTINED))
        note_will(gate, admission);
    if (kind == ATS_ADMITTED)
        (void)ats_lasting_retained(gate, admission->session->device_name, admission->publish);
    return reason;
}

/* The gate's own want of room: the device has done nothing wrong. */
static bool is_want_of_room(enum ats_reason reason)
{
    return reason == ATS_REASON_JOURNAL_FULL || reason == ATS_REASON_QUARANTINE_FULL ||
           reason == ATS_REASON_GATE_BUSY;
}

/* NONE: admitted. Quarantine reasons: kept there. Everything else left no trace but on the device's rate. */
static enum ats_reason judge(struct ats_gate *gate, struct ats_admission *admission,
                             struct ats_span placeholder)
{
    enum ats_reason reason = check_session(gate, admission);
    if (reason == ATS_REASON_NONE)
        reason = check_topic(gate, admission, placeholder);
    if (reason == ATS_REASON_NONE)
        reason = check_rate(gate, admission);
    if (reason != ATS_REASON_NONE)
        return reason;
    reason = judge_taken(gate, admission);
    if (is_want_of_room(reason))
        ats_limits_give_back(gate, admission->session, admission->contract, admission->sent_len);
    return reason;
}

static void count(struct ats_gate *gate, enum ats_reason reason)
{
    struct ats_gate_metrics *metrics = &gate->metrics;
    ats_counter_add(&metrics->published, 1);
    switch (ats_reason_info(reason)->kind) {
    case ATS_ADMITTED:
        ats_counter_add(&metrics->admitted, 1);
        return;
    case ATS_QUARANTINED:
        ats_counter_add(&metrics->quarantined, 1);
        return;
    case ATS_DUPLICATE:
        ats_counter_add(&metrics->duplicates, 1);
        return;
    case ATS_REFUSED:
    case ATS_NO_ENTRY:
    case ATS_NO_READ:
        ats_counter_add(&metrics->refused[reason], 1);
    }
}

static const char *rule_text(const struct ats_verdict *verdict)
{
    return verdict->rule == ATS_RULE_NONE ? "" : ats_rule_name(verdict->rule);
}

static const char *event_name(const struct ats_gate *gate, bool quarantined)
{
    if (ats_gate_observes(gate))
        return quarantined ? "publish.would-quarantine" : "publish.would-refuse";
    return quarantined ? "publish.quarantined" : "publish.refused";
}

/* Of the session itself. A packet in flight of the session before is refused by the same names and leaves this one alone. */
static bool ends_session(enum ats_reason reason)
{
    return (reason >= ATS_REASON_SESSION_EXPIRED && reason <= ATS_REASON_GATE_REVOKED) ||
           reason == ATS_REASON_SESSION_KEY;
}

static void say(struct ats_gate *gate, const struct ats_admission *admission,
                enum ats_reason reason)
{
    const struct ats_reason_info *info = ats_reason_info(reason);
    const struct ats_session *session = admission->session;
    unsigned long not_logged = 0;
    if (!ats_refusal_is_logged(gate, session, reason, &not_logged))
        return;
    char item[ITEM_TEXT_SIZE] = "";
    if (admission->item_count > 0 && info->kind == ATS_QUARANTINED)
        (void)snprintf(item, sizeof(item), " item=%u", admission->item);
    ats_log_event(gate->log, ATS_LOG_INFO, event_name(gate, info->kind == ATS_QUARANTINED),
                  "device=%s client=%s topic=%s reason=%s path=%s rule=%s%s sequence=%llu "
                  "not_logged=%lu",
                  ats_log_quote(session ? session->device_name : NULL).text,
                  ats_log_quote(admission->client->id).text,
                  ats_log_quote(admission->publish->topic).text, info->name,
                  ats_log_quote(admission->verdict.path).text, rule_text(&admission->verdict), item,
                  (unsigned long long)admission->proof.sequence, not_logged);
}

static bool is_told_by_receipt(const struct ats_gate *gate, const struct ats_admission *admission)
{
    return admission->session && !admission->is_will && !ats_gate_observes(gate);
}

static void send_receipt(struct ats_gate *gate, const struct ats_admission *admission,
                         enum ats_reason reason)
{
    bool quarantined = ats_reason_info(reason)->kind == ATS_QUARANTINED;
    struct ats_receipt receipt = {
        .reason = reason,
        .verdict = quarantined ? &admission->verdict : NULL,
        .topic = admission->publish->topic,
        .sequence = admission->proof.sequence,
        .item = quarantined && admission->item_count > 0 ? &admission->item : NULL};
    ats_receipt_send(gate, admission->session, &receipt);
}

/* Of a list the events that are in quarantine, as many as a device may be told of in a second. */
static void tell_items(struct ats_gate *gate, struct ats_admission *admission)
{
    uint32_t left = admission->items_quarantined < ATS_GATE_RECEIPTS_PER_DEVICE
                        ? admission->items_quarantined
                        : ATS_GATE_RECEIPTS_PER_DEVICE;
    bool each = ats_contract_has_series(admission->contract); /* is judged by those before it */
    ats_admission_begin_again(gate);
    for (uint32_t i = 0; left > 0; i++) {
        bool refused = ats_admission_item_is_refused(admission, i);
        if (!refused && !each)
            continue;
        enum ats_reason reason = ats_admission_judge_item(gate, admission, i);
        if (!refused)
            continue;
        say(gate, admission, reason);
        if (is_told_by_receipt(gate, admission))
            send_receipt(gate, admission, reason);
        left--;
    }
}

/* Tells the publisher and the log; admitted publishes are not told of. */
static void tell(struct ats_gate *gate, struct ats_admission *admission, enum ats_reason reason)
{
    const struct ats_reason_info *info = ats_reason_info(reason);
    struct ats_session *session = admission->session;
    if (admission->items_quarantined > 0) {
        tell_items(gate, admission);
        return;
    }
    if (info->kind == ATS_ADMITTED || info->kind == ATS_DUPLICATE)
        return;
    say(gate, admission, reason);
    if (!is_told_by_receipt(gate, admission))
        return;
    send_receipt(gate, admission, reason);
    if (ends_session(reason) && ats_gate_session_reason(gate, session) == reason)
        ats_closed_later(gate, session, reason, ATS_GATE_RECEIPT_GRACE_MS);
}

/* In observe mode poison of what would be refused is kept too: the plant wants to see it before it enforces. It counts as
   what it is, refused, and the copy names nobody: who sent it is not proven, or not for this. Of an envelope it is the payload
   inside that is judged, also where the verdict fell before it was opened. */
static void copy_poison(struct ats_gate *gate, struct ats_admission *admission)
{
    read_properties(gate, admission);
    if (ats_admission_is_envelope(admission) && admission->publish != &admission->opened &&
        !has_property(admission))
        (void)open_envelope(admission);
    struct ats_admission copy = {.client = admission->client,
                                 .publish = admission->publish,
                                 .contract = admission->contract,
                                 .properties = admission->properties,
                                 .now_ms = admission->now_ms,
                                 .only_poison = true};
    if (!copy.contract)
        return;
    enum ats_reason reason = ats_admission_check_payload(gate, &copy);
    if (ats_reason_info(reason)->kind == ATS_QUARANTINED || copy.item_count > 0)
        reason = ats_admission_append(gate, &copy, reason);
    if (ats_reason_info(reason)->kind != ATS_QUARANTINED)
        return;
    ats_counter_add(&gate->metrics.quarantine_copies,
                    copy.item_count > 0 ? copy.items_quarantined : 1);
    admission->verdict = copy.verdict;
}

enum ats_gate_answer ats_gate_publish(struct ats_gate *gate, const struct ats_gate_client *client,
                                      const struct ats_gate_publish *publish)
{
    gate->turn.reloading = false;
    gate->turn.just_gone = NULL;
    ats_gate_begin_turn(gate);
    struct ats_span placeholder = {0};
    struct ats_admission admission = {
        .client = client, .publish = publish, .sent_len = publish->payload.len};
    bool governed = ats_topic_governed(gate, publish->topic, &admission.contract, &placeholder);
    admission.session =
        ats_sessions_find(gate->sessions, client->handle, client->id, client->user_name);
    enum ats_reason reason = ATS_REASON_NONE;
    if (!governed && !admission.session)
        return ATS_GATE_PASS;
    if (!governed && !bears_proof(gate, &admission)) {
        reason = ats_lasting_retained(gate, admission.session->device_name, publish);
        if (reason == ATS_REASON_NONE)
            return ATS_GATE_PASS; /* by the broker's own rules */
    }
    admission.now_ms = ats_clock_wall_ms(gate->clock);
    if (reason == ATS_REASON_NONE)
        reason = judge(gate, &admission, placeholder);
    if (ats_gate_observes(gate) && ats_reason_info(reason)->kind == ATS_REFUSED)
        copy_poison(gate, &admission);
    count(gate, reason);
    ats_presence_note(admission.session, reason, admission.now_ms);
    tell(gate, &admission, reason);
    if (ats_gate_observes(gate))
        return ATS_GATE_PASS;
    enum ats_gate_answer answer = ats_reason_answer(reason, client->mqtt5, publish->qos);
    /* No data of the gate's is lost there: the broker drops it, as where its own rules say no. */
    if (!governed && reason == ATS_REASON_RETAINED_FULL && answer == ATS_GATE_CLOSE)
        answer = ATS_GATE_REJECT;
    if (answer == ATS_GATE_CLOSE && admission.session) {
        ats_closed_note(gate, admission.session, reason);
        ats_limits_closed(gate, admission.session, reason);
    }
    return answer;
}

enum ats_reason ats_admit_will(struct ats_gate *gate, const struct ats_gate_client *client,
                               const struct ats_gate_publish *publish, struct ats_session *session,
                               bool late)
{
    struct ats_span placeholder = {0};
    struct ats_admission admission = {.client = client,
                                      .publish = publish,
                                      .session = session,
                                      .sent_len = publish->payload.len,
                                      .now_ms = ats_clock_wall_ms(gate->clock),
                                      .is_will = true,
                                      .is_late = late};
    (void)ats_topic_governed(gate, publish->topic, &admission.contract, &placeholder);
    enum ats_reason reason = judge(gate, &admission, placeholder);
    count(gate, reason);
    tell(gate, &admission, reason);
    return reason;
}
