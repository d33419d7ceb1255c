/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quality rules of both versions, for each single value that both have. A rule holds for half-lines, intervals, lists and lengths, so
 * two sets of rules differ, if anywhere, at a number that one of them names or beside it, at a listed value, or at a length: the
 * checks themselves are asked about each of these (quality_possible.c rests on the same). What differs is told with that value.
 */
#include "common/contract/compare_parts.h"

#include "common/base/limits.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

struct value_pair {
    struct ats_comparing *comparing;
    size_t before; /* the leaf's index in either version */
    size_t after;
    const struct ats_plan_node *was; /* the branches that are compared */
    const struct ats_plan_node *is;
    const uint8_t *zeros;
    uint64_t narrower; /* rules that were told, a bit each */
    uint64_t wider;
};
_Static_assert(ATS_RULE_COUNT <= 64, "a bit for each rule");

/* ---- one value ---- */

/* As much of a listed text as fits a line. */
static void tell(struct value_pair *p, const struct ats_leaf *leaf, bool narrower,
                 const struct ats_verdict *verdict)
{
    uint64_t *told = narrower ? &p->narrower : &p->wider;
    const struct ats_span text = leaf->value.text;
    bool named = leaf->type == ATS_LEAF_TEXT && text.len > 0 && text.data[0] >= ' ';
    int shown = !named ? 0 : text.len < 40 ? (int)text.len : 40;
    if (*told & (UINT64_C(1) << verdict->rule))
        return;
    *told |= UINT64_C(1) << verdict->rule;
    ats_compare_add(p->comparing, narrower ? ATS_DEVICES | ATS_WRITERS : ATS_OLD_READERS,
                    narrower ? ATS_VERSION_MAJOR : ATS_VERSION_MINOR, p->is->path,
                    ats_rule_name(verdict->rule), "%s: %s%.*s%s%s",
                    narrower ? "narrower" : "wider, the old version said", named ? "'" : "", shown,
                    named ? (const char *)text.data : "", named ? "': " : "", verdict->text);
}

static void try_leaf(struct value_pair *p, struct ats_leaf leaf)
{
    struct ats_verdict old_verdict = {0};
    struct ats_verdict new_verdict = {0};
    bool was =
        ats_quality_check_leaf(&p->comparing->before->odcs.quality, p->before, &leaf, &old_verdict);
    bool is =
        ats_quality_check_leaf(&p->comparing->after->odcs.quality, p->after, &leaf, &new_verdict);
    if (was != is)
        tell(p, &leaf, was, was ? &new_verdict : &old_verdict);
}

static void try_text(struct value_pair *p, struct ats_span text)
{
    if ((p->was->type == ATS_AVRO_FIXED && p->was->fixed_size != text.len) ||
        (p->is->type == ATS_AVRO_FIXED && p->is->fixed_size != text.len))
        return;
    try_leaf(p, (struct ats_leaf){.type = ATS_LEAF_TEXT, .value.text = text});
}

static void try_real(struct value_pair *p, double real)
{
    bool narrow = p->was->type == ATS_AVRO_FLOAT || p->is->type == ATS_AVRO_FLOAT;
    double value = narrow && fabs(real) <= (double)FLT_MAX ? (double)(float)real : real;
    if (isfinite(value) && (!narrow || fabs(value) <= (double)FLT_MAX))
        try_leaf(p, (struct ats_leaf){.type = ATS_LEAF_REAL, .value.real = value});
}

static void try_integer(struct value_pair *p, int64_t integer)
{
    bool narrow = p->was->type == ATS_AVRO_INT || p->is->type == ATS_AVRO_INT;
    if (!narrow || (integer >= INT32_MIN && integer <= INT32_MAX))
        try_leaf(p, (struct ats_leaf){.type = ATS_LEAF_INTEGER, .value.integer = integer});
}

/* ---- what the rules name ---- */

/* Round numbers first: they are what people read. */
static void try_around_real(struct value_pair *p, double real)
{
    bool narrow = p->was->type == ATS_AVRO_FLOAT || p->is->type == ATS_AVRO_FLOAT;
    try_real(p, real);
    try_real(p, real - 1);
    try_real(p, real + 1);
    try_real(p, narrow ? (double)nextafterf((float)real, -HUGE_VALF) : nextafter(real, -HUGE_VAL));
    try_real(p, narrow ? (double)nextafterf((float)real, HUGE_VALF) : nextafter(real, HUGE_VAL));
}

/* Without `integral` the number has a fraction, or lies beyond the type's ends, which are tried anyway. */
static void try_around_integer(struct value_pair *p, const struct ats_quality_number *number)
{
    double real = number->real;
    if (!number->integral && !(real > -0x1p53 && real < 0x1p53))
        return;
    int64_t integer = number->integral ? number->integer : (int64_t)real;
    try_integer(p, integer);
    if (integer > INT64_MIN)
        try_integer(p, integer - 1);
    if (integer < INT64_MAX)
        try_integer(p, integer + 1);
}

static bool is_integer(const struct ats_plan_node *node)
{
    return node->type == ATS_AVRO_INT || node->type == ATS_AVRO_LONG;
}

