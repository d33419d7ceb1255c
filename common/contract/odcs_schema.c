/* SPDX-License-Identifier: Apache-2.0 */
/* Properties of the ODCS schema object against the fields of the Avro schema, both ways. */
#include "common/contract/odcs.h"

#include "common/base/utf8.h"
#include "common/contract/logical.h"

#include <stdlib.h>

static const char *const object_keys[] = {"id",
                                          "name",
                                          "physicalType",
                                          "description",
                                          "businessName",
                                          "authoritativeDefinitions",
                                          "tags",
                                          "customProperties",
                                          "logicalType",
                                          "physicalName",
                                          "dataGranularityDescription",
                                          "properties",
                                          "relationships",
                                          "quality",
                                          NULL};

static const char *const property_keys[] = {"id",
                                            "name",
                                            "physicalType",
                                            "description",
                                            "businessName",
                                            "authoritativeDefinitions",
                                            "tags",
                                            "customProperties",
                                            "primaryKey",
                                            "primaryKeyPosition",
                                            "logicalType",
                                            "logicalTypeOptions",
                                            "physicalName",
                                            "required",
                                            "unique",
                                            "partitioned",
                                            "partitionKeyPosition",
                                            "classification",
                                            "encryptedName",
                                            "transformSourceObjects",
                                            "transformLogic",
                                            "transformDescription",
                                            "examples",
                                            "criticalDataElement",
                                            "relationships",
                                            "quality",
                                            "properties",
                                            "items",
                                            NULL};

#define BIT(type) (1u << (type))

/* Which Avro types a logical type may have. */
static const struct logical_type {
    const char *name;
    unsigned types;
} logical_types[] = {
    {"string",
     BIT(ATS_AVRO_STRING) | BIT(ATS_AVRO_ENUM) | BIT(ATS_AVRO_BYTES) | BIT(ATS_AVRO_FIXED)},
    {"number", BIT(ATS_AVRO_FLOAT) | BIT(ATS_AVRO_DOUBLE) | BIT(ATS_AVRO_INT) | BIT(ATS_AVRO_LONG)},
    {"integer", BIT(ATS_AVRO_INT) | BIT(ATS_AVRO_LONG)},
    {"boolean", BIT(ATS_AVRO_BOOLEAN)},
    {"object", BIT(ATS_AVRO_RECORD) | BIT(ATS_AVRO_MAP)},
    {"array", BIT(ATS_AVRO_ARRAY)},
    {"date", BIT(ATS_AVRO_INT) | BIT(ATS_AVRO_STRING)},
    {"time", BIT(ATS_AVRO_INT) | BIT(ATS_AVRO_LONG) | BIT(ATS_AVRO_STRING)},
    {"timestamp", BIT(ATS_AVRO_LONG) | BIT(ATS_AVRO_DOUBLE) | BIT(ATS_AVRO_STRING)},
};

#define LOGICAL_TYPE_COUNT (sizeof(logical_types) / sizeof(logical_types[0]))

static enum ats_status read_properties(struct ats_odcs_rules *r, const struct ats_yaml_node *owner,
                                       const struct ats_plan_node *record);

static bool is_decimal(const struct ats_plan_node *node)
{
    return node->logical && node->logical->type == ATS_LOGICAL_DECIMAL;
}

/* What other tools read, too; something else than a text is theirs alone. */
static enum ats_status read_unit(struct ats_odcs_rules *r, const struct ats_yaml_node *property,
                                 const struct ats_plan_node *node)
{
    const struct ats_yaml_node *unit = ats_odcs_find_custom(property, "unit");
    const char *text = NULL;
    if (node->leaf == ATS_PLAN_NO_LEAF || !unit || ats_yaml_get_text(unit, &text, NULL) != ATS_OK)
        return ATS_OK;
    return ats_odcs_set_unit(&r->units[node->leaf], text, r->err);
}

