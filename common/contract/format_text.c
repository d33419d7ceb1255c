/* SPDX-License-Identifier: Apache-2.0 */
/* A simple sensor's payload: one plain value, of the only field that the contract leaves to be given. */
#include "common/base/utf8.h"
#include "common/contract/conversion.h"
#include "common/contract/json.h"

static const char *const content_types[] = {"text/plain", NULL};

static enum ats_status open_text(struct ats_batch *batch, struct ats_verdict *ret_verdict)
{
    (void)ret_verdict;
    ats_batch_set_single(batch);
    return ATS_OK;
}

static bool wrong_type(const struct ats_plan_node *node, const char *found,
                       struct ats_verdict *verdict)
{
    ats_verdict_set(verdict, ATS_RULE_TYPE, node->path, "expected %s, found %s",
                    ats_avro_type_name(ats_plan_value_node(node)->type), found);
    return false;
}

/* Exact as far as the type is. */
static enum ats_status read_plain(const struct ats_json_number *number, enum ats_avro_type type,
                                  struct ats_given *given)
{
    float narrow = 0;
    bool integer = type == ATS_AVRO_INT || type == ATS_AVRO_LONG;
    given->kind = integer ? ATS_GIVEN_INTEGER : ATS_GIVEN_REAL;
    if (integer)
        return ats_json_to_integer(number, &given->value.integer);
    if (type == ATS_AVRO_DOUBLE)
        return ats_json_to_double(number, &given->value.real);
    enum ats_status status = ats_json_to_float(number, &narrow);
    given->value.real = (double)narrow;
    return status;
}

/* What is converted later: its type is that of the converted number. */
static enum ats_status read_unconverted(const struct ats_json_number *number,
                                        enum ats_avro_type type, struct ats_given *given)
{
    bool integer = type == ATS_AVRO_INT || type == ATS_AVRO_LONG;
    given->kind = ATS_GIVEN_INTEGER;
    if (integer && ats_json_to_integer(number, &given->value.integer) == ATS_OK)
        return ATS_OK;
    given->kind = ATS_GIVEN_REAL;
    return ats_json_to_double(number, &given->value.real);
}

/* A number as JSON writes it, with white space around it at most. */
static bool read_number(struct ats_span payload, const struct ats_plan_node *node,
                        struct ats_given *given, struct ats_verdict *verdict)
{
    struct ats_json json;
    struct ats_json_number number;
    const struct ats_plan_node *value = ats_plan_value_node(node);
    enum ats_avro_type type = value->type;
    ats_json_init(&json, payload);
    if (ats_json_peek(&json) != ATS_JSON_NUMBER || !ats_json_number(&json, &number) ||
        !ats_json_end(&json))
        return wrong_type(node, "something else", verdict);
    enum ats_status status = value->conversion ? read_unconverted(&number, type, given)
                                               : read_plain(&number, type, given);
    if (status == ATS_OK && value->conversion)
        return ats_conversion_apply(value->conversion, node, given, verdict);
    if (status == ATS_ERR_INVALID)
        return wrong_type(node, "a number with a fraction", verdict);
    if (status != ATS_OK)
        ats_verdict_set(verdict, ATS_RULE_NUMBER_RANGE, node->path, "the number does not fit %s",
                        ats_avro_type_name(type));
    return status == ATS_OK;
}

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static struct ats_span trim(struct ats_span text)
{
    while (text.len > 0 && is_space(text.data[0]))
        text = ats_span_of(text.data + 1, text.len - 1);
    while (text.len > 0 && is_space(text.data[text.len - 1]))
        text.len--;
    return text;
}

static bool read_boolean(struct ats_span payload, const struct ats_plan_node *node,
                         struct ats_given *given, struct ats_verdict *verdict)
{
    static const char *const words[] = {"false", "true", "0", "1", "off", "on"};
    struct ats_span word = trim(payload);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (!ats_span_is(word, words[i]))
            continue;
        given->kind = ATS_GIVEN_BOOLEAN;
        given->value.boolean = i % 2 == 1;
        return true;
    }
    return wrong_type(node, "none of true, false, 1, 0, on, off", verdict);
}

/* A text that begins as JSON's own lists and objects do is left to them where the contract has them. */
static bool is_left_to_json(const struct ats_batch *batch, struct ats_span payload)
{
    const struct ats_odcs *odcs = ats_contract_odcs(batch->contract);
    struct ats_span text = trim(payload);
    bool json = ats_odcs_has_format(odcs, ATS_FORMAT_JSON) ||
                ats_odcs_has_format(odcs, ATS_FORMAT_SENML_JSON);
    return json && text.len > 0 && (text.data[0] == '{' || text.data[0] == '[');
}

static bool read_text(const struct ats_batch *batch, struct ats_span payload,
                      const struct ats_plan_node *node, struct ats_given *given,
                      struct ats_verdict *verdict)
{
    if (ats_utf8_span(payload) != payload.len) {
        ats_verdict_set(verdict, ATS_RULE_UTF8, "", "not UTF-8 at byte %zu",
                        ats_utf8_span(payload));
        return false;
    }
    if (is_left_to_json(batch, payload)) {
        ats_verdict_set(verdict, ATS_RULE_AMBIGUOUS, node->path,
                        "a text that begins with { or [ is JSON in this contract");
        return false;
    }
    given->kind = ATS_GIVEN_TEXT;
    given->value.bytes = payload;
    return true;
}

static bool read_value(const struct ats_batch *batch, struct ats_span payload,
                       const struct ats_plan_node *node, struct ats_given *given,
                       struct ats_verdict *verdict)
{
    switch (ats_plan_value_node(node)->type) {
    case ATS_AVRO_BOOLEAN:
        return read_boolean(payload, node, given, verdict);
    case ATS_AVRO_STRING:
    case ATS_AVRO_ENUM:
        return read_text(batch, payload, node, given, verdict);
    default:
        return read_number(payload, node, given, verdict);
    }
}

static enum ats_status admit_text(const struct ats_batch *batch, size_t index, struct ats_buf *out,
                                  struct ats_verdict *ret_verdict)
{
    struct ats_given_event event;
    size_t leaf = ats_contract_odcs(batch->contract)->text_leaf;
    const struct ats_plan_node *node = ats_contract_plan(batch->contract)->leaves[leaf];
    ats_given_init(&event, batch->contract);
    if (!read_value(batch, batch->items[index], node, &event.leaves[leaf], ret_verdict))
        return ATS_ERR_INVALID;
    ats_given_fill(&event, &batch->input, batch->contract, batch->input.now_ms * 1000);
    return ats_given_admit(&event, batch, out, ret_verdict);
}

const struct ats_format ats_format_text = {
    .name = "text", .content_types = content_types, .open = open_text, .admit = admit_text};
