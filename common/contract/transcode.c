/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pass over the text, led by the plan. Avro wants fields in the schema's order and lengths before what they count; JSON has
 * neither. So each value is written when it is met, and put right when its end is known:
 *   a record notes where each field's bytes lie, and sorts them if the order was another than the schema's;
 *   an array, map or escaped string gets its count inserted before it, which moves bytes that are still in the cache.
 * Devices send their fields in one order, so a schema in that order costs nothing.
 *
 * Text that breaks the schema may be no JSON further on, and then it is called that: on the first breach of the schema the
 * whole text is judged again, without the plan. That pass costs a refused payload only.
 */
#include "common/contract/transcode.h"

#include "common/base/limits.h"
#include "common/base/utf8.h"
#include "common/contract/avro.h"
#include "common/contract/text.h"

#include <stdio.h>

struct transcoder {
    struct ats_json json;
    struct ats_buf *out;
    struct ats_verdict *verdict;
    const struct ats_transcode_options *options;
    struct ats_json_keys keys;
};

static bool put_value(struct transcoder *t, const struct ats_plan_node *node);

/* ---- breaches of the schema: each sets the verdict and returns false ---- */

static bool wrong_type(struct transcoder *t, const struct ats_plan_node *node)
{
    const struct ats_plan_node *value = ats_plan_value_node(node);
    enum ats_json_kind kind = ats_json_peek(&t->json);
    if (kind == ATS_JSON_NOTHING)
        return ats_json_fail(&t->json, ATS_RULE_JSON_SYNTAX);
    ats_verdict_set(t->verdict, ATS_RULE_TYPE, node->path, "expected %s%s, found %s",
                    ats_avro_type_name(value->type),
                    node->nullable && value != node ? " or null" : "", ats_json_kind_name(kind));
    return false;
}

static bool out_of_range(struct transcoder *t, const struct ats_plan_node *node)
{
    ats_verdict_set(t->verdict, ATS_RULE_NUMBER_RANGE, node->path, "the number does not fit %s",
                    ats_avro_type_name(node->type));
    return false;
}

/* A number that cannot be had as the node's float or double. */
static bool no_real(struct transcoder *t, const struct ats_plan_node *node,
                    const struct ats_json_number *number)
{
    if (number->raw.len <= ATS_JSON_NUMBER_MAX)
        return out_of_range(t, node);
    ats_verdict_set(t->verdict, ATS_RULE_NUMBER_RANGE, node->path,
                    "%zu characters for a number (allowed: %d)", number->raw.len,
                    ATS_JSON_NUMBER_MAX);
    return false;
}

/* As much of a stranger's name as a path takes; a NUL, which would end it, as JSON writes it. */
static void show_name(struct ats_span name, char ret_shown[ATS_NAME_MAX + 1])
{
    static const char nul[] = "\\u0000";
    size_t len = 0;
    for (size_t i = 0; i < name.len; i++) {
        bool is_nul = name.data[i] == '\0';
        size_t size = is_nul ? sizeof(nul) - 1 : 1;
        if (len + size > ATS_NAME_MAX)
            break;
        memcpy(ret_shown + len, is_nul ? nul : (const char *)name.data + i, size);
        len += size;
    }
    ret_shown[len] = '\0';
    ret_shown[ats_utf8_cut(ret_shown, len)] = '\0';
}

static bool unknown_field(struct transcoder *t, const struct ats_plan_node *record,
                          struct ats_span name)
{
    char path[ATS_VERDICT_PATH_MAX];
    char shown[ATS_NAME_MAX + 1];
    show_name(name, shown);
    (void)snprintf(path, sizeof(path), "%.100s%s%s", record->path, record->path[0] ? "." : "",
                   shown);
    ats_verdict_set(t->verdict, ATS_RULE_UNKNOWN_FIELD, path, "the schema has no such field");
    return false;
}

/* ---- texts ---- */

static bool put_string(struct transcoder *t)
{
    struct ats_json_text text;
    if (!ats_json_string(&t->json, &text))
        return false;
    ats_text_put(t->out, text);
    return true;
}

