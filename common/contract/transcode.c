/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First the text is judged as JSON, so that a malformed one is called that wherever it breaks. Then, per record, one walk notes
 * where each field's value begins, since Avro wants the schema's order and JSON comes in any; the fields are written from there.
 */
#include "common/contract/transcode.h"

#include "common/base/limits.h"
#include "common/contract/avro.h"
#include "common/contract/json.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

struct transcoder {
    struct ats_buf *out;
    struct ats_verdict *verdict;
    bool ignore_unknown;
};

static bool put_value(struct transcoder *t, const struct ats_plan_node *node,
                      struct ats_json *json);

static bool refuse(struct transcoder *t, enum ats_rule rule, const struct ats_plan_node *node,
                   const char *format, const char *detail)
{
    char text[ATS_VERDICT_TEXT_MAX];
    (void)snprintf(text, sizeof(text), "%s%s", format, detail);
    ats_verdict_set(t->verdict, rule, node->path, "%s", text);
    return false;
}

static bool wrong_type(struct transcoder *t, const struct ats_plan_node *node,
                       struct ats_json *json)
{
    const struct ats_plan_node *value = ats_plan_value_node(node);
    ats_verdict_set(t->verdict, ATS_RULE_TYPE, node->path, "expected %s%s, found %s",
                    ats_avro_type_name(value->type),
                    node->nullable && value != node ? " or null" : "",
                    ats_json_type_name(ats_json_peek(json)));
    return false;
}

static bool put_integer(struct transcoder *t, const struct ats_plan_node *node,
                        struct ats_json *json)
{
    int64_t value = 0;
    enum ats_status status = ats_json_integer(ats_json_raw_number(json), &value);
    if (status == ATS_ERR_INVALID)
        return refuse(t, ATS_RULE_TYPE, node, "expected a whole number", "");
    if (status != ATS_OK ||
        (node->type == ATS_AVRO_INT && (value < INT32_MIN || value > INT32_MAX)))
        return refuse(t, ATS_RULE_NUMBER_RANGE, node, "the number does not fit ",
                      ats_avro_type_name(node->type));
    ats_avro_put_long(t->out, value);
    return true;
}

static bool put_real(struct transcoder *t, const struct ats_plan_node *node, struct ats_json *json)
{
    double value = 0;
    if (ats_json_real(ats_json_raw_number(json), &value) != ATS_OK ||
        (node->type == ATS_AVRO_FLOAT && fabs(value) > (double)FLT_MAX))
        return refuse(t, ATS_RULE_NUMBER_RANGE, node, "the number does not fit ",
                      ats_avro_type_name(node->type));
    if (node->type == ATS_AVRO_FLOAT)
        ats_avro_put_float(t->out, (float)value);
    else
        ats_avro_put_double(t->out, value);
    return true;
}

/* The string at the cursor, escapes resolved: behind `out`'s contents where it has any, else in the payload itself. */
static struct ats_span take_string(struct transcoder *t, struct ats_json *json)
{
    bool escaped = false;
    struct ats_span raw = ats_json_raw_string(json, &escaped);
    if (!escaped)
        return raw;
    uint8_t *room = ats_buf_reserve(t->out, 2 * raw.len + 10);
    /* The text is made at the far end of the room, so that its length can be written before it. */
    if (!room)
        return ats_span_of("", 0);
    return ats_span_of(room + raw.len + 10, ats_json_unescape(raw, room + raw.len + 10));
}

static bool put_string(struct transcoder *t, struct ats_json *json)
{
    struct ats_span text = take_string(t, json);
    ats_avro_put_long(t->out, (int64_t)text.len);
    uint8_t *room = ats_buf_reserve(t->out, text.len);
    if (room && text.len > 0) {
        memmove(room, text.data, text.len);
        t->out->len += text.len;
    }
    return true;
}

/* Avro's JSON encoding of bytes: each character U+0000 to U+00FF is one byte. */
static bool put_binary(struct transcoder *t, const struct ats_plan_node *node,
                       struct ats_json *json)
{
    struct ats_span text = take_string(t, json);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++)
        len += (text.data[i] & 0xc0) != 0x80;
    if (node->type == ATS_AVRO_FIXED && len != node->fixed_size)
        return refuse(t, ATS_RULE_LENGTH, node, "wrong number of bytes", "");
    if (node->type == ATS_AVRO_BYTES)
        ats_avro_put_long(t->out, (int64_t)len);
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = text.data[i];
        if (byte >= 0xc4)
            return refuse(t, ATS_RULE_TYPE, node, "a character above U+00FF is no byte", "");
        if (byte >= 0x80)
            byte = (uint8_t)((byte & 0x03) << 6 | (text.data[++i] & 0x3f));
        ats_buf_append_byte(t->out, byte);
    }
    return true;
}

static bool put_enum(struct transcoder *t, const struct ats_plan_node *node, struct ats_json *json)
{
    struct ats_span text = take_string(t, json);
    for (size_t i = 0; i < node->symbol_count; i++) {
        if (ats_span_is(text, node->symbols[i])) {
            ats_avro_put_long(t->out, (int64_t)i);
            return true;
        }
    }
    return refuse(t, ATS_RULE_ENUM_SYMBOL, node, "not one of the enum's symbols", "");
}

