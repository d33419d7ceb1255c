/* SPDX-License-Identifier: Apache-2.0 */
/* The present state of an episode, keyed by it: a compacted topic then holds what is open, and what was. */
#include "common/record/alert.h"

#include "processor/outputs/output.h"

static enum ats_status map(const struct ats_output_input *input, struct ats_output_record *output)
{
    const struct ats_episode *episode = input->episode;
    const struct ats_event *event = input->decision->event;
    bool opened = input->occasion == ATS_OCCASION_EPISODE_OPENED;
    const struct ats_alert alert = {
        .episode = episode->id,
        .state = opened ? ATS_ALERT_ACTIVE : ATS_ALERT_CLEARED,
        .usecase = input->usecase,
        .model_version = input->result->model_version,
        .asset = event->asset,
        .device = event->device,
        .explanation = input->result->explanation,
        .owner = ats_output_owner(input),
        .first_event_ms = episode->onset_ms,
        .last_event_ms = episode->last_ms,
        .score = input->result->score,
        .peak_score = episode->peak_score,
        .features = episode->features,
        .feature_count = episode->feature_count,
        .decision = input->decision->id,
    };
    ats_output_begin(output, episode->id);
    ats_alert_encode(&alert, &output->value);
    if (output->value.status != ATS_OK)
        return output->value.status;
    output->record.value = ats_buf_span(&output->value);
    ats_buf_append(&output->text, episode->id.data, episode->id.len);
    ats_buf_append_text(&output->text, opened ? "/ACTIVE" : "/CLEARED");
    if (output->text.status != ATS_OK)
        return output->text.status;
    return ats_output_headers(output, input, ATS_CE_TYPE_ALERT, ats_buf_span(&output->text),
                              event->asset, input->decision->event_time_ms);
}

const struct ats_output_ops ats_output_alert = {
    .name = "alert",
    .topic = "alerts",
    .occasions = ATS_OCCASION_EPISODE_OPENED | ATS_OCCASION_EPISODE_CLOSED,
    .map = map,
};
