/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of ODCS's schema objects and properties; what a property's logicalTypeOptions may say follows from its logicalType. */
#include "common/contract/odcs_keys.h"

#include "common/base/parse.h"
#include "common/base/utf8.h"
#include "common/contract/yaml.h"

static const char *const object_types[] = {"object", NULL};
static const char *const integer_formats[] = {"i8",  "i16", "i32", "i64",  "i128", "u8",
                                              "u16", "u32", "u64", "u128", NULL};
static const char *const real_formats[] = {"f32", "f64", NULL};
static const char *const types[] = {"string",  "date",   "timestamp", "time",    "number",
                                    "integer", "object", "array",     "boolean", NULL};

static enum ats_status check_above_0(const struct ats_yaml_node *node, struct ats_error *err)
{
    double number = 0;
    enum ats_status status = ats_yaml_get_real(node, &number, err);
    return status == ATS_OK && !(number > 0) ? ats_yaml_error(node, err, "expected more than 0")
                                             : status;
}

static enum ats_status check_names(const struct ats_yaml_node *list, struct ats_error *err)
{
    if (ats_yaml_count(list) == 0)
        return ats_yaml_error(list, err, "an empty list (allowed: one name or more)");
    for (const struct ats_yaml_node *a = ats_yaml_first(list); a; a = ats_yaml_next(a))
        for (const struct ats_yaml_node *b = ats_yaml_next(a); b; b = ats_yaml_next(b))
            if (strcmp(ats_yaml_scalar(a), ats_yaml_scalar(b)) == 0)
                return ats_yaml_error(b, err, "'%.*s' stands twice", ATS_QUOTE(ats_yaml_scalar(b)));
    return ATS_OK;
}

#define NUMBERS                                                                                    \
    {.name = "multipleOf", .kind = ATS_SHAPE_NUMBER, .check = check_above_0},                      \
        {.name = "maximum", .kind = ATS_SHAPE_NUMBER},                                             \
        {.name = "exclusiveMaximum", .kind = ATS_SHAPE_NUMBER},                                    \
        {.name = "minimum", .kind = ATS_SHAPE_NUMBER},                                             \
    {                                                                                              \
        .name = "exclusiveMinimum", .kind = ATS_SHAPE_NUMBER                                       \
    }
#define DATES                                                                                      \
    {.name = "format", .kind = ATS_SHAPE_TEXT},                                                    \
        {.name = "exclusiveMaximum", .kind = ATS_SHAPE_TEXT},                                      \
        {.name = "maximum", .kind = ATS_SHAPE_TEXT},                                               \
        {.name = "exclusiveMinimum", .kind = ATS_SHAPE_TEXT},                                      \
    {                                                                                              \
        .name = "minimum", .kind = ATS_SHAPE_TEXT                                                  \
    }
#define TIMES                                                                                      \
    DATES, {.name = "timezone", .kind = ATS_SHAPE_BOOLEAN},                                        \
    {                                                                                              \
        .name = "defaultTimezone", .kind = ATS_SHAPE_TEXT                                          \
    }

static const struct ats_shape_key no_keys[] = {{.name = NULL}};
static const struct ats_shape_key text_options[] = {{.name = "minLength", .kind = ATS_SHAPE_COUNT},
                                                    {.name = "maxLength", .kind = ATS_SHAPE_COUNT},
                                                    {.name = "pattern", .kind = ATS_SHAPE_TEXT},
                                                    {.name = "format", .kind = ATS_SHAPE_TEXT},
                                                    {.name = NULL}};
static const struct ats_shape_key date_options[] = {DATES, {.name = NULL}};
static const struct ats_shape_key time_options[] = {TIMES, {.name = NULL}};
static const struct ats_shape_key integer_options[] = {
    NUMBERS,
    {.name = "format", .kind = ATS_SHAPE_CHOICE, .choices = integer_formats},
    {.name = NULL}};
static const struct ats_shape_key real_options[] = {
    NUMBERS, {.name = "format", .kind = ATS_SHAPE_CHOICE, .choices = real_formats}, {.name = NULL}};
static const struct ats_shape_key object_options[] = {
    {.name = "maxProperties", .kind = ATS_SHAPE_COUNT},
    {.name = "minProperties", .kind = ATS_SHAPE_COUNT},
    {.name = "required", .kind = ATS_SHAPE_TEXTS, .check = check_names},
    {.name = NULL}};
static const struct ats_shape_key list_options[] = {
    {.name = "maxItems", .kind = ATS_SHAPE_COUNT},
    {.name = "minItems", .kind = ATS_SHAPE_COUNT},
    {.name = "uniqueItems", .kind = ATS_SHAPE_BOOLEAN},
    {.name = NULL}};

/* By the place in `types`; a boolean's options are not limited. */
static const struct ats_shape_object options[] = {
    {.keys = text_options},   {.keys = date_options}, {.keys = time_options},
    {.keys = time_options},   {.keys = real_options}, {.keys = integer_options},
    {.keys = object_options}, {.keys = list_options}, {.keys = no_keys, .open = true}};

