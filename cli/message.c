/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In the order of trust: what the record says of itself, who that is, whether the proof holds, and only then what the
 * contract makes of the payload.
 */
#include "cli/message.h"

#include "common/base/limits.h"
#include "common/contract/batch.h"
#include "common/control/gate_former.h"
#include "common/record/event_signature.h"

#include <inttypes.h>
#include <stdlib.h>

_Static_assert((int)ATS_EVENT_PROOF_CONNECTION == (int)ATS_PROOF_CONNECTION &&
                   (int)ATS_EVENT_PROOF_MAC == (int)ATS_PROOF_TAG &&
                   (int)ATS_EVENT_PROOF_SIGNATURE == (int)ATS_PROOF_SIGNED,
               "what a contract asks for and what a record has are compared");

struct judgement {
    const struct ats_control_history *history;
    const char *prefix;
    const struct ats_kafka_record *record;
    struct ats_buf *value;
    struct ats_message_finding *finding;
    struct ats_event *event; /* the finding's */
    struct ats_body_device device;
    bool device_certain; /* its record held when the message was taken, for certain */
    struct ats_contract *contract;
    enum ats_status status; /* MEMORY */
};

const char *ats_message_verdict_name(enum ats_message_verdict verdict)
{
    static const char *const names[] = {"verified", "gates-word", "gates-word-signed", "undecided",
                                        "wrong"};
    return names[verdict];
}

const char *ats_message_reason_name(enum ats_message_reason reason)
{
    static const char *const names[ATS_MESSAGE_REASON_COUNT] = {
        [ATS_MESSAGE_NO_REASON] = "",
        [ATS_MESSAGE_PROOF_MAC] = "mac",
        [ATS_MESSAGE_PROOF_CONNECTION] = "connection",
        [ATS_MESSAGE_NOT_A_RECORD] = "not-a-record",
        [ATS_MESSAGE_HEADERS] = "headers",
        [ATS_MESSAGE_TOPIC] = "topic",
        [ATS_MESSAGE_FLEET] = "fleet",
        [ATS_MESSAGE_UNPROVEN] = "unproven",
        [ATS_MESSAGE_CONTROL_BEHIND] = "control-behind",
        [ATS_MESSAGE_GATE_UNKNOWN] = "gate-unknown",
        [ATS_MESSAGE_GATE_REVOKED] = "gate-revoked",
        [ATS_MESSAGE_GATE_KEYS] = "gate-keys-not-valid",
        [ATS_MESSAGE_DEVICE_UNKNOWN] = "device-unknown",
        [ATS_MESSAGE_KEY_UNKNOWN] = "key-unknown",
        [ATS_MESSAGE_KEY_NOT_VALID] = "key-not-valid",
        [ATS_MESSAGE_SIGNATURE] = "signature",
        [ATS_MESSAGE_DEVICE_STATE] = "device-state",
        [ATS_MESSAGE_CONTRACT_UNKNOWN] = "contract-unknown",
        [ATS_MESSAGE_CONTRACT_NOT_ALLOWED] = "contract-not-allowed",
        [ATS_MESSAGE_CONTRACT_SUPERSEDED] = "contract-superseded",
        [ATS_MESSAGE_MQTT_TOPIC] = "mqtt-topic",
        [ATS_MESSAGE_PROOF_WEAK] = "proof-weak",
        [ATS_MESSAGE_ASSET] = "asset",
        [ATS_MESSAGE_SCHEMA_ID] = "schema-id",
        [ATS_MESSAGE_PAYLOAD] = "payload",
        [ATS_MESSAGE_TRANSCODING] = "transcoding-differs",
        [ATS_MESSAGE_VALUE] = "value",
        [ATS_MESSAGE_NOT_COVERED] = "not-covered",
        [ATS_MESSAGE_EVIDENCE_DIFFERS] = "evidence-differs",
        [ATS_MESSAGE_EVIDENCE_FORK] = "evidence-fork",
        [ATS_MESSAGE_EVIDENCE_UNDECIDED] = "evidence-undecided",
    };
    return names[reason];
}

static bool end_with(struct judgement *judgement, enum ats_message_verdict verdict,
                     enum ats_message_reason reason)
{
    judgement->finding->verdict = verdict;
    judgement->finding->reason = reason;
    return false;
}

/* Where a rule is broken off: the answer is false, and the finding has verdict, reason and sentence. */
#define CONCLUDE(judgement, verdict, reason, ...)                                                  \
    ((void)ats_error_set(&(judgement)->finding->text, ATS_ERR_REFUSED, __VA_ARGS__),               \
     end_with((judgement), (verdict), (reason)))
