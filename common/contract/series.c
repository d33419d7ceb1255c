/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/series.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define MS_PER_SECOND 1000.0

struct event {
    double value;
    int64_t time_ms;
    int64_t now_ms; /* when it came */
};

/* What was before, as one rule remembers it. */
struct former {
    double value;
    int64_t at_ms;
    int64_t since_ms;
};

struct ats_series_kind {
    const char *name; /* in the document */
    enum ats_rule rule;
    bool only_warns;
    bool of_time; /* it looks at the event's time, and at no value */
    bool alone;   /* and at no event before it */
    /* Reads the rule's limit. */
    enum ats_status (*read)(struct ats_series_rule *rule, const struct ats_yaml_node *value,
                            struct ats_error *err);
    /* False: it does not hold, and `ret_verdict` says why. */
    bool (*check)(const struct ats_series_rule *rule, const struct former *former,
                  const struct event *event, struct ats_verdict *ret_verdict);
};

/* ---- limits ---- */

static enum ats_status read_rate(struct ats_series_rule *rule, const struct ats_yaml_node *value,
                                 struct ats_error *err)
{
    enum ats_status status = ats_yaml_get_real(value, &rule->limit, err);
    if (status != ATS_OK || rule->limit > 0)
        return status;
    return ats_yaml_error(value, err, "expected a change a second above 0");
}

static enum ats_status read_duration(struct ats_series_rule *rule,
                                     const struct ats_yaml_node *value, struct ats_error *err)
{
    return ats_yaml_get_duration(value, &rule->limit_ms, err);
}

static enum ats_status read_gap(struct ats_series_rule *rule, const struct ats_yaml_node *value,
                                struct ats_error *err)
{
    int64_t limit = 0;
    enum ats_status status = ats_yaml_get_integer(value, 0, INT32_MAX, &limit, err);
    rule->limit = (double)limit;
    return status;
}

/* ---- checks ---- */

/* Between events of one time, or where the later one comes first, there is no rate. */
static bool check_change(const struct ats_series_rule *rule, const struct former *former,
                         const struct event *event, struct ats_verdict *ret_verdict)
{
    double seconds = (double)(event->time_ms - former->at_ms) / MS_PER_SECOND;
    double change = fabs(event->value - former->value);
    if (!(seconds > 0) || change <= rule->limit * seconds)
        return true;
    ats_verdict_set(ret_verdict, ATS_RULE_CHANGE_RATE, rule->path,
                    "from %.10g to %.10g within %.10g s, more than %.10g a second", former->value,
                    event->value, seconds, rule->limit);
    return false;
}

static bool is_same(double a, double b)
{
    return !(a < b) && !(a > b);
}

static bool check_unchanged(const struct ats_series_rule *rule, const struct former *former,
                            const struct event *event, struct ats_verdict *ret_verdict)
{
    int64_t lasted_ms = event->time_ms - former->since_ms;
    if (!is_same(event->value, former->value) || lasted_ms <= rule->limit_ms)
        return true;
    ats_verdict_set(ret_verdict, ATS_RULE_STUCK_VALUE, rule->path,
                    "%.10g for %" PRId64 " ms (allowed: %" PRId64 ")", event->value, lasted_ms,
                    rule->limit_ms);
    return false;
}

/* A counter that is not higher has begun anew, or came late: nothing is missing by that. */
static bool check_gap(const struct ats_series_rule *rule, const struct former *former,
                      const struct event *event, struct ats_verdict *ret_verdict)
{
    double left_out = event->value - former->value - 1;
    if (left_out <= rule->limit)
        return true;
    ats_verdict_set(ret_verdict, ATS_RULE_SEQUENCE_GAP, rule->path,
                    "%.0f numbers are left out between %.0f and %.0f (allowed: %.0f)", left_out,
                    former->value, event->value, rule->limit);
    return false;
}

static bool check_time_back(const struct ats_series_rule *rule, const struct former *former,
                            const struct event *event, struct ats_verdict *ret_verdict)
{
    int64_t back_ms = former->at_ms - event->time_ms;
    if (back_ms <= rule->limit_ms)
        return true;
    ats_verdict_set(ret_verdict, ATS_RULE_TIME_BACK, rule->path,
                    "%" PRId64 " ms before the newest event (allowed: %" PRId64 ")", back_ms,
                    rule->limit_ms);
    return false;
}