/* As in Avro's own JSON: each character U+0000 to U+00FF is one byte. */
static bool put_binary(struct transcoder *t, const struct ats_plan_node *node)
{
    struct ats_json_text text;
    size_t begin = t->out->len;
    if (!ats_json_string(&t->json, &text))
        return false;
    ats_text_append(t->out, text);
    if (t->out->status != ATS_OK)
        return false;
    if (!ats_text_narrow(t->out, begin)) {
        ats_verdict_set(t->verdict, ATS_RULE_TYPE, node->path,
                        "a character above U+00FF stands for no byte");
        return false;
    }
    size_t len = t->out->len - begin;
    if (node->type == ATS_AVRO_BYTES) {
        ats_text_insert_count(t->out, begin, (int64_t)len);
        return true;
    }
    if (len != node->fixed_size)
        ats_verdict_set(t->verdict, ATS_RULE_LENGTH, node->path, "%zu bytes (allowed: %zu)", len,
                        node->fixed_size);
    return len == node->fixed_size;
}

static bool put_symbol(struct transcoder *t, const struct ats_plan_node *node)
{
    struct ats_json_text text;
    if (!ats_json_string(&t->json, &text))
        return false;
    struct ats_span symbol = ats_text_peek(t->out, text);
    for (size_t i = 0; i < node->symbol_count; i++) {
        if (!ats_span_is(symbol, node->symbols[i]))
            continue;
        ats_avro_put_long(t->out, (int64_t)i);
        return true;
    }
    ats_verdict_set(t->verdict, ATS_RULE_ENUM_SYMBOL, node->path, "not one of the enum's symbols");
    return false;
}

/* ---- numbers ---- */

/* LIMIT: beyond the node's int or long; INVALID: not integral. */
static enum ats_status to_integer(const struct ats_plan_node *node,
                                  const struct ats_json_number *number, int64_t *ret_value)
{
    enum ats_status status = ats_json_to_integer(number, ret_value);
    bool narrow = node->type == ATS_AVRO_INT;
    if (status == ATS_OK && narrow && (*ret_value < INT32_MIN || *ret_value > INT32_MAX))
        return ATS_ERR_LIMIT;
    return status;
}

static bool put_integer(struct transcoder *t, const struct ats_plan_node *node)
{
    struct ats_json_number number;
    int64_t value = 0;
    if (!ats_json_number(&t->json, &number))
        return false;
    enum ats_status status = to_integer(node, &number, &value);
    if (status == ATS_ERR_INVALID || (t->options->plain_integers && !number.plain)) {
        ats_verdict_set(t->verdict, ATS_RULE_TYPE, node->path,
                        "expected %s, found a number with a fraction",
                        ats_avro_type_name(node->type));
        return false;
    }
    if (status != ATS_OK)
        return out_of_range(t, node);
    ats_avro_put_long(t->out, value);
    return true;
}

static bool put_double(struct transcoder *t, const struct ats_plan_node *node)
{
    struct ats_json_number number;
    double value = 0;
    if (!ats_json_number(&t->json, &number))
        return false;
    if (ats_json_to_double(&number, &value) != ATS_OK)
        return no_real(t, node, &number);
    ats_avro_put_double(t->out, value);
    return true;
}

static bool put_float(struct transcoder *t, const struct ats_plan_node *node)
{
    struct ats_json_number number;
    float value = 0;
    if (!ats_json_number(&t->json, &number))
        return false;
    if (ats_json_to_float(&number, &value) != ATS_OK)
        return no_real(t, node, &number);
    ats_avro_put_float(t->out, value);
    return true;
}

/* ---- collections ---- */

/* One block with its count, then the block of none that ends it. */
static void end_blocks(struct ats_buf *out, size_t begin, int64_t count)
{
    if (count > 0)
        ats_text_insert_count(out, begin, count);
    ats_avro_put_long(out, 0);
}

static bool put_array(struct transcoder *t, const struct ats_plan_node *node)
{
    bool first = true;
    int64_t count = 0;
    size_t begin = t->out->len;
    if (!ats_json_open(&t->json))
        return false;
    for (; ats_json_more(&t->json, ']', &first); count++)
        if (!put_value(t, &node->children[0]))
            return false;
    end_blocks(t->out, begin, count);
    return t->json.fault == ATS_RULE_NONE;
}

