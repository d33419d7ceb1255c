/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/oversize.h"

bool ats_oversize_note(struct ats_oversize *oversize, const struct ats_in_flight *flights,
                       uint64_t tag)
{
    uint64_t count = ats_in_flight_count(flights);
    const struct ats_flight *flight = ats_in_flight_find(flights, tag);
    if (oversize->alone < count)
        oversize->alone = count;
    if (count != 1 || !flight)
        return false;
    bool known =
        oversize->journal_id == flight->journal_id && oversize->position == flight->position;
    oversize->times = known ? oversize->times + 1 : 1;
    oversize->journal_id = flight->journal_id;
    oversize->position = flight->position;
    return !known;
}

void ats_oversize_taken(struct ats_oversize *oversize, uint64_t count)
{
    oversize->alone -= count < oversize->alone ? count : oversize->alone;
}

bool ats_oversize_allows(const struct ats_oversize *oversize, const struct ats_in_flight *flights)
{
    return oversize->alone == 0 || ats_in_flight_empty(flights);
}

bool ats_oversize_stuck(const struct ats_oversize *oversize)
{
    return oversize->times > ATS_OVERSIZE_BARE;
}

enum ats_oversize_step ats_oversize_first(const struct ats_oversize *oversize,
                                          const struct ats_journal_entry *entry)
{
    if (oversize->times == 0 || oversize->journal_id != entry->journal_id ||
        oversize->position != entry->position)
        return ATS_OVERSIZE_WHOLE;
    /* What was on its way to quarantine from the start has no larger topic to go to. */
    return oversize->times == 1 && entry->kind == ATS_EVENT_ADMITTED ? ATS_OVERSIZE_QUARANTINED
                                                                     : ATS_OVERSIZE_BARE;
}

void ats_oversize_apply(enum ats_oversize_step step, struct ats_event *event)
{
    if (step == ATS_OVERSIZE_WHOLE)
        return;
    const char *text = "larger than Kafka takes (max.message.bytes)";
    if (step == ATS_OVERSIZE_BARE) {
        event->payload = ats_span_of(NULL, 0);
    } else if (event->payload.len == 0) {
        event->payload = event->value;
        text = "larger than Kafka takes (max.message.bytes); the payload here is the Avro value";
    }
    event->kind = ATS_EVENT_QUARANTINED;
    event->value = ats_span_of(NULL, 0);
    event->reason_class = ats_span_text(ats_verdict_class_name(ATS_VERDICT_MALFORMED));
    event->reason_rule = ats_span_text(ats_rule_name(ATS_RULE_SIZE));
    event->reason_path = ats_span_text("");
    event->reason_text = ats_span_text(text);
}
