/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/evidence.h"

#include "common/base/limits.h"
#include "common/control/gate_former.h"
#include "common/record/evidence.h"
#include "common/record/recorded.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>

const char *ats_evidence_fault_name(enum ats_evidence_fault fault)
{
    static const char *const names[ATS_EVIDENCE_FAULT_COUNT] = {
        [ATS_EVIDENCE_HOLDS] = "holds",
        [ATS_EVIDENCE_NOT_A_RECORD] = "not-a-record",
        [ATS_EVIDENCE_TOPIC] = "topic",
        [ATS_EVIDENCE_MALFORMED] = "malformed",
        [ATS_EVIDENCE_CONTROL_BEHIND] = "control-behind",
        [ATS_EVIDENCE_GATE_UNKNOWN] = "gate-unknown",
        [ATS_EVIDENCE_GATE_REVOKED] = "gate-revoked",
        [ATS_EVIDENCE_GATE_KEYS] = "gate-keys-not-valid",
        [ATS_EVIDENCE_SIGNATURE] = "signature",
        [ATS_EVIDENCE_UNDECIDED] = "undecided",
        [ATS_EVIDENCE_FORK] = "fork",
        [ATS_EVIDENCE_GAP] = "gap",
        [ATS_EVIDENCE_NOT_COVERED] = "not-covered",
        [ATS_EVIDENCE_BEGINS_ANEW] = "begins-anew",
        [ATS_EVIDENCE_GOES_BACK] = "goes-back",
    };
    return names[fault];
}

void ats_evidence_log_init(struct ats_evidence_log *log, const struct ats_control_history *history,
                           const char *topic)
{
    *log = (struct ats_evidence_log){.history = history, .topic = topic};
}

static void free_set(struct ats_evidence_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        free(set->entries[i].value);
    free(set->entries);
}

void ats_evidence_log_fini(struct ats_evidence_log *log)
{
    free_set(&log->holds);
    free_set(&log->undecided);
    *log = (struct ats_evidence_log){0};
}

/* --- one checkpoint --- */

/* Each key by its own validity at the checkpoint's time. */
static enum ats_evidence_fault judge_keys(const uint8_t fleet[ATS_FLEET_ID_SIZE],
                                          const struct ats_body_gate *gate,
                                          const struct ats_checkpoint *checkpoint)
{
    int64_t time_ms = checkpoint->time_ms;
    bool by_present = ats_checkpoint_check(fleet, gate->signing_key, checkpoint) == ATS_OK;
    bool by_former = ats_gate_has_former(gate) &&
                     ats_checkpoint_check(fleet, gate->former.signing_key, checkpoint) == ATS_OK;
    if ((by_present && ats_gate_is_valid(gate, time_ms)) ||
        (by_former && gate->not_before_ms <= time_ms && time_ms < gate->former.not_after_ms))
        return ATS_EVIDENCE_HOLDS;
    return by_present || by_former ? ATS_EVIDENCE_GATE_KEYS : ATS_EVIDENCE_SIGNATURE;
}

/* What the gate's record says of it. */
static enum ats_evidence_fault judge_by(const struct ats_control_history *history,
                                        const struct ats_body_gate *gate,
                                        const struct ats_checkpoint *checkpoint)
{
    uint8_t fleet[ATS_FLEET_ID_SIZE];
    if (gate->revoked)
        return ATS_EVIDENCE_GATE_REVOKED;
    if (!ats_gate_was_good(gate, checkpoint->time_ms))
        return ATS_EVIDENCE_GATE_KEYS;
    if (sodium_hex2bin(fleet, sizeof(fleet), history->fleet, strlen(history->fleet), NULL, NULL,
                       NULL) != 0)
        return ATS_EVIDENCE_SIGNATURE;
    return judge_keys(fleet, gate, checkpoint);
}

static const char *explain_undecided(enum ats_evidence_fault fault)
{
    return fault == ATS_EVIDENCE_GATE_REVOKED
               ? "the gate is revoked now; a recording of the log (--control) says whether it was "
                 "when this was signed"
               : "no key that is good by the gate's newest record signed it; a recording of the "
                 "log (--control) says whether one of the gate's keys before did";
}

