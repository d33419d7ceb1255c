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

struct ats_quality_value {
    enum ats_leaf_type type; /* BOOLEAN, REAL (any number) or TEXT */
    double number;
    char *text;
};

struct ats_quality_rule {
    const struct ats_quality_kind *kind;
    size_t leaf;
    const char *path;
    double low;
    double high;
    struct ats_quality_value *values;
    size_t value_count;
};

struct ats_quality {
    struct ats_quality_rule *rules;
    size_t count;
};

/* Adds the rule that is called `name` in the table for a leaf; `value` is what the document gives it. */
ATS_MUST_USE enum ats_status ats_quality_add(struct ats_quality *quality, const char *name,
                                             const struct ats_plan_node *leaf,
                                             const struct ats_yaml_node *value,
                                             struct ats_error *err);
void ats_quality_fini(struct ats_quality *quality);
/* Whether all rules hold; if not, the verdict tells of the first that does not. */
bool ats_quality_check(const struct ats_quality *quality, const struct ats_leaf *leaves,
                       struct ats_verdict *ret_verdict);

#endif
