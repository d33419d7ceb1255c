/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The `quality` entries of a property, and its logicalTypeOptions. A rule that is not executed here is refused, never passed over: who
 * reads the contract would take it for checked. So each form of an entry has its own list of keys.
 */
#include "common/contract/odcs.h"

/* What any entry may say about itself; it demands nothing. */
#define ABOUT                                                                                      \
    "id", "authoritativeDefinitions", "businessImpact", "customProperties", "description",         \
        "dimension", "method", "name", "schedule", "scheduler", "severity", "tags", "type"

enum ats_status ats_odcs_read_rules(struct ats_odcs_rules *r, const struct ats_yaml_node *mapping,
                                    const struct ats_plan_node *node)
{
    enum ats_status status = ats_yaml_expect(mapping, ATS_YAML_MAPPING, r->err);
    for (const struct ats_yaml_node *rule = ats_yaml_first(mapping); rule && status == ATS_OK;
         rule = ats_yaml_next(rule)) {
        const char *name = ats_yaml_key(rule);
        status = ats_series_has(name)
                     ? ats_series_add(r->series, name, node, rule, r->quality->warning, r->err)
                     : ats_quality_add(r->quality, name, node, rule, r->err);
        status = ats_yaml_go_on(rule, status, r->err);
    }
    return status;
}

/* A metric counts rows; of a single event only "none" can be asked, in one of these ways. */
static enum ats_status expect_none(struct ats_odcs_rules *r, const struct ats_yaml_node *check)
{
    static const struct {
        const char *key;
        double value;
    } none[] = {{"mustBe", 0}, {"mustBeLessOrEqualTo", 0}, {"mustBeLessThan", 1}};
    size_t bounds = 0;
    size_t good = 0;
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        const struct ats_yaml_node *node = ats_yaml_find(check, none[i].key);
        double value = -1;
        bounds += node ? 1 : 0;
        if (node && ats_yaml_get_real(node, &value, NULL) == ATS_OK && !(value < none[i].value) &&
            !(value > none[i].value))
            good++;
    }
    if (bounds == 1 && good == 1)
        return ATS_OK;
    return ats_yaml_error(check, r->err,
                          bounds > 1
                              ? "more than one bound for the metric"
                              : "a metric is judged event by event, so it needs 'mustBe: 0'");
}

static enum ats_status read_metric(struct ats_odcs_rules *r, const struct ats_yaml_node *check,
                                   const struct ats_plan_node *node)
{
    static const char *const metrics[] = {"nullValues", "missingValues", "invalidValues", NULL};
    static const char *const keys[] = {
        ABOUT, "metric", "arguments", "unit", "mustBe", "mustBeLessOrEqualTo", "mustBeLessThan",
        NULL};
    static const char *const units[] = {"rows", NULL};
    static const char *const arguments_keys[] = {"validValues", NULL};
    const struct ats_yaml_node *metric = NULL;
    const struct ats_yaml_node *arguments = ats_yaml_find(check, "arguments");
    const struct ats_yaml_node *values = NULL;
    const struct ats_yaml_node *unit = ats_yaml_find(check, "unit");
    size_t index = 0;
    size_t ignored = 0;
    enum ats_status status = ats_yaml_check_keys(check, keys, r->err);
    if (status == ATS_OK)
        status = ats_yaml_require(check, "metric", &metric, r->err);
    if (status == ATS_OK && unit)
        status = ats_yaml_get_choice(unit, units, &ignored, r->err);
    if (status == ATS_OK)
        status = ats_yaml_get_choice(metric, metrics, &index, r->err);
    if (status == ATS_OK)
        status = expect_none(r, check);
    if (status == ATS_OK && index < 2 && arguments)
        status = ats_yaml_error(arguments, r->err, "not supported for '%s'", metrics[index]);
    if (status != ATS_OK)
        return status;
    if (index < 2)
        return ats_quality_require(r->quality, node, metric, r->err);
    status = ats_yaml_require(check, "arguments", &arguments, r->err);
    if (status == ATS_OK)
        status = ats_yaml_check_keys(arguments, arguments_keys, r->err);
    if (status == ATS_OK)
        status = ats_yaml_require(arguments, "validValues", &values, r->err);
    return status == ATS_OK ? ats_quality_add(r->quality, "validValues", node, values, r->err)
                            : status;
}

/* A custom check of the engine "attestream": its implementation names rules of the table. */
static enum ats_status read_custom(struct ats_odcs_rules *r, const struct ats_yaml_node *check,
                                   const struct ats_plan_node *node)
{
    static const char *const keys[] = {ABOUT, "engine", "implementation", NULL};
    static const char *const engines[] = {"attestream", NULL};
    const struct ats_yaml_node *engine = NULL;
    const struct ats_yaml_node *implementation = NULL;
    size_t index = 0;
    enum ats_status status = ats_yaml_check_keys(check, keys, r->err);
    if (status == ATS_OK)
        status = ats_yaml_require(check, "engine", &engine, r->err);
    if (status == ATS_OK)
        status = ats_yaml_get_choice(engine, engines, &index, r->err);
    if (status == ATS_OK)
        status = ats_yaml_require(check, "implementation", &implementation, r->err);
    return status == ATS_OK ? ats_odcs_read_rules(r, implementation, node) : status;
}

static enum ats_status read_check(struct ats_odcs_rules *r, const struct ats_yaml_node *check,
                                  const struct ats_plan_node *node)
{
    static const char *const text_keys[] = {ABOUT, NULL};
    static const char *const types[] = {"library", "text", "custom", NULL};
    static const char *const severities[] = {"error", "warning", NULL};
    const struct ats_yaml_node *type = ats_yaml_find(check, "type");
    const struct ats_yaml_node *severity = ats_yaml_find(check, "severity");
    size_t index = 0;
    size_t level = 0;
    enum ats_status status = ats_yaml_expect(check, ATS_YAML_MAPPING, r->err);
    if (status == ATS_OK && type)
        status = ats_yaml_get_choice(type, types, &index, r->err);
    if (status == ATS_OK && index == 1) /* prose demands nothing */
        return ats_yaml_check_keys(check, text_keys, r->err);
    if (status != ATS_OK)
        return status;
    if (severity)
        status = ats_yaml_get_choice(severity, severities, &level, r->err);
    if (status == ATS_OK && (!node || node->leaf == ATS_PLAN_NO_LEAF))
        status = ats_yaml_error(check, r->err, "rules are supported on single values only");
    if (status != ATS_OK)
        return status;
    r->quality->warning = level == 1;
    status = index == 2 ? read_custom(r, check, node) : read_metric(r, check, node);
    r->quality->warning = false;
    return status;
}

enum ats_status ats_odcs_read_quality(struct ats_odcs_rules *r, const struct ats_yaml_node *owner,
                                      const struct ats_plan_node *node)
{
    const struct ats_yaml_node *list = ats_yaml_find(owner, "quality");
    enum ats_status status = list ? ats_yaml_expect(list, ATS_YAML_SEQUENCE, r->err) : ATS_OK;
    for (const struct ats_yaml_node *check = ats_yaml_first(list); check && status == ATS_OK;
         check = ats_yaml_next(check))
        status = ats_yaml_go_on(check, read_check(r, check, node), r->err);
    return status;
}
