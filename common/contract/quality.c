/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/quality.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define RULES_TEXT_MAX 320
#define NUMBER_TEXT_MAX 32

struct ats_quality_kind {
    const char
        *name; /* the key that asks for it in an ODCS document; NULL: a property's own key does */
    enum { FOR_NUMBERS, FOR_TEXTS, FOR_ANY } leaf;
    enum ats_status (*read)(struct ats_quality_rule *rule, const struct ats_plan_node *node,
                            const struct ats_yaml_node *value, struct ats_error *err);
    /* False with the verdict set. */
    bool (*check)(const struct ats_quality_rule *rule, const struct ats_leaf *leaf,
                  struct ats_verdict *verdict);
    enum ats_quality_shape shape;
};

/* ---- what a rule's value may be ---- */

static enum ats_status read_number(struct ats_quality_rule *rule, const struct ats_plan_node *node,
                                   const struct ats_yaml_node *value, struct ats_error *err)
{
    return ats_quality_read_number(value, node, &rule->low, err);
}

static enum ats_status read_length(struct ats_quality_rule *rule, const struct ats_plan_node *node,
                                   const struct ats_yaml_node *value, struct ats_error *err)
{
    (void)node;
    return ats_yaml_get_integer(value, 0, INT32_MAX, &rule->low.integer, err);
}

static enum ats_status read_pair(struct ats_quality_rule *rule, const struct ats_plan_node *node,
                                 const struct ats_yaml_node *value, struct ats_error *err)
{
    if (ats_yaml_kind(value) != ATS_YAML_SEQUENCE || ats_yaml_count(value) != 2)
        return ats_yaml_error(value, err, "expected a list of two numbers, the smaller one first");
    const struct ats_yaml_node *first = ats_yaml_first(value);
    enum ats_status status = ats_quality_read_number(first, node, &rule->low, err);
    if (status == ATS_OK)
        status = ats_quality_read_number(ats_yaml_next(first), node, &rule->high, err);
    if (status == ATS_OK && rule->low.real > rule->high.real)
        return ats_yaml_error(value, err, "the smaller number must stand first");
    return status;
}

/* One value, or a list of them. */
static enum ats_status read_values(struct ats_quality_rule *rule, const struct ats_plan_node *node,
                                   const struct ats_yaml_node *value, struct ats_error *err)
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
        status = ats_quality_read_value(item, node, &rule->values[rule->value_count++], err);
    return status;
}

/* ---- checks: a value that is absent passes all but not-null ---- */

static const char *show_number(const struct ats_quality_number *number, char text[NUMBER_TEXT_MAX])
{
    if (number->integral)
        (void)snprintf(text, NUMBER_TEXT_MAX, "%" PRId64, number->integer);
    else
        (void)snprintf(text, NUMBER_TEXT_MAX, "%.10g", number->real);
    return text;
}

static const char *show_leaf(const struct ats_leaf *leaf, char text[NUMBER_TEXT_MAX])
{
    if (leaf->type == ATS_LEAF_INTEGER)
        (void)snprintf(text, NUMBER_TEXT_MAX, "%" PRId64, leaf->value.integer);
    else
        (void)snprintf(text, NUMBER_TEXT_MAX, "%.10g", leaf->value.real);
    return text;
}

static bool out_of_range(const struct ats_quality_rule *rule, struct ats_verdict *verdict,
                         const struct ats_leaf *leaf, const char *why)
{
    char number[NUMBER_TEXT_MAX];
    char low[NUMBER_TEXT_MAX];
    ats_verdict_set(verdict, ATS_RULE_RANGE, rule->path, "%s is %s %s", show_leaf(leaf, number),
                    why, show_number(&rule->low, low));
    return false;
}

static bool check_at_least(const struct ats_quality_rule *rule, const struct ats_leaf *leaf,
                           struct ats_verdict *verdict)
{
    int order = 0;
    if (!ats_quality_compare(leaf, &rule->low, &order) || order >= 0)
        return true;
    return out_of_range(rule, verdict, leaf, "below the least allowed,");
}