/* Of the gate's record at the count that the checkpoint names; the newest one of several says nothing against it. */
static enum ats_evidence_fault judge(const struct ats_evidence_log *log,
                                     const struct ats_checkpoint *checkpoint, const char **ret_text)
{
    struct ats_body_gate gate;
    enum ats_evidence_fault fault = ATS_EVIDENCE_CONTROL_BEHIND;
    *ret_text = NULL;
    if (checkpoint->control_count > log->history->count)
        return fault;
    const struct ats_control_history_entry *entry = ats_control_history_find(
        log->history, ATS_CONTROL_GATE, checkpoint->gate, checkpoint->control_count);
    if (!entry || ats_body_gate_parse(entry->body, &gate) != ATS_OK)
        return ATS_EVIDENCE_GATE_UNKNOWN;
    fault = judge_by(log->history, &gate, checkpoint);
    bool certain = log->history->whole || entry->revision == 1;
    if (fault == ATS_EVIDENCE_HOLDS || certain)
        return fault;
    *ret_text = explain_undecided(fault);
    return ATS_EVIDENCE_UNDECIDED;
}

static const char *explain(enum ats_evidence_fault fault)
{
    switch (fault) {
    case ATS_EVIDENCE_CONTROL_BEHIND:
        return "the gate had more control records than the log at hand";
    case ATS_EVIDENCE_GATE_UNKNOWN:
        return "the control log has no such gate at that record";
    case ATS_EVIDENCE_GATE_REVOKED:
        return "the gate was revoked when this was signed";
    case ATS_EVIDENCE_GATE_KEYS:
        return "at its time, the gate's key was not good yet, or no longer";
    default:
        return "the signature is not the gate's over this checkpoint";
    }
}

/* A later or whole log may say that it holds. */
static bool is_undecided(enum ats_evidence_fault fault)
{
    return fault == ATS_EVIDENCE_UNDECIDED || fault == ATS_EVIDENCE_CONTROL_BEHIND;
}

static bool make_room(struct ats_evidence_set *set)
{
    if (set->count < set->cap)
        return true;
    size_t cap = set->cap > 0 ? 2 * set->cap : 64;
    struct ats_evidence_entry *entries = realloc(set->entries, cap * sizeof(*entries));
    if (!entries)
        return false;
    set->entries = entries;
    set->cap = cap;
    return true;
}

static enum ats_status keep(const struct ats_evidence_log *log, struct ats_evidence_set *set,
                            struct ats_span value)
{
    uint8_t fleet[ATS_FLEET_ID_SIZE];
    uint8_t *copy = make_room(set) ? malloc(value.len) : NULL;
    if (!copy)
        return ATS_ERR_MEMORY;
    memcpy(copy, value.data, value.len);
    struct ats_evidence_entry *entry = &set->entries[set->count];
    *entry = (struct ats_evidence_entry){.value = copy, .order = log->read};
    (void)sodium_hex2bin(fleet, sizeof(fleet), log->history->fleet, strlen(log->history->fleet),
                         NULL, NULL, NULL);
    enum ats_status status =
        ats_evidence_decode(ats_span_of(copy, value.len), &entry->checkpoint, NULL);
    if (status == ATS_OK)
        status = ats_checkpoint_hash(fleet, &entry->checkpoint, entry->hash);
    if (status == ATS_OK)
        set->count++;
    else
        free(copy);
    return status;
}

enum ats_status ats_evidence_log_add(struct ats_evidence_log *log,
                                     const struct ats_kafka_record *record,
                                     ats_evidence_found *found, void *ctx)
{
    struct ats_checkpoint checkpoint;
    struct ats_error err = {0};
    struct ats_span nobody = {0};
    const char *text = NULL;
    struct ats_span type = ats_kafka_record_header(record, "ce_type");
    log->read++;
    if (strcmp(record->topic, log->topic) != 0) {
        (void)ats_error_set(&err, ATS_ERR_INVALID, "it lies in %.128s, not in %.128s",
                            record->topic, log->topic);
        found(ctx, ATS_EVIDENCE_TOPIC, nobody, 0, err.text);
        return ATS_OK;
    }
    if (ats_evidence_decode(record->value, &checkpoint, &err) != ATS_OK) {
        if (!type.data || ats_span_is(type, ATS_CE_TYPE_JOURNAL_CHECKPOINT))
            found(ctx, ATS_EVIDENCE_MALFORMED, nobody, 0, err.text);
        return ATS_OK;
    }
    enum ats_evidence_fault fault = judge(log, &checkpoint, &text);
    if (fault == ATS_EVIDENCE_HOLDS)
        return keep(log, &log->holds, record->value);
    found(ctx, fault, checkpoint.gate, checkpoint.number, text ? text : explain(fault));
    return is_undecided(fault) ? keep(log, &log->undecided, record->value) : ATS_OK;
}

