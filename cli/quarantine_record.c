/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/quarantine_record.h"

#include "common/base/base64.h"
#include "common/base/parse.h"
#include "common/base/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Of a text in a list, in bytes: longer than any of ours. */
#define TEXT_MAX 512

bool ats_quarantine_record_read(struct ats_value_decoder *decoder,
                                const struct ats_kafka_record *record,
                                struct ats_quarantine_record *ret_record)
{
    json_t *fields = ats_value_decode(decoder, record->value);
    bool good = json_is_string(json_object_get(fields, "class")) &&
                json_is_string(json_object_get(fields, "rule")) &&
                json_is_integer(json_object_get(fields, "time")) &&
                json_is_string(json_object_get(fields, "payload"));
    *ret_record = (struct ats_quarantine_record){.fields = fields};
    if (!good) {
        ats_quarantine_record_fini(ret_record);
        return false;
    }
    (void)snprintf(ret_record->id, sizeof(ret_record->id), "%" PRId32 ":%" PRId64,
                   record->partition, record->offset);
    ret_record->time_ms = (int64_t)json_integer_value(json_object_get(fields, "time"));
    ret_record->headers = ats_value_headers(record);
    return true;
}

void ats_quarantine_record_fini(struct ats_quarantine_record *record)
{
    json_decref(record->fields);
    json_decref(record->headers);
    *record = (struct ats_quarantine_record){0};
}

const char *ats_quarantine_record_text(const struct ats_quarantine_record *record,
                                       const char *field)
{
    const char *text = json_string_value(json_object_get(record->fields, field));
    return text ? text : "";
}

/* Whoever may write to the topic may write texts of any length, and other values. */
json_t *ats_quarantine_record_field(const struct ats_quarantine_record *record, const char *field)
{
    json_t *value = json_object_get(record->fields, field);
    if (json_is_integer(value))
        return json_incref(value);
    if (!json_is_string(value))
        return json_null();
    const char *text = json_string_value(value);
    return json_stringn(text, (size_t)ats_utf8_cut(text, TEXT_MAX));
}

enum ats_status ats_quarantine_record_payload(const struct ats_quarantine_record *record,
                                              struct ats_buf *out)
{
    const json_t *payload = json_object_get(record->fields, "payload");
    size_t len = 0;
    uint8_t *room = ats_buf_reserve(out, json_string_length(payload) + 1);
    if (!room)
        return out->status;
    enum ats_status status =
        ats_base64_decode(ats_span_of(json_string_value(payload), json_string_length(payload)),
                          room, json_string_length(payload) + 1, &len);
    out->len += status == ATS_OK ? len : 0;
    return status;
}

bool ats_quarantine_is_wanted(struct ats_span value, const char *wanted, bool is_contract)
{
    size_t len = strlen(wanted);
    if (ats_span_is(value, wanted))
        return true;
    return is_contract && value.len > len && memcmp(value.data, wanted, len) == 0 &&
           value.data[len] == '@';
}

enum ats_status ats_quarantine_id_parse(const char *text, int32_t *ret_partition,
                                        int64_t *ret_offset, struct ats_error *err)
{
    const char *colon = strchr(text, ':');
    uint64_t partition = 0;
    uint64_t offset = 0;
    if (!colon ||
        ats_parse_uint64(ats_span_of(text, (size_t)(colon - text)), &partition) != ATS_OK ||
        ats_parse_uint64(ats_span_text(colon + 1), &offset) != ATS_OK || partition > INT32_MAX ||
        offset > INT64_MAX)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "'%.64s' is no record's id (allowed: PARTITION:OFFSET, as "
                             "`attestream quarantine list` prints it)",
                             text);
    *ret_partition = (int32_t)partition;
    *ret_offset = (int64_t)offset;
    return ATS_OK;
}
