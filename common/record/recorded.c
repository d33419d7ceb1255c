/* SPDX-License-Identifier: Apache-2.0 */
#include "common/record/recorded.h"

#include "common/base/base64.h"
#include "common/base/limits.h"

#include <errno.h>
#include <stdlib.h>

void ats_recorded_init(struct ats_recorded *recorded)
{
    recorded->json = NULL;
    ats_buf_init(&recorded->bytes, ATS_RECORDED_LINE_MAX);
}

void ats_recorded_fini(struct ats_recorded *recorded)
{
    json_decref(recorded->json);
    ats_buf_fini(&recorded->bytes);
}

/* Decodes into the room that was reserved for the whole line, so that earlier spans stay where they are. */
static bool take_base64(struct ats_recorded *recorded, const json_t *value,
                        struct ats_span *ret_bytes)
{
    *ret_bytes = ats_span_of(NULL, 0);
    if (json_is_null(value))
        return true;
    const char *text = json_string_value(value);
    size_t len = 0;
    uint8_t *room = recorded->bytes.data + recorded->bytes.len;
    if (!text || ats_base64_decode(ats_span_of(text, json_string_length(value)), room,
                                   recorded->bytes.cap - recorded->bytes.len, &len) != ATS_OK)
        return false;
    recorded->bytes.len += len;
    *ret_bytes = ats_span_of(room, len);
    return true;
}

/* As text, or where that cannot be text as {"base64": name}; NULL: neither. */
static const char *take_name(struct ats_recorded *recorded, const json_t *name)
{
    struct ats_span bytes;
    const json_t *encoded = json_object_get(name, "base64");
    if (!encoded)
        return json_string_value(name);
    if (!take_base64(recorded, encoded, &bytes) || !bytes.data ||
        (bytes.len > 0 && memchr(bytes.data, '\0', bytes.len)))
        return NULL;
    recorded->bytes.data[recorded->bytes.len++] = '\0'; /* the syntax around it took more */
    return (const char *)bytes.data;
}

static bool take_headers(struct ats_recorded *recorded, const json_t *headers,
                         struct ats_kafka_record *out)
{
    size_t i = 0;
    const json_t *header = NULL;
    if (!json_is_array(headers) || json_array_size(headers) > ATS_KAFKA_HEADERS_MAX)
        return false;
    json_array_foreach(headers, i, header)
    {
        const char *name = take_name(recorded, json_array_get(header, 0));
        struct ats_span value;
        if (!name || !take_base64(recorded, json_array_get(header, 1), &value))
            return false;
        ats_kafka_record_add(out, name, value);
    }
    return true;
}

enum ats_status ats_recorded_parse(struct ats_recorded *recorded, struct ats_span line,
                                   struct ats_kafka_record *ret_record, struct ats_error *err)
{
    json_error_t where;
    ats_buf_clear(&recorded->bytes);
    if (!ats_buf_reserve(&recorded->bytes, line.len + 1))
        return ats_error_set(err, recorded->bytes.status, "no memory for the record");
    json_decref(recorded->json);
    recorded->json = json_loadb((const char *)line.data, line.len, JSON_REJECT_DUPLICATES, &where);
    if (!recorded->json)
        return ats_error_set(err, ATS_ERR_MALFORMED, "not JSON: %s", where.text);
    const json_t *partition = json_object_get(recorded->json, "partition");
    const json_t *offset = json_object_get(recorded->json, "offset");
    const json_t *timestamp = json_object_get(recorded->json, "timestamp");
    *ret_record = (struct ats_kafka_record){
        .topic = json_string_value(json_object_get(recorded->json, "topic")),
        .partition = (int32_t)json_integer_value(partition),
        .offset = json_integer_value(offset),
        .timestamp_ms = json_integer_value(timestamp)};
    if (!ret_record->topic || !json_is_integer(partition) || !json_is_integer(offset) ||
        !json_is_integer(timestamp))
        return ats_error_set(err, ATS_ERR_MALFORMED,
                             "a record needs topic (text), partition, offset and timestamp "
                             "(integers)");
    if (json_integer_value(partition) < 0 || json_integer_value(partition) > INT32_MAX)
        return ats_error_set(err, ATS_ERR_MALFORMED, "partition is not 0 to %d", INT32_MAX);
    if (ret_record->offset < 0 || ret_record->offset == INT64_MAX) /* there is a next one */
        return ats_error_set(err, ATS_ERR_MALFORMED, "offset is not one of Kafka's");
    if (!take_base64(recorded, json_object_get(recorded->json, "key"), &ret_record->key) ||
        !take_base64(recorded, json_object_get(recorded->json, "value"), &ret_record->value))
        return ats_error_set(err, ATS_ERR_MALFORMED, "key and value are base64 or null");
    if (!take_headers(recorded, json_object_get(recorded->json, "headers"), ret_record))
        return ats_error_set(err, ATS_ERR_MALFORMED,
                             "headers is a list of up to %d [name, base64 or null]",
                             ATS_KAFKA_HEADERS_MAX);
    return ATS_OK;
}

static bool add_base64(json_t *to_array, json_t *to_object, const char *name, struct ats_span bytes)
{
    json_t *value = json_null();
    if (bytes.data) {
        char *text = ats_base64_encode(bytes);
        value = text ? json_string(text) : NULL;
        free(text);
    }
    return (to_array ? json_array_append_new(to_array, value)
                     : json_object_set_new(to_object, name, value)) == 0;
}

static json_t *name_json(const char *name)
{
    json_t *json = json_string(name);
    if (json)
        return json;
    json = json_object();
    if (add_base64(NULL, json, "base64", ats_span_text(name)))
        return json;
    json_decref(json);
    return NULL;
}

json_t *ats_recorded_json(const struct ats_kafka_record *record)
{
    json_t *headers = json_array();
    json_t *json = json_pack("{s:s, s:i, s:I, s:I}", "topic", record->topic, "partition",
                             (int)record->partition, "offset", (json_int_t)record->offset,
                             "timestamp", (json_int_t)record->timestamp_ms);
    bool whole = json && headers && add_base64(NULL, json, "key", record->key) &&
                 add_base64(NULL, json, "value", record->value);
    for (size_t i = 0; whole && i < record->header_count; i++) {
        json_t *header = json_array();
        whole = json_array_append_new(header, name_json(record->headers[i].name)) == 0 &&
                add_base64(header, NULL, NULL, record->headers[i].value);
        if (json_array_append_new(headers, header) != 0)
            whole = false;
    }
    if (json_object_set_new(json, "headers", headers) != 0)
        whole = false;
    if (whole)
        return json;
    json_decref(json);
    return NULL;
}

enum ats_status ats_recorded_read_line(FILE *file, struct ats_buf *line)
{
    int byte = 0;
    ats_buf_clear(line);
    while ((byte = getc_unlocked(file)) != EOF && byte != '\n')
        ats_buf_append_byte(line, (uint8_t)byte);
    if (ferror(file))
        return ats_status_of_errno(errno);
    if (byte == EOF && line->len == 0 && line->status == ATS_OK)
        return ATS_ERR_NOT_FOUND;
    return line->status;
}
