/* SPDX-License-Identifier: Apache-2.0 */
/* An input that cannot be used: kept in the quarantine with its offsets and the reason, so that the stream goes on. */
#include "common/base/limits.h"
#include "common/record/quarantine.h"
#include "common/record/text.h"

#include "processor/outputs/output.h"

#include <stdio.h>

/* What goes beside the payload into the record. */
#define ROOM_FOR_FIELDS 8192
/* A key is the name of an asset or device; a hostile one may be as large as a record. */
#define KEY_MAX 1024

static struct ats_quarantine describe(const struct ats_dead_letter *letter,
                                      struct ats_output_record *output)
{
    const struct ats_kafka_record *record = letter->record;
    const struct ats_event *event = letter->event;
    struct ats_quarantine quarantine = {
        .source = ATS_QUARANTINE_PROCESSOR,
        .reason_class = ats_span_text(letter->reason_class),
        .rule = ats_span_text(letter->rule),
        .path = ats_span_text(""),
        .text = ats_span_text(letter->text),
        .time_ms = record->timestamp_ms,
        .input_topic = record->topic,
        .input_partition = record->partition,
        .input_offset = record->offset,
        .payload = record->value,
    };
    if (letter->without_payload || record->value.len > ATS_RECORD_MAX - ROOM_FOR_FIELDS)
        quarantine.payload = ats_span_of(NULL, 0);
    if (event) {
        ats_buf_append(&output->text, event->contract.data, event->contract.len);
        ats_buf_append_text(&output->text, "@");
        ats_buf_append(&output->text, event->contract_version.data, event->contract_version.len);
        quarantine.contract = ats_buf_span(&output->text);
        quarantine.device = event->device;
        quarantine.topic = event->topic;
        quarantine.gate = event->gate;
        quarantine.journal =
            ats_span_of(output->number, ats_text_hex64(event->journal_id, output->number));
        quarantine.position = event->position;
    }
    return quarantine;
}

static enum ats_status map(const struct ats_output_input *input, struct ats_output_record *output)
{
    const struct ats_dead_letter *letter = input->dead_letter;
    const struct ats_kafka_record *record = letter->record;
    struct ats_span key = record->key.len <= KEY_MAX ? record->key : ats_span_of(NULL, 0);
    ats_output_begin(output, key);
    const struct ats_quarantine quarantine = describe(letter, output);
    if (output->text.status != ATS_OK)
        return output->text.status;
    ats_quarantine_encode(&quarantine, &output->value);
    if (output->value.status != ATS_OK)
        return output->value.status;
    output->record.value = ats_buf_span(&output->value);
    int len = snprintf(output->id, sizeof(output->id), "%s/%d/%lld", record->topic,
                       (int)record->partition, (long long)record->offset);
    if (len < 0 || (size_t)len >= sizeof(output->id))
        return ATS_ERR_LIMIT;
    return ats_output_headers(
        output, input, ATS_CE_TYPE_QUARANTINE, ats_span_of(output->id, (size_t)len),
        letter->event ? letter->event->device : ats_span_of(NULL, 0), record->timestamp_ms);
}

const struct ats_output_ops ats_output_dead_letter = {
    .name = "dead-letter",
    .topic = "quarantine",
    .occasions = ATS_OCCASION_DEAD_LETTER,
    .map = map,
};