#define WRONG(judgement, reason, ...)                                                              \
    CONCLUDE((judgement), ATS_MESSAGE_WRONG, (reason), __VA_ARGS__)
/* Where the newest revision does not fit, and whether the one of that time did, only a whole history would say. */
#define WRONG_IF(judgement, certain, reason, ...)                                                  \
    CONCLUDE((judgement), (certain) ? ATS_MESSAGE_WRONG : ATS_MESSAGE_UNDECIDED, (reason),         \
             __VA_ARGS__)

/* ---- what the record says of itself ---- */

static bool has_signature(const struct judgement *judgement)
{
    return judgement->event->proof == ATS_EVENT_PROOF_SIGNATURE;
}

static bool read_event(struct judgement *judgement)
{
    struct ats_event *event = judgement->event;
    struct ats_error err = {0};
    if (ats_event_from_kafka(judgement->record, event, &err) != ATS_OK)
        return WRONG(judgement, ATS_MESSAGE_HEADERS, "%s", err.text);
    judgement->finding->has_event = true;
    if (event->topic.len == 0 || memchr(event->topic.data, '\0', event->topic.len))
        return WRONG(judgement, ATS_MESSAGE_HEADERS, "header ats_topic has a bad value");
    return true;
}

/* What a signature needs, and what stands nowhere else. */
static bool check_proof_headers(struct judgement *judgement)
{
    const struct ats_event *event = judgement->event;
    const struct {
        const char *name;
        bool there;
        bool fits;
    } headers[] = {
        {"ats_sequence", event->sequence > 0, true},
        {"ats_key", event->key_id.len > 0, event->key_id.len == ATS_KEY_ID_SIZE - 1},
        {"ats_signature", event->signature.len > 0, true},
        {"ats_payload", event->payload.len > 0, true},
    };
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        if (has_signature(judgement) && !headers[i].there)
            return WRONG(judgement, ATS_MESSAGE_HEADERS, "header %s is missing", headers[i].name);
        if (has_signature(judgement) && !headers[i].fits)
            return WRONG(judgement, ATS_MESSAGE_HEADERS, "header %s has a bad value",
                         headers[i].name);
        if (!has_signature(judgement) && i > 0 && headers[i].there)
            return WRONG(judgement, ATS_MESSAGE_HEADERS,
                         "header %s stands beside a proof that is no signature", headers[i].name);
    }
    return true;
}

/* The gate's record of this event is made again: what names the fleet or the event in other words than the gate's is forged. */
static bool check_envelope(struct judgement *judgement)
{
    struct ats_event_texts texts;
    struct ats_kafka_record made = {0};
    if (ats_event_to_kafka(judgement->event, judgement->history->fleet, judgement->prefix, &texts,
                           judgement->value, &made) != ATS_OK)
        return WRONG(judgement, ATS_MESSAGE_HEADERS, "a header is longer than a gate writes it");
    if (strncmp(judgement->record->topic, judgement->prefix, strlen(judgement->prefix)) != 0)
        return WRONG(judgement, ATS_MESSAGE_TOPIC,
                     "its topic is not below the prefix '%s': where the fleet has another, give "
                     "--topic-prefix, or its fleet.json beside the pins",
                     judgement->prefix);
    if (strcmp(made.topic, judgement->record->topic) != 0)
        return WRONG(judgement, ATS_MESSAGE_TOPIC, "it says that it is one of %.200s", made.topic);
    if (!ats_span_equal(ats_kafka_record_header(judgement->record, "ce_source"),
                        ats_kafka_record_header(&made, "ce_source")))
        return WRONG(judgement, ATS_MESSAGE_FLEET, "its source is not gate '%.*s' of this fleet",
                     ATS_SPAN_ARGS(judgement->event->gate));
    for (size_t i = 0; i < made.header_count; i++) {
        const char *name = made.headers[i].name;
        struct ats_span found = ats_kafka_record_header(judgement->record, name);
        if (ats_span_equal(found, made.headers[i].value))
            continue;
        if (strcmp(name, "ce_dataschema") == 0)
            return WRONG(judgement, ATS_MESSAGE_SCHEMA_ID,
                         "header ce_dataschema and value name different schemas");
        return WRONG(judgement, ATS_MESSAGE_HEADERS, "header %s %s", name,
                     found.data ? "does not fit the others" : "is missing");
    }
    return true;
}

