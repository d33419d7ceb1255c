/* SPDX-License-Identifier: Apache-2.0 */
/* A number of JSON that is in another unit than its field. */
#include "common/contract/conversion.h"

#include "common/contract/avro.h"
#include "common/contract/transcoder.h"

/* An integer where it is written as one that 64 bits hold. */
static bool read_given(struct ats_transcoder *t, const struct ats_plan_node *node,
                       struct ats_given *given)
{
    struct ats_json_number number;
    bool integer = node->type == ATS_AVRO_INT || node->type == ATS_AVRO_LONG;
    if (!ats_json_number(&t->json, &number))
        return false;
    given->kind = ATS_GIVEN_INTEGER;
    if (integer && ats_json_to_integer(&number, &given->value.integer) == ATS_OK)
        return true;
    given->kind = ATS_GIVEN_REAL;
    return ats_json_to_double(&number, &given->value.real) == ATS_OK ||
           ats_breach_real(t, node, &number);
}

bool ats_transcoder_put_converted(struct ats_transcoder *t, const struct ats_plan_node *node)
{
    struct ats_given given;
    if (ats_json_peek(&t->json) != ATS_JSON_NUMBER)
        return ats_breach_type(t, node);
    if (!read_given(t, node, &given) ||
        !ats_conversion_apply(node->conversion, node, &given, t->verdict))
        return false;
    if (node->type == ATS_AVRO_INT || node->type == ATS_AVRO_LONG) {
        ats_avro_put_long(t->out, given.value.integer);
        ats_transcoder_hand_integer(t, node, given.value.integer);
        return true;
    }
    if (node->type == ATS_AVRO_FLOAT)
        ats_avro_put_float(t->out, (float)given.value.real);
    else
        ats_avro_put_double(t->out, given.value.real);
    ats_transcoder_hand_real(t, node, given.value.real);
    return true;
}