static bool check_at_most(const struct ats_quality_rule *rule, const struct ats_leaf *leaf,
                          struct ats_verdict *verdict)
{
    int order = 0;
    if (!ats_quality_compare(leaf, &rule->low, &order) || order <= 0)
        return true;
    return out_of_range(rule, verdict, leaf, "above the most allowed,");
}

static bool check_above(const struct ats_quality_rule *rule, const struct ats_leaf *leaf,
                        struct ats_verdict *verdict)
{
    int order = 0;
    if (!ats_quality_compare(leaf, &rule->low, &order) || order > 0)
        return true;
    return out_of_range(rule, verdict, leaf, "not above");
}

static bool check_below(const struct ats_quality_rule *rule, const struct ats_leaf *leaf,
                        struct ats_verdict *verdict)
{
    int order = 0;
    if (!ats_quality_compare(leaf, &rule->low, &order) || order < 0)
        return true;
    return out_of_range(rule, verdict, leaf, "not below");
}

/* Whether the leaf is a number in the rule's interval, ends included; `*ret_number`: whether it is one at all. */
static bool is_between(const struct ats_quality_rule *rule, const struct ats_leaf *leaf,
                       bool *ret_number)
{
    int low = 0;
    int high = 0;
    *ret_number = ats_quality_compare(leaf, &rule->low, &low) &&
                  ats_quality_compare(leaf, &rule->high, &high);
    return *ret_number && low >= 0 && high <= 0;
}

static bool break_interval(const struct ats_quality_rule *rule, struct ats_verdict *verdict,
                           const struct ats_leaf *leaf, const char *why)
{
    char number[NUMBER_TEXT_MAX];
    char low[NUMBER_TEXT_MAX];
    char high[NUMBER_TEXT_MAX];
    ats_verdict_set(verdict, ATS_RULE_RANGE, rule->path, "%s is %s %s and %s",
                    show_leaf(leaf, number), why, show_number(&rule->low, low),
                    show_number(&rule->high, high));
    return false;
}

static bool check_between(const struct ats_quality_rule *rule, const struct ats_leaf *leaf,
                          struct ats_verdict *verdict)
{
    bool number = false;
    if (is_between(rule, leaf, &number) || !number)
        return true;
    return break_interval(rule, verdict, leaf, "not between");
}

static bool check_not_between(const struct ats_quality_rule *rule, const struct ats_leaf *leaf,
                              struct ats_verdict *verdict)
{
    bool number = false;
    if (!is_between(rule, leaf, &number))
        return true;
    return break_interval(rule, verdict, leaf, "between");
}

/* Characters, as ODCS counts a length: bytes that do not continue one. */
static int64_t text_length(struct ats_span text)
{
    int64_t length = 0;
    for (size_t i = 0; i < text.len; i++)
        length += (text.data[i] & 0xc0) != 0x80;
    return length;
}

static bool check_min_length(const struct ats_quality_rule *rule, const struct ats_leaf *leaf,
                             struct ats_verdict *verdict)
{
    if (leaf->type != ATS_LEAF_TEXT || text_length(leaf->value.text) >= rule->low.integer)
        return true;
    ats_verdict_set(verdict, ATS_RULE_RANGE, rule->path, "shorter than %" PRId64 " characters",
                    rule->low.integer);
    return false;
}

