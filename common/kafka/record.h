/* SPDX-License-Identifier: Apache-2.0 */
/* A Kafka record as the rest of the code sees it, going out or coming in. Everything in it is borrowed. */
#ifndef ATS_KAFKA_RECORD_H
#define ATS_KAFKA_RECORD_H

#include "common/base/span.h"

/* Headers of one record: CloudEvents attributes, the proof and the position, with room for later ones. */
#define ATS_KAFKA_HEADERS_MAX 32
#define ATS_KAFKA_PARTITION_ANY (-1)

struct ats_kafka_header {
    const char *name;
    struct ats_span value;
};

struct ats_kafka_record {
    const char *topic;
    int32_t partition;    /* ATS_KAFKA_PARTITION_ANY: by key, murmur2_random as Java does */
    int64_t offset;       /* incoming only */
    int64_t timestamp_ms; /* incoming only: the broker's, or the writer's (CreateTime) */
    struct ats_span key;
    struct ats_span value; /* data NULL: a tombstone */
    struct ats_kafka_header headers[ATS_KAFKA_HEADERS_MAX];
    size_t header_count;
};

/* The partition where every producer of ours puts a record with this key, as Java's default does: murmur2 of the key. The key
   is not empty, the count positive. */
int32_t ats_kafka_partition_of(struct ats_span key, int32_t partition_count);
/* The last header of that name, or an empty span with data NULL. */
struct ats_span ats_kafka_record_header(const struct ats_kafka_record *record, const char *name);
/* Appends a header; past ATS_KAFKA_HEADERS_MAX it is an assertion failure (the number is ours). */
void ats_kafka_record_add(struct ats_kafka_record *record, const char *name, struct ats_span value);
void ats_kafka_record_add_text(struct ats_kafka_record *record, const char *name, const char *text);

#endif