static bool put_map(struct transcoder *t, const struct ats_plan_node *node)
{
    bool first = true;
    int64_t count = 0;
    size_t begin = t->out->len;
    size_t base = t->keys.count;
    struct ats_json_text key;
    if (!ats_json_open(&t->json))
        return false;
    for (; ats_json_more(&t->json, '}', &first); count++) {
        if (!ats_json_key(&t->json, &key) || !ats_json_keys_add(&t->keys, base, &t->json, key))
            return false;
        ats_text_put(t->out, key);
        if (!put_value(t, &node->children[0]))
            return false;
    }
    ats_json_keys_pop(&t->keys, base);
    end_blocks(t->out, begin, count);
    return t->json.fault == ATS_RULE_NONE;
}

/* Where a field's bytes lie, relative to its record's beginning. */
struct slot {
    uint32_t at;
    uint32_t len;
};
#define SLOT_EMPTY UINT32_MAX

/* A value of a field that the schema does not have: passed over if the contract says so. */
static bool pass_unknown(struct transcoder *t, const struct ats_plan_node *record, size_t base,
                         struct ats_json_text key)
{
    if (!t->options->ignore_unknown)
        return unknown_field(t, record, ats_text_peek(t->out, key));
    return ats_json_keys_add(&t->keys, base, &t->json, key) && ats_json_skip(&t->json, &t->keys);
}

/* Reads the members as they come; tells whether they came complete and in the schema's order. */
static bool put_fields(struct transcoder *t, const struct ats_plan_node *record, size_t begin,
                       struct slot *slots, bool *ret_ordered)
{
    bool first = true;
    size_t next = 0;
    size_t base = t->keys.count;
    struct ats_json_text key;
    *ret_ordered = true;
    if (!ats_json_open(&t->json))
        return false;
    while (ats_json_more(&t->json, '}', &first)) {
        if (!ats_json_key(&t->json, &key))
            return false;
        size_t field = ats_plan_find_field(record, ats_text_peek(t->out, key), next);
        if (field == SIZE_MAX) {
            if (!pass_unknown(t, record, base, key))
                return false;
            continue;
        }
        if (slots[field].at != SLOT_EMPTY)
            return ats_json_fail(&t->json, ATS_RULE_JSON_DUPLICATE_KEY);
        *ret_ordered = *ret_ordered && field == next;
        next = field + 1;
        size_t at = t->out->len;
        if (!put_value(t, &record->children[field]))
            return false;
        slots[field] = (struct slot){(uint32_t)(at - begin), (uint32_t)(t->out->len - at)};
    }
    ats_json_keys_pop(&t->keys, base);
    *ret_ordered = *ret_ordered && next == record->child_count;
    return t->json.fault == ATS_RULE_NONE;
}

/* How much the defaults of missing fields add; SIZE_MAX with the verdict set if one has none. */
static size_t missing_size(struct transcoder *t, const struct ats_plan_node *record,
                           const struct slot *slots)
{
    size_t size = 0;
    for (size_t i = 0; i < record->child_count; i++) {
        const struct ats_plan_node *field = &record->children[i];
        if (slots[i].at != SLOT_EMPTY)
            continue;
        if (!field->has_default) {
            ats_verdict_set(t->verdict, ATS_RULE_MISSING_FIELD, field->path,
                            "the field is missing");
            return SIZE_MAX;
        }
        size += field->default_len;
    }
    return size;
}

/* Writes the fields in the schema's order, and defaults where there are none, behind the bytes read; then moves all to `begin`. */
static bool arrange(struct transcoder *t, const struct ats_plan_node *record, size_t begin,
                    const struct slot *slots)
{
    struct ats_buf *out = t->out;
    size_t end = out->len;
    size_t missing = missing_size(t, record, slots);
    /* All the room at once, so that appending does not move what it copies. */
    if (missing == SIZE_MAX || !ats_buf_reserve(out, end - begin + missing))
        return false;
    for (size_t i = 0; i < record->child_count; i++) {
        const struct ats_plan_node *field = &record->children[i];
        if (slots[i].at == SLOT_EMPTY)
            ats_buf_append(out, field->default_bytes, field->default_len);
        else
            ats_buf_append(out, out->data + begin + slots[i].at, slots[i].len);
    }
    memmove(out->data + begin, out->data + end, out->len - end);
    out->len = begin + (out->len - end);
    return true;
}

