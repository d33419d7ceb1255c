/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Payloads of devices: whether the newer schema takes every JSON value that the former one took. A union's branches are judged one
 * by one, since the JSON's kind says which one a value is of. Aliases are no help here: a payload has one name for a field.
 */
#include "common/contract/compare_parts.h"

static void compare_node(struct ats_comparing *c, const struct ats_plan_node *before,
                         const struct ats_plan_node *after);

static void refuse(struct ats_comparing *c, const struct ats_plan_node *before, enum ats_rule rule,
                   const char *was, const char *is)
{
    ats_compare_add(c, ATS_DEVICES, ATS_VERSION_MAJOR, before->path, ats_rule_name(rule),
                    "%s was taken, now only %s", was, is);
}

/* ---- single values ---- */

static bool is_integer(const struct ats_plan_node *node)
{
    return node->type == ATS_AVRO_INT || node->type == ATS_AVRO_LONG;
}

/* Where there are both, the real branch takes what the integer one does not. */
static void compare_number(struct ats_comparing *c, const struct ats_plan_node *before,
                           const struct ats_plan_node *integer, const struct ats_plan_node *real)
{
    const char *was = ats_avro_type_name(before->type);
    if (real) {
        if (before->type == ATS_AVRO_DOUBLE && real->type == ATS_AVRO_FLOAT)
            refuse(c, before, ATS_RULE_NUMBER_RANGE, was, "float");
    } else if (!is_integer(before)) {
        refuse(c, before, ATS_RULE_TYPE, was, ats_avro_type_name(integer->type));
    } else if (before->type == ATS_AVRO_LONG && integer->type == ATS_AVRO_INT) {
        refuse(c, before, ATS_RULE_NUMBER_RANGE, was, "int");
    }
}

static bool has_symbol(const struct ats_plan_node *node, const char *symbol)
{
    for (size_t i = 0; i < node->symbol_count; i++)
        if (strcmp(node->symbols[i], symbol) == 0)
            return true;
    return false;
}

static void compare_symbols(struct ats_comparing *c, const struct ats_plan_node *before,
                            const struct ats_plan_node *after)
{
    for (size_t i = 0; i < before->symbol_count; i++)
        if (!has_symbol(after, before->symbols[i]))
            ats_compare_add(c, ATS_DEVICES, ATS_VERSION_MAJOR, before->path,
                            ats_rule_name(ATS_RULE_ENUM_SYMBOL),
                            "the symbol %s is not taken any more", before->symbols[i]);
}

/* Bytes are written as characters up to U+00FF, a fixed as so many of them: what takes any string takes these. */
static void compare_text(struct ats_comparing *c, const struct ats_plan_node *before,
                         const struct ats_plan_node *after)
{
    const char *was = ats_avro_type_name(before->type);
    const char *is = ats_avro_type_name(after->type);
    if (after->type == ATS_AVRO_STRING)
        return;
    if (before->type == ATS_AVRO_ENUM && after->type == ATS_AVRO_ENUM)
        compare_symbols(c, before, after);
    else if (after->type == ATS_AVRO_ENUM)
        refuse(c, before, ATS_RULE_ENUM_SYMBOL, was, is);
    else if (before->type == ATS_AVRO_STRING)
        refuse(c, before, ATS_RULE_TYPE, was, is);
    else if (after->type == ATS_AVRO_FIXED &&
             (before->type != ATS_AVRO_FIXED || before->fixed_size != after->fixed_size))
        ats_compare_add(c, ATS_DEVICES, ATS_VERSION_MAJOR, before->path,
                        ats_rule_name(ATS_RULE_LENGTH), "only %zu bytes are taken now",
                        after->fixed_size);
}

/* ---- records ---- */

static const struct ats_plan_node *find_field(const struct ats_plan_node *record,
                                              const struct ats_plan_node *like)
{
    size_t at = ats_plan_find_field(record, ats_span_of(like->name, like->name_len), 0);
    return at == SIZE_MAX ? NULL : &record->children[at];
}

static void compare_defaults(struct ats_comparing *c, const struct ats_plan_node *before,
                             const struct ats_plan_node *after)
{
    if (before->has_default && !after->has_default)
        ats_compare_add(c, ATS_DEVICES, ATS_VERSION_MAJOR, before->path,
                        ats_rule_name(ATS_RULE_MISSING_FIELD),
                        "the field could be missing, now it has no default");
    else if (before->has_default && before->type == after->type &&
             !ats_span_equal(ats_span_of(before->default_bytes, before->default_len),
                             ats_span_of(after->default_bytes, after->default_len)))
        ats_compare_add(c, ATS_DEVICES, ATS_VERSION_MINOR, before->path, "default",
                        "where the field is missing it gets another default");
}

static void tell_gone(struct ats_comparing *c, const struct ats_plan_node *before)
{
    bool dropped = c->after->odcs.ignore_unknown;
    ats_compare_add(c, ATS_DEVICES, dropped ? ATS_VERSION_MINOR : ATS_VERSION_MAJOR, before->path,
                    ats_rule_name(ATS_RULE_UNKNOWN_FIELD),
                    dropped ? "the field is gone: what devices send of it is dropped"
                            : "the field is gone: payloads that have it are refused");
}

