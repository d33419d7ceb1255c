/* SPDX-License-Identifier: Apache-2.0 */
#include "common/record/quarantine.h"

#include "common/contract/avro.h"
#include "common/contract/schema.h"
#include "common/record/schemas.h"

static void put_optional(struct ats_buf *out, struct ats_span value)
{
    ats_avro_put_long(out, value.len > 0 ? 1 : 0);
    if (value.len > 0)
        ats_avro_put_bytes(out, value);
}

static void put_optional_long(struct ats_buf *out, bool present, int64_t value)
{
    ats_avro_put_long(out, present ? 1 : 0);
    if (present)
        ats_avro_put_long(out, value);
}

void ats_quarantine_encode(const struct ats_quarantine *quarantine, struct ats_buf *out)
{
    bool has_input = quarantine->input_topic != NULL;
    ats_framing_put(out, ats_record_schema_id("quarantine"));
    ats_avro_put_long(out, quarantine->source);
    ats_avro_put_bytes(out, quarantine->reason_class);
    ats_avro_put_bytes(out, quarantine->rule);
    ats_avro_put_bytes(out, quarantine->path);
    ats_avro_put_bytes(out, quarantine->text);
    ats_avro_put_long(out, quarantine->time_ms);
    put_optional(out, quarantine->device);
    put_optional(out, quarantine->contract);
    put_optional(out, quarantine->topic);
    put_optional(out, quarantine->gate);
    put_optional(out, quarantine->journal);
    put_optional_long(out, quarantine->position > 0, (int64_t)quarantine->position);
    ats_avro_put_optional_text(out, quarantine->input_topic);
    put_optional_long(out, has_input, quarantine->input_partition);
    put_optional_long(out, has_input, quarantine->input_offset);
    ats_avro_put_bytes(out, quarantine->payload);
    put_optional_long(out, quarantine->item_count > 0, quarantine->item);
    put_optional_long(out, quarantine->item_count > 0, quarantine->item_count);
}

/* Of a union of null and one other type. */
static bool get_present(struct ats_avro_reader *reader)
{
    int64_t branch = ats_avro_get_long(reader);
    reader->failed = reader->failed || branch < 0 || branch > 1;
    return branch == 1 && !reader->failed;
}

static struct ats_span get_optional(struct ats_avro_reader *reader)
{
    return get_present(reader) ? ats_avro_get_bytes(reader) : ats_span_of(NULL, 0);
}

static int64_t get_optional_long(struct ats_avro_reader *reader)
{
    return get_present(reader) ? ats_avro_get_long(reader) : 0;
}

static uint32_t get_item(struct ats_avro_reader *reader)
{
    int64_t number = get_optional_long(reader);
    reader->failed = reader->failed || number < 0 || number > UINT32_MAX;
    return (uint32_t)number;
}

static void get_reason(struct ats_avro_reader *reader, struct ats_quarantine *quarantine)
{
    int64_t source = ats_avro_get_long(reader);
    reader->failed = reader->failed || source < 0 || source > ATS_QUARANTINE_PROCESSOR;
    quarantine->source =
        source == ATS_QUARANTINE_GATE ? ATS_QUARANTINE_GATE : ATS_QUARANTINE_PROCESSOR;
    quarantine->reason_class = ats_avro_get_bytes(reader);
    quarantine->rule = ats_avro_get_bytes(reader);
    quarantine->path = ats_avro_get_bytes(reader);
    quarantine->text = ats_avro_get_bytes(reader);
    quarantine->time_ms = ats_avro_get_long(reader);
}

enum ats_status ats_quarantine_decode(struct ats_span value, struct ats_quarantine *ret_quarantine)
{
    struct ats_avro_reader reader;
    struct ats_span body;
    uint32_t schema_id = 0;
    *ret_quarantine = (struct ats_quarantine){0};
    /* The id is a Schema Registry's where one gives them, and not always the same; seal or signers vouch for the value. */
    if (ats_framing_get(value, &schema_id, &body) != ATS_OK)
        return ATS_ERR_MALFORMED;
    ats_avro_reader_init(&reader, body);
    get_reason(&reader, ret_quarantine);
    ret_quarantine->device = get_optional(&reader);
    ret_quarantine->contract = get_optional(&reader);
    ret_quarantine->topic = get_optional(&reader);
    ret_quarantine->gate = get_optional(&reader);
    ret_quarantine->journal = get_optional(&reader);
    ret_quarantine->position = (uint64_t)get_optional_long(&reader);
    (void)get_optional(&reader);
    (void)get_optional_long(&reader);
    (void)get_optional_long(&reader);
    ret_quarantine->payload = ats_avro_get_bytes(&reader);
    ret_quarantine->item = get_item(&reader);
    ret_quarantine->item_count = get_item(&reader);
    return ats_avro_reader_done(&reader) ? ATS_OK : ATS_ERR_MALFORMED;
}
