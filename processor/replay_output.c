/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/replay_output.h"

#include "common/contract/schema.h"
#include "common/record/avro_json.h"
#include "common/record/schemas.h"

#include <stdlib.h>

#define SCHEMAS_MAX 32

struct ats_replay_output {
    FILE *file;
    size_t count;
    uint32_t ids[SCHEMAS_MAX];
    struct ats_avro_json *decoders[SCHEMAS_MAX];
};

enum ats_status ats_replay_output_new(FILE *file, struct ats_replay_output **ret_output,
                                      struct ats_error *err)
{
    struct ats_replay_output *output = calloc(1, sizeof(*output));
    if (!output)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    output->file = file;
    for (; ats_record_schema_texts[output->count].name && output->count < SCHEMAS_MAX;
         output->count++) {
        const struct ats_record_schema_text *schema = &ats_record_schema_texts[output->count];
        output->ids[output->count] = ats_record_schema_id(schema->name);
        enum ats_status status =
            ats_avro_json_new(schema->text, &output->decoders[output->count], err);
        if (status != ATS_OK) {
            ats_replay_output_free(output);
            return status;
        }
    }
    *ret_output = output;
    return ATS_OK;
}

void ats_replay_output_free(struct ats_replay_output *output)
{
    if (!output)
        return;
    for (size_t i = 0; i < output->count; i++)
        ats_avro_json_free(output->decoders[i]);
    free(output);
}

static enum ats_status decode(const struct ats_replay_output *output, struct ats_span value,
                              json_t **ret_json, struct ats_error *err)
{
    uint32_t id = 0;
    struct ats_span body;
    if (ats_framing_get(value, &id, &body) != ATS_OK) {
        *ret_json = json_loadb((const char *)value.data, value.len, 0, NULL);
        return *ret_json ? ATS_OK : ats_error_set(err, ATS_ERR_INTERNAL, "an output is no JSON");
    }
    for (size_t i = 0; i < output->count; i++) {
        if (output->ids[i] == id)
            return ats_avro_json_decode(output->decoders[i], body, ret_json, err);
    }
    return ats_error_set(err, ATS_ERR_INTERNAL, "an output has an unknown schema");
}

enum ats_status ats_replay_output_emit(void *ctx, const char *topic_suffix,
                                       const struct ats_kafka_record *record, struct ats_error *err)
{
    struct ats_replay_output *output = ctx;
    json_t *value = NULL;
    enum ats_status status = decode(output, record->value, &value, err);
    if (status != ATS_OK)
        return status;
    /* A key that is not UTF-8 has no JSON: it can only be a dead letter's. */
    json_t *key = json_stringn((const char *)record->key.data, record->key.len);
    json_t *line = json_pack("{s:s, s:o, s:o}", "topic", topic_suffix, "key",
                             key ? key : json_null(), "value", value);
    if (!line)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    bool written = json_dumpf(line, output->file, JSON_COMPACT) == 0 &&
                   putc_unlocked('\n', output->file) != EOF;
    json_decref(line);
    return written ? ATS_OK : ats_error_set(err, ATS_ERR_IO, "the output cannot be written");
}
