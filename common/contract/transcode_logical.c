/* SPDX-License-Identifier: Apache-2.0 */
/* Values of logical types: in the type's own form of JSON, or plain and held against the type's range. */
#include "common/contract/transcoder.h"

#include "common/contract/logical.h"
#include "common/contract/text.h"

/* The logical type's own form of a text or number, if it has one and this is of it. */
static enum ats_logical_answer put_form(struct ats_transcoder *t, const struct ats_plan_node *node,
                                        enum ats_json_kind kind)
{
    const struct ats_logical_ops *ops = node->logical->ops;
    struct ats_json_number number;
    struct ats_json_text text;
    if (kind == ATS_JSON_STRING && ops->put_text)
        return ats_json_string(&t->json, &text)
                   ? ops->put_text(node, ats_text_peek(t->out, text), t->out, t->verdict)
                   : ATS_LOGICAL_REFUSED;
    if (kind == ATS_JSON_NUMBER && ops->put_number)
        return ats_json_number(&t->json, &number)
                   ? ops->put_number(node, number.raw, t->out, t->verdict)
                   : ATS_LOGICAL_REFUSED;
    return ATS_LOGICAL_PLAIN;
}

bool ats_transcoder_check_logical(struct ats_transcoder *t, const struct ats_plan_node *node,
                                  size_t begin)
{
    const struct ats_logical_ops *ops = node->logical->ops;
    return t->out->status != ATS_OK || !ops->check ||
           ops->check(node, ats_span_of(t->out->data + begin, t->out->len - begin), t->verdict);
}

/* Defaults are written as Avro's own JSON has them, without the forms of logical types. What a form became stands in the output alone,
   so that its leaf is not handed out. */
bool ats_transcoder_put_logical(struct ats_transcoder *t, const struct ats_plan_node *node)
{
    const struct ats_json before = t->json;
    size_t begin = t->out->len;
    if (t->options->plain_integers)
        return ats_transcoder_put_scalar(t, node);
    enum ats_logical_answer answer = put_form(t, node, ats_json_peek(&t->json));
    if (answer != ATS_LOGICAL_PLAIN) {
        t->whole = false;
        return answer == ATS_LOGICAL_TAKEN;
    }
    t->json = before;
    return ats_transcoder_put_scalar(t, node) && ats_transcoder_check_logical(t, node, begin);
}