static enum ats_status check_logical_type(struct ats_odcs_rules *r,
                                          const struct ats_yaml_node *property,
                                          const struct ats_plan_node *node)
{
    const struct ats_yaml_node *logical = ats_yaml_find(property, "logicalType");
    const char *names[LOGICAL_TYPE_COUNT + 1] = {NULL};
    enum ats_avro_type type = ats_plan_value_node(node)->type;
    size_t index = 0;
    if (!logical)
        return ATS_OK;
    for (size_t i = 0; i < LOGICAL_TYPE_COUNT; i++)
        names[i] = logical_types[i].name;
    enum ats_status status = ats_yaml_get_choice(logical, names, &index, r->err);
    bool decimal = is_decimal(ats_plan_value_node(node)) && strcmp(names[index], "number") == 0;
    if (status == ATS_OK && !decimal && !(logical_types[index].types & BIT(type)))
        status = ats_yaml_error(logical, r->err, "'%s' does not go with the Avro type %s of '%s'",
                                names[index], ats_avro_type_name(type), node->path);
    return status;
}

/* ODCS's `required` is a rule where Avro allows null; elsewhere it must not say the contrary of Avro. */
static enum ats_status read_required(struct ats_odcs_rules *r, const struct ats_yaml_node *property,
                                     const struct ats_plan_node *node)
{
    const struct ats_yaml_node *required = ats_yaml_find(property, "required");
    bool value = false;
    if (!required)
        return ATS_OK;
    enum ats_status status = ats_yaml_get_boolean(required, &value, r->err);
    if (status != ATS_OK)
        return status;
    if (value && node->nullable)
        return ats_quality_require(r->quality, node, required, r->err);
    if (!value && !node->nullable && !node->has_default)
        return ats_yaml_error(
            required, r->err,
            "false, but in the Avro schema '%s' has no default and cannot be null", node->path);
    return ATS_OK;
}

/* Both compare events with each other. */
static enum ats_status read_unique(struct ats_odcs_rules *r, const struct ats_yaml_node *property)
{
    static const char *const keys[] = {"unique", "primaryKey"};
    enum ats_status status = ATS_OK;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && status == ATS_OK; i++) {
        const struct ats_yaml_node *node = ats_yaml_find(property, keys[i]);
        bool value = false;
        if (node)
            status = ats_yaml_get_boolean(node, &value, r->err);
        if (status == ATS_OK && value)
            status = ats_yaml_error(node, r->err,
                                    "not supported: an event is judged by itself (allowed: false)");
    }
    return status;
}

static enum ats_status go_on(struct ats_odcs_rules *r, const struct ats_yaml_node *node,
                             enum ats_status status)
{
    return ats_yaml_go_on(node, status, r->err);
}

/* What stands below an object or array. */
static enum ats_status read_inner(struct ats_odcs_rules *r, const struct ats_yaml_node *property,
                                  const struct ats_plan_node *node);

/* A property or an array's items, against its node. */
static enum ats_status read_element(struct ats_odcs_rules *r, const struct ats_yaml_node *property,
                                    const struct ats_plan_node *node)
{
    const struct ats_yaml_node *options = ats_yaml_find(property, "logicalTypeOptions");
    enum ats_status status = ats_yaml_check_keys(property, property_keys, r->err);
    if (status == ATS_OK)
        status = read_unit(r, property, node);
    if (status == ATS_OK)
        status = go_on(r, property, check_logical_type(r, property, node));
    if (status == ATS_OK)
        status = go_on(r, property, read_required(r, property, node));
    if (status == ATS_OK)
        status = go_on(r, property, read_unique(r, property));
    if (status == ATS_OK && options)
        status = go_on(r, property, ats_odcs_read_rules(r, options, node));
    if (status == ATS_OK)
        status = go_on(r, property, ats_odcs_read_quality(r, property, node));
    return status == ATS_OK ? read_inner(r, property, ats_plan_value_node(node)) : status;
}

static enum ats_status read_inner(struct ats_odcs_rules *r, const struct ats_yaml_node *property,
                                  const struct ats_plan_node *node)
{
    const struct ats_yaml_node *properties = ats_yaml_find(property, "properties");
    const struct ats_yaml_node *items = ats_yaml_find(property, "items");
    if (properties && node->type != ATS_AVRO_RECORD)
        return ats_yaml_error(properties, r->err, "the Avro type of '%s' is %s, not a record",
                              node->path, ats_avro_type_name(node->type));
    if (items && node->type != ATS_AVRO_ARRAY)
        return ats_yaml_error(items, r->err, "the Avro type of '%s' is %s, not an array",
                              node->path, ats_avro_type_name(node->type));
    if (node->type == ATS_AVRO_RECORD)
        return read_properties(r, property, node);
    return items ? read_element(r, items, &node->children[0]) : ATS_OK;
}

