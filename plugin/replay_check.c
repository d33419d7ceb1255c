/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/replay_check.h"

#include "common/base/utf8.h"
#include "common/identity/seal.h"

#include <stdio.h>

static bool refuse(struct ats_replay_candidate *candidate, const char *reason, const char *text)
{
    candidate->answer = ATS_REPLAY_REFUSED;
    candidate->reason = reason;
    (void)snprintf(candidate->text, sizeof(candidate->text), "%.*s",
                   ats_utf8_cut(text, sizeof(candidate->text) - 1), text);
    return false;
}

void ats_replay_refuse_gone(struct ats_replay_candidate *ret_candidate)
{
    (void)refuse(ret_candidate, "gone", "there is no such record any more");
}

static bool check_identity(const struct ats_kafka_record *record,
                           const struct ats_replay_wanted *wanted,
                           struct ats_replay_candidate *candidate)
{
    uint8_t leaf[ATS_SEAL_SIZE];
    ats_seal_leaf(record, leaf);
    if (memcmp(leaf, wanted->record->hash, sizeof(leaf)) != 0)
        return refuse(candidate, "hash", "the record there is not the one that was named");
    if (wanted->seal_key && ats_seal_check(wanted->seal_key, record) != ATS_OK)
        return refuse(candidate, "seal", "it bears no seal of this gate's keys and the group's");
    return true;
}

static bool check_event(const struct ats_event *event, const struct ats_replay_wanted *wanted,
                        struct ats_replay_candidate *candidate)
{
    if (wanted->seal_key && !ats_span_is(event->gate, wanted->gate))
        return refuse(candidate, "gate", "another gate kept it out");
    if (event->proof == ATS_EVENT_PROOF_NONE || event->device.len == 0)
        return refuse(candidate, "unproven", "nobody proved it: it is a copy of what was refused");
    if (ats_span_is(event->reason_rule, ats_rule_name(ATS_RULE_SIZE)))
        return refuse(candidate, "cut", "it was too large, and is not kept whole");
    if (event->item_count > 0 && event->proof == ATS_EVENT_PROOF_SIGNATURE)
        return refuse(candidate, "part",
                      "it is a part of what the device signed, and the whole is not kept");
    return true;
}

static bool copy(const struct ats_event *event, struct ats_replay_candidate *candidate)
{
    size_t len = 0;
    if (ats_event_id(event, candidate->id_text, &candidate->id) != ATS_OK ||
        ats_event_encode(event, candidate->memory, ATS_JOURNAL_RECORD_MAX, &len) != ATS_OK ||
        ats_event_decode(ats_span_of(candidate->memory, len), &candidate->event) != ATS_OK)
        return refuse(candidate, "not-a-record", "a gate writes none so large");
    candidate->event.gate = ats_span_of(candidate->id_text, event->gate.len);
    ats_replay_event_key(candidate->id, candidate->key);
    return true;
}

bool ats_replay_check(const struct ats_kafka_record *record, const struct ats_replay_wanted *wanted,
                      struct ats_replay_candidate *ret_candidate)
{
    struct ats_event event;
    struct ats_error err = {0};
    ret_candidate->id = ats_span_of(NULL, 0);
    if (!check_identity(record, wanted, ret_candidate))
        return false;
    if (ats_event_from_quarantine(record, &event, &err) != ATS_OK)
        return refuse(ret_candidate, "not-a-record", err.text);
    if (!check_event(&event, wanted, ret_candidate))
        return false;
    return copy(&event, ret_candidate);
}