static bool check_log_reaches(struct judgement *judgement)
{
    uint64_t count = judgement->event->control_count;
    if (judgement->event->proof == ATS_EVENT_PROOF_NONE)
        return WRONG(judgement, ATS_MESSAGE_UNPROVEN, "the gate itself says that nobody proved it");
    if (count > judgement->history->count)
        return WRONG_IF(judgement, false, ATS_MESSAGE_CONTROL_BEHIND,
                        "the gate had control record %" PRIu64 ", the log at hand ends at %" PRIu64,
                        count, judgement->history->count);
    return true;
}

/* ---- who that is ---- */

static const struct ats_control_history_entry *
find(const struct judgement *judgement, enum ats_control_kind kind, struct ats_span name)
{
    return ats_control_history_find(judgement->history, kind, name,
                                    judgement->event->control_count);
}

static bool check_gate(struct judgement *judgement)
{
    const struct ats_event *event = judgement->event;
    const struct ats_control_history_entry *entry = find(judgement, ATS_CONTROL_GATE, event->gate);
    struct ats_body_gate gate;
    if (!entry || ats_body_gate_parse(entry->body, &gate) != ATS_OK)
        return WRONG(judgement, ATS_MESSAGE_GATE_UNKNOWN, "the control log has no gate '%.*s'",
                     ATS_SPAN_ARGS(event->gate));
    /* A signature does not rest on the gate. */
    if (gate.revoked && !has_signature(judgement))
        return WRONG_IF(judgement, judgement->history->whole, ATS_MESSAGE_GATE_REVOKED,
                        "gate '%.*s' %s revoked", ATS_SPAN_ARGS(event->gate),
                        judgement->history->whole ? "was" : "is now");
    /* When it was admitted anew is nowhere said. */
    bool is_dated = event->replay.len == 0;
    if (!has_signature(judgement) && is_dated && !ats_gate_was_good(&gate, event->received_ms))
        return WRONG_IF(judgement, judgement->history->whole || entry->revision == 1,
                        ATS_MESSAGE_GATE_KEYS,
                        "the keys of gate '%.*s' %s not good when it says it took the message in",
                        ATS_SPAN_ARGS(event->gate), judgement->history->whole ? "were" : "are");
    return true;
}

static bool find_device(struct judgement *judgement)
{
    const struct ats_event *event = judgement->event;
    const struct ats_control_history_entry *entry =
        find(judgement, ATS_CONTROL_DEVICE, event->device);
    if (!entry || ats_body_device_parse(entry->body, &judgement->device) != ATS_OK)
        return WRONG(judgement, ATS_MESSAGE_DEVICE_UNKNOWN,
                     "the control log has no device '%.*s'%s", ATS_SPAN_ARGS(event->device),
                     judgement->history->whole ? " at that record" : "");
    judgement->device_certain = judgement->history->whole || entry->revision == 1;
    return true;
}

static bool check_state(struct judgement *judgement)
{
    enum ats_device_state state = judgement->device.state;
    if (state == ATS_DEVICE_ACTIVE)
        return true;
    return WRONG_IF(judgement, judgement->device_certain, ATS_MESSAGE_DEVICE_STATE,
                    judgement->device_certain
                        ? "the device was %s"
                        : "the device is %s now; a recording of the log (--control) says what it "
                          "was then",
                    ats_device_state_name(state));
}

/* ---- the proof ---- */

static const struct ats_device_key *find_key(const struct judgement *judgement)
{
    const struct ats_body_device *device = &judgement->device;
    for (size_t i = 0; i < device->key_count; i++)
        if (!device->keys[i].is_spki && ats_span_is(judgement->event->key_id, device->keys[i].id))
            return &device->keys[i];
    return NULL;
}

static bool check_signature(struct judgement *judgement)
{
    const struct ats_event *event = judgement->event;
    if (!has_signature(judgement))
        return true;
    const struct ats_device_key *key = find_key(judgement);
    if (!key)
        return WRONG_IF(judgement, judgement->device_certain, ATS_MESSAGE_KEY_UNKNOWN,
                        "device '%.*s' has no key '%.*s'%s", ATS_SPAN_ARGS(event->device),
                        ATS_SPAN_ARGS(event->key_id),
                        judgement->device_certain ? ""
                                                  : " now; a recording of the log (--control) says "
                                                    "whether it had");
    if (!ats_device_key_is_valid(key, event->received_ms))
        return WRONG_IF(judgement, judgement->device_certain, ATS_MESSAGE_KEY_NOT_VALID,
                        "key '%.*s' was not valid when the gate took the message in",
                        ATS_SPAN_ARGS(event->key_id));
    return ats_event_signature_holds(event, key->key)
               ? true
               : WRONG(judgement, ATS_MESSAGE_SIGNATURE,
                       "the signature is not that of key %.*s over this message",
                       ATS_SPAN_ARGS(event->key_id));
}