static const struct ats_plan_node *find_field(const struct ats_plan_node *record, const char *name)
{
    for (size_t i = 0; i < record->child_count; i++)
        if (strcmp(record->children[i].name, name) == 0)
            return &record->children[i];
    return NULL;
}

static const struct ats_yaml_node *find_property(const struct ats_yaml_node *list, const char *name)
{
    for (const struct ats_yaml_node *p = ats_yaml_first(list); p; p = ats_yaml_next(p)) {
        const struct ats_yaml_node *node = ats_yaml_find(p, "name");
        const char *text = NULL;
        if (node && ats_yaml_get_text(node, &text, NULL) == ATS_OK && strcmp(text, name) == 0)
            return p;
    }
    return NULL;
}

static enum ats_status read_property(struct ats_odcs_rules *r, const struct ats_yaml_node *list,
                                     const struct ats_yaml_node *property,
                                     const struct ats_plan_node *record)
{
    const struct ats_yaml_node *node = NULL;
    const char *name = NULL;
    enum ats_status status = ats_yaml_require(property, "name", &node, r->err);
    if (status == ATS_OK)
        status = ats_yaml_get_text(node, &name, r->err);
    if (status != ATS_OK)
        return status;
    if (find_property(list, name) != property)
        return ats_yaml_error(node, r->err, "property '%.*s' stands twice", ATS_QUOTE(name));
    const struct ats_plan_node *field = find_field(record, name);
    if (!field)
        return ats_yaml_error(node, r->err, "the Avro schema has no field '%.*s'%s%s",
                              ATS_QUOTE(name), record->path[0] ? " in " : "", record->path);
    return read_element(r, property, field);
}

static enum ats_status read_properties(struct ats_odcs_rules *r, const struct ats_yaml_node *owner,
                                       const struct ats_plan_node *record)
{
    const struct ats_yaml_node *list = NULL;
    enum ats_status status = ats_yaml_require(owner, "properties", &list, r->err);
    if (status == ATS_OK)
        status = ats_yaml_expect(list, ATS_YAML_SEQUENCE, r->err);
    for (const struct ats_yaml_node *p = ats_yaml_first(list); p && status == ATS_OK;
         p = ats_yaml_next(p))
        status = ats_yaml_go_on(p, read_property(r, list, p, record), r->err);
    for (size_t i = 0; i < record->child_count && status == ATS_OK; i++)
        if (!find_property(list, record->children[i].name))
            status = ats_yaml_go_on(list,
                                    ats_yaml_error(list, r->err,
                                                   "field '%s' of the Avro schema is not described",
                                                   record->children[i].path),
                                    r->err);
    return status;
}

enum ats_status ats_odcs_read_schema(const struct ats_yaml_node *root, const struct ats_plan *plan,
                                     struct ats_odcs *odcs, struct ats_error *err)
{
    odcs->units = calloc(plan->leaf_count + 1, sizeof(*odcs->units));
    if (!odcs->units)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    odcs->unit_count = plan->leaf_count;
    struct ats_odcs_rules r = {
        .quality = &odcs->quality, .series = &odcs->series, .units = odcs->units, .err = err};
    const struct ats_yaml_node *list = NULL;
    enum ats_status status = ats_yaml_require(root, "schema", &list, err);
    if (status == ATS_OK)
        status = ats_yaml_expect(list, ATS_YAML_SEQUENCE, err);
    if (status != ATS_OK)
        return status;
    if (ats_yaml_count(list) != 1)
        return ats_yaml_error(list, err, "%zu objects (allowed: one, the message)",
                              ats_yaml_count(list));
    const struct ats_yaml_node *object = ats_yaml_first(list);
    status = ats_yaml_check_keys(object, object_keys, err);
    if (status == ATS_OK)
        status = go_on(&r, object, ats_odcs_read_quality(&r, object, NULL));
    return status == ATS_OK ? read_properties(&r, object, &plan->root) : status;
}