static bool put_array(struct transcoder *t, const struct ats_plan_node *node, struct ats_json *json)
{
    int64_t count = 0;
    struct ats_json counting = *json;
    for (ats_json_enter(&counting); ats_json_step(&counting); count++)
        ats_json_skip(&counting);
    if (count > 0)
        ats_avro_put_long(t->out, count);
    ats_json_enter(json);
    while (ats_json_step(json))
        if (!put_value(t, &node->children[0], json))
            return false;
    ats_avro_put_long(t->out, 0);
    return true;
}

static bool put_map(struct transcoder *t, const struct ats_plan_node *node, struct ats_json *json)
{
    struct ats_span keys[ATS_JSON_MAP_ENTRIES_MAX];
    struct ats_json counting = *json;
    size_t count = 0;
    bool escaped = false;
    for (ats_json_enter(&counting); ats_json_step(&counting); count++) {
        if (count == ATS_JSON_MAP_ENTRIES_MAX)
            return refuse(t, ATS_RULE_LENGTH, node, "too many entries", "");
        keys[count] = ats_json_raw_string(&counting, &escaped);
        for (size_t i = 0; i < count; i++)
            if (ats_span_equal(keys[i], keys[count]))
                return refuse(t, ATS_RULE_JSON_DUPLICATE_KEY, node, "a key stands twice", "");
        ats_json_colon(&counting);
        ats_json_skip(&counting);
    }
    if (count > 0)
        ats_avro_put_long(t->out, (int64_t)count);
    ats_json_enter(json);
    while (ats_json_step(json)) {
        (void)put_string(t, json);
        ats_json_colon(json);
        if (!put_value(t, &node->children[0], json))
            return false;
    }
    ats_avro_put_long(t->out, 0);
    return true;
}

/* The field of that name; devices send fields in the same order each time, so `hint` is tried first. */
static size_t find_field(const struct ats_plan_node *record, struct ats_span name, size_t hint)
{
    for (size_t i = 0; i < record->child_count; i++) {
        size_t at = (hint + i) % record->child_count;
        const struct ats_plan_node *field = &record->children[at];
        if (field->name_len == name.len && memcmp(field->name, name.data, name.len) == 0)
            return at;
    }
    return SIZE_MAX;
}

static bool unknown_field(struct transcoder *t, const struct ats_plan_node *record,
                          struct ats_span name)
{
    char path[ATS_VERDICT_PATH_MAX];
    (void)snprintf(path, sizeof(path), "%s%s%.*s", record->path, *record->path ? "." : "",
                   (int)(name.len < ATS_NAME_MAX ? name.len : ATS_NAME_MAX),
                   (const char *)name.data);
    ats_verdict_set(t->verdict, ATS_RULE_UNKNOWN_FIELD, path, "the contract has no such field");
    return false;
}

/* Notes where each field's value begins; NULL stays where a field is missing. */
static bool index_fields(struct transcoder *t, const struct ats_plan_node *record,
                         struct ats_json *json, const uint8_t **values)
{
    size_t hint = 0;
    bool unknown = false;
    ats_json_enter(json);
    while (ats_json_step(json)) {
        bool escaped = false;
        uint8_t plain[ATS_NAME_MAX * 6];
        struct ats_span name = ats_json_raw_string(json, &escaped);
        if (escaped && name.len <= sizeof(plain))
            name = ats_span_of(plain, ats_json_unescape(name, plain));
        size_t at = find_field(record, name, hint);
        ats_json_colon(json);
        if (at == SIZE_MAX) {
            /* A key that stands twice later on is worse, so the walk goes on. */
            if (!t->ignore_unknown && !unknown)
                unknown = !unknown_field(t, record, name);
        } else if (values[at]) {
            return refuse(t, ATS_RULE_JSON_DUPLICATE_KEY, &record->children[at],
                          "the key stands twice", "");
        } else {
            values[at] = json->at;
            hint = at + 1;
        }
        ats_json_skip(json);
    }
    return !unknown;
}

static bool put_record(struct transcoder *t, const struct ats_plan_node *record,
                       struct ats_json *json)
{
    const uint8_t *values[ATS_SCHEMA_FIELDS_MAX];
    memset(values, 0, record->child_count * sizeof(values[0]));
    if (!index_fields(t, record, json, values))
        return false;
    for (size_t i = 0; i < record->child_count; i++) {
        const struct ats_plan_node *field = &record->children[i];
        struct ats_json value = {.at = values[i], .end = json->end};
        if (values[i]) {
            if (!put_value(t, field, &value))
                return false;
        } else if (field->has_default) {
            ats_buf_append(t->out, field->default_bytes, field->default_len);
        } else {
            return refuse(t, ATS_RULE_MISSING_FIELD, field, "the field is missing", "");
        }
    }
    return true;
}

