/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quality rules on the leaves of one event: what an ODCS document says about values (ranges, allowed values, not-null), compiled
 * into a list that the gate runs through once the schema holds. A new rule is a function and a line in the table of quality.c.
 * Internal to common/contract.
 *
 * Thread: immutable after compile. Owns: a list owns its rules and their values; paths are the plan's.
 */
#ifndef ATS_CONTRACT_QUALITY_H
#define ATS_CONTRACT_QUALITY_H

#include "common/contract/plan.h"
#include "common/contract/yaml.h"

struct ats_quality_kind;

/* A number of the document. A double does not tell 2^53 from 2^53 + 1, so an integer is kept as one, too. */
struct ats_quality_number {
    double real;
    int64_t integer;
    bool integral; /* `integer` is exactly it */
};

struct ats_quality_value {
    enum ats_leaf_type type; /* BOOLEAN, REAL (any number) or TEXT */
    bool boolean;
    struct ats_quality_number number;
    char *text;
};

struct ats_quality_rule {
    const struct ats_quality_kind *kind;
    size_t leaf;
    const char *path;
    struct ats_quality_number low;
    struct ats_quality_number high;
    struct ats_quality_value *values;
    size_t value_count;
    bool warning; /* the event is admitted, and tagged */
};

/* What surely passes the ranges, lengths and not-null of one leaf (quality_interval.c). */
struct ats_quality_interval {
    size_t leaf;
    enum ats_leaf_type type; /* INTEGER, REAL, or TEXT: by its bytes */
    bool optional;           /* an absent value passes */
    union {
        int64_t integer;
        double real;
    } low, high; /* included */
};

struct ats_quality {
    struct ats_quality_rule *rules; /* in the document's order */
    size_t count;
    bool warning;                           /* what is added now only warns */
    struct ats_quality_interval *intervals; /* NULL until the rules are bound */
    size_t interval_count;
    size_t *others; /* the numbers of the rules that no interval stands for */
    size_t other_count;
};

/* Adds the rule that is called `name` in the table for a leaf; `value` is what the document gives it. CONFIG, too, if after that
   no value of the leaf could pass. */
ATS_MUST_USE enum ats_status ats_quality_add(struct ats_quality *quality, const char *name,
                                             const struct ats_plan_node *leaf,
                                             const struct ats_yaml_node *value,
                                             struct ats_error *err);
/* Adds the rule not-null; `at` is where errors point. */
ATS_MUST_USE enum ats_status ats_quality_require(struct ats_quality *quality,
                                                 const struct ats_plan_node *leaf,
                                                 const struct ats_yaml_node *at,
                                                 struct ats_error *err);
/* Once all rules are added: makes ready for a quick check of values that pass. */
ATS_MUST_USE enum ats_status ats_quality_bind(struct ats_quality *quality,
                                              const struct ats_plan *plan, struct ats_error *err);
void ats_quality_fini(struct ats_quality *quality);
/* Whether all rules hold; if not, the verdict tells of the first that does not and is no warning. Warnings are added to the verdict. */
bool ats_quality_check(const struct ats_quality *quality, const struct ats_leaf *leaves,
                       struct ats_verdict *ret_verdict);
/* The same for the rules of one leaf. */
bool ats_quality_check_leaf(const struct ats_quality *quality, size_t leaf,
                            const struct ats_leaf *value, struct ats_verdict *ret_verdict);

/* The parts, one file each. `node` is the leaf's value node. */

/* quality_value.c: numbers and values of the document, as the leaf's type has them. */
ATS_MUST_USE enum ats_status ats_quality_read_number(const struct ats_yaml_node *yaml,
                                                     const struct ats_plan_node *node,
                                                     struct ats_quality_number *ret_number,
                                                     struct ats_error *err);
/* CONFIG if the leaf can never have that value. The caller frees the text. */
ATS_MUST_USE enum ats_status ats_quality_read_value(const struct ats_yaml_node *yaml,
                                                    const struct ats_plan_node *node,
                                                    struct ats_quality_value *ret_value,
                                                    struct ats_error *err);
/* Negative, 0 or positive: the leaf is less, equal, more. False if it is no number. */
bool ats_quality_compare(const struct ats_leaf *leaf, const struct ats_quality_number *number,
                         int *ret_order);
/* What a rule asks, as far as an interval can stand for it. */
enum ats_quality_shape {
    ATS_QUALITY_OTHER,
    ATS_QUALITY_AT_LEAST, /* `low`; so are the next three */
    ATS_QUALITY_AT_MOST,
    ATS_QUALITY_ABOVE,
    ATS_QUALITY_BELOW,
    ATS_QUALITY_BETWEEN,    /* `low` and `high` */
    ATS_QUALITY_MIN_LENGTH, /* `low.integer`; so is the next */
    ATS_QUALITY_MAX_LENGTH,
    ATS_QUALITY_NOT_NULL,
};
enum ats_quality_shape ats_quality_shape(const struct ats_quality_rule *rule);
/* quality_interval.c: whether each leaf lies in its interval. */
bool ats_quality_is_inside(const struct ats_quality *quality, const struct ats_leaf *leaves);
/* quality_possible.c: whether some value of the leaf passes all its rules. MEMORY. */
ATS_MUST_USE enum ats_status ats_quality_is_possible(const struct ats_quality *quality,
                                                     const struct ats_plan_node *node,
                                                     bool *ret_possible);

#endif