static bool put_record(struct transcoder *t, const struct ats_plan_node *record)
{
    struct slot slots[ATS_SCHEMA_FIELDS_MAX];
    size_t begin = t->out->len;
    bool ordered = true;
    for (size_t i = 0; i < record->child_count; i++)
        slots[i].at = SLOT_EMPTY;
    if (!put_fields(t, record, begin, slots, &ordered))
        return false;
    return ordered || arrange(t, record, begin, slots);
}

/* ---- values ---- */

/* A number goes to an integer branch if it is written without fraction and exponent and fits, or if there is no other. */
static int branch_of(const struct ats_plan_node *node, struct ats_json *json)
{
    enum ats_json_kind kind = ats_json_peek(json);
    if (kind == ATS_JSON_NOTHING)
        return -1;
    if (kind != ATS_JSON_NUMBER || node->integer_branch < 0 || node->branches[kind] < 0)
        return kind == ATS_JSON_NUMBER && node->branches[kind] < 0 ? node->integer_branch
                                                                   : node->branches[kind];
    struct ats_json look = *json;
    struct ats_json_number number;
    int64_t value = 0;
    bool integer = ats_json_number(&look, &number) && number.plain &&
                   to_integer(&node->children[node->integer_branch], &number, &value) == ATS_OK;
    return integer ? node->integer_branch : node->branches[kind];
}

static bool put_union(struct transcoder *t, const struct ats_plan_node *node)
{
    int branch = branch_of(node, &t->json);
    if (branch < 0)
        return wrong_type(t, node);
    ats_avro_put_long(t->out, branch);
    return put_value(t, &node->children[branch]);
}

static bool put_boolean(struct transcoder *t)
{
    bool value = false;
    if (!ats_json_boolean(&t->json, &value))
        return false;
    ats_avro_put_boolean(t->out, value);
    return true;
}

static bool put_value(struct transcoder *t, const struct ats_plan_node *node)
{
    if (node->type == ATS_AVRO_UNION)
        return put_union(t, node);
    if (ats_json_peek(&t->json) != ats_plan_json_kind(node->type))
        return wrong_type(t, node);
    switch (node->type) {
    case ATS_AVRO_NULL:
        return ats_json_null(&t->json);
    case ATS_AVRO_BOOLEAN:
        return put_boolean(t);
    case ATS_AVRO_INT:
    case ATS_AVRO_LONG:
        return put_integer(t, node);
    case ATS_AVRO_FLOAT:
        return put_float(t, node);
    case ATS_AVRO_DOUBLE:
        return put_double(t, node);
    case ATS_AVRO_STRING:
        return put_string(t);
    case ATS_AVRO_BYTES:
    case ATS_AVRO_FIXED:
        return put_binary(t, node);
    case ATS_AVRO_ENUM:
        return put_symbol(t, node);
    case ATS_AVRO_RECORD:
        return put_record(t, node);
    case ATS_AVRO_ARRAY:
        return put_array(t, node);
    default:
        return put_map(t, node);
    }
}

enum ats_status ats_transcode(const struct ats_plan_node *node,
                              const struct ats_transcode_options *options, struct ats_span text,
                              struct ats_buf *out, struct ats_verdict *ret_verdict)
{
    struct transcoder t;
    size_t before = out->len;
    size_t max = out->max;
    t.out = out;
    t.verdict = ret_verdict;
    t.options = options;
    ats_json_keys_init(&t.keys, options->secret);
    ats_json_init(&t.json, text);
    /* Two of the largest encodings fit while fields are put in order; the result may be one. */
    out->max = 2 * max;
    bool good = put_value(&t, node) && ats_json_end(&t.json);
    out->max = max;
    if (good && out->len > max)
        out->status = ATS_ERR_LIMIT;
    if (good && out->status == ATS_OK)
        return ATS_OK;
    out->len = before;
    if (t.json.fault == ATS_RULE_NONE && out->status == ATS_OK)
        (void)ats_json_check(&t.json, &t.keys);
    if (t.json.fault != ATS_RULE_NONE) {
        ats_json_verdict(&t.json, ret_verdict);
        return ATS_ERR_INVALID;
    }
    if (out->status == ATS_ERR_LIMIT)
        ats_verdict_set(ret_verdict, ATS_RULE_SIZE, "", "larger than %zu bytes as Avro", out->max);
    return out->status != ATS_OK ? out->status : ATS_ERR_INVALID;
}
