/* SPDX-License-Identifier: Apache-2.0 */
#include "common/record/cloudevents.h"

#include "common/record/text.h"

#define SOURCE_HEAD "/attestream/"
#define DATASCHEMA_HEAD "/schemas/ids/"

enum ats_status ats_cloudevent_source(const char *fleet, struct ats_span name,
                                      char ret_text[ATS_CE_SOURCE_SIZE],
                                      struct ats_span *ret_source)
{
    size_t head_len = sizeof(SOURCE_HEAD) - 1;
    size_t fleet_len = strlen(fleet);
    if (head_len + fleet_len + 1 + name.len + 1 > ATS_CE_SOURCE_SIZE)
        return ATS_ERR_LIMIT;
    memcpy(ret_text, SOURCE_HEAD, head_len);
    memcpy(ret_text + head_len, fleet, fleet_len);
    size_t len = head_len + fleet_len;
    ret_text[len++] = '/';
    if (name.len > 0)
        memcpy(ret_text + len, name.data, name.len);
    len += name.len;
    ret_text[len] = '\0';
    *ret_source = ats_span_of(ret_text, len);
    return ATS_OK;
}

struct ats_span ats_cloudevent_dataschema(uint32_t schema_id, char ret_text[ATS_CE_DATASCHEMA_SIZE])
{
    size_t head_len = sizeof(DATASCHEMA_HEAD) - 1;
    memcpy(ret_text, DATASCHEMA_HEAD, head_len);
    return ats_span_of(ret_text, head_len + ats_text_decimal(schema_id, ret_text + head_len));
}

void ats_cloudevent_add(struct ats_kafka_record *record, const struct ats_cloudevent *event)
{
    ats_kafka_record_add_text(record, "ce_specversion", "1.0");
    ats_kafka_record_add(record, "ce_id", event->id);
    ats_kafka_record_add(record, "ce_source", event->source);
    ats_kafka_record_add_text(record, "ce_type", event->type);
    ats_kafka_record_add(record, "ce_time", event->time);
    if (event->subject.len > 0)
        ats_kafka_record_add(record, "ce_subject", event->subject);
    if (event->dataschema.len > 0)
        ats_kafka_record_add(record, "ce_dataschema", event->dataschema);
    ats_kafka_record_add_text(record, "content-type", event->content_type);
}