#define ELEMENT                                                                                    \
    {.name = "id", .kind = ATS_SHAPE_ID}, {.name = "physicalType", .kind = ATS_SHAPE_TEXT},        \
        {.name = "description", .kind = ATS_SHAPE_TEXT},                                           \
        {.name = "businessName", .kind = ATS_SHAPE_TEXT},                                          \
        {.name = "authoritativeDefinitions",                                                       \
         .kind = ATS_SHAPE_OBJECTS,                                                                \
         .object = &ats_odcs_definition_shape},                                                    \
        {.name = "tags", .kind = ATS_SHAPE_TEXTS},                                                 \
        {.name = "customProperties", .kind = ATS_SHAPE_OBJECTS, .object = &ats_odcs_custom_shape}, \
        {.name = "physicalName", .kind = ATS_SHAPE_TEXT},                                          \
    {                                                                                              \
        .name = "quality", .kind = ATS_SHAPE_OBJECTS, .object = &ats_odcs_quality_shape            \
    }
#define PROPERTY                                                                                   \
    ELEMENT, {.name = "primaryKey", .kind = ATS_SHAPE_BOOLEAN},                                    \
        {.name = "primaryKeyPosition", .kind = ATS_SHAPE_INTEGER},                                 \
        {.name = "logicalType", .kind = ATS_SHAPE_CHOICE, .choices = types},                       \
        {.name = "logicalTypeOptions", .kind = ATS_SHAPE_MAPPING},                                 \
        {.name = "required", .kind = ATS_SHAPE_BOOLEAN},                                           \
        {.name = "unique", .kind = ATS_SHAPE_BOOLEAN},                                             \
        {.name = "partitioned", .kind = ATS_SHAPE_BOOLEAN},                                        \
        {.name = "partitionKeyPosition", .kind = ATS_SHAPE_INTEGER},                               \
        {.name = "classification", .kind = ATS_SHAPE_TEXT},                                        \
        {.name = "encryptedName", .kind = ATS_SHAPE_TEXT},                                         \
        {.name = "transformSourceObjects", .kind = ATS_SHAPE_TEXTS},                               \
        {.name = "transformLogic", .kind = ATS_SHAPE_TEXT},                                        \
        {.name = "transformDescription", .kind = ATS_SHAPE_TEXT},                                  \
        {.name = "examples", .kind = ATS_SHAPE_LIST},                                              \
        {.name = "criticalDataElement", .kind = ATS_SHAPE_BOOLEAN},                                \
        {.name = "relationships", .kind = ATS_SHAPE_OBJECTS, .object = &ats_odcs_reference_shape}, \
        {.name = "properties", .kind = ATS_SHAPE_OBJECTS, .object = &property_shape},              \
    {                                                                                              \
        .name = "items", .kind = ATS_SHAPE_OBJECT, .object = &item_shape                           \
    }

static const struct ats_shape_object property_shape;
static const struct ats_shape_object item_shape;
static const struct ats_shape_key property_keys[] = {
    {.name = "name", .kind = ATS_SHAPE_TEXT, .required = true}, PROPERTY, {.name = NULL}};
static const struct ats_shape_key item_keys[] = {
    {.name = "name", .kind = ATS_SHAPE_TEXT}, PROPERTY, {.name = NULL}};

/* A key that only one logicalType has. */
static enum ats_status check_belongs(const struct ats_yaml_node *property, const char *key,
                                     const char *type, struct ats_error *err)
{
    const struct ats_yaml_node *node = ats_yaml_find(property, key);
    if (!node || !ats_yaml_find(property, "logicalType") ||
        ats_odcs_says(property, "logicalType", type))
        return ATS_OK;
    return ats_yaml_error(node, err, "not with this logicalType (allowed: %s)", type);
}

static enum ats_status check_options(const struct ats_yaml_node *property, struct ats_error *err)
{
    const struct ats_yaml_node *type = ats_yaml_find(property, "logicalType");
    const struct ats_yaml_node *node = ats_yaml_find(property, "logicalTypeOptions");
    size_t index = 0;
    if (!node || (!type && ats_yaml_count(node) == 0))
        return ATS_OK;
    if (!type)
        return ats_yaml_error(node, err, "options of no type: the property has no 'logicalType'");
    enum ats_status status = ats_yaml_get_choice(type, types, &index, err);
    return status == ATS_OK ? ats_shape_check(node, &options[index], err) : status;
}

static enum ats_status check_property(const struct ats_yaml_node *property, struct ats_error *err)
{
    enum ats_status status = check_options(property, err);
    if (status == ATS_OK)
        status = check_belongs(property, "properties", "object", err);
    return status == ATS_OK ? check_belongs(property, "items", "array", err) : status;
}

/* What an array holds may have properties under any type (the published schema has it so). */
static enum ats_status check_item(const struct ats_yaml_node *item, struct ats_error *err)
{
    enum ats_status status = check_options(item, err);
    return status == ATS_OK ? check_belongs(item, "items", "array", err) : status;
}

static const struct ats_shape_object property_shape = {.keys = property_keys,
                                                       .check = check_property};
static const struct ats_shape_object item_shape = {.keys = item_keys, .check = check_item};

static const struct ats_shape_key object_keys[] = {
    {.name = "name", .kind = ATS_SHAPE_TEXT, .required = true},
    ELEMENT,
    {.name = "logicalType", .kind = ATS_SHAPE_CHOICE, .choices = object_types},
    {.name = "dataGranularityDescription", .kind = ATS_SHAPE_TEXT},
    {.name = "properties", .kind = ATS_SHAPE_OBJECTS, .object = &property_shape},
    {.name = "relationships", .kind = ATS_SHAPE_OBJECTS, .object = &ats_odcs_relationship_shape},
    {.name = NULL}};
const struct ats_shape_object ats_odcs_object_shape = {.keys = object_keys};
