/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules bound to their leaves: the ranges and lengths that are asked of one leaf make one interval, in the leaf's own type. A value
 * inside surely passes them all, which costs two comparisons whatever their number. One outside may still pass (characters are counted in
 * bytes here, four at most), so then, and whenever another rule does not hold, all rules are asked one by one, in the document's
 * order, and the first that does not hold is told.
 */
#include "common/contract/quality.h"

#include <math.h>
#include <stdlib.h>

/* Bytes of the longest character in UTF-8. */
#define CHARACTER_MAX 4

static enum ats_leaf_type interval_type(enum ats_avro_type type)
{
    switch (type) {
    case ATS_AVRO_INT:
    case ATS_AVRO_LONG:
        return ATS_LEAF_INTEGER;
    case ATS_AVRO_FLOAT:
    case ATS_AVRO_DOUBLE:
        return ATS_LEAF_REAL;
    case ATS_AVRO_STRING:
    case ATS_AVRO_ENUM:
        return ATS_LEAF_TEXT;
    default:
        return ATS_LEAF_ABSENT; /* none: of several types, or without an order */
    }
}

/* ---- from a rule to the ends of an interval; false: it has none, and stays a rule ---- */

static bool narrow_reals(struct ats_quality_interval *interval, const struct ats_quality_rule *rule)
{
    double low = -HUGE_VAL;
    double high = HUGE_VAL;
    switch (ats_quality_shape(rule)) {
    case ATS_QUALITY_AT_LEAST:
        low = rule->low.real;
        break;
    case ATS_QUALITY_AT_MOST:
        high = rule->low.real;
        break;
    case ATS_QUALITY_ABOVE:
        low = nextafter(rule->low.real, HUGE_VAL);
        break;
    case ATS_QUALITY_BELOW:
        high = nextafter(rule->low.real, -HUGE_VAL);
        break;
    case ATS_QUALITY_BETWEEN:
        low = rule->low.real;
        high = rule->high.real;
        break;
    default:
        return false;
    }
    interval->low.real = fmax(interval->low.real, low);
    interval->high.real = fmin(interval->high.real, high);
    return true;
}

static void tighten(struct ats_quality_interval *interval, int64_t low, int64_t high)
{
    if (low > interval->low.integer)
        interval->low.integer = low;
    if (high < interval->high.integer)
        interval->high.integer = high;
}

static bool narrow_integers(struct ats_quality_interval *interval,
                            const struct ats_quality_rule *rule)
{
    int64_t number = rule->low.integer;
    if (!rule->low.integral)
        return false;
    switch (ats_quality_shape(rule)) {
    case ATS_QUALITY_AT_LEAST:
        tighten(interval, number, INT64_MAX);
        return true;
    case ATS_QUALITY_AT_MOST:
        tighten(interval, INT64_MIN, number);
        return true;
    case ATS_QUALITY_ABOVE:
        if (number < INT64_MAX)
            tighten(interval, number + 1, INT64_MAX);
        return number < INT64_MAX;
    case ATS_QUALITY_BELOW:
        if (number > INT64_MIN)
            tighten(interval, INT64_MIN, number - 1);
        return number > INT64_MIN;
    case ATS_QUALITY_BETWEEN:
        if (rule->high.integral)
            tighten(interval, number, rule->high.integer);
        return rule->high.integral;
    default:
        return false;
    }
}

/* A text has at most as many characters as bytes, and at least a quarter. */
static bool narrow_lengths(struct ats_quality_interval *interval,
                           const struct ats_quality_rule *rule)
{
    switch (ats_quality_shape(rule)) {
    case ATS_QUALITY_MIN_LENGTH:
        tighten(interval, rule->low.integer > 0 ? CHARACTER_MAX * (rule->low.integer - 1) + 1 : 0,
                INT64_MAX);
        return true;
    case ATS_QUALITY_MAX_LENGTH:
        tighten(interval, 0, rule->low.integer);
        return true;
    default:
        return false;
    }
}

static bool narrow(struct ats_quality_interval *interval, const struct ats_quality_rule *rule)
{
    if (ats_quality_shape(rule) == ATS_QUALITY_NOT_NULL) {
        interval->optional = false;
        return true;
    }
    switch (interval->type) {
    case ATS_LEAF_REAL:
        return narrow_reals(interval, rule);
    case ATS_LEAF_INTEGER:
        return narrow_integers(interval, rule);
    default:
        return narrow_lengths(interval, rule);
    }
}

/* ---- of all rules ---- */

static struct ats_quality_interval *interval_of(struct ats_quality *quality, size_t leaf,
                                                enum ats_leaf_type type)
{
    for (size_t i = 0; i < quality->interval_count; i++)
        if (quality->intervals[i].leaf == leaf)
            return &quality->intervals[i];
    struct ats_quality_interval *interval = &quality->intervals[quality->interval_count++];
    *interval = (struct ats_quality_interval){.leaf = leaf, .type = type, .optional = true};
    if (type == ATS_LEAF_REAL) {
        interval->low.real = -HUGE_VAL;
        interval->high.real = HUGE_VAL;
    } else {
        interval->low.integer = type == ATS_LEAF_TEXT ? 0 : INT64_MIN;
        interval->high.integer = INT64_MAX;
    }
    return interval;
}

enum ats_status ats_quality_bind(struct ats_quality *quality, const struct ats_plan *plan,
                                 struct ats_error *err)
{
    if (quality->count == 0)
        return ATS_OK;
    quality->intervals = calloc(quality->count, sizeof(*quality->intervals));
    quality->others = calloc(quality->count, sizeof(*quality->others));
    if (!quality->intervals || !quality->others)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < quality->count; i++) {
        const struct ats_quality_rule *rule = &quality->rules[i];
        enum ats_leaf_type type =
            interval_type(ats_plan_value_node(plan->leaves[rule->leaf])->type);
        if (type == ATS_LEAF_ABSENT || !narrow(interval_of(quality, rule->leaf, type), rule))
            quality->others[quality->other_count++] = i;
    }
    return ATS_OK;
}

static bool is_inside(const struct ats_quality_interval *interval, const struct ats_leaf *leaf)
{
    if (leaf->type != interval->type)
        return leaf->type == ATS_LEAF_ABSENT && interval->optional;
    switch (leaf->type) {
    case ATS_LEAF_REAL:
        return leaf->value.real >= interval->low.real && leaf->value.real <= interval->high.real;
    case ATS_LEAF_INTEGER:
        return leaf->value.integer >= interval->low.integer &&
               leaf->value.integer <= interval->high.integer;
    default:
        return leaf->value.text.len >= (uint64_t)interval->low.integer &&
               leaf->value.text.len <= (uint64_t)interval->high.integer;
    }
}

bool ats_quality_is_inside(const struct ats_quality *quality, const struct ats_leaf *leaves)
{
    for (size_t i = 0; i < quality->interval_count; i++)
        if (!is_inside(&quality->intervals[i], &leaves[quality->intervals[i].leaf]))
            return false;
    return true;
}
