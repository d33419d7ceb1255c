/* SPDX-License-Identifier: Apache-2.0 */
#include "common/control/body_json.h"

#include "common/base/base64.h"
#include "common/base/calendar.h"
#include "common/base/limits.h"
#include "common/control/record.h"
#include "device/protocol.h"

#include <sodium.h>
#include <stdlib.h>

#define BASE64 sodium_base64_VARIANT_ORIGINAL

static void fail(struct ats_body_reader *reader, enum ats_status status)
{
    if (reader->status == ATS_OK)
        reader->status = status;
}

void ats_body_reader_open(struct ats_body_reader *reader, struct ats_span text)
{
    *reader = (struct ats_body_reader){0};
    json_error_t error;
    reader->object = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &error);
    if (reader->object)
        return;
    fail(reader,
         json_error_code(&error) == json_error_out_of_memory ? ATS_ERR_MEMORY : ATS_ERR_INVALID);
}

void ats_body_reader_enter(struct ats_body_reader *reader, json_t *object)
{
    *reader = (struct ats_body_reader){.object = json_incref(object)};
}

enum ats_status ats_body_reader_done(struct ats_body_reader *reader)
{
    if (!json_is_object(reader->object) || json_object_size(reader->object) != reader->taken)
        fail(reader, ATS_ERR_INVALID);
    json_decref(reader->object);
    reader->object = NULL;
    return reader->status;
}

json_t *ats_body_find(struct ats_body_reader *reader, const char *key, json_type type)
{
    json_t *value = json_object_get(reader->object, key);
    if (!value)
        return NULL;
    reader->taken++;
    if (json_typeof(value) == type)
        return value;
    fail(reader, ATS_ERR_INVALID);
    return NULL;
}

json_t *ats_body_get(struct ats_body_reader *reader, const char *key, json_type type)
{
    json_t *value = ats_body_find(reader, key, type);
    if (!value)
        fail(reader, ATS_ERR_INVALID);
    return value;
}

void ats_body_get_name(struct ats_body_reader *reader, const char *key, bool optional,
                       char *ret_name)
{
    json_t *value =
        optional ? ats_body_find(reader, key, JSON_STRING) : ats_body_get(reader, key, JSON_STRING);
    ret_name[0] = '\0';
    if (!value)
        return;
    struct ats_span name = ats_span_of(json_string_value(value), json_string_length(value));
    if (!ats_control_name_valid(name)) {
        fail(reader, ATS_ERR_INVALID);
        return;
    }
    memcpy(ret_name, name.data, name.len);
    ret_name[name.len] = '\0';
}

void ats_body_get_bytes(struct ats_body_reader *reader, const char *key, uint8_t *ret_bytes,
                        size_t cap, size_t *ret_len)
{
    json_t *value = ats_body_get(reader, key, JSON_STRING);
    *ret_len = 0;
    if (!value)
        return;
    struct ats_span text = ats_span_of(json_string_value(value), json_string_length(value));
    if (ats_base64_decode(text, ret_bytes, cap, ret_len) != ATS_OK || *ret_len == 0)
        fail(reader, ATS_ERR_INVALID);
}

void ats_body_get_fixed(struct ats_body_reader *reader, const char *key, uint8_t *ret_bytes,
                        size_t len)
{
    size_t got = 0;
    ats_body_get_bytes(reader, key, ret_bytes, len, &got);
    if (got != len)
        fail(reader, ATS_ERR_INVALID);
}

bool ats_body_find_boolean(struct ats_body_reader *reader, const char *key)
{
    json_t *value = json_object_get(reader->object, key);
    if (!value)
        return false;
    reader->taken++;
    if (!json_is_boolean(value))
        fail(reader, ATS_ERR_INVALID);
    return json_is_true(value);
}

int64_t ats_body_find_time(struct ats_body_reader *reader, const char *key)
{
    json_t *value = ats_body_find(reader, key, JSON_INTEGER);
    json_int_t time_ms = json_integer_value(value);
    if (!value || (time_ms > 0 && time_ms <= ATS_CALENDAR_MAX_MS))
        return time_ms;
    fail(reader, ATS_ERR_INVALID);
    return 0;
}

uint32_t ats_body_get_u31(struct ats_body_reader *reader, const char *key)
{
    json_t *value = ats_body_get(reader, key, JSON_INTEGER);
    json_int_t number = json_integer_value(value);
    if (number >= 0 && number <= INT32_MAX)
        return (uint32_t)number;
    fail(reader, ATS_ERR_INVALID);
    return 0;
}

char *ats_body_get_document(struct ats_body_reader *reader, const char *key)
{
    json_t *value = ats_body_get(reader, key, JSON_STRING);
    if (!value)
        return NULL;
    if (json_string_length(value) > ATS_DOCUMENT_MAX) {
        fail(reader, ATS_ERR_LIMIT);
        return NULL;
    }
    char *text = strdup(json_string_value(value));
    if (!text)
        fail(reader, ATS_ERR_MEMORY);
    return text;
}

void ats_body_put_bytes(json_t *object, const char *key, const uint8_t *bytes, size_t len)
{
    char text[sodium_base64_ENCODED_LEN(ATS_CERTIFICATE_MAX, BASE64)];
    if (len > ATS_CERTIFICATE_MAX)
        return;
    (void)sodium_bin2base64(text, sizeof(text), bytes, len, BASE64);
    (void)json_object_set_new(object, key, json_string(text));
}

static int append(const char *data, size_t len, void *ctx)
{
    struct ats_buf *out = ctx;
    ats_buf_append(out, data, len);
    return out->status == ATS_OK ? 0 : -1;
}

enum ats_status ats_body_write(json_t *object, size_t members, struct ats_buf *out)
{
    enum ats_status status = ATS_OK;
    /* The only member that fails for another reason than memory is a text that is not UTF-8. */
    if (!object)
        status = ATS_ERR_MEMORY;
    else if (json_object_size(object) != members)
        status = ATS_ERR_INVALID;
    else if (json_dump_callback(object, append, out, JSON_COMPACT) != 0)
        status = out->status != ATS_OK ? out->status : ATS_ERR_MEMORY;
    json_decref(object);
    return status;
}
