/* SPDX-License-Identifier: Apache-2.0 */
/* Between our record and librdkafka's messages and headers. */
#include "common/kafka/conf.h"

static void view_headers(const rd_kafka_message_t *message, struct ats_kafka_record *record)
{
    rd_kafka_headers_t *headers = NULL;
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    for (size_t i = 0; i < ATS_KAFKA_HEADERS_MAX; i++) {
        const char *name;
        const void *value;
        size_t size;
        if (rd_kafka_header_get_all(headers, i, &name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR)
            return;
        ats_kafka_record_add(record, name, ats_span_of(value, size));
    }
}

void ats_kafka_record_view(const rd_kafka_message_t *message, struct ats_kafka_record *ret_record)
{
    rd_kafka_timestamp_type_t kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    ret_record->topic = message->rkt ? rd_kafka_topic_name(message->rkt) : NULL;
    ret_record->partition = message->partition;
    ret_record->offset = message->offset;
    ret_record->timestamp_ms = rd_kafka_message_timestamp(message, &kind);
    ret_record->key = ats_span_of(message->key, message->key_len);
    ret_record->value = ats_span_of(message->payload, message->len);
    ret_record->header_count = 0;
    view_headers(message, ret_record);
}

static enum ats_status copy_headers(const struct ats_kafka_record *record,
                                    rd_kafka_headers_t **ret_headers)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(record->header_count);
    if (!headers)
        return ATS_ERR_MEMORY;
    for (size_t i = 0; i < record->header_count; i++) {
        const struct ats_kafka_header *header = &record->headers[i];
        rd_kafka_resp_err_t code = rd_kafka_header_add(
            headers, header->name, -1, header->value.data, (ssize_t)header->value.len);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
            rd_kafka_headers_destroy(headers);
            return ats_kafka_status(code);
        }
    }
    *ret_headers = headers;
    return ATS_OK;
}

/* rd_kafka_producev, since rd_kafka_produceva of librdkafka 2.0.2 frees the headers twice after an error. With a handle of
   the topic, since only one that is new asks the brokers for it at once: by name the first record waits for librdkafka's
   own look at its topics, which is once a second. The record's time is that of the call, whatever happened when: a broker
   forgets a producer's sequence when the newest record that it has of it is a day old (producer.id.expiration.ms), and after a
   restart it would then take a batch twice, or one whose predecessor it never got. */
enum ats_status ats_kafka_produce(rd_kafka_t *producer, const struct ats_kafka_record *record,
                                  void *opaque, struct ats_error *err)
{
    rd_kafka_topic_t *topic = rd_kafka_topic_new(producer, record->topic, NULL);
    if (!topic)
        return ats_error_set(err, ats_kafka_status(rd_kafka_last_error()), "cannot send to %s: %s",
                             record->topic, rd_kafka_err2str(rd_kafka_last_error()));
    rd_kafka_headers_t *headers = NULL;
    enum ats_status status = copy_headers(record, &headers);
    if (status != ATS_OK) {
        rd_kafka_topic_destroy(topic);
        return ats_error_set(err, status, "cannot copy the headers of a record for %s",
                             record->topic);
    }
    /* The variadic call wants pointers that are not const; with F_COPY it does not write through them. */
    union {
        const void *in;
        void *out;
    } key = {.in = record->key.data}, value = {.in = record->value.data};
    rd_kafka_resp_err_t code = rd_kafka_producev(
        producer, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(record->partition),
        RD_KAFKA_V_KEY(key.out, record->key.len), RD_KAFKA_V_VALUE(value.out, record->value.len),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
    rd_kafka_topic_destroy(topic);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return ATS_OK;
    rd_kafka_headers_destroy(headers);
    return ats_error_set(err, ats_kafka_status(code), "cannot send to %s: %s", record->topic,
                         rd_kafka_err2str(code));
}
