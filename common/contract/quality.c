/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/quality.h"

#include <stdio.h>
#include <stdlib.h>

#define RULES_TEXT_MAX 320

struct ats_quality_kind {
    const char *name; /* the key that asks for it in an ODCS document */
    enum { FOR_NUMBERS, FOR_TEXTS, FOR_ANY } leaf;
    enum ats_status (*read)(struct ats_quality_rule *rule, const struct ats_yaml_node *value,
                            struct ats_error *err);
    /* False with the verdict set. */
    bool (*check)(const struct ats_quality_rule *rule, const struct ats_leaf *leaf,
                  struct ats_verdict *verdict);
};

/* ---- what a rule's value may be ---- */

static enum ats_status read_nothing(struct ats_quality_rule *rule,
                                    const struct ats_yaml_node *value, struct ats_error *err)
{
    (void)rule;
    (void)value;
    (void)err;
    return ATS_OK;
}

static enum ats_status read_number(struct ats_quality_rule *rule, const struct ats_yaml_node *value,
                                   struct ats_error *err)
{
    return ats_yaml_get_real(value, &rule->low, err);
}

static enum ats_status read_length(struct ats_quality_rule *rule, const struct ats_yaml_node *value,
                                   struct ats_error *err)
{
    int64_t length = 0;
    enum ats_status status = ats_yaml_get_integer(value, 0, INT32_MAX, &length, err);
    rule->low = (double)length;
    return status;
}

static enum ats_status read_pair(struct ats_quality_rule *rule, const struct ats_yaml_node *value,
                                 struct ats_error *err)
{
    if (ats_yaml_kind(value) != ATS_YAML_SEQUENCE || ats_yaml_count(value) != 2)
        return ats_yaml_error(value, err, "expected a list of two numbers, the smaller one first");
    const struct ats_yaml_node *first = ats_yaml_first(value);
    enum ats_status status = ats_yaml_get_real(first, &rule->low, err);
    if (status == ATS_OK)
        status = ats_yaml_get_real(ats_yaml_next(first), &rule->high, err);
    if (status == ATS_OK && rule->low > rule->high)
        return ats_yaml_error(value, err, "the smaller number must stand first");
    return status;
}

static enum ats_status read_value(struct ats_quality_value *ret_value,
                                  const struct ats_yaml_node *node, struct ats_error *err)
{
    bool boolean = false;
    enum ats_status status = ats_yaml_expect(node, ATS_YAML_SCALAR, err);
    if (status == ATS_OK && ats_yaml_is_null(node))
        status = ats_yaml_error(node, err, "null is no value: use 'required'");
    if (status != ATS_OK)
        return status;
    if (ats_yaml_get_real(node, &ret_value->number, NULL) == ATS_OK) {
        ret_value->type = ATS_LEAF_REAL;
    } else if (ats_yaml_get_boolean(node, &boolean, NULL) == ATS_OK) {
        ret_value->type = ATS_LEAF_BOOLEAN;
        ret_value->number = boolean ? 1 : 0;
    } else {
        ret_value->type = ATS_LEAF_TEXT;
        ret_value->text = strdup(ats_yaml_scalar(node));
        if (!ret_value->text)
            return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    }
    return ATS_OK;
}

/* One value, or a list of them. */
static enum ats_status read_values(struct ats_quality_rule *rule, const struct ats_yaml_node *value,
                                   struct ats_error *err)
{
    bool list = ats_yaml_kind(value) == ATS_YAML_SEQUENCE;
    size_t count = list ? ats_yaml_count(value) : 1;
    if (count == 0)
        return ats_yaml_error(value, err, "the list is empty: no value would be allowed");
    rule->values = calloc(count, sizeof(*rule->values));
    if (!rule->values)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    enum ats_status status = ATS_OK;
    for (const struct ats_yaml_node *item = list ? ats_yaml_first(value) : value;
         item && status == ATS_OK; item = list ? ats_yaml_next(item) : NULL)
        status = read_value(&rule->values[rule->value_count++], item, err);
    return status;
}

/* ---- checks: a value that is absent passes all but not-null ---- */

static bool out_of_range(const struct ats_quality_rule *rule, struct ats_verdict *verdict,
                         double number, const char *why)
{
    ats_verdict_set(verdict, ATS_RULE_RANGE, rule->path, "%.10g is %s %.10g", number, why,
                    rule->low);
    return false;
}

static bool check_at_least(const struct ats_quality_rule *rule, const struct ats_leaf *leaf,
                           struct ats_verdict *verdict)
{
    double number = 0;
    if (!ats_leaf_number(leaf, &number) || number >= rule->low)
        return true;
    return out_of_range(rule, verdict, number, "below the least allowed,");
}

