/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/contracts/record.h"

#include <stdio.h>
#include <stdlib.h>

#define DOCUMENT_MAX (256 * 1024)

struct field {
    char letter; /* its name begins with */
    const char *avro;
    const char *logical;
    const char *value; /* of a text without its quotes */
    const char *rule;
};

/* Values as devices send them: few digits behind the point, a time in milliseconds, short words. */
static const struct field kinds[] = {
    {'s', "string", "string", "press-07", "{minLength: 1, maxLength: 80}"},
    {'l', "long", "integer", "1764339142123", "{minimum: 0}"},
    {'d', "double", "number", "71.25", "{minimum: -40, maximum: 125}"},
    {'d', "double", "number", "3.0142", "{minimum: 0, maximum: 16}"},
    {'l', "long", "integer", "48213", "{minimum: 0}"},
    {'d', "double", "number", "0.08213", "{minimum: 0}"},
    {'l', "long", "integer", "1480", "{minimum: 0, maximum: 6000}"},
    {'b', "boolean", "boolean", "true", NULL},
    {'s', "string", "string", "auto", "{minLength: 1}"},
    {'d', "double", "number", "0.635", "{minimum: 0, maximum: 1}"},
};
#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

static void write_schema(struct ats_buf *out, size_t fields)
{
    ats_buf_printf(out, "{\"type\": \"record\", \"name\": \"bench\", \"fields\": [");
    for (size_t i = 0; i < fields; i++) {
        const struct field *field = &kinds[i % KIND_COUNT];
        ats_buf_printf(out, "%s{\"name\": \"%c%03zu\", \"type\": \"%s\"}", i > 0 ? ", " : "",
                       field->letter, i, field->avro);
    }
    ats_buf_printf(out, "]}");
}

static void write_document(struct ats_buf *out, size_t fields)
{
    ats_buf_printf(out, "apiVersion: v3.1.0\nkind: DataContract\nid: bench\nversion: 1.0.0\n"
                        "status: active\nschema:\n  - name: bench\n    logicalType: object\n"
                        "    properties:\n");
    for (size_t i = 0; i < fields; i++) {
        const struct field *field = &kinds[i % KIND_COUNT];
        ats_buf_printf(out, "      - name: %c%03zu\n        logicalType: %s\n", field->letter, i,
                       field->logical);
        if (field->rule)
            ats_buf_printf(out, "        logicalTypeOptions: %s\n", field->rule);
    }
    ats_buf_printf(out, "customProperties:\n  - property: attestream\n    value:\n"
                        "      topics: [\"bench/{device}\"]\n");
}

static void write_field(struct ats_buf *out, size_t number, enum record_shape shape, size_t filled)
{
    const struct field *field = &kinds[number % KIND_COUNT];
    const char *quote = field->letter == 's' ? "\"" : "";
    bool digits = shape == RECORD_DIGITS && field->letter == 'd';
    ats_buf_printf(out, "\"%c%03zu\":%s%s", field->letter, number, quote,
                   digits ? "0.12345678901234566" : field->value);
    for (size_t fill = 0; number % KIND_COUNT == 0 && fill < filled; fill++)
        ats_buf_append(out, "x", 1);
    ats_buf_append(out, quote, strlen(quote));
}

/* The first text is made so long that ten plain fields have RECORD_BYTES bytes. */
static void write_payload(struct ats_buf *out, size_t fields, enum record_shape shape,
                          size_t filled)
{
    for (size_t i = 0; i < fields; i++) {
        ats_buf_append(out, i > 0 ? "," : "{", 1);
        write_field(out, shape == RECORD_OTHER_ORDER ? fields - 1 - i : i, shape, filled);
    }
    ats_buf_append(out, "}", 1);
}

/* So many bytes make ten fields' payload as long as it is to be. */
static size_t filling(void)
{
    struct ats_buf plain;
    ats_buf_init(&plain, DOCUMENT_MAX);
    write_payload(&plain, KIND_COUNT, RECORD_PLAIN, 0);
    size_t len = plain.len;
    ats_buf_fini(&plain);
    return len < RECORD_BYTES ? RECORD_BYTES - len : 0;
}

static bool compile(struct record *record, struct ats_buf *schema, struct ats_buf *document)
{
    struct ats_error err = {0};
    write_schema(schema, record->fields);
    write_document(document, record->fields);
    if (ats_contract_compile(ats_buf_span(document), "bench.yaml", ats_buf_span(schema),
                             "bench.avsc", &record->contract, &err) == ATS_OK)
        return true;
    (void)fprintf(stderr, "%s\n", err.text);
    return false;
}

bool record_make(struct record *record, size_t fields, enum record_shape shape, size_t room)
{
    struct ats_buf schema;
    struct ats_buf document;
    struct ats_buf payload;
    *record = (struct record){.fields = fields, .room = room};
    ats_buf_init(&schema, DOCUMENT_MAX);
    ats_buf_init(&document, DOCUMENT_MAX);
    ats_buf_init(&payload, DOCUMENT_MAX);
    bool made = compile(record, &schema, &document);
    write_payload(&payload, fields, shape, filling());
    record->len = payload.len;
    record->payload = made ? calloc(1, payload.len + room) : NULL;
    if (record->payload)
        memcpy(record->payload, payload.data, payload.len);
    ats_buf_fini(&schema);
    ats_buf_fini(&document);
    ats_buf_fini(&payload);
    return record->payload != NULL;
}

void record_fini(struct record *record)
{
    ats_contract_unref(record->contract);
    free(record->payload);
}
