/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of an entry of `quality`: which they are follows from its type. Whether a rule is executed is another matter (odcs_quality.c). */
#include "common/contract/odcs_keys.h"

#include "common/contract/yaml.h"

static const char *const types[] = {"text", "library", "sql", "custom", NULL};
static const char *const dimensions[] = {"accuracy", "completeness", "conformity", "consistency",
                                         "coverage", "timeliness",   "uniqueness", NULL};
static const char *const metrics[] = {"nullValues",      "missingValues", "invalidValues",
                                      "duplicateValues", "rowCount",      NULL};
static const char *const operators[] = {"mustBe",
                                        "mustNotBe",
                                        "mustBeGreaterThan",
                                        "mustBeGreaterOrEqualTo",
                                        "mustBeLessThan",
                                        "mustBeLessOrEqualTo",
                                        "mustBeBetween",
                                        "mustNotBeBetween",
                                        NULL};

static enum ats_status check_pair(const struct ats_yaml_node *pair, struct ats_error *err)
{
    double ends[2] = {0};
    size_t count = 0;
    enum ats_status status = ATS_OK;
    for (const struct ats_yaml_node *end = ats_yaml_first(pair); end && status == ATS_OK;
         end = ats_yaml_next(end), count++)
        status = ats_yaml_get_real(end, &ends[count < 2 ? count : 1], err);
    if (status == ATS_OK && (count != 2 || !(ends[0] < ends[1] || ends[0] > ends[1])))
        status = ats_yaml_error(pair, err, "expected two different numbers");
    return status;
}

static enum ats_status check_implementation(const struct ats_yaml_node *node, struct ats_error *err)
{
    return ats_yaml_kind(node) == ATS_YAML_MAPPING ? ATS_OK
                                                   : ats_shape_scalar(node, ATS_SHAPE_TEXT, err);
}

#define ABOUT                                                                                      \
    {.name = "id", .kind = ATS_SHAPE_ID},                                                          \
        {.name = "authoritativeDefinitions",                                                       \
         .kind = ATS_SHAPE_OBJECTS,                                                                \
         .object = &ats_odcs_definition_shape},                                                    \
        {.name = "businessImpact", .kind = ATS_SHAPE_TEXT},                                        \
        {.name = "customProperties", .kind = ATS_SHAPE_OBJECTS, .object = &ats_odcs_custom_shape}, \
        {.name = "description", .kind = ATS_SHAPE_TEXT},                                           \
        {.name = "dimension", .kind = ATS_SHAPE_CHOICE, .choices = dimensions},                    \
        {.name = "method", .kind = ATS_SHAPE_TEXT}, {.name = "name", .kind = ATS_SHAPE_TEXT},      \
        {.name = "schedule", .kind = ATS_SHAPE_TEXT},                                              \
        {.name = "scheduler", .kind = ATS_SHAPE_TEXT},                                             \
        {.name = "severity", .kind = ATS_SHAPE_TEXT}, {.name = "tags", .kind = ATS_SHAPE_TEXTS},   \
        {.name = "type", .kind = ATS_SHAPE_CHOICE, .choices = types},                              \
    {                                                                                              \
        .name = "unit", .kind = ATS_SHAPE_TEXT                                                     \
    }
#define OPERATORS                                                                                  \
    {.name = "mustBe", .kind = ATS_SHAPE_ANY}, {.name = "mustNotBe", .kind = ATS_SHAPE_ANY},       \
        {.name = "mustBeGreaterThan", .kind = ATS_SHAPE_NUMBER},                                   \
        {.name = "mustBeGreaterOrEqualTo", .kind = ATS_SHAPE_NUMBER},                              \
        {.name = "mustBeLessThan", .kind = ATS_SHAPE_NUMBER},                                      \
        {.name = "mustBeLessOrEqualTo", .kind = ATS_SHAPE_NUMBER},                                 \
        {.name = "mustBeBetween", .kind = ATS_SHAPE_LIST, .check = check_pair},                    \
    {                                                                                              \
        .name = "mustNotBeBetween", .kind = ATS_SHAPE_LIST, .check = check_pair                    \
    }
#define LIBRARY                                                                                    \
    {.name = "metric", .kind = ATS_SHAPE_CHOICE, .required = true, .choices = metrics},            \
        {.name = "rule", .kind = ATS_SHAPE_TEXT},                                                  \
    {                                                                                              \
        .name = "arguments", .kind = ATS_SHAPE_MAPPING                                             \
    }
#define QUERY                                                                                      \
    {                                                                                              \
        .name = "query", .kind = ATS_SHAPE_TEXT, .required = true                                  \
    }
#define CUSTOM                                                                                     \
    {.name = "engine", .kind = ATS_SHAPE_TEXT, .required = true},                                  \
    {                                                                                              \
        .name = "implementation", .kind = ATS_SHAPE_ANY, .required = true,                         \
        .check = check_implementation                                                              \
    }

static const struct ats_shape_key text_keys[] = {ABOUT, {.name = NULL}};
static const struct ats_shape_key library_keys[] = {ABOUT, OPERATORS, LIBRARY, {.name = NULL}};
static const struct ats_shape_key sql_keys[] = {ABOUT, OPERATORS, QUERY, {.name = NULL}};
static const struct ats_shape_key sql_library_keys[] = {
    ABOUT, OPERATORS, LIBRARY, QUERY, {.name = NULL}};
static const struct ats_shape_key custom_keys[] = {ABOUT, CUSTOM, {.name = NULL}};
static const struct ats_shape_key custom_library_keys[] = {
    ABOUT, OPERATORS, LIBRARY, CUSTOM, {.name = NULL}};

/* An entry with a metric is one of the library's, whatever its type says. */
static const struct ats_shape_key *choose(const struct ats_yaml_node *check)
{
    bool metric = ats_yaml_find(check, "metric") != NULL;
    if (ats_odcs_says(check, "type", "custom"))
        return metric ? custom_library_keys : custom_keys;
    if (ats_odcs_says(check, "type", "sql"))
        return metric ? sql_library_keys : sql_keys;
    return metric || ats_odcs_says(check, "type", "library") ? library_keys : text_keys;
}

static enum ats_status check_operators(const struct ats_yaml_node *check, struct ats_error *err)
{
    size_t count = 0;
    const struct ats_shape_key *keys = choose(check);
    if (keys == text_keys || keys == custom_keys)
        return ATS_OK;
    for (size_t i = 0; operators[i]; i++)
        count += ats_yaml_find(check, operators[i]) != NULL;
    return count == 1 ? ATS_OK
                      : ats_yaml_error(check, err,
                                       "%zu operators (allowed: exactly one of mustBe, mustNotBe, "
                                       "mustBeGreaterThan, ...)",
                                       count);
}

const struct ats_shape_object ats_odcs_quality_shape = {.choose = choose, .check = check_operators};
