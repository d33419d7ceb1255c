/* SPDX-License-Identifier: Apache-2.0 */
/* The general way to write a single value: any number and text that JSON has, judged by the strict reader. */
#include "common/contract/transcoder.h"

#include "common/contract/avro.h"
#include "common/contract/text.h"

/* ---- texts ---- */

/* A text with escapes stands in the payload otherwise than in Avro, and what is written may still move. */
static void hand_out_raw(struct ats_transcoder *t, const struct ats_plan_node *node,
                         struct ats_json_text text)
{
    if (text.escaped)
        t->whole = false;
    else
        ats_transcoder_hand_text(t, node, text.raw);
}

static bool put_string(struct ats_transcoder *t, const struct ats_plan_node *node)
{
    struct ats_json_text text;
    if (!ats_json_string(&t->json, &text))
        return false;
    ats_text_put(t->out, text);
    hand_out_raw(t, node, text);
    return true;
}

/* As in Avro's own JSON: each character U+0000 to U+00FF is one byte. */
static bool put_binary(struct ats_transcoder *t, const struct ats_plan_node *node)
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
    text.escaped = text.escaped || len != text.raw.len;
    hand_out_raw(t, node, text);
    if (node->type == ATS_AVRO_BYTES) {
        ats_text_insert_count(t->out, begin, (int64_t)len);
        return true;
    }
    if (len != node->fixed_size)
        ats_verdict_set(t->verdict, ATS_RULE_LENGTH, node->path, "%zu bytes (allowed: %zu)", len,
                        node->fixed_size);
    return len == node->fixed_size;
}

static bool put_symbol(struct ats_transcoder *t, const struct ats_plan_node *node)
{
    struct ats_json_text text;
    if (!ats_json_string(&t->json, &text))
        return false;
    struct ats_span symbol = ats_text_peek(t->out, text);
    for (size_t i = 0; i < node->symbol_count; i++) {
        if (!ats_span_is(symbol, node->symbols[i]))
            continue;
        ats_avro_put_long(t->out, (int64_t)i);
        ats_transcoder_hand_text(t, node, ats_span_text(node->symbols[i]));
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

static bool put_integer(struct ats_transcoder *t, const struct ats_plan_node *node)
{
    struct ats_json_number number;
    int64_t value = 0;
    if (!ats_json_number(&t->json, &number))
        return false;
    enum ats_status status = to_integer(node, &number, &value);
    if (status == ATS_ERR_INVALID || (t->options->plain_integers && !number.plain))
        return ats_breach_fraction(t, node);
    if (status != ATS_OK)
        return ats_breach_range(t, node);
    ats_avro_put_long(t->out, value);
    ats_transcoder_hand_integer(t, node, value);
    return true;
}

static bool put_double(struct ats_transcoder *t, const struct ats_plan_node *node)
{
    struct ats_json_number number;
    double value = 0;
    if (!ats_json_number(&t->json, &number))
        return false;
    if (ats_json_to_double(&number, &value) != ATS_OK)
        return ats_breach_real(t, node, &number);
    ats_avro_put_double(t->out, value);
    ats_transcoder_hand_real(t, node, value);
    return true;
}

static bool put_float(struct ats_transcoder *t, const struct ats_plan_node *node)
{
    struct ats_json_number number;
    float value = 0;
    if (!ats_json_number(&t->json, &number))
        return false;
    if (ats_json_to_float(&number, &value) != ATS_OK)
        return ats_breach_real(t, node, &number);
    ats_avro_put_float(t->out, value);
    ats_transcoder_hand_real(t, node, (double)value);
    return true;
}

static bool put_boolean(struct ats_transcoder *t, const struct ats_plan_node *node)
{
    bool value = false;
    if (!ats_json_boolean(&t->json, &value))
        return false;
    ats_avro_put_boolean(t->out, value);
    ats_transcoder_hand_boolean(t, node, value);
    return true;
}

bool ats_transcoder_put_scalar(struct ats_transcoder *t, const struct ats_plan_node *node)
{
    if (ats_json_peek(&t->json) != ats_plan_json_kind(node->type))
        return ats_breach_type(t, node);
    switch (node->type) {
    case ATS_AVRO_NULL:
        return ats_json_null(&t->json);
    case ATS_AVRO_BOOLEAN:
        return put_boolean(t, node);
    case ATS_AVRO_INT:
    case ATS_AVRO_LONG:
        return put_integer(t, node);
    case ATS_AVRO_FLOAT:
        return put_float(t, node);
    case ATS_AVRO_DOUBLE:
        return put_double(t, node);
    case ATS_AVRO_STRING:
        return put_string(t, node);
    case ATS_AVRO_BYTES:
    case ATS_AVRO_FIXED:
        return put_binary(t, node);
    default:
        return put_symbol(t, node);
    }
}

/* A number goes to an integer branch if it is written without fraction and exponent and fits, or if there is no other. */
int ats_transcoder_branch(const struct ats_plan_node *node, struct ats_json *json)
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
