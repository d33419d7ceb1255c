/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/avsc_judge.h"

#include "common/base/limits.h"

#include <math.h>

static bool is_primitive(const char *name)
{
    for (int type = ATS_AVRO_NULL; type < ATS_AVRO_FIXED; type++)
        if (strcmp(ats_avro_type_name((enum ats_avro_type)type), name) == 0)
            return true;
    return false;
}

const char *ats_avsc_judge_name(const json_t *definition, const char *full_name)
{
    const json_t *space = json_object_get(definition, "namespace");
    const char *dot = strrchr(full_name, '.');
    if (space && !json_is_string(space))
        return "a namespace is a string";
    return is_primitive(dot ? dot + 1 : full_name) ? "the name is a primitive type's" : NULL;
}

const char *ats_avsc_judge_enum_default(const json_t *definition, const struct ats_plan_node *node)
{
    const json_t *value = json_object_get(definition, "default");
    const char *text = json_string_value(value);
    if (!value)
        return NULL;
    for (size_t i = 0; text && i < node->symbol_count; i++)
        if (strcmp(node->symbols[i], text) == 0)
            return NULL;
    return "the enum's default is none of its symbols";
}

const char *ats_avsc_judge_decimal(const json_t *definition, const struct ats_plan_node *node)
{
    const char *logical = json_string_value(json_object_get(definition, "logicalType"));
    const json_t *precision = json_object_get(definition, "precision");
    const json_t *scale = json_object_get(definition, "scale");
    bool binary = node->type == ATS_AVRO_BYTES || node->type == ATS_AVRO_FIXED;
    if (!binary || !logical || strcmp(logical, "decimal") != 0)
        return NULL; /* on another type it is passed over, as the specification wants */
    if (!json_is_integer(precision) || json_integer_value(precision) < 1)
        return "a decimal's precision is an integer of at least 1";
    if (json_integer_value(precision) > ATS_DECIMAL_PRECISION_MAX)
        return "a decimal's precision is at most 1000";
    if (scale && (!json_is_integer(scale) || json_integer_value(scale) < 0 ||
                  json_integer_value(scale) > json_integer_value(precision)))
        return "a decimal's scale is an integer from 0 to its precision";
    /* n bytes hold a sign and 8n - 1 bits. */
    double digits = floor(log10(2) * (8 * (double)node->fixed_size - 1));
    if (node->type == ATS_AVRO_FIXED && (double)json_integer_value(precision) > digits)
        return "a decimal's precision is more than its bytes hold";
    return NULL;
}
