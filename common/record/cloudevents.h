/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CloudEvents 1.0 attributes of a record, as headers of the Kafka binding's binary mode.
 *
 * Thread: any. Owns: nothing; texts are borrowed for as long as the record is used.
 */
#ifndef ATS_RECORD_CLOUDEVENTS_H
#define ATS_RECORD_CLOUDEVENTS_H

#include "common/base/limits.h"
#include "common/base/status.h"
#include "common/kafka/record.h"

#define ATS_CE_TYPE_TELEMETRY "attestream.telemetry.v1"
#define ATS_CE_TYPE_QUARANTINE "attestream.quarantine.v1"
#define ATS_CE_TYPE_DECISION "attestream.decision.v1"
#define ATS_CE_TYPE_ALERT "attestream.alert.v1"
#define ATS_CE_TYPE_MAINTENANCE "attestream.maintenance-request.v1"
#define ATS_CE_TYPE_JOURNAL_CHECKPOINT "attestream.journal-checkpoint.v1"
#define ATS_CONTENT_TYPE_AVRO "application/avro"

#define ATS_CE_SOURCE_SIZE (ATS_NAME_MAX + 128)
#define ATS_CE_DATASCHEMA_SIZE 64

struct ats_cloudevent {
    struct ats_span id;
    struct ats_span source;
    const char *type;
    struct ats_span time;    /* RFC 3339 */
    struct ats_span subject; /* left out when empty */
    struct ats_span dataschema;
    const char *content_type;
};

/* "/attestream/<fleet>/<name>": `name` is a gate or a processor group. LIMIT if it does not fit. */
ATS_MUST_USE enum ats_status ats_cloudevent_source(const char *fleet, struct ats_span name,
                                                   char ret_text[ATS_CE_SOURCE_SIZE],
                                                   struct ats_span *ret_source);
/* "/schemas/ids/<id>": where the schema endpoint answers with it. */
struct ats_span ats_cloudevent_dataschema(uint32_t schema_id,
                                          char ret_text[ATS_CE_DATASCHEMA_SIZE]);
/* Adds ce_specversion, ce_id, ce_source, ce_type, ce_time, ce_subject, ce_dataschema, content-type. */
void ats_cloudevent_add(struct ats_kafka_record *record, const struct ats_cloudevent *event);

#endif
