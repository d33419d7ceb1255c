/* SPDX-License-Identifier: Apache-2.0 */
#include "common/record/evidence.h"

#include "common/contract/avro.h"
#include "common/contract/schema.h"
#include "common/record/schemas.h"
#include "common/record/text.h"

#include <inttypes.h>
#include <stdio.h>

#define SCHEMA "journal-checkpoint"

void ats_evidence_encode(const struct ats_checkpoint *checkpoint, struct ats_buf *out)
{
    char journal[ATS_TEXT_HEX64_SIZE];
    ats_framing_put(out, ats_record_schema_id(SCHEMA));
    ats_avro_put_bytes(out, checkpoint->gate);
    ats_avro_put_long(out, (int64_t)checkpoint->number);
    ats_avro_put_bytes(out, ats_span_of(checkpoint->previous, sizeof(checkpoint->previous)));
    ats_avro_put_bytes(out, ats_span_of(journal, ats_text_hex64(checkpoint->journal_id, journal)));
    ats_avro_put_long(out, (int64_t)checkpoint->first);
    ats_avro_put_long(out, (int64_t)ats_checkpoint_last(checkpoint));
    ats_avro_put_long(out, (int64_t)checkpoint->records);
    ats_avro_put_bytes(out, checkpoint->leaves);
    ats_avro_put_long(out, checkpoint->time_ms);
    ats_avro_put_long(out, (int64_t)checkpoint->control_count);
    ats_avro_put_bytes(out, ats_span_of(checkpoint->signature, sizeof(checkpoint->signature)));
}

static bool take_fixed(struct ats_avro_reader *reader, uint8_t *ret_bytes, size_t size)
{
    struct ats_span bytes = ats_avro_get_bytes(reader);
    if (reader->failed || bytes.len != size)
        return false;
    memcpy(ret_bytes, bytes.data, size);
    return true;
}

static bool take_number(struct ats_avro_reader *reader, int64_t least, uint64_t *ret_number)
{
    int64_t number = ats_avro_get_long(reader);
    *ret_number = (uint64_t)number;
    return !reader->failed && number >= least;
}

static bool take_members(struct ats_avro_reader *reader, struct ats_checkpoint *out)
{
    uint64_t last = 0;
    uint64_t time_ms = 0;
    out->gate = ats_avro_get_bytes(reader);
    bool good = !reader->failed && out->gate.len > 0 && out->gate.len <= ATS_NAME_MAX &&
                take_number(reader, 1, &out->number) &&
                take_fixed(reader, out->previous, sizeof(out->previous)) &&
                ats_text_hex64_parse(ats_avro_get_bytes(reader), &out->journal_id) == ATS_OK &&
                take_number(reader, 1, &out->first) && take_number(reader, 1, &last) &&
                take_number(reader, 1, &out->records);
    if (!good)
        return false;
    out->leaves = ats_avro_get_bytes(reader);
    if (reader->failed || out->leaves.len == 0 || out->leaves.len % ATS_LEAF_SIZE != 0 ||
        out->leaves.len / ATS_LEAF_SIZE > ATS_EVIDENCE_LEAVES_MAX ||
        ats_checkpoint_last(out) != last || !take_number(reader, 0, &time_ms) ||
        !take_number(reader, 0, &out->control_count) ||
        !take_fixed(reader, out->signature, sizeof(out->signature)))
        return false;
    out->time_ms = (int64_t)time_ms;
    return ats_avro_reader_done(reader);
}

enum ats_status ats_evidence_decode(struct ats_span value, struct ats_checkpoint *ret_checkpoint,
                                    struct ats_error *err)
{
    uint32_t schema_id = 0;
    struct ats_span body;
    struct ats_avro_reader reader;
    /* The id may be one that a Schema Registry gave; what the value is worth its signature says. */
    if (ats_framing_get(value, &schema_id, &body) != ATS_OK)
        return ats_error_set(err, ATS_ERR_MALFORMED,
                             "the value is not framed as a journal checkpoint");
    *ret_checkpoint = (struct ats_checkpoint){0};
    ats_avro_reader_init(&reader, body);
    if (!take_members(&reader, ret_checkpoint))
        return ats_error_set(err, ATS_ERR_MALFORMED, "the value is no journal checkpoint");
    return ATS_OK;
}

enum ats_status ats_evidence_to_kafka(const struct ats_checkpoint *checkpoint,
                                      struct ats_span value, const char *fleet,
                                      const char *topic_prefix, struct ats_evidence_texts *texts,
                                      struct ats_kafka_record *ret_record)
{
    uint32_t schema_id = 0;
    struct ats_span body;
    /* That of the value: another thread may set the schema's meanwhile. */
    if (ats_framing_get(value, &schema_id, &body) != ATS_OK)
        return ATS_ERR_MALFORMED;
    struct ats_cloudevent attributes = {
        .type = ATS_CE_TYPE_JOURNAL_CHECKPOINT,
        .time = ats_span_of(texts->time, ats_text_time(checkpoint->time_ms, texts->time)),
        .dataschema = ats_cloudevent_dataschema(schema_id, texts->schema),
        .content_type = ATS_CONTENT_TYPE_AVRO,
    };
    int topic_len = snprintf(texts->topic, sizeof(texts->topic), "%sevidence", topic_prefix);
    int id_len = snprintf(texts->id, sizeof(texts->id), "%.*s/checkpoint/%" PRIu64,
                          ATS_SPAN_ARGS(checkpoint->gate), checkpoint->number);
    if (topic_len < 0 || (size_t)topic_len >= sizeof(texts->topic) || id_len < 0 ||
        (size_t)id_len >= sizeof(texts->id))
        return ATS_ERR_LIMIT;
    attributes.id = ats_span_of(texts->id, (size_t)id_len);
    *ret_record = (struct ats_kafka_record){.topic = texts->topic,
                                            .partition = ATS_KAFKA_PARTITION_ANY,
                                            .key = checkpoint->gate,
                                            .value = value};
    enum ats_status status =
        ats_cloudevent_source(fleet, checkpoint->gate, texts->source, &attributes.source);
    if (status == ATS_OK)
        ats_cloudevent_add(ret_record, &attributes);
    return status;
}