static void tell_new(struct ats_comparing *c, const struct ats_plan_node *after)
{
    if (!after->has_default)
        ats_compare_add(c, ATS_DEVICES, ATS_VERSION_MAJOR, after->path,
                        ats_rule_name(ATS_RULE_MISSING_FIELD),
                        "a new field without a default: payloads without it are refused");
    else if (c->before->odcs.ignore_unknown)
        ats_compare_add(c, ATS_DEVICES, ATS_VERSION_MINOR, after->path, "new-field",
                        "a new field with a default; if devices sent one of that name, it was "
                        "ignored and is judged now");
    else
        ats_compare_add(c, ATS_DEVICES | ATS_OLD_READERS, ATS_VERSION_MINOR, after->path,
                        "new-field",
                        "a new field with a default: devices may send it, old readers pass it "
                        "over");
}

static void compare_record(struct ats_comparing *c, const struct ats_plan_node *before,
                           const struct ats_plan_node *after)
{
    for (size_t i = 0; i < before->child_count; i++) {
        const struct ats_plan_node *is = find_field(after, &before->children[i]);
        if (!is) {
            tell_gone(c, &before->children[i]);
            continue;
        }
        compare_defaults(c, &before->children[i], is);
        compare_node(c, &before->children[i], is);
    }
    for (size_t i = 0; i < after->child_count; i++)
        if (!find_field(before, &after->children[i]))
            tell_new(c, &after->children[i]);
}

static void compare_object(struct ats_comparing *c, const struct ats_plan_node *before,
                           const struct ats_plan_node *after)
{
    if (before->type == ATS_AVRO_RECORD && after->type == ATS_AVRO_RECORD)
        compare_record(c, before, after);
    else if (before->type == ATS_AVRO_MAP && after->type == ATS_AVRO_MAP)
        compare_node(c, &before->children[0], &after->children[0]);
    else if (before->type == ATS_AVRO_MAP)
        refuse(c, before, ATS_RULE_UNKNOWN_FIELD, "an object with any keys", "a record's fields");
    else /* a record's fields in a map */
        for (size_t i = 0; i < before->child_count; i++)
            compare_node(c, &before->children[i], &after->children[0]);
}

/* ---- branches ---- */

/* Of the node itself or a union's branches, the one for that kind; of numbers the integer or the real one. */
static const struct ats_plan_node *find_branch(const struct ats_plan_node *node,
                                               enum ats_json_kind kind, bool integer)
{
    size_t count = node->type == ATS_AVRO_UNION ? node->child_count : 1;
    const struct ats_plan_node *branches = node->type == ATS_AVRO_UNION ? node->children : node;
    for (size_t i = 0; i < count; i++)
        if (ats_plan_json_kind(branches[i].type) == kind && is_integer(&branches[i]) == integer)
            return &branches[i];
    return NULL;
}

/* Dates and timestamps only take more than their plain numbers; the other types refuse plain values, too. */
static bool only_adds(enum ats_logical_type type)
{
    return type == ATS_LOGICAL_DATE ||
           (type >= ATS_LOGICAL_TIMESTAMP_MILLIS && type <= ATS_LOGICAL_LOCAL_NANOS);
}

static void compare_logical(struct ats_comparing *c, const struct ats_plan_node *before,
                            const struct ats_plan_node *after)
{
    static const struct ats_logical none = {.type = ATS_LOGICAL_NONE};
    const struct ats_logical *was = before->logical ? before->logical : &none;
    const struct ats_logical *is = after->logical ? after->logical : &none;
    if (ats_logical_equal(was, is))
        return;
    bool wider = was->type == ATS_LOGICAL_NONE && only_adds(is->type);
    ats_compare_add(c, ATS_DEVICES, wider ? ATS_VERSION_MINOR : ATS_VERSION_MAJOR, before->path,
                    "logical-type", "values were taken as the logical type %s, now as %s",
                    ats_logical_name(was->type), ats_logical_name(is->type));
}

static void compare_branch(struct ats_comparing *c, const struct ats_plan_node *before,
                           const struct ats_plan_node *after)
{
    enum ats_json_kind kind = ats_plan_json_kind(before->type);
    const struct ats_plan_node *integer =
        kind == ATS_JSON_NUMBER ? find_branch(after, kind, true) : NULL;
    const struct ats_plan_node *other = find_branch(after, kind, false);
    if (!integer && !other) {
        ats_compare_add(c, ATS_DEVICES, ATS_VERSION_MAJOR, before->path,
                        ats_rule_name(ATS_RULE_TYPE), "a JSON %s is not taken any more",
                        ats_json_kind_name(kind));
        return;
    }
    compare_logical(c, before, integer && (is_integer(before) || !other) ? integer : other);
    switch (kind) {
    case ATS_JSON_NUMBER:
        compare_number(c, before, integer, other);
        return;
    case ATS_JSON_STRING:
        compare_text(c, before, other);
        return;
    case ATS_JSON_OBJECT:
        compare_object(c, before, other);
        return;
    case ATS_JSON_ARRAY:
        compare_node(c, &before->children[0], &other->children[0]);
        return;
    default:
        return;
    }
}

static void compare_node(struct ats_comparing *c, const struct ats_plan_node *before,
                         const struct ats_plan_node *after)
{
    if (before->type != ATS_AVRO_UNION)
        compare_branch(c, before, after);
    for (size_t i = 0; before->type == ATS_AVRO_UNION && i < before->child_count; i++)
        compare_branch(c, &before->children[i], after);
}

void ats_compare_payloads(struct ats_comparing *c)
{
    compare_node(c, &c->before->plan.root, &c->after->plan.root);
}
