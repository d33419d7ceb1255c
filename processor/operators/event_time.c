/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far each device's events have come. Whether an event is late is judged against its own device alone, so that the
 * backlog of a gate that was offline for days is not late because other gates were not.
 *
 * A device's clock may be wrong, but nothing happens after the gate has heard of it: an event from the future counts as of
 * the time of its receipt. Else a single one would make all that follow late, and empty the asset's windows, for as long as
 * it lies ahead. The time of receipt is sealed in the record, so a replay of the records judges alike.
 */
#include "processor/operators/operator.h"

static enum ats_status process(struct ats_flow *flow, enum ats_next *ret_next)
{
    struct ats_span key =
        ats_flow_key(flow, 't', flow->event.contract, flow->event.device, ats_span_of(NULL, 0));
    struct ats_span known = ats_state_view(flow->state, key);
    (void)ret_next;
    flow->newest_ms = INT64_MIN;
    flow->time_ms = flow->event_time_ms;
    if (flow->time_ms > flow->event.received_ms)
        flow->time_ms = flow->event.received_ms;
    if (!flow->contract) /* it could not be decoded */
        return ATS_OK;
    if (known.len == sizeof(flow->newest_ms))
        memcpy(&flow->newest_ms, known.data, sizeof(flow->newest_ms));
    if (known.data && flow->time_ms <= flow->newest_ms)
        return ATS_OK;
    void *memory = ats_state_edit(flow->state, key, sizeof(flow->time_ms));
    if (!memory)
        return ATS_ERR_MEMORY;
    memcpy(memory, &flow->time_ms, sizeof(flow->time_ms));
    return ATS_OK;
}

const struct ats_event_operator ats_operator_event_time = {.name = "event-time",
                                                           .process = process};