/* ---- the contract ---- */

static bool find_contract(struct judgement *judgement)
{
    struct ats_span name = ats_kafka_record_header(judgement->record, "ats_contract");
    const struct ats_control_history_entry *entry = find(judgement, ATS_CONTROL_CONTRACT, name);
    judgement->contract = judgement->history->contracts
                              ? ats_contract_set_find_version(judgement->history->contracts,
                                                              judgement->event->contract,
                                                              judgement->event->contract_version)
                              : NULL;
    if (!entry || !judgement->contract)
        return WRONG(judgement, ATS_MESSAGE_CONTRACT_UNKNOWN,
                     "the control log has no contract '%.*s'%s", ATS_SPAN_ARGS(name),
                     judgement->history->whole ? " at that record" : "");
    return true;
}

static bool is_allowed(const struct ats_body_device *device, struct ats_span contract)
{
    for (size_t i = 0; i < device->contract_count; i++) {
        struct ats_span name;
        struct ats_span version;
        ats_device_contract_split(device->contracts[i], &name, &version);
        if (ats_span_equal(name, contract))
            return true;
    }
    return device->contract_count == 0;
}

static bool check_rights(struct judgement *judgement)
{
    const struct ats_event *event = judgement->event;
    struct ats_span placeholder = {0};
    if (!is_allowed(&judgement->device, event->contract))
        return WRONG_IF(judgement, judgement->device_certain, ATS_MESSAGE_CONTRACT_NOT_ALLOWED,
                        "the device may not publish under contract '%.*s'",
                        ATS_SPAN_ARGS(event->contract));
    if (!ats_contract_matches(judgement->contract, event->topic, &placeholder) ||
        (placeholder.data && !ats_span_equal(placeholder, event->device)))
        return WRONG(judgement, ATS_MESSAGE_MQTT_TOPIC,
                     "its MQTT topic is none of the contract's for that device");
    if ((int)event->proof < (int)ats_contract_least_proof(judgement->contract))
        return WRONG(judgement, ATS_MESSAGE_PROOF_WEAK, "the contract takes no proof by %s",
                     ats_event_proof_name(event->proof));
    if ((int)event->proof < (int)judgement->device.least_proof)
        return WRONG_IF(judgement, judgement->device_certain, ATS_MESSAGE_PROOF_WEAK,
                        "the device's record takes no proof by %s%s",
                        ats_event_proof_name(event->proof),
                        judgement->device_certain ? ""
                                                  : " now; a recording of the log (--control) says "
                                                    "whether it did");
    return true;
}

/* The version that the device's record names of the contract that governs the topic, or that one itself. */
static const struct ats_contract *find_judging(const struct judgement *judgement)
{
    const struct ats_event *event = judgement->event;
    const struct ats_contract *governs =
        ats_control_history_governs(judgement->history, event->topic, event->control_count);
    const char *name = governs ? ats_contract_name(governs) : "";
    struct ats_span version = ats_device_pinned_version(&judgement->device, name);
    return version.len == 0 ? governs
                            : ats_contract_set_find_version(judgement->history->contracts,
                                                            ats_span_text(name), version);
}

/* Under which version a message was judged is the gate's word. Another one may take the payload as well, with other meaning; but
   a gate may also have been a moment behind, or too old for the newer version. */
static bool check_governs(struct judgement *judgement)
{
    const struct ats_contract *judging = find_judging(judgement);
    bool whole = judgement->history->whole;
    if (judging != judgement->contract)
        return WRONG_IF(judgement, false, ATS_MESSAGE_CONTRACT_SUPERSEDED,
                        "contract '%s@%s' %s its MQTT topic for that device; that another was "
                        "applied is the gate's word",
                        judging ? ats_contract_name(judging) : "?",
                        judging ? ats_contract_version(judging) : "?",
                        whole ? "governed" : "governs");
    if (!ats_control_history_is_retired(judgement->history, judging,
                                        judgement->event->control_count))
        return true;
    return WRONG_IF(
        judgement, false, ATS_MESSAGE_CONTRACT_SUPERSEDED, "contract '%s@%s' %s retired%s",
        ats_contract_name(judging), ats_contract_version(judging), whole ? "was" : "is",
        whole ? " at that record" : "; a recording of the log (--control) says since when");
}

