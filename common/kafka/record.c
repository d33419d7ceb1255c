/* SPDX-License-Identifier: Apache-2.0 */
#include "common/kafka/record.h"

#include <assert.h>

struct ats_span ats_kafka_record_header(const struct ats_kafka_record *record, const char *name)
{
    for (size_t i = record->header_count; i-- > 0;) {
        if (strcmp(record->headers[i].name, name) == 0)
            return record->headers[i].value;
    }
    return (struct ats_span){0};
}

void ats_kafka_record_add(struct ats_kafka_record *record, const char *name, struct ats_span value)
{
    assert(record->header_count < ATS_KAFKA_HEADERS_MAX);
    record->headers[record->header_count++] =
        (struct ats_kafka_header){.name = name, .value = value};
}

void ats_kafka_record_add_text(struct ats_kafka_record *record, const char *name, const char *text)
{
    ats_kafka_record_add(record, name, ats_span_text(text));
}
