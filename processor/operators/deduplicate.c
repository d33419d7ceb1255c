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

struct topics {
    ats_seen_topic *visit;
    void *ctx;
};

static enum ats_status visit_mark(void *ctx, struct ats_span key, struct ats_span value,
                                  struct ats_span before)
{
    const struct topics *topics = ctx;
    const uint8_t *topic = (const uint8_t *)key.data + 1;
    const uint8_t *end = memchr(topic, '\0', key.len - 1);
    (void)value;
    (void)before;
    if (end)
        topics->visit(topics->ctx, ats_span_of(topic, (size_t)(end - topic)));
    return ATS_OK;
}

void ats_deduplicate_each_topic(const struct ats_state *state, ats_seen_topic *visit, void *ctx)
{
    struct topics topics = {.visit = visit, .ctx = ctx};
    (void)ats_state_each_with(state, ats_span_text("h"), visit_mark, &topics);
}

const struct ats_event_operator ats_operator_deduplicate = {.name = "deduplicate",
                                                            .process = process};
