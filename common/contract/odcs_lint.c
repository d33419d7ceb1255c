/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/odcs_lint.h"

#include "common/base/parse.h"
#include "common/contract/compare.h"
#include "common/contract/odcs_service.h"
#include "common/contract/yaml.h"

#include <stdio.h>

/* Who is accountable for what; docs/contracts.md says what for. */
static const char *const activities[] = {"dataOwnership", "modelGovernance", "incidentResponse",
                                         NULL};

static size_t count_properties(const struct ats_yaml_node *owner)
{
    const struct ats_yaml_node *items = ats_yaml_find(owner, "items");
    size_t count = items ? 1 + count_properties(items) : 0;
    for (const struct ats_yaml_node *p = ats_yaml_first(ats_yaml_find(owner, "properties")); p;
         p = ats_yaml_next(p))
        count += 1 + count_properties(p);
    return count;
}

/* Exactly one accountable for each activity: none of the three may be missing, or be written otherwise. */
static enum ats_status check_activities(const struct ats_yaml_node *raci, struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    for (const struct ats_yaml_node *node = ats_yaml_first(raci); node && status == ATS_OK;
         node = ats_yaml_next(node)) {
        const char *key = ats_yaml_key(node);
        const char *nearest = ats_nearest_name(key, activities);
        if (nearest && strcmp(nearest, key) != 0)
            status = ats_yaml_go_on(
                node, ats_yaml_error(node, err, "unknown activity (did you mean '%s'?)", nearest),
                err);
    }
    for (size_t i = 0; activities[i] && status == ATS_OK; i++)
        if (!ats_yaml_find(raci, activities[i]))
            status = ats_yaml_go_on(
                raci,
                ats_yaml_error(raci, err, "nobody is accountable for '%s' (allowed: exactly one)",
                               activities[i]),
                err);
    return status;
}

static enum ats_status check_raci(const struct ats_yaml_node *root,
                                  const struct ats_yaml_node *raci, struct ats_error *err)
{
    struct ats_odcs odcs = {.name = NULL};
    enum ats_status status = ats_yaml_go_on(raci, ats_odcs_read_raci(root, &odcs, err), err);
    ats_odcs_fini(&odcs);
    return status == ATS_OK ? check_activities(raci, err) : status;
}

static void report(const struct ats_yaml_node *root, struct ats_odcs_report *ret_report)
{
    const char *version = ats_yaml_scalar(ats_yaml_find(root, "apiVersion"));
    (void)snprintf(ret_report->api_version, sizeof(ret_report->api_version), "%s", version);
    const struct ats_yaml_node *schema = ats_yaml_find(root, "schema");
    ret_report->objects = ats_yaml_count(schema);
    for (const struct ats_yaml_node *object = ats_yaml_first(schema); object;
         object = ats_yaml_next(object))
        ret_report->properties += count_properties(object);
    ret_report->has_settings = ats_odcs_find_custom(root, "attestream") != NULL;
}

static enum ats_status judge(const struct ats_yaml_node *root, struct ats_odcs_report *ret_report,
                             struct ats_error *err)
{
    enum ats_status status =
        ats_yaml_go_on(root, ats_shape_check(root, &ats_odcs_document_shape, err), err);
    const struct ats_yaml_node *raci = status == ATS_OK ? ats_odcs_find_custom(root, "raci") : NULL;
    ret_report->has_raci = raci != NULL;
    if (raci)
        status = check_raci(root, raci, err);
    if (status == ATS_OK && ats_yaml_found(root) == 0)
        report(root, ret_report);
    return status;
}

/* The first of what was collected stands for all. */
static enum ats_status conclude(const struct ats_findings *findings, enum ats_status status,
                                struct ats_error *err)
{
    if (status != ATS_OK || ats_findings_count(findings) == 0)
        return status;
    return ats_error_set(err, ATS_ERR_CONFIG, "%s", findings->errors[0].text);
}

