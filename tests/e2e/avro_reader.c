/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our side of tests/e2e/test_avro_oracle.py: one JSON object a line in, one out. {"reader": TEXT, "writer": TEXT} of two schemas
 * gives whether what the writer writes can be read, and what stands in the way. {"schema": TEXT, "json": TEXT} gives the payload as
 * Avro and whether avro-c reads and writes the same, or the rule that it breaks. {"schema": TEXT, "hex": BYTES} says whether these decode as one value.
 * {"from": UNIT, "to": UNIT, "values": [NUMBERS]} gives what these are in the other unit, or why they are not.
 */
#include "common/base/limits.h"
#include "common/contract/resolve.h"
#include "common/contract/transcode.h"
#include "common/contract/ucum.h"

#include <avro.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

static void tell(void *ctx, const struct ats_resolve_finding *finding)
{
    (void)json_array_append_new(
        ctx, json_pack("{s:s, s:b, s:s, s:s}", "fault", ats_resolve_fault_name(finding->fault),
                       "breaks", finding->breaks, "path", finding->path, "text", finding->text));
}

/* The tree of a schema that a contract may have. */
static enum ats_status read_tree(const json_t *text, struct ats_avsc_tree *tree,
                                 struct ats_error *err)
{
    struct ats_plan plan;
    const struct ats_span span = ats_span_text(json_string_value(text));
    enum ats_status status = ats_plan_compile(span, "schema", &plan, err);
    if (status != ATS_OK)
        return status;
    ats_plan_fini(&plan);
    return ats_avsc_tree_read(span, "schema", tree, err);
}

static json_t *answer_pair(const json_t *question)
{
    struct ats_avsc_tree reader = {0};
    struct ats_avsc_tree writer = {0};
    struct ats_error err = {0};
    bool readable = false;
    json_t *findings = json_array();
    enum ats_status status = read_tree(json_object_get(question, "reader"), &reader, &err);
    if (status == ATS_OK)
        status = read_tree(json_object_get(question, "writer"), &writer, &err);
    if (status == ATS_OK)
        status = ats_resolve(&reader, &writer, tell, findings, &readable);
    json_t *answer = status == ATS_OK
                         ? json_pack("{s:b, s:O}", "readable", readable, "findings", findings)
                         : json_pack("{s:s}", "refused", err.text);
    json_decref(findings);
    ats_avsc_tree_fini(&reader);
    ats_avsc_tree_fini(&writer);
    return answer;
}

/* Reads the bytes and writes what it has read. */
static bool copy_with_avro_c(avro_value_t *value, struct ats_span bytes)
{
    static char again[ATS_PAYLOAD_MAX];
    avro_reader_t reader = avro_reader_memory((const char *)bytes.data, (int64_t)bytes.len);
    avro_writer_t writer = avro_writer_memory(again, sizeof(again));
    bool same = avro_value_read(reader, value) == 0 && avro_value_write(writer, value) == 0 &&
                avro_writer_tell(writer) == (int64_t)bytes.len &&
                memcmp(again, bytes.data, bytes.len) == 0;
    avro_reader_free(reader);
    avro_writer_free(writer);
    return same;
}

static bool avro_c_agrees(const char *text, struct ats_span bytes)
{
    avro_schema_t schema = NULL;
    avro_value_t value;
    if (avro_schema_from_json_length(text, strlen(text), &schema) != 0)
        return false;
    avro_value_iface_t *generic = avro_generic_class_from_schema(schema);
    bool same = generic && avro_generic_value_new(generic, &value) == 0;
    if (same) {
        same = copy_with_avro_c(&value, bytes);
        avro_value_decref(&value);
    }
    if (generic)
        avro_value_iface_decref(generic);
    avro_schema_decref(schema);
    return same;
}

