/* SPDX-License-Identifier: Apache-2.0 */
/* One record for each admitted event. */
#include "processor/outputs/output.h"

static enum ats_status map(const struct ats_output_input *input, struct ats_output_record *output)
{
    const struct ats_decision *decision = input->decision;
    ats_output_begin(output, decision->event->asset);
    ats_decision_encode(decision, &output->value);
    if (output->value.status != ATS_OK)
        return output->value.status;
    output->record.value = ats_buf_span(&output->value);
    return ats_output_headers(output, input, ATS_CE_TYPE_DECISION, decision->id,
                              decision->event->device, decision->event_time_ms);
}

const struct ats_output_ops ats_output_decision = {
    .name = "decision",
    .topic = "decisions",
    .occasions = ATS_OCCASION_DECISION,
    .map = map,
};