static enum ats_status add_line(struct ats_evidence_log *log, struct ats_recorded *recorded,
                                struct ats_span line, ats_evidence_found *found, void *ctx)
{
    struct ats_kafka_record record = {0};
    struct ats_error reason = {0};
    enum ats_status status = ats_recorded_parse(recorded, line, &record, &reason);
    if (status == ATS_OK)
        return ats_evidence_log_add(log, &record, found, ctx);
    if (status == ATS_ERR_MEMORY)
        return status;
    log->read++;
    found(ctx, ATS_EVIDENCE_NOT_A_RECORD, (struct ats_span){0}, 0, reason.text);
    return ATS_OK;
}

enum ats_status ats_evidence_log_read(struct ats_evidence_log *log, FILE *file, const char *name,
                                      ats_evidence_found *found, void *ctx, struct ats_error *err)
{
    struct ats_recorded recorded;
    struct ats_buf line;
    enum ats_status status = ATS_OK;
    ats_recorded_init(&recorded);
    ats_buf_init(&line, ATS_RECORDED_LINE_MAX);
    while (status == ATS_OK) {
        status = ats_recorded_read_line(file, &line);
        if (status == ATS_ERR_LIMIT && !ferror(file)) {
            log->read++;
            found(ctx, ATS_EVIDENCE_NOT_A_RECORD, (struct ats_span){0}, 0, "the line is too long");
            status = ATS_OK;
        } else if (status == ATS_OK) {
            status = add_line(log, &recorded, ats_buf_span(&line), found, ctx);
        }
    }
    ats_buf_fini(&line);
    ats_recorded_fini(&recorded);
    if (status == ATS_ERR_NOT_FOUND)
        return ATS_OK;
    return ats_error_set(err, status == ATS_ERR_MEMORY ? status : ATS_ERR_CONFIG, "%s: %s", name,
                         ferror(file) ? strerror(errno) : ats_status_name(status));
}

/* --- one record --- */

struct cover {
    const struct ats_evidence_entry *by;
    bool same; /* its leaf is the record's */
    bool forked;
};

static void weigh(struct cover *cover, const struct ats_evidence_entry *entry, const uint8_t *there,
                  const uint8_t leaf[ATS_LEAF_SIZE])
{
    if (cover->by && memcmp(cover->by->hash, entry->hash, sizeof(entry->hash)) != 0)
        cover->forked = true;
    if (cover->by && cover->same)
        return;
    cover->by = entry;
    cover->same = memcmp(there, leaf, ATS_LEAF_SIZE) == 0;
}

/* What covers a position begins there, or at most as many before it as a checkpoint has leaves. */
static struct cover find_cover(struct ats_evidence_set *set, const struct ats_event *event,
                               const uint8_t leaf[ATS_LEAF_SIZE])
{
    struct cover cover = {0};
    uint64_t position = event->position;
    uint64_t least = position > ATS_EVIDENCE_LEAVES_MAX ? position - ATS_EVIDENCE_LEAVES_MAX : 0;
    if (set->placed != set->count)
        ats_evidence_set_place(set);
    for (size_t i = ats_evidence_set_floor(set, event->gate, event->journal_id, least);
         i < set->count; i++) {
        const struct ats_checkpoint *checkpoint = &set->entries[i].checkpoint;
        if (checkpoint->first > position || checkpoint->journal_id != event->journal_id ||
            !ats_span_equal(checkpoint->gate, event->gate))
            break;
        const uint8_t *there = ats_checkpoint_leaf(checkpoint, position);
        if (there)
            weigh(&cover, &set->entries[i], there, leaf);
    }
    return cover;
}

