/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/replay_record.h"

#include "common/base/base64.h"
#include "common/base/limits.h"

void ats_replay_record_init(struct ats_replay_record *record)
{
    record->json = NULL;
    ats_buf_init(&record->bytes, ATS_REPLAY_LINE_MAX);
}

void ats_replay_record_fini(struct ats_replay_record *record)
{
    json_decref(record->json);
    ats_buf_fini(&record->bytes);
}

/* Decodes into the room that was reserved for the whole line, so that earlier spans stay where they are. */
static bool take_base64(struct ats_replay_record *record, const json_t *value,
                        struct ats_span *ret_bytes)
{
    *ret_bytes = ats_span_of(NULL, 0);
    if (json_is_null(value))
        return true;
    const char *text = json_string_value(value);
    size_t len = 0;
    uint8_t *room = record->bytes.data + record->bytes.len;
    if (!text || ats_base64_decode(ats_span_of(text, json_string_length(value)), room,
                                   record->bytes.cap - record->bytes.len, &len) != ATS_OK)
        return false;
    record->bytes.len += len;
    *ret_bytes = ats_span_of(room, len);
    return true;
}

static bool take_headers(struct ats_replay_record *record, const json_t *headers,
                         struct ats_kafka_record *out)
{
    size_t i = 0;
    const json_t *header = NULL;
    if (!json_is_array(headers) || json_array_size(headers) > ATS_KAFKA_HEADERS_MAX)
        return false;
    json_array_foreach(headers, i, header)
    {
        const char *name = json_string_value(json_array_get(header, 0));
        struct ats_span value;
        if (!name || !take_base64(record, json_array_get(header, 1), &value))
            return false;
        ats_kafka_record_add(out, name, value);
    }
    return true;
}

enum ats_status ats_replay_record_parse(struct ats_replay_record *record, struct ats_span line,
                                        struct ats_kafka_record *ret_record, struct ats_error *err)
{
    json_error_t where;
    ats_buf_clear(&record->bytes);
    if (!ats_buf_reserve(&record->bytes, line.len + 1))
        return ats_error_set(err, record->bytes.status, "no memory for the record");
    json_decref(record->json);
    record->json = json_loadb((const char *)line.data, line.len, JSON_REJECT_DUPLICATES, &where);
    if (!record->json)
        return ats_error_set(err, ATS_ERR_MALFORMED, "not JSON: %s", where.text);
    const json_t *partition = json_object_get(record->json, "partition");
    const json_t *offset = json_object_get(record->json, "offset");
    const json_t *timestamp = json_object_get(record->json, "timestamp");
    *ret_record = (struct ats_kafka_record){
        .topic = json_string_value(json_object_get(record->json, "topic")),
        .partition = (int32_t)json_integer_value(partition),
        .offset = json_integer_value(offset),
        .timestamp_ms = json_integer_value(timestamp)};
    if (!ret_record->topic || !json_is_integer(partition) || !json_is_integer(offset) ||
        !json_is_integer(timestamp))
        return ats_error_set(err, ATS_ERR_MALFORMED,
                             "a record needs topic (text), partition, offset and timestamp "
                             "(integers)");
    if (json_integer_value(partition) < 0 || json_integer_value(partition) >= ATS_REPLAY_TASKS_MAX)
        return ats_error_set(err, ATS_ERR_MALFORMED, "partition is not 0 to %d",
                             ATS_REPLAY_TASKS_MAX - 1);
    if (!take_base64(record, json_object_get(record->json, "key"), &ret_record->key) ||
        !take_base64(record, json_object_get(record->json, "value"), &ret_record->value))
        return ats_error_set(err, ATS_ERR_MALFORMED, "key and value are base64 or null");
    if (!take_headers(record, json_object_get(record->json, "headers"), ret_record))
        return ats_error_set(err, ATS_ERR_MALFORMED,
                             "headers is a list of up to %d [name, base64 or null]",
                             ATS_KAFKA_HEADERS_MAX);
    return ATS_OK;
}
