/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/logical.h"

#define BIT(type) (1u << (type))
#define UUID_SIZE 16
#define DURATION_SIZE 12

static const struct {
    const char *name;
    unsigned types;    /* Avro types that it goes with */
    size_t fixed_size; /* of a fixed; 0: any */
    const struct ats_logical_ops *ops;
} kinds[] = {
    [ATS_LOGICAL_NONE] = {"none", 0, 0, NULL},
    [ATS_LOGICAL_DECIMAL] = {"decimal", BIT(ATS_AVRO_BYTES) | BIT(ATS_AVRO_FIXED), 0,
                             &ats_logical_decimal_ops},
    [ATS_LOGICAL_UUID] = {"uuid", BIT(ATS_AVRO_STRING) | BIT(ATS_AVRO_FIXED), UUID_SIZE,
                          &ats_logical_uuid_text_ops},
    [ATS_LOGICAL_DATE] = {"date", BIT(ATS_AVRO_INT), 0, &ats_logical_date_ops},
    [ATS_LOGICAL_TIME_MILLIS] = {"time-millis", BIT(ATS_AVRO_INT), 0, &ats_logical_time_ops},
    [ATS_LOGICAL_TIME_MICROS] = {"time-micros", BIT(ATS_AVRO_LONG), 0, &ats_logical_time_ops},
    [ATS_LOGICAL_TIMESTAMP_MILLIS] = {"timestamp-millis", BIT(ATS_AVRO_LONG), 0,
                                      &ats_logical_timestamp_ops},
    [ATS_LOGICAL_TIMESTAMP_MICROS] = {"timestamp-micros", BIT(ATS_AVRO_LONG), 0,
                                      &ats_logical_timestamp_ops},
    [ATS_LOGICAL_TIMESTAMP_NANOS] = {"timestamp-nanos", BIT(ATS_AVRO_LONG), 0,
                                     &ats_logical_timestamp_ops},
    [ATS_LOGICAL_LOCAL_MILLIS] = {"local-timestamp-millis", BIT(ATS_AVRO_LONG), 0,
                                  &ats_logical_timestamp_ops},
    [ATS_LOGICAL_LOCAL_MICROS] = {"local-timestamp-micros", BIT(ATS_AVRO_LONG), 0,
                                  &ats_logical_timestamp_ops},
    [ATS_LOGICAL_LOCAL_NANOS] = {"local-timestamp-nanos", BIT(ATS_AVRO_LONG), 0,
                                 &ats_logical_timestamp_ops},
    [ATS_LOGICAL_DURATION] = {"duration", BIT(ATS_AVRO_FIXED), DURATION_SIZE,
                              &ats_logical_duration_ops},
};

#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

static bool goes_with(size_t kind, enum ats_avro_type type, size_t fixed_size)
{
    return (kinds[kind].types & BIT(type)) != 0 &&
           (type != ATS_AVRO_FIXED || kinds[kind].fixed_size == 0 ||
            kinds[kind].fixed_size == fixed_size);
}

struct ats_logical ats_logical_read(const json_t *definition, enum ats_avro_type type,
                                    size_t fixed_size)
{
    struct ats_logical logical = {.type = ATS_LOGICAL_NONE};
    const char *name = json_string_value(json_object_get(definition, "logicalType"));
    for (size_t i = 1; name && i < KIND_COUNT; i++)
        if (strcmp(kinds[i].name, name) == 0 && goes_with(i, type, fixed_size))
            logical.type = (enum ats_logical_type)i;
    logical.ops = kinds[logical.type].ops;
    if (logical.type == ATS_LOGICAL_UUID && type == ATS_AVRO_FIXED)
        logical.ops = &ats_logical_uuid_fixed_ops;
    if (logical.type == ATS_LOGICAL_DECIMAL) {
        logical.precision = json_integer_value(json_object_get(definition, "precision"));
        logical.scale = json_integer_value(json_object_get(definition, "scale"));
    }
    return logical;
}

const char *ats_logical_name(enum ats_logical_type type)
{
    return kinds[type].name;
}

bool ats_logical_equal(const struct ats_logical *a, const struct ats_logical *b)
{
    return a->type == b->type && a->precision == b->precision && a->scale == b->scale;
}

enum ats_logical_answer ats_logical_refuse(const struct ats_plan_node *node, enum ats_rule rule,
                                           struct ats_verdict *verdict, const char *text)
{
    ats_verdict_set(verdict, rule, node->path, "%s", text);
    return ATS_LOGICAL_REFUSED;
}