static void conclude(struct ats_message_finding *finding, enum ats_message_verdict verdict,
                     enum ats_message_reason reason)
{
    finding->verdict = verdict;
    finding->reason = reason;
}

/* By none that holds. What the device signed rests on none: it is told where one that is undecided may differ. */
static void say_uncovered(struct ats_evidence_log *log, const uint8_t leaf[ATS_LEAF_SIZE],
                          struct ats_message_finding *finding)
{
    const struct ats_event *event = &finding->event;
    struct cover maybe = find_cover(&log->undecided, event, leaf);
    bool word = finding->verdict == ATS_MESSAGE_GATES_WORD;
    bool proven = finding->verdict == ATS_MESSAGE_VERIFIED;
    if (maybe.by && (word || (proven && (maybe.forked || !maybe.same)))) {
        conclude(finding, word ? ATS_MESSAGE_UNDECIDED : ATS_MESSAGE_VERIFIED,
                 ATS_MESSAGE_EVIDENCE_UNDECIDED);
        (void)ats_error_set(&finding->text, ATS_ERR_REFUSED,
                            "checkpoint %" PRIu64 " of gate '%.*s' is about %s record at this "
                            "position, and the control log at hand does not say whether it holds: "
                            "a whole and later recording of it (--control) does",
                            maybe.by->checkpoint.number, ATS_SPAN_ARGS(event->gate),
                            maybe.same ? "this" : "another");
    } else if (word) {
        conclude(finding, ATS_MESSAGE_GATES_WORD, ATS_MESSAGE_NOT_COVERED);
        (void)ats_error_set(&finding->text, ATS_ERR_REFUSED,
                            "gate '%.*s' says so, and no checkpoint that holds covers it",
                            ATS_SPAN_ARGS(event->gate));
    }
}

void ats_evidence_appraise(struct ats_evidence_log *log, const struct ats_kafka_record *record,
                           struct ats_message_finding *finding)
{
    uint8_t leaf[ATS_LEAF_SIZE];
    if (!finding->has_event || finding->verdict == ATS_MESSAGE_WRONG)
        return;
    const struct ats_event *event = &finding->event;
    ats_seal_leaf(record, leaf);
    struct cover cover = find_cover(&log->holds, event, leaf);
    bool word = finding->verdict == ATS_MESSAGE_GATES_WORD;
    if (!cover.by) {
        say_uncovered(log, leaf, finding);
        return;
    }
    finding->checkpoint = cover.by->checkpoint.number;
    if (cover.forked) {
        /* What the device signed rests on no word of the gate's: its thief takes nothing of it. */
        conclude(finding, word ? ATS_MESSAGE_WRONG : finding->verdict, ATS_MESSAGE_EVIDENCE_FORK);
        (void)ats_error_set(&finding->text, ATS_ERR_REFUSED,
                            "a fork: with the key of gate '%.*s' two different checkpoints over "
                            "this position were signed",
                            ATS_SPAN_ARGS(event->gate));
    } else if (!cover.same) {
        conclude(finding, word ? ATS_MESSAGE_WRONG : finding->verdict,
                 ATS_MESSAGE_EVIDENCE_DIFFERS);
        (void)ats_error_set(&finding->text, ATS_ERR_REFUSED,
                            "checkpoint %" PRIu64 " of gate '%.*s' covers another record at this "
                            "position",
                            finding->checkpoint, ATS_SPAN_ARGS(event->gate));
    } else if (word) {
        finding->verdict = ATS_MESSAGE_GATES_WORD_SIGNED;
        (void)ats_error_set(&finding->text, ATS_ERR_REFUSED,
                            "the gate's word, signed: attributable to gate '%.*s' under its "
                            "checkpoint %" PRIu64 "; %s is no proof that the device sent it",
                            ATS_SPAN_ARGS(event->gate), finding->checkpoint,
                            event->proof == ATS_EVENT_PROOF_MAC ? "a session tag"
                                                                : "a connection's token");
    }
}