/* What these two say is never told: they only warn. */
static bool check_pause(const struct ats_series_rule *rule, const struct former *former,
                        const struct event *event, struct ats_verdict *ret_verdict)
{
    (void)ret_verdict;
    return event->time_ms - former->at_ms <= rule->limit_ms;
}

static bool check_age(const struct ats_series_rule *rule, const struct former *former,
                      const struct event *event, struct ats_verdict *ret_verdict)
{
    (void)former;
    (void)ret_verdict;
    return event->now_ms - event->time_ms <= rule->limit_ms;
}

/* ---- the tables ---- */

/* What no entry of `quality` asks for. */
static const struct ats_series_kind time_back = {.name = "maxBack",
                                                 .rule = ATS_RULE_TIME_BACK,
                                                 .of_time = true,
                                                 .read = read_duration,
                                                 .check = check_time_back};
static const struct ats_series_kind services[] = {{.name = "frequency",
                                                   .rule = ATS_RULE_FREQUENCY,
                                                   .only_warns = true,
                                                   .of_time = true,
                                                   .read = read_duration,
                                                   .check = check_pause},
                                                  {.name = "freshness",
                                                   .rule = ATS_RULE_FRESHNESS,
                                                   .only_warns = true,
                                                   .of_time = true,
                                                   .alone = true,
                                                   .read = read_duration,
                                                   .check = check_age}};

static const struct ats_series_kind kinds[] = {
    {.name = "maxChangePerSecond",
     .rule = ATS_RULE_CHANGE_RATE,
     .read = read_rate,
     .check = check_change},
    {.name = "maxUnchanged",
     .rule = ATS_RULE_STUCK_VALUE,
     .read = read_duration,
     .check = check_unchanged},
    {.name = "maxGap",
     .rule = ATS_RULE_SEQUENCE_GAP,
     .only_warns = true,
     .read = read_gap,
     .check = check_gap},
};

static const struct ats_series_kind *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

bool ats_series_has(const char *name)
{
    return find_kind(name) != NULL;
}

static bool is_number(enum ats_avro_type type)
{
    return type == ATS_AVRO_INT || type == ATS_AVRO_LONG || type == ATS_AVRO_FLOAT ||
           type == ATS_AVRO_DOUBLE;
}

static bool is_integer(enum ats_avro_type type)
{
    return type == ATS_AVRO_INT || type == ATS_AVRO_LONG;
}

/* Where the next rule goes; it is one once it is counted. */
static enum ats_status get_place(struct ats_series *series, const struct ats_series_kind *kind,
                                 const struct ats_plan_node *leaf, bool warning,
                                 const struct ats_yaml_node *at, struct ats_error *err)
{
    if (series->count == ATS_SERIES_RULES_MAX)
        return ats_yaml_error(at, err,
                              "more than %d rules that hold an event against the one before it",
                              ATS_SERIES_RULES_MAX);
    series->rules[series->count] = (struct ats_series_rule){
        .kind = kind, .leaf = leaf->leaf, .path = leaf->path, .warning = warning};
    return ATS_OK;
}

static enum ats_status push(struct ats_series *series, const struct ats_series_kind *kind,
                            const struct ats_plan_node *leaf, const struct ats_yaml_node *value,
                            bool warning, struct ats_error *err)
{
    enum ats_status status = get_place(series, kind, leaf, warning, value, err);
    if (status == ATS_OK)
        status = kind->read(&series->rules[series->count], value, err);
    series->count += status == ATS_OK;
    return status;
}

enum ats_status ats_series_add(struct ats_series *series, const char *name,
                               const struct ats_plan_node *leaf, const struct ats_yaml_node *value,
                               bool warning, struct ats_error *err)
{
    const struct ats_series_kind *kind = find_kind(name);
    if (!kind)
        return ats_yaml_error(value, err, "there is no such rule");
    enum ats_avro_type type = ats_plan_value_node(leaf)->type;
    bool fits = kind->only_warns ? is_integer(type) : is_number(type);
    if (leaf->leaf == ATS_PLAN_NO_LEAF || !fits)
        return ats_yaml_error(value, err, "this rule is not for '%s', which the schema makes %s",
                              leaf->path, ats_avro_type_name(type));
    if (kind->only_warns && !warning)
        return ats_yaml_error(value, err,
                              "numbers that are left out say that other events are missing, not "
                              "that this one is wrong: it needs 'severity: warning'");
    return push(series, kind, leaf, value, warning, err);
}

