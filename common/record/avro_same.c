/* SPDX-License-Identifier: Apache-2.0 */
#include "common/record/avro_same.h"

#include <avro.h>
#include <jansson.h>

static bool same_json(struct ats_span a, struct ats_span b)
{
    json_t *left = json_loadb((const char *)a.data, a.len, JSON_DECODE_ANY, NULL);
    json_t *right = json_loadb((const char *)b.data, b.len, JSON_DECODE_ANY, NULL);
    bool same = left && right && json_equal(left, right);
    json_decref(left);
    json_decref(right);
    return same;
}

bool ats_avro_same_type(struct ats_span a, struct ats_span b)
{
    avro_schema_t left = NULL;
    avro_schema_t right = NULL;
    if (a.len == 0 || b.len == 0)
        return false;
    if (same_json(a, b))
        return true;
    bool same = avro_schema_from_json_length((const char *)a.data, a.len, &left) == 0 &&
                avro_schema_from_json_length((const char *)b.data, b.len, &right) == 0 &&
                avro_schema_equal(left, right);
    if (left)
        (void)avro_schema_decref(left);
    if (right)
        (void)avro_schema_decref(right);
    return same;
}
