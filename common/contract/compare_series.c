/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of both versions that hold an event against the one before it: each by its limit. */
#include "common/contract/compare_parts.h"

#include <stdio.h>

static const struct ats_series_rule *find(const struct ats_series *series,
                                          const struct ats_series_rule *wanted, bool warning)
{
    const char *name = ats_series_rule_name(wanted);
    for (size_t i = 0; i < series->count; i++)
        if (strcmp(series->rules[i].path, wanted->path) == 0 &&
            strcmp(ats_series_rule_name(&series->rules[i]), name) == 0 &&
            series->rules[i].warning == warning)
            return &series->rules[i];
    return NULL;
}

static void narrower(struct ats_comparing *c, const struct ats_series_rule *rule, const char *text)
{
    ats_compare_add(c, ATS_DEVICES | ATS_WRITERS, ATS_VERSION_MAJOR, rule->path,
                    ats_series_rule_name(rule), "narrower: %s", text);
}

static void wider(struct ats_comparing *c, const struct ats_series_rule *rule, const char *text)
{
    ats_compare_add(c, ATS_OLD_READERS, ATS_VERSION_MINOR, rule->path, ats_series_rule_name(rule),
                    "wider: %s", text);
}

/* What warns keeps no event out: who reads the tags may notice. */
static void compare_rule(struct ats_comparing *c, const struct ats_series_rule *was,
                         const struct ats_series_rule *is)
{
    char old_text[ATS_SERIES_LIMIT_TEXT_MAX];
    char new_text[ATS_SERIES_LIMIT_TEXT_MAX];
    char text[2 * ATS_SERIES_LIMIT_TEXT_MAX + 16];
    int order = ats_series_rule_compare(is, was);
    if (order == 0)
        return;
    (void)snprintf(text, sizeof(text), "%s, it was %s", ats_series_rule_show(is, new_text),
                   ats_series_rule_show(was, old_text));
    if (is->warning)
        ats_compare_add(c, ATS_OLD_READERS, ATS_VERSION_MINOR, is->path, ats_series_rule_name(is),
                        "warns from %s", text);
    else if (order < 0)
        narrower(c, is, text);
    else
        wider(c, is, text);
}

static void tell_gone(struct ats_comparing *c, const struct ats_series_rule *rule)
{
    if (rule->warning)
        ats_compare_add(c, ATS_OLD_READERS, ATS_VERSION_MINOR, rule->path,
                        ats_series_rule_name(rule), "no event is tagged by it any more");
    else
        wider(c, rule, "no event is kept out by it any more");
}

static void tell_added(struct ats_comparing *c, const struct ats_series_rule *rule)
{
    char text[ATS_SERIES_LIMIT_TEXT_MAX];
    (void)ats_series_rule_show(rule, text);
    if (rule->warning)
        ats_compare_add(c, ATS_OLD_READERS, ATS_VERSION_MINOR, rule->path,
                        ats_series_rule_name(rule), "warns from %s", text);
    else
        narrower(c, rule, text);
}

/* One of a field that is gone, or new, goes with the field. */
static bool has_leaf(const struct ats_compared *version, const char *path)
{
    for (size_t i = 0; i < version->plan.leaf_count; i++)
        if (strcmp(version->plan.leaves[i]->path, path) == 0)
            return true;
    return false;
}

void ats_compare_series(struct ats_comparing *c)
{
    const struct ats_series *before = &c->before->odcs.series;
    const struct ats_series *after = &c->after->odcs.series;
    for (size_t i = 0; i < after->count; i++) {
        const struct ats_series_rule *is = &after->rules[i];
        const struct ats_series_rule *was = find(before, is, is->warning);
        if (was)
            compare_rule(c, was, is);
        else if (has_leaf(c->before, is->path))
            tell_added(c, is);
    }
    for (size_t i = 0; i < before->count; i++) {
        const struct ats_series_rule *was = &before->rules[i];
        if (!find(after, was, was->warning) && has_leaf(c->after, was->path))
            tell_gone(c, was);
    }
}
