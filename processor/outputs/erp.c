/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is asked of an ERP: one canonical maintenance request per episode, at its onset. The request id is the episode's, so
 * that sending it twice asks once. A profile for one ERP product (SAP, Odoo, ...) reads this record: fields and limits
 * below are what every one of them needs. A profile that is to be written by the processor itself is another output: a
 * file erp_<profile>.c beside this one with the same occasion and a topic of its own.
 */
#include "common/record/maintenance.h"

#include "processor/outputs/output.h"

/* SAP's MaintNotifExtReferenceNumber takes 20 characters. */
#define EXTERNAL_ID_PREFIX "ATS"
#define EXTERNAL_ID_DIGITS 16

static enum ats_maintenance_kind kind_of(const struct ats_usecase *usecase)
{
    if (strcmp(usecase->erp.kind, "malfunction") == 0)
        return ATS_MAINTENANCE_MALFUNCTION;
    if (strcmp(usecase->erp.kind, "maintenance") == 0)
        return ATS_MAINTENANCE_MAINTENANCE;
    return ATS_MAINTENANCE_INSPECTION;
}

/* The text for the technician: what, why, what to do, where it says how. */
static enum ats_status write_text(const struct ats_output_input *input, struct ats_buf *text)
{
    const struct ats_alert_rule *alert = &input->usecase->alert;
    ats_buf_append(text, input->result->explanation.data, input->result->explanation.len);
    ats_buf_append_text(text, "\nAction: ");
    ats_buf_append_text(text, alert->action);
    if (alert->runbook[0] != '\0') {
        ats_buf_append_text(text, "\nRunbook: ");
        ats_buf_append_text(text, alert->runbook);
    }
    return text->status;
}

static enum ats_status map(const struct ats_output_input *input, struct ats_output_record *output)
{
    const struct ats_episode *episode = input->episode;
    const struct ats_event *event = input->decision->event;
    const struct ats_usecase *usecase = input->usecase;
    size_t prefix_len = sizeof(EXTERNAL_ID_PREFIX) - 1;
    ats_output_begin(output, event->asset);
    enum ats_status status = write_text(input, &output->text);
    if (status != ATS_OK)
        return status;
    memcpy(output->number, EXTERNAL_ID_PREFIX, prefix_len);
    memcpy(output->number + prefix_len, episode->id.data, EXTERNAL_ID_DIGITS);
    const struct ats_maintenance_request request = {
        .request_id = episode->id,
        .external_id = ats_span_of(output->number, prefix_len + EXTERNAL_ID_DIGITS),
        .asset = event->asset,
        .title = usecase->alert.title,
        .text = ats_buf_span(&output->text),
        .kind = kind_of(usecase),
        .priority = usecase->erp.priority,
        .malfunction_start_ms = episode->onset_ms,
        .breakdown = usecase->erp.breakdown,
        .failure_mode = usecase->episode.failure_mode,
        .use_case = usecase->name,
        .use_case_version = usecase->version,
        .owner = ats_output_owner(input),
        .decision = input->decision->id,
    };
    ats_maintenance_request_encode(&request, &output->value);
    if (output->value.status != ATS_OK)
        return output->value.status;
    output->record.value = ats_buf_span(&output->value);
    return ats_output_headers(output, input, ATS_CE_TYPE_MAINTENANCE, episode->id, event->asset,
                              input->decision->event_time_ms);
}

const struct ats_output_ops ats_output_erp = {
    .name = "erp",
    .topic = "erp.requests",
    .occasions = ATS_OCCASION_EPISODE_OPENED,
    .map = map,
};
