/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/odcs_lint.h"

#include "common/base/parse.h"
#include "common/contract/odcs.h"
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
    for (const struct ats_yaml_node *node = ats_yaml_first(raci); node;
         node = ats_yaml_next(node)) {
        const char *key = ats_yaml_key(node);
        const char *nearest = ats_nearest_name(key, activities);
        if (nearest && strcmp(nearest, key) != 0)
            return ats_yaml_error(node, err, "unknown activity (did you mean '%s'?)", nearest);
    }
    for (size_t i = 0; activities[i]; i++)
        if (!ats_yaml_find(raci, activities[i]))
            return ats_yaml_error(
                raci, err, "nobody is accountable for '%s' (allowed: exactly one)", activities[i]);
    return ATS_OK;
}

static enum ats_status check_raci(const struct ats_yaml_node *root,
                                  const struct ats_yaml_node *raci, struct ats_error *err)
{
    struct ats_odcs odcs = {.name = NULL};
    enum ats_status status = ats_odcs_read_raci(root, &odcs, err);
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

enum ats_status ats_odcs_lint(struct ats_span text, const char *name,
                              struct ats_odcs_report *ret_report, struct ats_error *err)
{
    struct ats_yaml *yaml = NULL;
    *ret_report = (struct ats_odcs_report){.objects = 0};
    enum ats_status status = ats_yaml_parse(text, name, &yaml, err);
    if (status != ATS_OK)
        return status;
    const struct ats_yaml_node *root = ats_yaml_root(yaml);
    status = ats_shape_check(root, &ats_odcs_document_shape, err);
    const struct ats_yaml_node *raci = status == ATS_OK ? ats_odcs_find_custom(root, "raci") : NULL;
    ret_report->has_raci = raci != NULL;
    if (raci)
        status = check_raci(root, raci, err);
    if (status == ATS_OK)
        report(root, ret_report);
    ats_yaml_free(yaml);
    return status;
}
