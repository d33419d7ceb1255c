/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A journal checkpoint as a record of <prefix>evidence (schemas/records/journal-checkpoint.avsc), key = gate.
 *
 * Thread: any. Owns: nothing; what is decoded borrows from the value.
 */
#ifndef ATS_RECORD_EVIDENCE_H
#define ATS_RECORD_EVIDENCE_H

#include "common/base/buf.h"
#include "common/base/error.h"
#include "common/base/limits.h"
#include "common/identity/checkpoint.h"
#include "common/record/cloudevents.h"

/* Texts that the record borrows while it is being sent. */
struct ats_evidence_texts {
    char topic[256];
    char id[ATS_NAME_MAX + 64];
    char source[ATS_CE_SOURCE_SIZE];
    char time[40];
    char schema[ATS_CE_DATASCHEMA_SIZE];
};

/* Appends the framed value; the buffer's status tells whether it fitted. */
void ats_evidence_encode(const struct ats_checkpoint *checkpoint, struct ats_buf *out);
/* MALFORMED says what is not a checkpoint's; its signature is not looked at. */
ATS_MUST_USE enum ats_status ats_evidence_decode(struct ats_span value,
                                                 struct ats_checkpoint *ret_checkpoint,
                                                 struct ats_error *err);
/* The Kafka record around an encoded value. LIMIT: a name is too long. MALFORMED: it is not framed. */
ATS_MUST_USE enum ats_status ats_evidence_to_kafka(const struct ats_checkpoint *checkpoint,
                                                   struct ats_span value, const char *fleet,
                                                   const char *topic_prefix,
                                                   struct ats_evidence_texts *texts,
                                                   struct ats_kafka_record *ret_record);

#endif
