/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drops what was seen before. A gate that lost the answer to a send sends again from its journal; within one partition
 * positions of one journal only grow, so one number per (topic, gate, journal id) tells a repetition: the high mark.
 */
#include "processor/operators/operator.h"

static enum ats_status process(struct ats_flow *flow, enum ats_next *ret_next)
{
    const struct ats_event *event = &flow->event;
    struct ats_span key = ats_flow_key(flow, 'h', ats_span_text(flow->record->topic), event->gate,
                                       ats_span_of(&event->journal_id, sizeof(event->journal_id)));
    struct ats_span seen = ats_state_view(flow->state, key);
    uint64_t mark = 0;
    if (seen.len == sizeof(mark))
        memcpy(&mark, seen.data, sizeof(mark));
    if (event->position <= mark) {
        *ret_next = ATS_NEXT_STOP;
        return ATS_OK;
    }
    void *memory = ats_state_edit(flow->state, key, sizeof(mark));
    if (!memory)
        return ATS_ERR_MEMORY;
    memcpy(memory, &event->position, sizeof(mark));
    return ATS_OK;
}

const struct ats_event_operator ats_operator_deduplicate = {.name = "deduplicate",
                                                            .process = process};
