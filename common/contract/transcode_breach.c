/* SPDX-License-Identifier: Apache-2.0 */
/* What is told of a value that breaks the schema. */
#include "common/contract/transcoder.h"

#include "common/base/utf8.h"

#include <stdio.h>

bool ats_breach_type(struct ats_transcoder *t, const struct ats_plan_node *node)
{
    const struct ats_plan_node *value = ats_plan_value_node(node);
    enum ats_json_kind kind = ats_json_peek(&t->json);
    if (kind == ATS_JSON_NOTHING)
        return ats_json_fail(&t->json, ATS_RULE_JSON_SYNTAX);
    ats_verdict_set(t->verdict, ATS_RULE_TYPE, node->path, "expected %s%s, found %s",
                    ats_avro_type_name(value->type),
                    node->nullable && value != node ? " or null" : "", ats_json_kind_name(kind));
    return false;
}

bool ats_breach_fraction(struct ats_transcoder *t, const struct ats_plan_node *node)
{
    ats_verdict_set(t->verdict, ATS_RULE_TYPE, node->path,
                    "expected %s, found a number with a fraction", ats_avro_type_name(node->type));
    return false;
}

bool ats_breach_range(struct ats_transcoder *t, const struct ats_plan_node *node)
{
    ats_verdict_set(t->verdict, ATS_RULE_NUMBER_RANGE, node->path, "the number does not fit %s",
                    ats_avro_type_name(node->type));
    return false;
}

bool ats_breach_real(struct ats_transcoder *t, const struct ats_plan_node *node,
                     const struct ats_json_number *number)
{
    if (number->raw.len <= ATS_JSON_NUMBER_MAX)
        return ats_breach_range(t, node);
    ats_verdict_set(t->verdict, ATS_RULE_NUMBER_RANGE, node->path,
                    "%zu characters for a number (allowed: %d)", number->raw.len,
                    ATS_JSON_NUMBER_MAX);
    return false;
}

/* As much of a stranger's name as a path takes; a NUL, which would end it, as JSON writes it. */
static void show_name(struct ats_span name, char ret_shown[ATS_NAME_MAX + 1])
{
    static const char nul[] = "\\u0000";
    size_t len = 0;
    for (size_t i = 0; i < name.len; i++) {
        bool is_nul = name.data[i] == '\0';
        size_t size = is_nul ? sizeof(nul) - 1 : 1;
        if (len + size > ATS_NAME_MAX)
            break;
        memcpy(ret_shown + len, is_nul ? nul : (const char *)name.data + i, size);
        len += size;
    }
    ret_shown[len] = '\0';
    ret_shown[ats_utf8_cut(ret_shown, len)] = '\0';
}

bool ats_breach_unknown(struct ats_transcoder *t, const struct ats_plan_node *record,
                        struct ats_span name)
{
    char path[ATS_VERDICT_PATH_MAX];
    char shown[ATS_NAME_MAX + 1];
    show_name(name, shown);
    (void)snprintf(path, sizeof(path), "%.100s%s%s", record->path, record->path[0] ? "." : "",
                   shown);
    ats_verdict_set(t->verdict, ATS_RULE_UNKNOWN_FIELD, path, "the schema has no such field");
    return false;
}
