/* SPDX-License-Identifier: Apache-2.0 */
/* A framed record as JSON, by the schema that its framing names. */
#ifndef ATS_TESTS_RECORD_DECODED_H
#define ATS_TESTS_RECORD_DECODED_H

#include "common/contract/schema.h"
#include "common/record/avro_json.h"
#include "common/record/schemas.h"

#include <criterion/criterion.h>

static inline struct ats_span schema_text(const char *name)
{
    const struct ats_record_schema_text *schema = ats_record_schema_texts;
    while (schema->name && strcmp(schema->name, name) != 0)
        schema++;
    cr_assert_not_null(schema->name, "%s", name);
    return schema->text;
}

/* The caller gets a reference. */
static inline json_t *decoded(const char *schema, struct ats_span framed)
{
    struct ats_avro_json *decoder = NULL;
    struct ats_error err = {0};
    struct ats_span body;
    uint32_t id = 0;
    json_t *json = NULL;
    cr_assert_eq(ats_framing_get(framed, &id, &body), ATS_OK);
    cr_assert_eq(id, ats_record_schema_id(schema));
    cr_assert_eq(ats_avro_json_new(schema_text(schema), &decoder, &err), ATS_OK, "%s", err.text);
    cr_assert_eq(ats_avro_json_decode(decoder, body, &json, &err), ATS_OK, "%s", err.text);
    ats_avro_json_free(decoder);
    return json;
}

/* The member at a path such as "input.gate"; it must be there. Borrowed. */
static inline const json_t *member(const json_t *json, const char *path)
{
    char name[64];
    while (json && *path) {
        size_t len = strcspn(path, ".");
        cr_assert_lt(len, sizeof(name));
        memcpy(name, path, len);
        name[len] = '\0';
        json = json_is_array(json) ? json_array_get(json, (size_t)strtoul(name, NULL, 10))
                                   : json_object_get(json, name);
        cr_assert_not_null(json, "%s", path);
        path += path[len] == '.' ? len + 1 : len;
    }
    return json;
}

static inline const char *text_of(const json_t *json, const char *path)
{
    const char *text = json_string_value(member(json, path));
    cr_assert_not_null(text, "%s", path);
    return text;
}

static inline int64_t integer_of(const json_t *json, const char *path)
{
    cr_assert(json_is_integer(member(json, path)), "%s", path);
    return json_integer_value(member(json, path));
}

static inline double real_of(const json_t *json, const char *path)
{
    cr_assert(json_is_real(member(json, path)), "%s", path);
    return json_real_value(member(json, path));
}

#endif
