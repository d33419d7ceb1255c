/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules that hold an event against the one before it, of one device under one contract: how fast a value may change, how long it may
 * stay the same, how far its counter may jump, how far its time may go back. What the last event said is a state, which is small and
 * fixed in size; whoever judges keeps one for each device.
 *
 * Events are compared by their own time, without one by when they came. A rule that has nothing to compare with holds.
 *
 * Thread: rules immutable after compile, a state one thread at a time. Owns: a list owns its rules; paths are the plan's.
 */
#ifndef ATS_CONTRACT_SERIES_H
#define ATS_CONTRACT_SERIES_H

#include "common/base/limits.h"
#include "common/contract/plan.h"
#include "common/contract/yaml.h"

struct ats_series_kind;

struct ats_series_rule {
    const struct ats_series_kind *kind;
    size_t leaf;
    const char *path;
    double limit; /* a second, or of numbers left out */
    int64_t limit_ms;
    bool warning; /* the event is admitted, and tagged */
};

struct ats_series {
    struct ats_series_rule rules[ATS_SERIES_RULES_MAX];
    size_t count;
};

/* What the last event of a device said, by rule. All zero: there was none. */
struct ats_series_state {
    struct {
        bool known;
        double value;
        int64_t at_ms;    /* the event's time */
        int64_t since_ms; /* when it began to be so */
    } values[ATS_SERIES_RULES_MAX];
};

/* Whether a rule of that name is one of these. */
bool ats_series_has(const char *name);
/* Adds the rule for a leaf; `value` is what the document gives it. CONFIG: not for that leaf, or too many. */
ATS_MUST_USE enum ats_status ats_series_add(struct ats_series *series, const char *name,
                                            const struct ats_plan_node *leaf,
                                            const struct ats_yaml_node *value, bool warning,
                                            struct ats_error *err);
/* Adds the rule that the event time may go back by so much; the path is the event time's leaf's. */
ATS_MUST_USE enum ats_status ats_series_add_time_back(struct ats_series *series,
                                                      const struct ats_plan_node *leaf,
                                                      const struct ats_yaml_node *value,
                                                      struct ats_error *err);
/* Adds what a service level promises, "frequency" or "freshness", as a rule that warns; `at` is where errors point. */
ATS_MUST_USE enum ats_status ats_series_add_service(struct ats_series *series, const char *name,
                                                    const struct ats_plan_node *time_leaf,
                                                    int64_t limit_ms,
                                                    const struct ats_yaml_node *at,
                                                    struct ats_error *err);
/* Whether all rules hold; if not, the verdict tells of the first that does not and is no warning. Warnings are added to the verdict.
   `now_ms`: when the event came. */
bool ats_series_check(const struct ats_series *series, const struct ats_series_state *state,
                      const struct ats_leaf *leaves, int64_t time_ms, int64_t now_ms,
                      struct ats_verdict *ret_verdict);
/* For comparing rules: the document's name; negative, 0 or positive by whose limit is the lower one, of two of that name; the limit
   for people. */
#define ATS_SERIES_LIMIT_TEXT_MAX 40
const char *ats_series_rule_name(const struct ats_series_rule *rule);
int ats_series_rule_compare(const struct ats_series_rule *a, const struct ats_series_rule *b);
const char *ats_series_rule_show(const struct ats_series_rule *rule,
                                 char ret_text[ATS_SERIES_LIMIT_TEXT_MAX]);
/* Takes the event as the last one. */
void ats_series_note(const struct ats_series *series, struct ats_series_state *state,
                     const struct ats_leaf *leaves, int64_t time_ms);

#endif