static bool check_asset(struct judgement *judgement)
{
    const struct ats_event *event = judgement->event;
    struct ats_span asset =
        judgement->device.asset[0] ? ats_span_text(judgement->device.asset) : event->device;
    return ats_span_equal(event->asset, asset)
               ? true
               : WRONG_IF(judgement, judgement->device_certain, ATS_MESSAGE_ASSET,
                          "its key is '%.*s', the device's asset is '%.*s'",
                          ATS_SPAN_ARGS(event->asset), ATS_SPAN_ARGS(asset));
}

/* The gate's own step again, at the time that the gate says. */
static bool check_transcoding(struct judgement *judgement)
{
    const struct ats_event *event = judgement->event;
    const struct ats_contract_input input = ats_event_input(event);
    struct ats_verdict verdict;
    ats_buf_clear(judgement->value);
    enum ats_status status = ats_batch_admit_again(judgement->contract, &input, event->item,
                                                   event->item_count, judgement->value, &verdict);
    if (status == ATS_ERR_MEMORY) {
        judgement->status = status;
        return false;
    }
    if (status == ATS_ERR_INVALID)
        return WRONG(judgement, ATS_MESSAGE_PAYLOAD, "the contract does not take the payload: %s",
                     verdict.text);
    if (status != ATS_OK || !ats_span_equal(ats_buf_span(judgement->value), event->value))
        return WRONG(judgement, ATS_MESSAGE_TRANSCODING,
                     "the value is not what the payload becomes under the contract");
    return true;
}

/* Without the payload, that the value can be one of the contract's is all there is to see. */
static bool check_decoding(struct judgement *judgement)
{
    struct ats_leaf *leaves =
        calloc(ats_contract_leaf_count(judgement->contract) + 1, sizeof(*leaves));
    if (!leaves) {
        judgement->status = ATS_ERR_MEMORY;
        return false;
    }
    enum ats_status status =
        ats_contract_decode(judgement->contract, judgement->event->value, leaves);
    free(leaves);
    return status == ATS_OK
               ? true
               : WRONG(judgement, ATS_MESSAGE_VALUE, "the value cannot be read under the contract");
}

static bool check_value(struct judgement *judgement)
{
    uint32_t wanted = ats_contract_schema_id(judgement->contract);
    if (judgement->event->schema_id != wanted)
        return WRONG(judgement, ATS_MESSAGE_SCHEMA_ID,
                     "the value names schema %" PRIu32 ", the contract's is %" PRIu32,
                     judgement->event->schema_id, wanted);
    return has_signature(judgement) ? check_transcoding(judgement) : check_decoding(judgement);
}

/* ---- verdict ---- */

/* Nothing speaks against it: what it is worth. */
static bool appraise(struct judgement *judgement)
{
    const struct ats_event *event = judgement->event;
    const char *again = event->replay.len > 0 ? ", admitted anew after quarantine" : "";
    if (has_signature(judgement))
        return CONCLUDE(judgement, ATS_MESSAGE_VERIFIED, ATS_MESSAGE_NO_REASON,
                        "signed by device '%.*s' with key %.*s, active %s%s",
                        ATS_SPAN_ARGS(event->device), ATS_SPAN_ARGS(event->key_id),
                        judgement->history->whole ? "at that control record" : "now", again);
    bool tag = event->proof == ATS_EVENT_PROOF_MAC;
    return CONCLUDE(judgement, ATS_MESSAGE_GATES_WORD,
                    tag ? ATS_MESSAGE_PROOF_MAC : ATS_MESSAGE_PROOF_CONNECTION,
                    "gate '%.*s' says so; %s is no proof to third parties%s",
                    ATS_SPAN_ARGS(event->gate), tag ? "a session tag" : "a connection's token",
                    again);
}

enum ats_status ats_message_judge(const struct ats_control_history *history,
                                  const char *topic_prefix, const struct ats_kafka_record *record,
                                  struct ats_buf *value, struct ats_message_finding *ret_finding)
{
    static bool (*const rules[])(struct judgement *) = {
        read_event,  check_proof_headers, check_envelope, check_log_reaches, check_gate,
        find_device, check_signature,     check_state,    find_contract,     check_rights,
        check_asset, check_value,         check_governs,  appraise,
    };
    struct judgement judgement = {.history = history,
                                  .prefix = topic_prefix,
                                  .record = record,
                                  .value = value,
                                  .finding = ret_finding,
                                  .event = &ret_finding->event};
    *ret_finding = (struct ats_message_finding){0};
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if (!rules[i](&judgement))
            return judgement.status;
    return ATS_OK;
}
