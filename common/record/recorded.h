/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Kafka record as a line of JSON, in which a recording keeps it with every byte:
 * {"topic","partition","offset","timestamp","key","value","headers"}, key, value and header values in base64 or null, headers a
 * list of [name, value]. A name that is no UTF-8, as anybody who may write can give one, is {"base64": name} in its place: a line without it
 * would be another record's.
 *
 * Thread: one at a time. Owns: what a parsed record borrows, until the next parse.
 */
#ifndef ATS_RECORD_RECORDED_H
#define ATS_RECORD_RECORDED_H

#include "common/base/buf.h"
#include "common/base/error.h"
#include "common/kafka/record.h"

#include <jansson.h>
#include <stdio.h>

struct ats_recorded {
    json_t *json;         /* topic and header names */
    struct ats_buf bytes; /* what was base64 */
};

void ats_recorded_init(struct ats_recorded *recorded);
void ats_recorded_fini(struct ats_recorded *recorded);
/* MALFORMED says what is missing or wrong. */
ATS_MUST_USE enum ats_status ats_recorded_parse(struct ats_recorded *recorded, struct ats_span line,
                                                struct ats_kafka_record *ret_record,
                                                struct ats_error *err);
/* The way back, for the caller to free; NULL: out of memory. */
json_t *ats_recorded_json(const struct ats_kafka_record *record);
/* The file's next line without its end. NOT_FOUND: there is none. LIMIT or MEMORY of the buffer, the line is passed over; else the
   file's own failure. */
ATS_MUST_USE enum ats_status ats_recorded_read_line(FILE *file, struct ats_buf *line);

#endif