static void try_around(struct value_pair *p, const struct ats_quality_number *number)
{
    if (is_integer(p->was) || is_integer(p->is))
        try_around_integer(p, number);
    else
        try_around_real(p, number->real);
}

static void try_length(struct value_pair *p, int64_t length)
{
    if (length >= 0 && length <= ATS_PAYLOAD_MAX)
        try_text(p, ats_span_of(p->zeros, (size_t)length));
}

static void try_rule(struct value_pair *p, const struct ats_quality_rule *rule, bool texts)
{
    for (size_t k = 0; k < rule->value_count; k++) {
        if (texts && rule->values[k].text)
            try_text(p, ats_span_text(rule->values[k].text));
        else if (!texts)
            try_around(p, &rule->values[k].number);
    }
    if (!texts) {
        try_around(p, &rule->low);
        try_around(p, &rule->high);
        return;
    }
    for (int64_t beside = -1; beside <= 1; beside++)
        try_length(p, rule->low.integer + beside);
}

static void try_rules(struct value_pair *p, bool texts)
{
    const struct ats_quality *was = &p->comparing->before->odcs.quality;
    const struct ats_quality *is = &p->comparing->after->odcs.quality;
    for (size_t i = 0; i < was->count; i++)
        if (was->rules[i].leaf == p->before)
            try_rule(p, &was->rules[i], texts);
    for (size_t i = 0; i < is->count; i++)
        if (is->rules[i].leaf == p->after)
            try_rule(p, &is->rules[i], texts);
}

/* ---- values of a kind ---- */

static void compare_numbers(struct value_pair *p)
{
    try_rules(p, false);
    if (is_integer(p->was) || is_integer(p->is)) {
        try_integer(p, INT32_MIN);
        try_integer(p, INT32_MAX);
        try_integer(p, INT64_MIN);
        try_integer(p, INT64_MAX);
    } else {
        try_real(p, (double)FLT_MAX);
        try_real(p, -(double)FLT_MAX);
        try_real(p, DBL_MAX);
        try_real(p, -DBL_MAX);
    }
}

static bool has_symbol(const struct ats_plan_node *node, const char *symbol)
{
    bool found = node->type != ATS_AVRO_ENUM;
    for (size_t i = 0; i < node->symbol_count && !found; i++)
        found = strcmp(node->symbols[i], symbol) == 0;
    return found;
}

static void compare_texts(struct value_pair *p)
{
    const struct ats_plan_node *symbols = p->was->type == ATS_AVRO_ENUM ? p->was : p->is;
    for (size_t i = 0; i < symbols->symbol_count; i++)
        if (has_symbol(p->was, symbols->symbols[i]) && has_symbol(p->is, symbols->symbols[i]))
            try_text(p, ats_span_text(symbols->symbols[i]));
    if (symbols->type == ATS_AVRO_ENUM)
        return;
    try_rules(p, true);
    /* No document can list NUL characters. */
    try_length(p, p->was->type == ATS_AVRO_FIXED ? (int64_t)p->was->fixed_size : 1);
    try_length(p, 0);
}

static void compare_branch(struct value_pair *p)
{
    switch (ats_plan_json_kind(p->was->type)) {
    case ATS_JSON_NULL:
        try_leaf(p, (struct ats_leaf){.type = ATS_LEAF_ABSENT});
        return;
    case ATS_JSON_BOOLEAN:
        try_leaf(p, (struct ats_leaf){.type = ATS_LEAF_BOOLEAN, .value.boolean = false});
        try_leaf(p, (struct ats_leaf){.type = ATS_LEAF_BOOLEAN, .value.boolean = true});
        return;
    case ATS_JSON_NUMBER:
        compare_numbers(p);
        return;
    default:
        compare_texts(p);
    }
}

/* ---- single values ---- */

/* Each branch of the one beside each of the other that is written in the same way. */
static void compare_leaf(struct value_pair *p, const struct ats_plan_node *was,
                         const struct ats_plan_node *is)
{
    bool many = was->type == ATS_AVRO_UNION;
    bool others = is->type == ATS_AVRO_UNION;
    for (size_t i = 0; i < (many ? was->child_count : 1); i++) {
        for (size_t k = 0; k < (others ? is->child_count : 1); k++) {
            p->was = many ? &was->children[i] : was;
            p->is = others ? &is->children[k] : is;
            if (ats_plan_json_kind(p->was->type) == ats_plan_json_kind(p->is->type))
                compare_branch(p);
        }
    }
}

void ats_compare_quality(struct ats_comparing *c)
{
    const struct ats_plan *before = &c->before->plan;
    const struct ats_plan *after = &c->after->plan;
    uint8_t *zeros = calloc(1, ATS_PAYLOAD_MAX);
    if (!zeros) {
        c->status = ATS_ERR_MEMORY;
        return;
    }
    for (size_t i = 0; i < before->leaf_count; i++) {
        for (size_t k = 0; k < after->leaf_count; k++) {
            struct value_pair p = {.comparing = c, .before = i, .after = k, .zeros = zeros};
            if (strcmp(before->leaves[i]->path, after->leaves[k]->path) == 0)
                compare_leaf(&p, before->leaves[i], after->leaves[k]);
        }
    }
    free(zeros);
}
