/* SPDX-License-Identifier: Apache-2.0 */
/* The table of outputs, and what their mappings share. A new output is a file beside this one and a line here. */
#include "processor/outputs/output.h"

#include "common/base/limits.h"
#include "common/contract/schema.h"
#include "common/record/text.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>

/* '~' and 32 hexadecimal digits; a namespace of ATS_NAME_MAX leaves more room than that. */
#define HASHED_NAME_BYTES 16
#define HASHED_NAME_SIZE (1 + 2 * HASHED_NAME_BYTES + 1)

extern const struct ats_output_ops ats_output_decision;
extern const struct ats_output_ops ats_output_alert;
extern const struct ats_output_ops ats_output_erp;
extern const struct ats_output_ops ats_output_twin;
extern const struct ats_output_ops ats_output_dead_letter;

const struct ats_output_ops *const ats_outputs[] = {
    &ats_output_decision, &ats_output_alert,       &ats_output_erp,
    &ats_output_twin,     &ats_output_dead_letter, NULL,
};

void ats_output_record_init(struct ats_output_record *output)
{
    ats_buf_init(&output->value, ATS_RECORD_MAX);
    ats_buf_init(&output->text, ATS_RECORD_MAX);
}

void ats_output_record_fini(struct ats_output_record *output)
{
    ats_buf_fini(&output->value);
    ats_buf_fini(&output->text);
}

void ats_output_begin(struct ats_output_record *output, struct ats_span key)
{
    output->record.topic = NULL;
    output->record.partition = ATS_KAFKA_PARTITION_ANY;
    output->record.offset = 0;
    output->record.key = key;
    output->record.value = ats_span_of(NULL, 0);
    output->record.header_count = 0;
    ats_buf_clear(&output->value);
    ats_buf_clear(&output->text);
}

enum ats_status ats_output_headers(struct ats_output_record *output,
                                   const struct ats_output_input *input, const char *type,
                                   struct ats_span id, struct ats_span subject, int64_t time_ms)
{
    uint32_t schema_id = 0;
    struct ats_span body;
    /* That of the value: another thread may set the schema's meanwhile. */
    if (ats_framing_get(output->record.value, &schema_id, &body) != ATS_OK)
        return ATS_ERR_MALFORMED;
    struct ats_cloudevent attributes = {
        .id = id,
        .type = type,
        .time = ats_span_of(output->time, ats_text_time(time_ms, output->time)),
        .subject = subject,
        .dataschema = ats_cloudevent_dataschema(schema_id, output->dataschema),
        .content_type = ATS_CONTENT_TYPE_AVRO,
    };
    enum ats_status status = ats_cloudevent_source(input->fleet, ats_span_text(input->group),
                                                   output->source, &attributes.source);
    if (status != ATS_OK)
        return status;
    ats_cloudevent_add(&output->record, &attributes);
    const struct ats_event *event = input->decision      ? input->decision->event
                                    : input->dead_letter ? input->dead_letter->event
                                                         : NULL;
    if (event && event->traceparent.len > 0)
        ats_kafka_record_add(&output->record, "traceparent", event->traceparent);
    return ATS_OK;
}

const char *ats_output_owner(const struct ats_output_input *input)
{
    const char *owner = input->usecase->alert.owner;
    return owner[0] != '\0' ? owner : input->accountable;
}

/* Percent-encodes what may not stand in a name, and what marks an encoded one; false if that does not fit. */
static bool put_encoded(struct ats_span asset, char *name, size_t room)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t len = 0;
    for (size_t i = 0; i < asset.len; i++) {
        uint8_t byte = asset.data[i];
        bool plain = byte > 0x20 && byte < 0x7f && byte != '/' && byte != '%' && byte != '~';
        if (len + (plain ? 1 : 3) >= room)
            return false;
        if (plain) {
            name[len++] = (char)byte;
            continue;
        }
        name[len++] = '%';
        name[len++] = digits[byte >> 4];
        name[len++] = digits[byte & 15];
    }
    name[len] = '\0';
    return true;
}

static void put_hashed(struct ats_span asset, char name[HASHED_NAME_SIZE])
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    (void)crypto_hash_sha256(hash, asset.data, asset.len);
    name[0] = '~';
    (void)sodium_bin2hex(name + 1, HASHED_NAME_SIZE - 1, hash, HASHED_NAME_BYTES);
}

void ats_output_thing_id(const char *namespace_, struct ats_span asset,
                         char ret_id[ATS_THING_ID_SIZE])
{
    assert(strlen(namespace_) <= ATS_NAME_MAX);
    size_t len = (size_t)snprintf(ret_id, ATS_THING_ID_SIZE, "%s:", namespace_);
    if (!put_encoded(asset, ret_id + len, ATS_THING_ID_SIZE - len))
        put_hashed(asset, ret_id + len);
}
