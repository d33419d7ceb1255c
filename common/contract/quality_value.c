/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers and values that an ODCS document gives its rules, read as the leaf has them: what no value of the leaf can equal is
 * a mistake of the document, not a rule. Numbers for a float are rounded to one, as the payload's are: else 0.1 would not be 0.1.
 */
#include "common/contract/quality.h"

#include "common/base/parse.h"
#include "common/base/utf8.h"

#include <math.h>
#include <stdlib.h>

#define TWO_TO_63 9223372036854775808.0

static void set_integral(struct ats_quality_number *number, const char *text)
{
    number->integral = ats_parse_int64(text, &number->integer) == ATS_OK;
    if (number->integral || number->real < -TWO_TO_63 || number->real >= TWO_TO_63 ||
        fabs(number->real - trunc(number->real)) > 0)
        return;
    number->integral = true; /* 5.0, 5e0 */
    number->integer = (int64_t)number->real;
}

enum ats_status ats_quality_read_number(const struct ats_yaml_node *yaml,
                                        const struct ats_plan_node *node,
                                        struct ats_quality_number *ret_number,
                                        struct ats_error *err)
{
    enum ats_status status = ats_yaml_get_real(yaml, &ret_number->real, err);
    if (status != ATS_OK)
        return status;
    set_integral(ret_number, ats_yaml_scalar(yaml));
    if (node->type == ATS_AVRO_FLOAT && isfinite((float)ret_number->real))
        ret_number->real = (double)(float)ret_number->real;
    return ATS_OK;
}

static bool is_symbol(const struct ats_plan_node *node, const char *text)
{
    for (size_t i = 0; i < node->symbol_count; i++)
        if (strcmp(node->symbols[i], text) == 0)
            return true;
    return false;
}

/* Bytes are compared as they are, so characters beyond ASCII, which are bytes of another encoding, would never be equal. */
static bool is_ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

/* A text for a leaf of texts; what YAML reads as a number or a boolean is none. */
static bool take_text(const struct ats_yaml_node *yaml, const struct ats_plan_node *node,
                      struct ats_quality_value *ret_value)
{
    const char *text = ats_yaml_scalar(yaml);
    double number = 0;
    bool boolean = false;
    if (ats_yaml_get_real(yaml, &number, NULL) == ATS_OK ||
        ats_yaml_get_boolean(yaml, &boolean, NULL) == ATS_OK)
        return false;
    ret_value->type = ATS_LEAF_TEXT;
    switch (node->type) {
    case ATS_AVRO_STRING:
        return true;
    case ATS_AVRO_ENUM:
        return is_symbol(node, text);
    case ATS_AVRO_BYTES:
        return is_ascii(text);
    default:
        return is_ascii(text) && strlen(text) == node->fixed_size;
    }
}

static bool take_number(const struct ats_yaml_node *yaml, const struct ats_plan_node *node,
                        struct ats_quality_value *ret_value)
{
    struct ats_quality_number *number = &ret_value->number;
    ret_value->type = ATS_LEAF_REAL;
    if (ats_quality_read_number(yaml, node, number, NULL) != ATS_OK)
        return false;
    if (node->type == ATS_AVRO_INT)
        return number->integral && number->integer >= INT32_MIN && number->integer <= INT32_MAX;
    return node->type != ATS_AVRO_LONG || number->integral;
}

static bool take_value(const struct ats_yaml_node *yaml, const struct ats_plan_node *node,
                       struct ats_quality_value *ret_value)
{
    switch (node->type) {
    case ATS_AVRO_NULL:
        return false;
    case ATS_AVRO_BOOLEAN:
        ret_value->type = ATS_LEAF_BOOLEAN;
        return ats_yaml_get_boolean(yaml, &ret_value->boolean, NULL) == ATS_OK;
    case ATS_AVRO_INT:
    case ATS_AVRO_LONG:
    case ATS_AVRO_FLOAT:
    case ATS_AVRO_DOUBLE:
        return take_number(yaml, node, ret_value);
    case ATS_AVRO_UNION:
        for (size_t i = 0; i < node->child_count; i++)
            if (take_value(yaml, &node->children[i], ret_value))
                return true;
        return false;
    default:
        return take_text(yaml, node, ret_value);
    }
}

enum ats_status ats_quality_read_value(const struct ats_yaml_node *yaml,
                                       const struct ats_plan_node *node,
                                       struct ats_quality_value *ret_value, struct ats_error *err)
{
    enum ats_status status = ats_yaml_expect(yaml, ATS_YAML_SCALAR, err);
    if (status == ATS_OK && ats_yaml_is_null(yaml))
        status = ats_yaml_error(yaml, err, "null is no value: use 'required'");
    if (status != ATS_OK)
        return status;
    if (!take_value(yaml, node, ret_value))
        return ats_yaml_error(yaml, err, "'%.*s'%s is no value of '%s', which the schema makes %s",
                              ATS_QUOTE(ats_yaml_scalar(yaml)),
                              ats_yaml_is_plain(yaml) ? "" : " in quotes", node->path,
                              ats_avro_type_name(node->type));
    if (ret_value->type != ATS_LEAF_TEXT)
        return ATS_OK;
    ret_value->text = strdup(ats_yaml_scalar(yaml));
    return ret_value->text ? ATS_OK : ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
}

static int order_integers(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int order_reals(double a, double b)
{
    return a < b ? -1 : a > b;
}

bool ats_quality_compare(const struct ats_leaf *leaf, const struct ats_quality_number *number,
                         int *ret_order)
{
    if (leaf->type == ATS_LEAF_INTEGER && number->integral) {
        *ret_order = order_integers(leaf->value.integer, number->integer);
        return true;
    }
    if (leaf->type == ATS_LEAF_INTEGER) { /* beyond 64 bits, or with a fraction and so below 2^53 */
        *ret_order =
            number->real >= TWO_TO_63 ? -1 : order_reals((double)leaf->value.integer, number->real);
        return true;
    }
    if (leaf->type != ATS_LEAF_REAL || !isfinite(leaf->value.real))
        return false;
    *ret_order = order_reals(leaf->value.real, number->real);
    return true;
}
