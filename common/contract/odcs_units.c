/* SPDX-License-Identifier: Apache-2.0 */
/* The custom property `unit` of a field, and the setting `units`: what devices send it in, where that is another unit. */
#include "common/contract/odcs.h"

#include "common/base/utf8.h"

#include <stdlib.h>

enum ats_status ats_odcs_check_unit(const struct ats_yaml_node *node, const char *text,
                                    struct ats_ucum *ret_unit, struct ats_error *err)
{
    const char *fault = NULL;
    if (ats_ucum_parse(ats_span_text(text), ret_unit, &fault) == ATS_OK)
        return ATS_OK;
    const char *meant = ats_ucum_meant(ats_span_text(text));
    if (meant)
        return ats_yaml_error(node, err, "'%.*s' is no code of UCUM (did you mean '%s'?)",
                              ATS_QUOTE(text), meant);
    return ats_yaml_error(
        node, err, "'%.*s' is no code of UCUM: %s (allowed: a code such as Cel, km/h, [psi])",
        ATS_QUOTE(text), fault);
}

/* What is no code of UCUM says something to people, and nothing is converted by it. */
enum ats_status ats_odcs_set_unit(struct ats_odcs_unit *unit, const char *text,
                                  struct ats_error *err)
{
    const char *fault = NULL;
    unit->known = ats_ucum_parse(ats_span_text(text), &unit->unit, &fault) == ATS_OK;
    return ats_odcs_copy(text, &unit->text, err);
}

/* A number without a logical type, which may be null. */
static bool is_plain_number(const struct ats_plan_node *leaf)
{
    const struct ats_plan_node *node = ats_plan_value_node(leaf);
    return node->type >= ATS_AVRO_INT && node->type <= ATS_AVRO_DOUBLE && !node->logical;
}

static enum ats_status map_units(const struct ats_yaml_node *node, const char *text,
                                 struct ats_odcs_unit *unit, struct ats_error *err)
{
    struct ats_ucum from;
    enum ats_status status = ats_odcs_check_unit(node, text, &from, err);
    if (status != ATS_OK)
        return status;
    if (strcmp(text, unit->text) == 0)
        return ats_yaml_error(node, err, "the field is in '%.*s' itself: nothing is converted",
                              ATS_QUOTE(text));
    status = ats_ucum_map(&from, &unit->unit, &unit->conversion.map);
    if (status == ATS_ERR_LIMIT)
        return ats_yaml_error(node, err, "'%.*s' and the field's '%s' are too far apart",
                              ATS_QUOTE(text), unit->text);
    if (status != ATS_OK)
        return ats_yaml_error(node, err,
                              "'%.*s' cannot be converted to the field's '%s': they do not "
                              "measure the same",
                              ATS_QUOTE(text), unit->text);
    status = ats_odcs_copy(text, &unit->payload, err);
    unit->conversion.from = unit->payload;
    unit->conversion.to = unit->text;
    return status;
}

static size_t find_leaf(const struct ats_plan *plan, const char *path)
{
    for (size_t i = 0; i < plan->leaf_count; i++)
        if (strcmp(plan->leaves[i]->path, path) == 0)
            return i;
    return ATS_PLAN_NO_LEAF;
}

static enum ats_status read_unit(const struct ats_yaml_node *node, const struct ats_plan *plan,
                                 struct ats_odcs *odcs, struct ats_error *err)
{
    const char *path = ats_yaml_key(node);
    size_t leaf = find_leaf(plan, path);
    const char *text = NULL;
    if (leaf == ATS_PLAN_NO_LEAF)
        return ats_yaml_error(node, err, "the Avro schema has no single value '%.*s'",
                              ATS_QUOTE(path));
    enum ats_status status = ats_yaml_get_text(node, &text, err);
    if (status != ATS_OK)
        return status;
    if (leaf == odcs->event_time.leaf)
        return ats_yaml_error(node, err, "the event's time has its own setting: eventTime.unit");
    if (!is_plain_number(plan->leaves[leaf]))
        return ats_yaml_error(node, err,
                              "'%s' is no plain number (allowed: an int, long, float or double "
                              "without a logical type, or a union of one of them with null)",
                              path);
    if (!odcs->units[leaf].text || !odcs->units[leaf].known)
        return ats_yaml_error(node, err,
                              "'%s' has no custom property 'unit' with a code of UCUM, to which "
                              "it could be converted",
                              path);
    return map_units(node, text, &odcs->units[leaf], err);
}

enum ats_status ats_odcs_read_units(const struct ats_yaml_node *settings,
                                    const struct ats_plan *plan, struct ats_odcs *odcs,
                                    struct ats_error *err)
{
    const struct ats_yaml_node *mapping = ats_yaml_find(settings, "units");
    enum ats_status status = mapping ? ats_yaml_expect(mapping, ATS_YAML_MAPPING, err) : ATS_OK;
    for (const struct ats_yaml_node *n = ats_yaml_first(mapping); n && status == ATS_OK;
         n = ats_yaml_next(n)) {
        status = ats_yaml_go_on(n, read_unit(n, plan, odcs, err), err);
        odcs->converts = true;
    }
    return status;
}

void ats_odcs_units_fini(struct ats_odcs *odcs)
{
    for (size_t i = 0; i < odcs->unit_count; i++) {
        free(odcs->units[i].text);
        free(odcs->units[i].payload);
    }
    free(odcs->units);
}
