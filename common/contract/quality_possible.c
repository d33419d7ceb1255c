/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the rules of a leaf leave it any value. They are half-lines, intervals and lists; what these leave, if anything, has
 * an end at a number that a rule names, or at an end of the leaf's type. So the checks themselves are asked about each of
 * these numbers and its two neighbours, about each listed text, and about a text of each length that a rule names.
 */
#include "common/contract/quality.h"

#include "common/base/limits.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

struct search {
    const struct ats_quality *quality;
    const struct ats_plan_node *node;
    bool found;
};

static void try_leaf(struct search *s, struct ats_leaf leaf)
{
    struct ats_verdict ignored;
    s->found = s->found || ats_quality_check_leaf(s->quality, s->node->leaf, &leaf, &ignored);
}

static void try_text(struct search *s, struct ats_span text)
{
    try_leaf(s, (struct ats_leaf){.type = ATS_LEAF_TEXT, .value.text = text});
}

static void try_real(struct search *s, double real)
{
    if (isfinite(real))
        try_leaf(s, (struct ats_leaf){.type = ATS_LEAF_REAL, .value.real = real});
}

static void try_integer(struct search *s, int64_t integer)
{
    bool narrow = s->node->type == ATS_AVRO_INT;
    if (!narrow || (integer >= INT32_MIN && integer <= INT32_MAX))
        try_leaf(s, (struct ats_leaf){.type = ATS_LEAF_INTEGER, .value.integer = integer});
}

static void try_around_integer(struct search *s, int64_t integer)
{
    try_integer(s, integer);
    if (integer > INT64_MIN)
        try_integer(s, integer - 1);
    if (integer < INT64_MAX)
        try_integer(s, integer + 1);
}

static void try_around(struct search *s, const struct ats_quality_number *number)
{
    double real = number->real;
    switch (s->node->type) {
    case ATS_AVRO_FLOAT:
        try_real(s, (double)(float)real);
        try_real(s, (double)nextafterf((float)real, -HUGE_VALF));
        try_real(s, (double)nextafterf((float)real, HUGE_VALF));
        return;
    case ATS_AVRO_DOUBLE:
        try_real(s, real);
        try_real(s, nextafter(real, -HUGE_VAL));
        try_real(s, nextafter(real, HUGE_VAL));
        return;
    default: /* without `integral` it has a fraction, or lies beyond the type's ends, which are tried anyway */
        if (number->integral || (real > -0x1p53 && real < 0x1p53))
            try_around_integer(s, number->integral ? number->integer : (int64_t)real);
    }
}

static void try_ends(struct search *s)
{
    switch (s->node->type) {
    case ATS_AVRO_INT:
        try_integer(s, INT32_MIN);
        try_integer(s, INT32_MAX);
        return;
    case ATS_AVRO_LONG:
        try_integer(s, INT64_MIN);
        try_integer(s, INT64_MAX);
        return;
    case ATS_AVRO_FLOAT:
        try_real(s, -(double)FLT_MAX);
        try_real(s, (double)FLT_MAX);
        return;
    default:
        try_real(s, -DBL_MAX);
        try_real(s, DBL_MAX);
    }
}

static void search_numbers(struct search *s)
{
    try_ends(s);
    for (size_t i = 0; i < s->quality->count && !s->found; i++) {
        const struct ats_quality_rule *rule = &s->quality->rules[i];
        if (rule->leaf != s->node->leaf)
            continue;
        try_around(s, &rule->low);
        try_around(s, &rule->high);
        for (size_t k = 0; k < rule->value_count && !s->found; k++)
            try_around(s, &rule->values[k].number);
    }
}

/* A text of so many NUL characters, which no document can list. */
static void try_length(struct search *s, const uint8_t *zeros, int64_t length)
{
    if (length <= ATS_PAYLOAD_MAX)
        try_text(s, ats_span_of(zeros, (size_t)length));
}

static enum ats_status search_texts(struct search *s)
{
    uint8_t *zeros = calloc(1, ATS_PAYLOAD_MAX);
    if (!zeros)
        return ATS_ERR_MEMORY;
    try_length(s, zeros, s->node->type == ATS_AVRO_FIXED ? (int64_t)s->node->fixed_size : 1);
    for (size_t i = 0; i < s->quality->count && !s->found; i++) {
        const struct ats_quality_rule *rule = &s->quality->rules[i];
        if (rule->leaf != s->node->leaf)
            continue;
        if (s->node->type == ATS_AVRO_STRING)
            try_length(s, zeros, rule->low.integer);
        for (size_t k = 0; k < rule->value_count && !s->found; k++)
            if (rule->values[k].text)
                try_text(s, ats_span_text(rule->values[k].text));
    }
    free(zeros);
    return ATS_OK;
}

static void search_booleans(struct search *s)
{
    try_leaf(s, (struct ats_leaf){.type = ATS_LEAF_BOOLEAN, .value.boolean = false});
    try_leaf(s, (struct ats_leaf){.type = ATS_LEAF_BOOLEAN, .value.boolean = true});
}

static enum ats_status search_node(struct search *s, const struct ats_plan_node *node)
{
    enum ats_status status = ATS_OK;
    s->node = node;
    switch (node->type) {
    case ATS_AVRO_NULL:
        return ATS_OK;
    case ATS_AVRO_BOOLEAN:
        search_booleans(s);
        return ATS_OK;
    case ATS_AVRO_INT:
    case ATS_AVRO_LONG:
    case ATS_AVRO_FLOAT:
    case ATS_AVRO_DOUBLE:
        search_numbers(s);
        return ATS_OK;
    case ATS_AVRO_ENUM:
        for (size_t i = 0; i < node->symbol_count; i++)
            try_text(s, ats_span_text(node->symbols[i]));
        return ATS_OK;
    case ATS_AVRO_UNION:
        for (size_t i = 0; i < node->child_count && status == ATS_OK; i++)
            status = search_node(s, &node->children[i]);
        return status;
    default:
        return search_texts(s);
    }
}

enum ats_status ats_quality_is_possible(const struct ats_quality *quality,
                                        const struct ats_plan_node *node, bool *ret_possible)
{
    struct search s = {.quality = quality};
    enum ats_status status = search_node(&s, node);
    *ret_possible = s.found;
    return status;
}
