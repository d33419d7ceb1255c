/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/plan.h"

#include "common/contract/logical.h"

#include <stdlib.h>

static const struct {
    const char *name;
    enum ats_json_kind kind;
} types[] = {
    [ATS_AVRO_NULL] = {"null", ATS_JSON_NULL},
    [ATS_AVRO_BOOLEAN] = {"boolean", ATS_JSON_BOOLEAN},
    [ATS_AVRO_INT] = {"int", ATS_JSON_NUMBER},
    [ATS_AVRO_LONG] = {"long", ATS_JSON_NUMBER},
    [ATS_AVRO_FLOAT] = {"float", ATS_JSON_NUMBER},
    [ATS_AVRO_DOUBLE] = {"double", ATS_JSON_NUMBER},
    [ATS_AVRO_BYTES] = {"bytes", ATS_JSON_STRING},
    [ATS_AVRO_STRING] = {"string", ATS_JSON_STRING},
    [ATS_AVRO_FIXED] = {"fixed", ATS_JSON_STRING},
    [ATS_AVRO_ENUM] = {"enum", ATS_JSON_STRING},
    [ATS_AVRO_RECORD] = {"record", ATS_JSON_OBJECT},
    [ATS_AVRO_ARRAY] = {"array", ATS_JSON_ARRAY},
    [ATS_AVRO_MAP] = {"map", ATS_JSON_OBJECT},
    [ATS_AVRO_UNION] = {"union", ATS_JSON_NOTHING},
};

const char *ats_avro_type_name(enum ats_avro_type type)
{
    return types[type].name;
}

enum ats_json_kind ats_plan_json_kind(enum ats_avro_type type)
{
    return types[type].kind;
}

const struct ats_plan_node *ats_plan_value_node(const struct ats_plan_node *node)
{
    const struct ats_plan_node *value = NULL;
    if (node->type != ATS_AVRO_UNION)
        return node;
    for (size_t i = 0; i < node->child_count; i++) {
        if (node->children[i].type == ATS_AVRO_NULL)
            continue;
        if (value)
            return node; /* several: the union itself */
        value = &node->children[i];
    }
    return value ? value : node;
}

/* FNV-1a. */
static size_t hash_name(struct ats_span name)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ name.data[i]) * 16777619u;
    return hash;
}

static bool is_called(const struct ats_plan_node *field, struct ats_span name)
{
    return field->name_len == name.len && memcmp(field->name, name.data, name.len) == 0;
}

size_t ats_plan_find_field(const struct ats_plan_node *record, struct ats_span name, size_t hint)
{
    if (hint < record->child_count && is_called(&record->children[hint], name))
        return hint;
    for (size_t at = hash_name(name);; at++) {
        size_t number = record->index[at & record->index_mask];
        if (number == 0)
            return SIZE_MAX;
        if (is_called(&record->children[number - 1], name))
            return number - 1;
    }
}

/* The field's key as JSON writes it without need: `"name":`. */
static void render_key(struct ats_plan_node *field)
{
    size_t len = field->name_len + 3;
    if (len > ATS_PLAN_KEY_SIZE)
        return;
    field->key[0] = '"';
    memcpy(field->key + 1, field->name, field->name_len);
    memcpy(field->key + 1 + field->name_len, "\":", 2);
    field->key_len = (uint32_t)len;
    memset(&field->key_mask, 0xff, 1 + (len - 1) % sizeof(field->key_mask));
}

enum ats_status ats_plan_index_fields(struct ats_plan_node *record)
{
    size_t size = 4;
    while (size < 2 * record->child_count)
        size *= 2;
    record->index = calloc(size, sizeof(*record->index));
    if (!record->index)
        return ATS_ERR_MEMORY;
    record->index_mask = size - 1;
    for (size_t i = 0; i < record->child_count; i++) {
        struct ats_plan_node *field = &record->children[i];
        render_key(field);
        size_t at = hash_name(ats_span_of(field->name, field->name_len));
        while (record->index[at & record->index_mask] != 0)
            at++;
        record->index[at & record->index_mask] = (uint16_t)(i + 1);
    }
    return ATS_OK;
}

/* A logical type's own form goes to its branch where no other takes that JSON. */
static void index_logical_forms(struct ats_plan_node *node)
{
    for (size_t i = 0; i < node->child_count; i++) {
        const struct ats_logical *logical = node->children[i].logical;
        int *text = &node->branches[ATS_JSON_STRING];
        int *number = &node->branches[ATS_JSON_NUMBER];
        if (logical && logical->ops->put_text && *text < 0)
            *text = (int)i;
        if (logical && logical->ops->put_number && *number < 0 && node->integer_branch < 0)
            *number = (int)i;
    }
}

bool ats_plan_index_branches(struct ats_plan_node *node, enum ats_json_kind *ret_kind)
{
    node->integer_branch = -1;
    for (size_t i = 0; i < ATS_JSON_KIND_COUNT; i++)
        node->branches[i] = -1;
    for (size_t i = 0; i < node->child_count; i++) {
        enum ats_avro_type type = node->children[i].type;
        bool integer = type == ATS_AVRO_INT || type == ATS_AVRO_LONG;
        int *place = integer ? &node->integer_branch : &node->branches[types[type].kind];
        *ret_kind = types[type].kind;
        if (*place >= 0)
            return false;
        *place = (int)i;
        node->nullable = node->nullable || type == ATS_AVRO_NULL;
    }
    index_logical_forms(node);
    return true;
}

void ats_plan_node_fini(struct ats_plan_node *node)
{
    for (size_t i = 0; i < node->child_count; i++)
        ats_plan_node_fini(&node->children[i]);
    for (size_t i = 0; i < node->symbol_count; i++)
        free(node->symbols[i]);
    free(node->children);
    free(node->index);
    free(node->symbols);
    free(node->default_bytes);
    free(node->logical);
    free(node->name);
    free(node->path);
    *node = (struct ats_plan_node){0};
}

void ats_plan_fini(struct ats_plan *plan)
{
    ats_plan_node_fini(&plan->root);
    free(plan->leaves);
    *plan = (struct ats_plan){0};
}
