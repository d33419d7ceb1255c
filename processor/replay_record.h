/* SPDX-License-Identifier: Apache-2.0 */
/* A recorded Kafka record from its line of JSON. Thread: one at a time. Owns: what the record borrows, until the next parse. */
#ifndef ATS_PROCESSOR_REPLAY_RECORD_H
#define ATS_PROCESSOR_REPLAY_RECORD_H

#include "common/base/buf.h"
#include "common/base/error.h"
#include "common/kafka/record.h"

#include <jansson.h>

struct ats_replay_record {
    json_t *json;         /* topic and header names */
    struct ats_buf bytes; /* what was base64 */
};

void ats_replay_record_init(struct ats_replay_record *record);
void ats_replay_record_fini(struct ats_replay_record *record);
/* MALFORMED says what is missing or wrong. */
ATS_MUST_USE enum ats_status ats_replay_record_parse(struct ats_replay_record *record,
                                                     struct ats_span line,
                                                     struct ats_kafka_record *ret_record,
                                                     struct ats_error *err);

#endif
