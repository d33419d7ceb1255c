/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/conversion.h"

#include "common/contract/avro.h"

#include <math.h>

/* ---- numbers ---- */

bool ats_conversion_fraction(const struct ats_conversion *conversion,
                             const struct ats_plan_node *node, struct ats_verdict *ret_verdict)
{
    ats_verdict_set(ret_verdict, ATS_RULE_TYPE, node->path,
                    "expected %s, found a number with a fraction in %s, converted from %s",
                    ats_avro_type_name(ats_plan_value_node(node)->type), conversion->to,
                    conversion->from);
    return false;
}

bool ats_conversion_range(const struct ats_conversion *conversion, const struct ats_plan_node *node,
                          struct ats_verdict *ret_verdict)
{
    ats_verdict_set(ret_verdict, ATS_RULE_NUMBER_RANGE, node->path,
                    "the number in %s, converted from %s, does not fit %s", conversion->to,
                    conversion->from, ats_avro_type_name(ats_plan_value_node(node)->type));
    return false;
}

bool ats_conversion_to_integer(const struct ats_conversion *conversion,
                               const struct ats_plan_node *node, const struct ats_given *given,
                               int64_t *ret_value, struct ats_verdict *ret_verdict)
{
    enum ats_status status =
        given->kind == ATS_GIVEN_INTEGER
            ? ats_ucum_integer(&conversion->map, given->value.integer, ret_value)
            : ats_ucum_integer_of_real(&conversion->map, given->value.real, ret_value);
    bool narrow = ats_plan_value_node(node)->type == ATS_AVRO_INT;
    if (status == ATS_ERR_INVALID)
        return ats_conversion_fraction(conversion, node, ret_verdict);
    if (status != ATS_OK || (narrow && (*ret_value < INT32_MIN || *ret_value > INT32_MAX)))
        return ats_conversion_range(conversion, node, ret_verdict);
    return true;
}

bool ats_conversion_to_real(const struct ats_conversion *conversion,
                            const struct ats_plan_node *node, double value, double *ret_value,
                            struct ats_verdict *ret_verdict)
{
    *ret_value = ats_ucum_real(&conversion->map, value);
    if (ats_plan_value_node(node)->type == ATS_AVRO_FLOAT)
        *ret_value = (double)(float)*ret_value;
    return isfinite(*ret_value) || ats_conversion_range(conversion, node, ret_verdict);
}

bool ats_conversion_apply(const struct ats_conversion *conversion, const struct ats_plan_node *leaf,
                          struct ats_given *given, struct ats_verdict *ret_verdict)
{
    enum ats_avro_type type = ats_plan_value_node(leaf)->type;
    int64_t integer = 0;
    double real = 0;
    if (given->kind != ATS_GIVEN_INTEGER && given->kind != ATS_GIVEN_REAL)
        return true;
    if (type == ATS_AVRO_INT || type == ATS_AVRO_LONG) {
        if (!ats_conversion_to_integer(conversion, leaf, given, &integer, ret_verdict))
            return false;
        *given = (struct ats_given){.kind = ATS_GIVEN_INTEGER, .value.integer = integer};
        return true;
    }
    real = given->kind == ATS_GIVEN_INTEGER ? (double)given->value.integer : given->value.real;
    if (!ats_conversion_to_real(conversion, leaf, real, &real, ret_verdict))
        return false;
    *given = (struct ats_given){.kind = ATS_GIVEN_REAL, .value.real = real};
    return true;
}

/* ---- the plan ---- */

static void bind_node(struct ats_plan_node *node, const struct ats_conversion *conversion)
{
    bool number = node->type >= ATS_AVRO_INT && node->type <= ATS_AVRO_DOUBLE;
    if (number) {
        node->conversion = conversion;
        node->detour = true;
    }
    for (size_t i = 0; node->type == ATS_AVRO_UNION && i < node->child_count; i++)
        bind_node(&node->children[i], conversion);
}

void ats_conversion_bind(const struct ats_odcs *odcs, struct ats_plan *plan)
{
    for (size_t i = 0; i < plan->leaf_count; i++)
        if (odcs->units[i].payload)
            bind_node(plan->leaves[i], &odcs->units[i].conversion);
}

/* ---- bodies in Avro ---- */

static bool put_converted(const struct ats_plan_node *node, const struct ats_leaf *leaf,
                          struct ats_buf *out, struct ats_verdict *ret_verdict)
{
    struct ats_given given = {.kind = ATS_GIVEN_REAL};
    if (leaf->type == ATS_LEAF_INTEGER)
        given = (struct ats_given){.kind = ATS_GIVEN_INTEGER, .value.integer = leaf->value.integer};
    else
        given.value.real = leaf->value.real;
    if (!ats_conversion_apply(node->conversion, node, &given, ret_verdict))
        return false;
    if (given.kind == ATS_GIVEN_INTEGER)
        ats_avro_put_long(out, given.value.integer);
    else if (node->type == ATS_AVRO_FLOAT)
        ats_avro_put_float(out, (float)given.value.real);
    else
        ats_avro_put_double(out, given.value.real);
    return true;
}

enum ats_status ats_conversion_rewrite(const struct ats_contract *contract, struct ats_span body,
                                       struct ats_buf *out, struct ats_verdict *ret_verdict)
{
    const struct ats_plan *plan = ats_contract_plan(contract);
    struct ats_leaf leaves[ATS_CONTRACT_LEAVES_MAX];
    struct ats_plan_places places = {.count = 0};
    size_t done = 0;
    if (!ats_plan_decode_given(plan, body, leaves, &places, ret_verdict))
        return ATS_ERR_INVALID;
    for (size_t i = 0; i < places.count; i++) {
        const struct ats_plan_node *node = places.places[i].node;
        ats_buf_append(out, body.data + done, places.places[i].begin - done);
        if (!put_converted(node, &leaves[node->leaf], out, ret_verdict))
            return ATS_ERR_INVALID;
        done = places.places[i].end;
    }
    ats_buf_append(out, body.data + done, body.len - done);
    return out->status;
}