static bool check_max_length(const struct ats_quality_rule *rule, const struct ats_leaf *leaf,
                             struct ats_verdict *verdict)
{
    if (leaf->type != ATS_LEAF_TEXT || text_length(leaf->value.text) <= rule->low.integer)
        return true;
    ats_verdict_set(verdict, ATS_RULE_RANGE, rule->path, "longer than %" PRId64 " characters",
                    rule->low.integer);
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
    int order = 0;
    switch (value->type) {
    case ATS_LEAF_TEXT:
        return leaf->type == ATS_LEAF_TEXT && ats_span_is(leaf->value.text, value->text);
    case ATS_LEAF_BOOLEAN:
        return leaf->type == ATS_LEAF_BOOLEAN && leaf->value.boolean == value->boolean;
    default:
        return ats_quality_compare(leaf, &value->number, &order) && order == 0;
    }
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

static const struct ats_quality_kind not_null = {NULL, FOR_ANY, NULL, check_not_null,
                                                 ATS_QUALITY_NOT_NULL};

static const struct ats_quality_kind kinds[] = {
    {"minimum", FOR_NUMBERS, read_number, check_at_least, ATS_QUALITY_AT_LEAST},
    {"maximum", FOR_NUMBERS, read_number, check_at_most, ATS_QUALITY_AT_MOST},
    {"exclusiveMinimum", FOR_NUMBERS, read_number, check_above, ATS_QUALITY_ABOVE},
    {"exclusiveMaximum", FOR_NUMBERS, read_number, check_below, ATS_QUALITY_BELOW},
    {"minLength", FOR_TEXTS, read_length, check_min_length, ATS_QUALITY_MIN_LENGTH},
    {"maxLength", FOR_TEXTS, read_length, check_max_length, ATS_QUALITY_MAX_LENGTH},
    {"mustBe", FOR_ANY, read_values, check_allowed, ATS_QUALITY_OTHER},
    {"mustNotBe", FOR_ANY, read_values, check_not_listed, ATS_QUALITY_OTHER},
    {"mustBeGreaterThan", FOR_NUMBERS, read_number, check_above, ATS_QUALITY_ABOVE},
    {"mustBeGreaterOrEqualTo", FOR_NUMBERS, read_number, check_at_least, ATS_QUALITY_AT_LEAST},
    {"mustBeLessThan", FOR_NUMBERS, read_number, check_below, ATS_QUALITY_BELOW},
    {"mustBeLessOrEqualTo", FOR_NUMBERS, read_number, check_at_most, ATS_QUALITY_AT_MOST},
    {"mustBeBetween", FOR_NUMBERS, read_pair, check_between, ATS_QUALITY_BETWEEN},
    {"mustNotBeBetween", FOR_NUMBERS, read_pair, check_not_between, ATS_QUALITY_OTHER},
    {"validValues", FOR_ANY, read_values, check_allowed, ATS_QUALITY_OTHER},
};

enum ats_quality_shape ats_quality_shape(const struct ats_quality_rule *rule)
{
    return rule->kind->shape;
}

static const struct ats_quality_kind *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

static enum ats_status unknown_rule(const struct ats_yaml_node *value, struct ats_error *err)
{
    char names[RULES_TEXT_MAX];
    size_t used = 0;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && used < sizeof(names); i++) {
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

/* A rule without a value yet. */
static enum ats_status push(struct ats_quality *quality, const struct ats_quality_kind *kind,
                            const struct ats_plan_node *leaf, struct ats_quality_rule **ret_rule,
                            struct ats_error *err)
{
    struct ats_quality_rule *grown =
        realloc(quality->rules, (quality->count + 1) * sizeof(*quality->rules));
    if (!grown)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    quality->rules = grown;
    *ret_rule = &grown[quality->count++];
    **ret_rule = (struct ats_quality_rule){
        .kind = kind, .leaf = leaf->leaf, .path = leaf->path, .warning = quality->warning};
    return ATS_OK;
}

static enum ats_status expect_leaf(const struct ats_quality_kind *kind,
                                   const struct ats_plan_node *leaf, const struct ats_yaml_node *at,
                                   struct ats_error *err)
{
    enum ats_avro_type type = ats_plan_value_node(leaf)->type;
    if (leaf->leaf != ATS_PLAN_NO_LEAF && fits(kind, type))
        return ATS_OK;
    return ats_yaml_error(at, err, "this rule is not for '%s', which the schema makes %s",
                          leaf->path, ats_avro_type_name(type));
}

static enum ats_status expect_possible(const struct ats_quality *quality,
                                       const struct ats_plan_node *leaf,
                                       const struct ats_yaml_node *value, struct ats_error *err)
{
    bool possible = false;
    if (ats_quality_is_possible(quality, ats_plan_value_node(leaf), &possible) != ATS_OK)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    if (possible)
        return ATS_OK;
    return ats_yaml_error(value, err, "no value of '%s' can pass this and the rules before it",
                          leaf->path);
}

enum ats_status ats_quality_add(struct ats_quality *quality, const char *name,
                                const struct ats_plan_node *leaf, const struct ats_yaml_node *value,
                                struct ats_error *err)
{
    const struct ats_quality_kind *kind = find_kind(name);
    struct ats_quality_rule *rule = NULL;
    if (!kind)
        return unknown_rule(value, err);
    enum ats_status status = expect_leaf(kind, leaf, value, err);
    if (status == ATS_OK)
        status = push(quality, kind, leaf, &rule, err);
    if (status == ATS_OK)
        status = kind->read(rule, ats_plan_value_node(leaf), value, err);
    return status == ATS_OK ? expect_possible(quality, leaf, value, err) : status;
}

enum ats_status ats_quality_require(struct ats_quality *quality, const struct ats_plan_node *leaf,
                                    const struct ats_yaml_node *at, struct ats_error *err)
{
    struct ats_quality_rule *rule = NULL;
    enum ats_status status = expect_leaf(&not_null, leaf, at, err);
    return status == ATS_OK ? push(quality, &not_null, leaf, &rule, err) : status;
}

void ats_quality_fini(struct ats_quality *quality)
{
    for (size_t i = 0; i < quality->count; i++) {
        for (size_t k = 0; k < quality->rules[i].value_count; k++)
            free(quality->rules[i].values[k].text);
        free(quality->rules[i].values);
    }
    free(quality->rules);
    free(quality->intervals);
    free(quality->others);
    *quality = (struct ats_quality){0};
}

/* Whether the event passes: a rule that only warns adds its warning and lets it pass. */
static bool passes(const struct ats_quality_rule *rule, const struct ats_leaf *leaf,
                   struct ats_verdict *ret_verdict)
{
    struct ats_verdict why;
    if (!rule->warning)
        return rule->kind->check(rule, leaf, ret_verdict);
    if (!rule->kind->check(rule, leaf, &why))
        ats_verdict_warn(ret_verdict, why.rule, rule->path);
    return true;
}

/* Whether all rules surely hold, those too that only warn. False: not known. */
static bool passes_quickly(const struct ats_quality *quality, const struct ats_leaf *leaves)
{
    struct ats_verdict ignored;
    if (!quality->intervals || !ats_quality_is_inside(quality, leaves))
        return false;
    for (size_t i = 0; i < quality->other_count; i++) {
        const struct ats_quality_rule *rule = &quality->rules[quality->others[i]];
        if (!rule->kind->check(rule, &leaves[rule->leaf], &ignored))
            return false;
    }
    return true;
}

bool ats_quality_check(const struct ats_quality *quality, const struct ats_leaf *leaves,
                       struct ats_verdict *ret_verdict)
{
    if (passes_quickly(quality, leaves))
        return true;
    for (size_t i = 0; i < quality->count; i++) {
        const struct ats_quality_rule *rule = &quality->rules[i];
        if (!passes(rule, &leaves[rule->leaf], ret_verdict))
            return false;
    }
    return true;
}

bool ats_quality_check_leaf(const struct ats_quality *quality, size_t leaf,
                            const struct ats_leaf *value, struct ats_verdict *ret_verdict)
{
    for (size_t i = 0; i < quality->count; i++) {
        const struct ats_quality_rule *rule = &quality->rules[i];
        if (rule->leaf == leaf && !rule->warning && !rule->kind->check(rule, value, ret_verdict))
            return false;
    }
    return true;
}
