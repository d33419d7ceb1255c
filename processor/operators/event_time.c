/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far each device's events have come. Whether an event is late is judged against its own device alone, so that the
 * backlog of a gate that was offline for days is not late because other gates were not.
 */
#include "processor/operators/operator.h"

static enum ats_status process(struct ats_flow *flow, enum ats_next *ret_next)
{
    struct ats_span key =
        ats_flow_key(flow, 't', flow->event.contract, flow->event.device, ats_span_of(NULL, 0));
    struct ats_span known = ats_state_view(flow->state, key);
    (void)ret_next;
    flow->newest_ms = INT64_MIN;
    if (!flow->contract) /* it could not be decoded */
        return ATS_OK;
    if (known.len == sizeof(flow->newest_ms))
        memcpy(&flow->newest_ms, known.data, sizeof(flow->newest_ms));
    if (known.data && flow->event_time_ms <= flow->newest_ms)
        return ATS_OK;
    void *memory = ats_state_edit(flow->state, key, sizeof(flow->event_time_ms));
    if (!memory)
        return ATS_ERR_MEMORY;
    memcpy(memory, &flow->event_time_ms, sizeof(flow->event_time_ms));
    return ATS_OK;
}

const struct ats_event_operator ats_operator_event_time = {.name = "event-time",
                                                           .process = process};
