/* SPDX-License-Identifier: Apache-2.0 */
/* A control record as Avro (schemas/records/control.avsc) with Confluent framing. */
#include "common/base/calendar.h"
#include "common/contract/avro.h"
#include "common/contract/schema.h"
#include "common/control/record.h"
#include "common/record/schemas.h"
#include "device/name.h"

enum ats_status ats_control_record_encode(const struct ats_control_record *record,
                                          struct ats_buf *out)
{
    if (record->body.len > ATS_CONTROL_RECORD_MAX)
        return ATS_ERR_LIMIT;
    bool two = record->expires_ms != 0;
    ats_framing_put(out, ats_record_schema_id(two ? "control-approved" : "control"));
    ats_avro_put_long(out, two ? ATS_CONTROL_FORMAT_APPROVED : ATS_CONTROL_FORMAT);
    ats_buf_append(out, record->fleet, sizeof(record->fleet));
    ats_avro_put_text(out, ats_control_kind_name(record->kind));
    ats_avro_put_text(out, record->name);
    ats_avro_put_long(out, (int64_t)record->revision);
    ats_buf_append(out, record->predecessor, sizeof(record->predecessor));
    ats_avro_put_text(out, record->signer);
    ats_avro_put_text(out, record->key_id);
    ats_avro_put_long(out, record->time_ms);
    if (two)
        ats_avro_put_long(out, record->expires_ms);
    ats_avro_put_bytes(out, record->body);
    ats_buf_append(out, record->signature, sizeof(record->signature));
    if (two) {
        ats_avro_put_text(out, record->approver);
        ats_avro_put_text(out, record->approver_key_id);
        ats_buf_append(out, record->approval, sizeof(record->approval));
    }
    return out->status;
}

static void get_fixed(struct ats_avro_reader *reader, uint8_t *ret_bytes, size_t len)
{
    struct ats_span bytes = ats_avro_get_fixed(reader, len);
    if (bytes.data)
        memcpy(ret_bytes, bytes.data, len);
}

/* A name that is not valid fails the reader like bytes that are missing. */
static void get_name(struct ats_avro_reader *reader, char ret_name[ATS_NAME_MAX + 1])
{
    struct ats_span name = ats_avro_get_bytes(reader);
    if (!ats_control_name_valid(name)) {
        reader->failed = true;
        return;
    }
    memcpy(ret_name, name.data, name.len);
    ret_name[name.len] = '\0';
}

static void get_key_id(struct ats_avro_reader *reader, char ret_id[ATS_KEY_ID_SIZE])
{
    struct ats_span id = ats_avro_get_bytes(reader);
    if (!ats_key_id_valid((const char *)id.data, id.len)) {
        reader->failed = true;
        return;
    }
    memcpy(ret_id, id.data, id.len);
    ret_id[id.len] = '\0';
}

/* Nobody's in a proposal: then all three are nothing. */
static void get_approval(struct ats_avro_reader *reader, struct ats_control_record *record)
{
    struct ats_avro_reader ahead = *reader;
    if (ats_avro_get_bytes(&ahead).len > 0) {
        get_name(reader, record->approver);
        get_key_id(reader, record->approver_key_id);
        get_fixed(reader, record->approval, sizeof(record->approval));
        return;
    }
    *reader = ahead;
    if (ats_avro_get_bytes(reader).len > 0)
        reader->failed = true;
    get_fixed(reader, record->approval, sizeof(record->approval));
    for (size_t i = 0; i < sizeof(record->approval); i++)
        if (record->approval[i] != 0)
            reader->failed = true;
}

static void get_fields(struct ats_avro_reader *reader, bool two, struct ats_control_record *record)
{
    if (ats_avro_get_long(reader) != (two ? ATS_CONTROL_FORMAT_APPROVED : ATS_CONTROL_FORMAT))
        reader->failed = true;
    get_fixed(reader, record->fleet, sizeof(record->fleet));
    if (ats_control_kind_parse(ats_avro_get_bytes(reader), &record->kind) != ATS_OK)
        reader->failed = true;
    get_name(reader, record->name);
    int64_t revision = ats_avro_get_long(reader);
    if (revision < 1)
        reader->failed = true;
    record->revision = (uint64_t)revision;
    get_fixed(reader, record->predecessor, sizeof(record->predecessor));
    get_name(reader, record->signer);
    get_key_id(reader, record->key_id);
    record->time_ms = ats_avro_get_long(reader);
    if (record->time_ms < 0 || record->time_ms > ATS_CALENDAR_MAX_MS)
        reader->failed = true;
    if (two && ((record->expires_ms = ats_avro_get_long(reader)) < 1 ||
                record->expires_ms > ATS_CALENDAR_MAX_MS))
        reader->failed = true;
    record->body = ats_avro_get_bytes(reader);
    get_fixed(reader, record->signature, sizeof(record->signature));
    if (two)
        get_approval(reader, record);
    if (record->body.len > ATS_CONTROL_RECORD_MAX)
        reader->failed = true;
}

enum ats_status ats_control_record_decode(struct ats_span value,
                                          struct ats_control_record *ret_record)
{
    uint32_t schema_id = 0;
    struct ats_span body;
    struct ats_avro_reader reader;
    *ret_record = (struct ats_control_record){0};
    if (ats_framing_get(value, &schema_id, &body) != ATS_OK)
        return ATS_ERR_MALFORMED;
    bool two = schema_id == ats_record_schema_id("control-approved");
    if (!two && schema_id != ats_record_schema_id("control"))
        return ATS_ERR_MALFORMED;
    ats_avro_reader_init(&reader, body);
    get_fields(&reader, two, ret_record);
    return ats_avro_reader_done(&reader) ? ATS_OK : ATS_ERR_MALFORMED;
}
