/* SPDX-License-Identifier: Apache-2.0 */
/* Which field a payload of plain text is the value of: the only one that neither has a default nor is filled in by the gate. */
#include "common/contract/odcs.h"

struct search {
    const struct ats_odcs *odcs;
    const struct ats_yaml_node *node;
    struct ats_error *err;
    const struct ats_plan_node *found;
};

static bool is_filled(const struct search *s, const struct ats_plan_node *node)
{
    return node->leaf != ATS_PLAN_NO_LEAF &&
           (node->leaf == s->odcs->device_leaf || node->leaf == s->odcs->event_time.leaf);
}

static bool has_filled(const struct search *s, const struct ats_plan_node *node)
{
    bool filled = is_filled(s, node);
    for (size_t i = 0; node->type == ATS_AVRO_RECORD && i < node->child_count && !filled; i++)
        filled = has_filled(s, &node->children[i]);
    return filled;
}

static bool can_be_text(const struct ats_plan_node *node)
{
    enum ats_avro_type type = ats_plan_value_node(node)->type;
    return node->leaf != ATS_PLAN_NO_LEAF &&
           ((type >= ATS_AVRO_BOOLEAN && type <= ATS_AVRO_DOUBLE) || type == ATS_AVRO_STRING ||
            type == ATS_AVRO_ENUM);
}

static enum ats_status take(struct search *s, const struct ats_plan_node *field)
{
    if (!can_be_text(field))
        return ats_yaml_error(s->node, s->err,
                              "text cannot give '%s', which has no default (allowed: one boolean, "
                              "number, string or enum)",
                              field->path);
    if (s->found)
        return ats_yaml_error(s->node, s->err,
                              "text is one value, but both '%s' and '%s' have no default",
                              s->found->path, field->path);
    s->found = field;
    return ATS_OK;
}

static enum ats_status search_record(struct search *s, const struct ats_plan_node *record)
{
    enum ats_status status = ATS_OK;
    for (size_t i = 0; i < record->child_count && status == ATS_OK; i++) {
        const struct ats_plan_node *field = &record->children[i];
        if (is_filled(s, field) || (field->has_default && !has_filled(s, field)))
            continue;
        status = field->type == ATS_AVRO_RECORD ? search_record(s, field) : take(s, field);
    }
    return status;
}

enum ats_status ats_odcs_find_text(const struct ats_yaml_node *node, const struct ats_plan *plan,
                                   struct ats_odcs *odcs, struct ats_error *err)
{
    struct search s = {.odcs = odcs, .node = node, .err = err};
    enum ats_status status = search_record(&s, &plan->root);
    if (status == ATS_OK && !s.found)
        status = ats_yaml_error(node, err,
                                "text is one value, but each field has a default or is filled in");
    if (status == ATS_OK)
        odcs->text_leaf = s.found->leaf;
    return status;
}