static bool check_at_most(const struct ats_quality_rule *rule, const struct ats_leaf *leaf,
                          struct ats_verdict *verdict)
{
    double number = 0;
    if (!ats_leaf_number(leaf, &number) || number <= rule->low)
        return true;
    return out_of_range(rule, verdict, number, "above the most allowed,");
}

static bool check_above(const struct ats_quality_rule *rule, const struct ats_leaf *leaf,
                        struct ats_verdict *verdict)
{
    double number = 0;
    if (!ats_leaf_number(leaf, &number) || number > rule->low)
        return true;
    return out_of_range(rule, verdict, number, "not above");
}

static bool check_below(const struct ats_quality_rule *rule, const struct ats_leaf *leaf,
                        struct ats_verdict *verdict)
{
    double number = 0;
    if (!ats_leaf_number(leaf, &number) || number < rule->low)
        return true;
    return out_of_range(rule, verdict, number, "not below");
}

static bool check_between(const struct ats_quality_rule *rule, const struct ats_leaf *leaf,
                          struct ats_verdict *verdict)
{
    double number = 0;
    if (!ats_leaf_number(leaf, &number) || (number >= rule->low && number <= rule->high))
        return true;
    ats_verdict_set(verdict, ATS_RULE_RANGE, rule->path, "%.10g is not between %.10g and %.10g",
                    number, rule->low, rule->high);
    return false;
}

static bool check_not_between(const struct ats_quality_rule *rule, const struct ats_leaf *leaf,
                              struct ats_verdict *verdict)
{
    double number = 0;
    if (!ats_leaf_number(leaf, &number) || number < rule->low || number > rule->high)
        return true;
    ats_verdict_set(verdict, ATS_RULE_RANGE, rule->path, "%.10g is between %.10g and %.10g", number,
                    rule->low, rule->high);
    return false;
}

/* Characters, as ODCS counts a length: bytes that do not continue one. */
static size_t text_length(struct ats_span text)
{
    size_t length = 0;
    for (size_t i = 0; i < text.len; i++)
        length += (text.data[i] & 0xc0) != 0x80;
    return length;
}

static bool check_min_length(const struct ats_quality_rule *rule, const struct ats_leaf *leaf,
                             struct ats_verdict *verdict)
{
    if (leaf->type != ATS_LEAF_TEXT || (double)text_length(leaf->value.text) >= rule->low)
        return true;
    ats_verdict_set(verdict, ATS_RULE_RANGE, rule->path, "shorter than %.0f characters", rule->low);
    return false;
}

static bool check_max_length(const struct ats_quality_rule *rule, const struct ats_leaf *leaf,
                             struct ats_verdict *verdict)
{
    if (leaf->type != ATS_LEAF_TEXT || (double)text_length(leaf->value.text) <= rule->low)
        return true;
    ats_verdict_set(verdict, ATS_RULE_RANGE, rule->path, "longer than %.0f characters", rule->low);
    return false;
}

static bool check_not_null(const struct ats_quality_rule *rule, const struct ats_leaf *leaf,
                           struct ats_verdict *verdict)
{
    if (leaf->type != ATS_LEAF_ABSENT)
        return true;
    ats_verdict_set(verdict, ATS_RULE_NOT_NULL, rule->path, "null, but a value is required");
    return false;
}

static bool value_equals(const struct ats_quality_value *value, const struct ats_leaf *leaf)
{
    double number = 0;
    if (leaf->type == ATS_LEAF_TEXT)
        return value->type == ATS_LEAF_TEXT && ats_span_is(leaf->value.text, value->text);
    if (value->type == ATS_LEAF_TEXT ||
        (value->type == ATS_LEAF_BOOLEAN) != (leaf->type == ATS_LEAF_BOOLEAN))
        return false;
    return ats_leaf_number(leaf, &number) && !(number < value->number) && !(number > value->number);
}

static bool is_listed(const struct ats_quality_rule *rule, const struct ats_leaf *leaf)
{
    for (size_t i = 0; i < rule->value_count; i++)
        if (value_equals(&rule->values[i], leaf))
            return true;
    return false;
}

static bool check_allowed(const struct ats_quality_rule *rule, const struct ats_leaf *leaf,
                          struct ats_verdict *verdict)
{
    if (leaf->type == ATS_LEAF_ABSENT || is_listed(rule, leaf))
        return true;
    ats_verdict_set(verdict, ATS_RULE_ALLOWED_VALUES, rule->path,
                    "not one of the allowed values (%zu)", rule->value_count);
    return false;
}

