/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/runtime/sink.h"

/* Outputs name their topic by the same literal each time, so that the pointers nearly always tell. */
static enum ats_status find_topic(struct ats_kafka_sink *sink, const char *suffix,
                                  const char **ret_topic, struct ats_error *err)
{
    size_t i = 0;
    while (i < sink->topic_count && sink->topics[i].suffix != suffix &&
           strcmp(sink->topics[i].suffix, suffix) != 0)
        i++;
    if (i == ATS_OUTPUT_TOPICS_MAX)
        return ats_error_set(err, ATS_ERR_INTERNAL, "more output topics than there is room for");
    if (i == sink->topic_count) {
        enum ats_status status =
            ats_kafka_topic_name(sink->kafka, suffix, sink->topics[i].topic, err);
        if (status != ATS_OK)
            return status;
        sink->topics[i].suffix = suffix;
        sink->topic_count++;
    }
    *ret_topic = sink->topics[i].topic;
    return ATS_OK;
}

enum ats_status ats_kafka_sink_emit(void *ctx, const char *topic_suffix,
                                    const struct ats_kafka_record *record, struct ats_error *err)
{
    struct ats_kafka_sink *sink = ctx;
    struct ats_kafka_record out;
    enum ats_status status = find_topic(sink, topic_suffix, &out.topic, err);
    if (status != ATS_OK)
        return status;
    out.partition = ATS_KAFKA_PARTITION_ANY;
    out.key = record->key;
    out.value = record->value;
    out.header_count = record->header_count;
    memcpy(out.headers, record->headers, record->header_count * sizeof(out.headers[0]));
    return ats_transaction_produce(sink->transaction, &out, err);
}