enum ats_status ats_series_add_time_back(struct ats_series *series,
                                         const struct ats_plan_node *leaf,
                                         const struct ats_yaml_node *value, struct ats_error *err)
{
    return push(series, &time_back, leaf, value, false, err);
}

enum ats_status ats_series_add_service(struct ats_series *series, const char *name,
                                       const struct ats_plan_node *time_leaf, int64_t limit_ms,
                                       const struct ats_yaml_node *at, struct ats_error *err)
{
    const struct ats_series_kind *kind = &services[strcmp(name, services[0].name) == 0 ? 0 : 1];
    enum ats_status status = get_place(series, kind, time_leaf, true, at, err);
    if (status != ATS_OK)
        return status;
    series->rules[series->count++].limit_ms = limit_ms;
    return ATS_OK;
}

/* ---- for comparing ---- */

const char *ats_series_rule_name(const struct ats_series_rule *rule)
{
    return rule->kind->name;
}

int ats_series_rule_compare(const struct ats_series_rule *a, const struct ats_series_rule *b)
{
    if (a->limit < b->limit || a->limit_ms < b->limit_ms)
        return -1;
    return a->limit > b->limit || a->limit_ms > b->limit_ms;
}

const char *ats_series_rule_show(const struct ats_series_rule *rule,
                                 char ret_text[ATS_SERIES_LIMIT_TEXT_MAX])
{
    if (rule->kind->read == read_duration)
        (void)snprintf(ret_text, ATS_SERIES_LIMIT_TEXT_MAX, "%" PRId64 " ms", rule->limit_ms);
    else
        (void)snprintf(ret_text, ATS_SERIES_LIMIT_TEXT_MAX, "%.10g", rule->limit);
    return ret_text;
}

/* ---- events ---- */

/* The time's own value is not looked at: a text, say. */
static bool read_event(const struct ats_series_rule *rule, const struct ats_leaf *leaves,
                       int64_t time_ms, struct event *ret_event)
{
    ret_event->time_ms = time_ms;
    ret_event->value = 0;
    return rule->kind->of_time || ats_leaf_number(&leaves[rule->leaf], &ret_event->value);
}

bool ats_series_check(const struct ats_series *series, const struct ats_series_state *state,
                      const struct ats_leaf *leaves, int64_t time_ms, int64_t now_ms,
                      struct ats_verdict *ret_verdict)
{
    for (size_t i = 0; i < series->count; i++) {
        const struct ats_series_rule *rule = &series->rules[i];
        const struct former former = {state->values[i].value, state->values[i].at_ms,
                                      state->values[i].since_ms};
        struct ats_verdict why;
        struct event event = {.now_ms = now_ms};
        if ((!state->values[i].known && !rule->kind->alone) ||
            !read_event(rule, leaves, time_ms, &event) ||
            rule->kind->check(rule, &former, &event, &why))
            continue;
        if (!rule->warning) {
            ats_verdict_fail(ret_verdict, &why);
            return false;
        }
        ats_verdict_warn(ret_verdict, rule->kind->rule, rule->path);
    }
    return true;
}

void ats_series_note(const struct ats_series *series, struct ats_series_state *state,
                     const struct ats_leaf *leaves, int64_t time_ms)
{
    for (size_t i = 0; i < series->count; i++) {
        struct event event;
        bool known = state->values[i].known;
        if (!read_event(&series->rules[i], leaves, time_ms, &event) ||
            (known && time_ms < state->values[i].at_ms)) /* it came late */
            continue;
        if (!known || !is_same(event.value, state->values[i].value))
            state->values[i].since_ms = time_ms;
        state->values[i].known = true;
        state->values[i].value = event.value;
        state->values[i].at_ms = time_ms;
    }
}