static bool check_not_listed(const struct ats_quality_rule *rule, const struct ats_leaf *leaf,
                             struct ats_verdict *verdict)
{
    if (leaf->type == ATS_LEAF_ABSENT || !is_listed(rule, leaf))
        return true;
    ats_verdict_set(verdict, ATS_RULE_ALLOWED_VALUES, rule->path, "a value that is not allowed");
    return false;
}

/* ---- the table of rules ---- */

static const struct ats_quality_kind kinds[] = {
    {"required", FOR_ANY, read_nothing, check_not_null},
    {"minimum", FOR_NUMBERS, read_number, check_at_least},
    {"maximum", FOR_NUMBERS, read_number, check_at_most},
    {"exclusiveMinimum", FOR_NUMBERS, read_number, check_above},
    {"exclusiveMaximum", FOR_NUMBERS, read_number, check_below},
    {"minLength", FOR_TEXTS, read_length, check_min_length},
    {"maxLength", FOR_TEXTS, read_length, check_max_length},
    {"mustBe", FOR_ANY, read_values, check_allowed},
    {"mustNotBe", FOR_ANY, read_values, check_not_listed},
    {"mustBeGreaterThan", FOR_NUMBERS, read_number, check_above},
    {"mustBeGreaterOrEqualTo", FOR_NUMBERS, read_number, check_at_least},
    {"mustBeLessThan", FOR_NUMBERS, read_number, check_below},
    {"mustBeLessOrEqualTo", FOR_NUMBERS, read_number, check_at_most},
    {"mustBeBetween", FOR_NUMBERS, read_pair, check_between},
    {"mustNotBeBetween", FOR_NUMBERS, read_pair, check_not_between},
    {"validValues", FOR_ANY, read_values, check_allowed},
};

static const struct ats_quality_kind *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

/* The first is "required", which is a property's own key. */
static enum ats_status unknown_rule(const struct ats_yaml_node *value, struct ats_error *err)
{
    char names[RULES_TEXT_MAX];
    size_t used = 0;
    for (size_t i = 1; i < sizeof(kinds) / sizeof(kinds[0]) && used < sizeof(names); i++) {
        int len =
            snprintf(names + used, sizeof(names) - used, "%s%s", used ? ", " : "", kinds[i].name);
        used += len > 0 ? (size_t)len : 0;
    }
    return ats_yaml_error(value, err, "this rule is not supported (supported: %s)", names);
}

static bool fits(const struct ats_quality_kind *kind, enum ats_avro_type type)
{
    switch (type) {
    case ATS_AVRO_INT:
    case ATS_AVRO_LONG:
    case ATS_AVRO_FLOAT:
    case ATS_AVRO_DOUBLE:
        return kind->leaf != FOR_TEXTS;
    case ATS_AVRO_STRING:
    case ATS_AVRO_ENUM:
        return kind->leaf != FOR_NUMBERS;
    default:
        return kind->leaf == FOR_ANY;
    }
}

enum ats_status ats_quality_add(struct ats_quality *quality, const char *name,
                                const struct ats_plan_node *leaf, const struct ats_yaml_node *value,
                                struct ats_error *err)
{
    const struct ats_quality_kind *kind = find_kind(name);
    if (!kind)
        return unknown_rule(value, err);
    enum ats_avro_type type = ats_plan_value_node(leaf)->type;
    if (leaf->leaf == ATS_PLAN_NO_LEAF || !fits(kind, type))
        return ats_yaml_error(value, err, "this rule is not for '%s', which the schema makes %s",
                              leaf->path, ats_avro_type_name(type));
    struct ats_quality_rule *grown =
        realloc(quality->rules, (quality->count + 1) * sizeof(*quality->rules));
    if (!grown)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    quality->rules = grown;
    struct ats_quality_rule *rule = &grown[quality->count++];
    *rule = (struct ats_quality_rule){.kind = kind, .leaf = leaf->leaf, .path = leaf->path};
    return kind->read(rule, value, err);
}

void ats_quality_fini(struct ats_quality *quality)
{
    for (size_t i = 0; i < quality->count; i++) {
        for (size_t k = 0; k < quality->rules[i].value_count; k++)
            free(quality->rules[i].values[k].text);
        free(quality->rules[i].values);
    }
    free(quality->rules);
    *quality = (struct ats_quality){0};
}

bool ats_quality_check(const struct ats_quality *quality, const struct ats_leaf *leaves,
                       struct ats_verdict *ret_verdict)
{
    for (size_t i = 0; i < quality->count; i++) {
        const struct ats_quality_rule *rule = &quality->rules[i];
        if (!rule->kind->check(rule, &leaves[rule->leaf], ret_verdict))
            return false;
    }
    return true;
}