/* Whether the branch takes a JSON value of that type; a number with a fraction or exponent is no integer here. */
static bool branch_takes(const struct ats_plan_node *branch, enum ats_json_type type, bool integral)
{
    switch (type) {
    case ATS_JSON_NULL:
        return branch->type == ATS_AVRO_NULL;
    case ATS_JSON_BOOLEAN:
        return branch->type == ATS_AVRO_BOOLEAN;
    case ATS_JSON_NUMBER:
        return branch->type == ATS_AVRO_FLOAT || branch->type == ATS_AVRO_DOUBLE ||
               (integral && (branch->type == ATS_AVRO_INT || branch->type == ATS_AVRO_LONG));
    case ATS_JSON_STRING:
        return branch->type == ATS_AVRO_STRING || branch->type == ATS_AVRO_BYTES ||
               branch->type == ATS_AVRO_ENUM || branch->type == ATS_AVRO_FIXED;
    case ATS_JSON_ARRAY:
        return branch->type == ATS_AVRO_ARRAY;
    case ATS_JSON_OBJECT:
        return branch->type == ATS_AVRO_RECORD || branch->type == ATS_AVRO_MAP;
    }
    return false;
}

static bool put_union(struct transcoder *t, const struct ats_plan_node *node, struct ats_json *json)
{
    enum ats_json_type type = ats_json_peek(json);
    struct ats_json look = *json;
    int64_t ignored = 0;
    bool integral =
        type == ATS_JSON_NUMBER && ats_json_integer(ats_json_raw_number(&look), &ignored) == ATS_OK;
    for (size_t i = 0; i < node->child_count; i++) {
        if (!branch_takes(&node->children[i], type, integral))
            continue;
        ats_avro_put_long(t->out, (int64_t)i);
        return put_value(t, &node->children[i], json);
    }
    return wrong_type(t, node, json);
}

static bool put_value(struct transcoder *t, const struct ats_plan_node *node, struct ats_json *json)
{
    static const enum ats_json_type expected[] = {
        [ATS_AVRO_NULL] = ATS_JSON_NULL,     [ATS_AVRO_BOOLEAN] = ATS_JSON_BOOLEAN,
        [ATS_AVRO_INT] = ATS_JSON_NUMBER,    [ATS_AVRO_LONG] = ATS_JSON_NUMBER,
        [ATS_AVRO_FLOAT] = ATS_JSON_NUMBER,  [ATS_AVRO_DOUBLE] = ATS_JSON_NUMBER,
        [ATS_AVRO_BYTES] = ATS_JSON_STRING,  [ATS_AVRO_STRING] = ATS_JSON_STRING,
        [ATS_AVRO_FIXED] = ATS_JSON_STRING,  [ATS_AVRO_ENUM] = ATS_JSON_STRING,
        [ATS_AVRO_RECORD] = ATS_JSON_OBJECT, [ATS_AVRO_ARRAY] = ATS_JSON_ARRAY,
        [ATS_AVRO_MAP] = ATS_JSON_OBJECT,
    };
    if (node->type == ATS_AVRO_UNION)
        return put_union(t, node, json);
    if (ats_json_peek(json) != expected[node->type])
        return wrong_type(t, node, json);
    switch (node->type) {
    case ATS_AVRO_BOOLEAN:
        ats_avro_put_boolean(t->out, *json->at == 't');
        ats_json_skip(json);
        return true;
    case ATS_AVRO_INT:
    case ATS_AVRO_LONG:
        return put_integer(t, node, json);
    case ATS_AVRO_FLOAT:
    case ATS_AVRO_DOUBLE:
        return put_real(t, node, json);
    case ATS_AVRO_STRING:
        return put_string(t, json);
    case ATS_AVRO_BYTES:
    case ATS_AVRO_FIXED:
        return put_binary(t, node, json);
    case ATS_AVRO_ENUM:
        return put_enum(t, node, json);
    case ATS_AVRO_RECORD:
        return put_record(t, node, json);
    case ATS_AVRO_ARRAY:
        return put_array(t, node, json);
    case ATS_AVRO_MAP:
        return put_map(t, node, json);
    case ATS_AVRO_NULL:
    case ATS_AVRO_UNION:
        break;
    }
    ats_json_skip(json);
    return true;
}

enum ats_status ats_transcode(const struct ats_plan_node *node, bool ignore_unknown,
                              struct ats_span text, struct ats_buf *out,
                              struct ats_verdict *ret_verdict)
{
    size_t at = 0;
    size_t len = out->len;
    enum ats_rule rule = ats_json_check(text, &at);
    if (rule != ATS_RULE_NONE) {
        ats_verdict_set(ret_verdict, rule, "", "not JSON (RFC 8259): broken at byte %zu of %zu", at,
                        text.len);
        return ATS_ERR_INVALID;
    }
    struct transcoder t = {.out = out, .verdict = ret_verdict, .ignore_unknown = ignore_unknown};
    struct ats_json json = {.at = text.data, .end = text.data + text.len};
    bool good = put_value(&t, node, &json);
    enum ats_status status = out->status;
    if (status != ATS_OK || !good)
        out->len = len;
    return status != ATS_OK ? status : good ? ATS_OK : ATS_ERR_INVALID;
}
