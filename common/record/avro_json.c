/* SPDX-License-Identifier: Apache-2.0 */
/* avro-c reads the schema, our reader the bytes: avro-c's own value reader leaks what it holds when a body is torn. */
#include "common/record/avro_json.h"

#include "common/base/base64.h"
#include "common/base/limits.h"
#include "common/contract/avro.h"

#include <avro.h>
#include <math.h>
#include <stdlib.h>

struct ats_avro_json {
    avro_schema_t schema;
};

/* One decoding: where it is, and how many values it may still make (an array of nulls takes no bytes). */
struct walk {
    struct ats_avro_reader reader;
    size_t values_left;
    int depth;
};

static json_t *to_json(struct walk *walk, avro_schema_t schema);

static json_t *number_to_json(double number)
{
    if (isnan(number))
        return json_string("NaN");
    if (isinf(number))
        return json_string(number > 0 ? "Infinity" : "-Infinity");
    return json_real(number);
}

static json_t *bytes_to_json(struct ats_span bytes)
{
    char *text = bytes.data ? ats_base64_encode(bytes) : NULL;
    if (!text)
        return NULL;
    json_t *json = json_string(text);
    free(text);
    return json;
}

static json_t *text_to_json(struct ats_span text)
{
    return text.data ? json_stringn((const char *)text.data, text.len) : NULL;
}

static json_t *enum_to_json(struct walk *walk, avro_schema_t schema)
{
    int64_t symbol = ats_avro_get_long(&walk->reader);
    if (walk->reader.failed || symbol < 0 || symbol >= avro_schema_enum_number_of_symbols(schema))
        return NULL;
    return json_string(avro_schema_enum_get(schema, (int)symbol));
}

static json_t *union_to_json(struct walk *walk, avro_schema_t schema)
{
    int64_t branch = ats_avro_get_long(&walk->reader);
    if (walk->reader.failed || branch < 0 || branch >= (int64_t)avro_schema_union_size(schema))
        return NULL;
    return to_json(walk, avro_schema_union_branch(schema, (int)branch));
}

static json_t *record_to_json(struct walk *walk, avro_schema_t schema)
{
    json_t *object = json_object();
    size_t count = avro_schema_record_size(schema);
    for (size_t i = 0; object && i < count; i++) {
        const char *name = avro_schema_record_field_name(schema, (int)i);
        avro_schema_t field = avro_schema_record_field_get_by_index(schema, (int)i);
        if (json_object_set_new(object, name, to_json(walk, field)) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

/* The next block's number of items; 0 at the end. A negative count is followed by the block's size in bytes. */
static uint64_t next_block(struct walk *walk)
{
    int64_t count = ats_avro_get_long(&walk->reader);
    if (count < 0)
        (void)ats_avro_get_long(&walk->reader);
    if (walk->reader.failed)
        return 0;
    return count < 0 ? (uint64_t)0 - (uint64_t)count : (uint64_t)count;
}

static json_t *array_to_json(struct walk *walk, avro_schema_t schema)
{
    json_t *array = json_array();
    avro_schema_t items = avro_schema_array_items(schema);
    uint64_t left = next_block(walk);
    while (array && left > 0) {
        if (json_array_append_new(array, to_json(walk, items)) != 0) {
            json_decref(array);
            return NULL;
        }
        if (--left == 0)
            left = next_block(walk);
    }
    return array;
}

static bool add_entry(struct walk *walk, avro_schema_t schema, json_t *object)
{
    struct ats_span key = ats_avro_get_bytes(&walk->reader);
    json_t *name = text_to_json(key);
    bool added = name && json_object_set_new(object, json_string_value(name),
                                             to_json(walk, avro_schema_map_values(schema))) == 0;
    json_decref(name);
    return added;
}

static json_t *map_to_json(struct walk *walk, avro_schema_t schema)
{
    json_t *object = json_object();
    uint64_t left = next_block(walk);
    while (object && left > 0) {
        if (!add_entry(walk, schema, object)) {
            json_decref(object);
            return NULL;
        }
        if (--left == 0)
            left = next_block(walk);
    }
    return object;
}

static json_t *container_to_json(struct walk *walk, avro_schema_t schema)
{
    switch (avro_typeof(schema)) {
    case AVRO_RECORD:
        return record_to_json(walk, schema);
    case AVRO_ARRAY:
        return array_to_json(walk, schema);
    case AVRO_MAP:
        return map_to_json(walk, schema);
    case AVRO_UNION:
        return union_to_json(walk, schema);
    case AVRO_LINK:
        return to_json(walk, avro_schema_link_target(schema));
    default:
        return NULL;
    }
}

/* NULL: the bytes do not fit, out of memory, or a value that JSON cannot hold. */
static json_t *to_json(struct walk *walk, avro_schema_t schema)
{
    struct ats_avro_reader *reader = &walk->reader;
    json_t *json = NULL;
    if (walk->values_left == 0 || walk->depth == 2 * ATS_SCHEMA_DEPTH_MAX)
        return NULL;
    walk->values_left--;
    walk->depth++;
    switch (avro_typeof(schema)) {
    case AVRO_NULL:
        json = json_null();
        break;
    case AVRO_BOOLEAN:
        json = json_boolean(ats_avro_get_boolean(reader));
        break;
    case AVRO_INT32:
    case AVRO_INT64:
        json = json_integer(ats_avro_get_long(reader));
        break;
    case AVRO_FLOAT:
        json = number_to_json((double)ats_avro_get_float(reader));
        break;
    case AVRO_DOUBLE:
        json = number_to_json(ats_avro_get_double(reader));
        break;
    case AVRO_STRING:
        json = text_to_json(ats_avro_get_bytes(reader));
        break;
    case AVRO_BYTES:
        json = bytes_to_json(ats_avro_get_bytes(reader));
        break;
    case AVRO_FIXED:
        json = bytes_to_json(ats_avro_get_fixed(reader, (size_t)avro_schema_fixed_size(schema)));
        break;
    case AVRO_ENUM:
        json = enum_to_json(walk, schema);
        break;
    default:
        json = container_to_json(walk, schema);
    }
    walk->depth--;
    return json;
}

enum ats_status ats_avro_json_new(struct ats_span schema, struct ats_avro_json **ret_decoder,
                                  struct ats_error *err)
{
    struct ats_avro_json *decoder = calloc(1, sizeof(*decoder));
    if (!decoder)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    if (avro_schema_from_json_length((const char *)schema.data, schema.len, &decoder->schema) !=
        0) {
        free(decoder);
        return ats_error_set(err, ATS_ERR_INVALID, "not an Avro schema: %s", avro_strerror());
    }
    *ret_decoder = decoder;
    return ATS_OK;
}

void ats_avro_json_free(struct ats_avro_json *decoder)
{
    if (!decoder)
        return;
    avro_schema_decref(decoder->schema);
    free(decoder);
}

enum ats_status ats_avro_json_decode(const struct ats_avro_json *decoder, struct ats_span body,
                                     json_t **ret_json, struct ats_error *err)
{
    struct walk walk = {.values_left = ATS_AVRO_JSON_VALUES_MAX};
    ats_avro_reader_init(&walk.reader, body);
    json_t *json = to_json(&walk, decoder->schema);
    if (!json || walk.reader.failed) {
        json_decref(json);
        return ats_error_set(err, ATS_ERR_MALFORMED, "the value does not fit its schema");
    }
    if (!ats_avro_reader_done(&walk.reader)) {
        json_decref(json);
        return ats_error_set(err, ATS_ERR_MALFORMED, "the value has bytes left over");
    }
    *ret_json = json;
    return ATS_OK;
}