static json_t *answer_payload(const struct ats_plan *plan, const char *schema, const char *json)
{
    struct ats_buf out;
    struct ats_verdict verdict = {0};
    const struct ats_transcode_options options = {.secret = plan->secret};
    ats_buf_init(&out, ATS_PAYLOAD_MAX);
    enum ats_status status =
        ats_transcode(&plan->root, &options, ats_span_text(json), &out, NULL, &verdict);
    char *hex = malloc(2 * out.len + 1);
    json_t *answer =
        status == ATS_OK && hex
            ? json_pack("{s:s, s:b}", "hex",
                        sodium_bin2hex(hex, 2 * out.len + 1, out.data, out.len), "avro_c",
                        avro_c_agrees(schema, ats_buf_span(&out)))
            : json_pack("{s:s, s:s}", "rule", ats_rule_name(verdict.rule), "text", verdict.text);
    free(hex);
    ats_buf_fini(&out);
    return answer;
}

static json_t *answer_bytes(const struct ats_plan *plan, const char *hex)
{
    static uint8_t bytes[1 << 19];
    static struct ats_leaf leaves[ATS_CONTRACT_LEAVES_MAX];
    size_t len = 0;
    bool good = sodium_hex2bin(bytes, sizeof(bytes), hex, strlen(hex), NULL, &len, NULL) == 0;
    return json_pack("{s:b, s:I}", "decodes",
                     good && ats_plan_decode(plan, ats_span_of(bytes, len), leaves) == ATS_OK,
                     "leaves", (json_int_t)plan->leaf_count);
}

static json_t *answer_value(const json_t *question)
{
    const char *schema = json_string_value(json_object_get(question, "schema"));
    const char *json = json_string_value(json_object_get(question, "json"));
    const char *hex = json_string_value(json_object_get(question, "hex"));
    struct ats_plan plan;
    struct ats_error err = {0};
    if (ats_plan_compile(ats_span_text(schema), "schema", &plan, &err) != ATS_OK)
        return json_pack("{s:s}", "refused", err.text);
    json_t *answer = json ? answer_payload(&plan, schema, json) : answer_bytes(&plan, hex);
    ats_plan_fini(&plan);
    return answer;
}

static json_t *convert(const struct ats_ucum_map *map, const json_t *values)
{
    json_t *converted = json_array();
    size_t index;
    const json_t *value;
    json_array_foreach(values, index, value)(void)
        json_array_append_new(converted, json_real(ats_ucum_real(map, json_number_value(value))));
    return json_pack("{s:o}", "values", converted);
}

static json_t *answer_units(const json_t *question)
{
    const char *fault = NULL;
    struct ats_ucum from;
    struct ats_ucum to;
    struct ats_ucum_map map;
    struct ats_span texts[] = {ats_span_text(json_string_value(json_object_get(question, "from"))),
                               ats_span_text(json_string_value(json_object_get(question, "to")))};
    if (ats_ucum_parse(texts[0], &from, &fault) != ATS_OK ||
        ats_ucum_parse(texts[1], &to, &fault) != ATS_OK)
        return json_pack("{s:s}", "refused", fault);
    enum ats_status status = ats_ucum_map(&from, &to, &map);
    return status == ATS_OK ? convert(&map, json_object_get(question, "values"))
                            : json_pack("{s:s}", "other", ats_status_name(status));
}

static json_t *answer(const json_t *question)
{
    if (!question)
        return json_pack("{s:s}", "refused", "no JSON");
    if (json_object_get(question, "from"))
        return answer_units(question);
    return json_object_get(question, "reader") ? answer_pair(question) : answer_value(question);
}

int main(void)
{
    static char line[1 << 20];
    while (fgets(line, sizeof(line), stdin)) {
        json_t *question = json_loads(line, 0, NULL);
        json_t *reply = answer(question);
        (void)json_dumpf(reply, stdout, JSON_COMPACT);
        (void)puts("");
        json_decref(reply);
        json_decref(question);
    }
    return 0;
}