enum ats_status ats_odcs_lint(struct ats_span text, const char *name,
                              struct ats_odcs_report *ret_report, struct ats_findings *ret_findings,
                              struct ats_error *err)
{
    struct ats_yaml *yaml = NULL;
    *ret_report = (struct ats_odcs_report){.objects = 0};
    ret_findings->count = 0;
    ret_findings->more = 0;
    enum ats_status status = ats_yaml_parse(text, name, &yaml, err);
    if (status == ATS_OK) {
        ats_yaml_collect(yaml, ret_findings);
        status = judge(ats_yaml_root(yaml), ret_report, err);
    }
    ats_yaml_free(yaml);
    if (status == ATS_ERR_CONFIG)
        ats_findings_add(ret_findings, err);
    return conclude(ret_findings, status, err);
}

/* ---- a contract's two documents ---- */

/* What stands at a field for people and other tools is a code of UCUM, too, so that it can be converted. */
static enum ats_status check_units(const struct ats_yaml_node *owner, struct ats_error *err)
{
    const struct ats_yaml_node *items = ats_yaml_find(owner, "items");
    const struct ats_yaml_node *unit = ats_odcs_find_custom(owner, "unit");
    const char *text = NULL;
    struct ats_ucum ignored;
    enum ats_status status = ATS_OK;
    if (unit && ats_yaml_get_text(unit, &text, NULL) == ATS_OK)
        status = ats_yaml_go_on(unit, ats_odcs_check_unit(unit, text, &ignored, err), err);
    if (status == ATS_OK && items)
        status = check_units(items, err);
    for (const struct ats_yaml_node *p = ats_yaml_first(ats_yaml_find(owner, "properties"));
         p && status == ATS_OK; p = ats_yaml_next(p))
        status = check_units(p, err);
    return status;
}

static enum ats_status lint_more(struct ats_span text, const char *name,
                                 struct ats_findings *findings, struct ats_error *err)
{
    struct ats_yaml *yaml = NULL;
    enum ats_status status = ats_yaml_parse(text, name, &yaml, err);
    if (status != ATS_OK)
        return status;
    ats_yaml_collect(yaml, findings);
    for (const struct ats_yaml_node *object =
             ats_yaml_first(ats_yaml_find(ats_yaml_root(yaml), "schema"));
         object && status == ATS_OK; object = ats_yaml_next(object))
        status = check_units(object, err);
    if (status == ATS_OK)
        status = ats_odcs_check_services(ats_yaml_root(yaml), err);
    ats_yaml_free(yaml);
    return status;
}

static enum ats_status lint_settings(const struct ats_contract_texts *texts,
                                     struct ats_findings *findings, struct ats_error *err)
{
    struct ats_plan plan;
    struct ats_odcs odcs = {.name = NULL};
    enum ats_status status = ats_plan_compile(texts->avsc, texts->avsc_name, &plan, err);
    if (status != ATS_OK)
        return status;
    status = ats_odcs_read_all(texts->odcs, texts->odcs_name, &plan, &odcs, findings, err);
    if (status == ATS_OK)
        ats_odcs_fini(&odcs);
    ats_plan_fini(&plan);
    return status;
}

enum ats_status ats_contract_texts_lint(const struct ats_contract_texts *texts,
                                        struct ats_odcs_report *ret_report,
                                        struct ats_findings *ret_findings, struct ats_error *err)
{
    enum ats_status status =
        ats_odcs_lint(texts->odcs, texts->odcs_name, ret_report, ret_findings, err);
    if (status == ATS_OK || status == ATS_ERR_CONFIG)
        status = lint_more(texts->odcs, texts->odcs_name, ret_findings, err);
    if (status == ATS_ERR_CONFIG)
        ats_findings_add(ret_findings, err);
    if (status == ATS_OK || status == ATS_ERR_CONFIG)
        status = lint_settings(texts, ret_findings, err);
    if (status == ATS_ERR_CONFIG)
        ats_findings_add(ret_findings, err);
    return conclude(ret_findings, status == ATS_ERR_CONFIG ? ATS_OK : status, err);
}
