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
