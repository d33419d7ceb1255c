/* SPDX-License-Identifier: Apache-2.0 */
/* From an Avro schema (specification 1.11), which avsc_text.c has read as JSON, to a plan. */
#include "common/contract/avsc_judge.h"
#include "common/contract/avsc_text.h"
#include "common/contract/logical.h"
#include "common/contract/plan.h"

#include "common/contract/transcode.h"

#include <assert.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define FULL_NAME_MAX (2 * ATS_NAME_MAX + 2)

struct compiler {
    const char *file;
    json_int_t line; /* of the object that is being read */
    size_t node_count;
    json_t *named; /* full name -> definition, borrowed */
    json_t *open;  /* full names whose definition is being expanded */
    const uint8_t *secret;
    struct ats_error *err;
};

/* Where a type stands: what its nodes inherit. */
struct place {
    const char *path;
    const char *space; /* the namespace around it */
    int depth;
};

static enum ats_status compile_type(struct compiler *c, json_t *json, struct place place,
                                    struct ats_plan_node *node);

static enum ats_status fail(struct compiler *c, const char *path, const char *what,
                            const char *detail)
{
    assert(path);
    return ats_error_set(c->err, ATS_ERR_CONFIG, "%s:%lld: %s%s%s%s%s", c->file, (long long)c->line,
                         path[0] ? path : "schema", ": ", what, detail ? " " : "",
                         detail ? detail : "");
}

static enum ats_status out_of_memory(struct compiler *c)
{
    return ats_error_set(c->err, ATS_ERR_MEMORY, "%s: out of memory", c->file);
}

/* ---- names ---- */

static bool is_name(const char *text)
{
    return text && text[0] && !(text[0] >= '0' && text[0] <= '9') && strlen(text) <= ATS_NAME_MAX &&
           text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")] ==
               '\0';
}

/* Names with dots between them. */
static bool is_dotted_name(const char *text)
{
    char part[ATS_NAME_MAX + 1];
    for (;;) {
        size_t len = strcspn(text, ".");
        if (len > ATS_NAME_MAX)
            return false;
        memcpy(part, text, len);
        part[len] = '\0';
        if (!is_name(part))
            return false;
        if (text[len] == '\0')
            return true;
        text += len + 1;
    }
}

/* "space.name"; the name alone where it has dots itself or there is no namespace. */
static bool full_name(const char *name, const char *space, char ret_full[FULL_NAME_MAX])
{
    bool alone = strchr(name, '.') || space[0] == '\0';
    int len =
        snprintf(ret_full, FULL_NAME_MAX, "%s%s%s", alone ? "" : space, alone ? "" : ".", name);
    return len > 0 && len < FULL_NAME_MAX && is_dotted_name(ret_full);
}

/* What stands before the last dot. */
static void namespace_of(const char *full, char ret_space[FULL_NAME_MAX])
{
    const char *dot = strrchr(full, '.');
    (void)snprintf(ret_space, FULL_NAME_MAX, "%.*s", dot ? (int)(dot - full) : 0, full);
}

/* ---- nodes ---- */

static enum ats_status new_children(struct compiler *c, struct ats_plan_node *node, size_t count)
{
    c->node_count += count;
    if (c->node_count > ATS_SCHEMA_NODES_MAX)
        return fail(c, node->path, "too many types once named ones are expanded", NULL);
    node->children = calloc(count, sizeof(*node->children));
    if (!node->children)
        return out_of_memory(c);
    node->child_count = count;
    return ATS_OK;
}

/* A child's type; `part` is appended to the parent's path. */
static enum ats_status compile_child(struct compiler *c, json_t *json, struct place place,
                                     const char *dot, const char *part, struct ats_plan_node *child)
{
    char *path = NULL;
    if (asprintf(&path, "%s%s%s", place.path, place.path[0] ? dot : "", part) < 0)
        return out_of_memory(c);
    enum ats_status status =
        compile_type(c, json, (struct place){path, place.space, place.depth + 1}, child);
    free(path);
    return status;
}

/* ---- defaults ---- */

static enum ats_status compile_default(struct compiler *c, json_t *value,
                                       struct ats_plan_node *field)
{
    struct ats_buf bytes;
    struct ats_verdict verdict;
    ats_avsc_strip_lines(value);
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    if (!text)
        return out_of_memory(c);
    ats_buf_init(&bytes, ATS_DOCUMENT_MAX);
    const struct ats_transcode_options options = {.secret = c->secret, .plain_integers = true};
    enum ats_status status =
        ats_transcode(field, &options, ats_span_text(text), &bytes, NULL, &verdict);
    free(text);
    /* A union's default is of its first branch, whose number 0 is the byte 0. */
    if (status == ATS_OK && field->type == ATS_AVRO_UNION && bytes.data[0] != 0)
        status = fail(c, field->path, "the default must fit the union's first branch", NULL);
    else if (status == ATS_ERR_INVALID || status == ATS_ERR_LIMIT)
        status = fail(c, field->path, "the default does not fit:", verdict.text);
    else if (status != ATS_OK)
        status = out_of_memory(c);
    field->has_default = status == ATS_OK;
    field->default_bytes = bytes.data;
    field->default_len = bytes.len;
    return status;
}

/* ---- types ---- */

static enum ats_status compile_field(struct compiler *c, json_t *json, struct place place,
                                     struct ats_plan_node *field)
{
    const char *name = json_string_value(json_object_get(json, "name"));
    json_t *type = json_object_get(json, "type");
    json_t *otherwise = json_object_get(json, "default");
    json_int_t line = ats_avsc_line(json);
    c->line = line ? line : c->line;
    if (!is_name(name))
        return fail(c, place.path, "a field needs a name of letters, digits and _", NULL);
    if (!type)
        return fail(c, place.path, "no type for the field", name);
    enum ats_status status = compile_child(c, type, place, ".", name, field);
    if (status != ATS_OK)
        return status;
    c->line = line;
    field->name_len = strlen(name);
    field->name = strdup(name);
    if (!field->name)
        return out_of_memory(c);
    return otherwise ? compile_default(c, otherwise, field) : ATS_OK;
}

static enum ats_status compile_record(struct compiler *c, json_t *json, struct place place,
                                      struct ats_plan_node *node)
{
    json_t *fields = json_object_get(json, "fields");
    size_t count = json_array_size(fields);
    if (!json_is_array(fields) || count == 0 || count > ATS_SCHEMA_FIELDS_MAX)
        return fail(c, place.path, "a record needs 1 to 256 fields", NULL);
    enum ats_status status = new_children(c, node, count);
    for (size_t i = 0; i < count && status == ATS_OK; i++) {
        status = compile_field(c, json_array_get(fields, i), place, &node->children[i]);
        assert(status != ATS_OK || node->children[i].name);
        for (size_t k = 0; k < i && status == ATS_OK; k++)
            if (strcmp(node->children[k].name, node->children[i].name) == 0)
                status = fail(c, place.path, "two fields are called", node->children[i].name);
    }
    if (status == ATS_OK && ats_plan_index_fields(node) != ATS_OK)
        status = out_of_memory(c);
    return status;
}

static enum ats_status compile_enum(struct compiler *c, json_t *json, struct place place,
                                    struct ats_plan_node *node)
{
    json_t *symbols = json_object_get(json, "symbols");
    size_t count = json_array_size(symbols);
    if (!json_is_array(symbols) || count == 0 || count > ATS_SCHEMA_FIELDS_MAX)
        return fail(c, place.path, "an enum needs 1 to 256 symbols", NULL);
    node->symbols = calloc(count, sizeof(*node->symbols));
    if (!node->symbols)
        return out_of_memory(c);
    for (size_t i = 0; i < count; i++) {
        const char *symbol = json_string_value(json_array_get(symbols, i));
        if (!is_name(symbol))
            return fail(c, place.path, "a symbol is a name of letters, digits and _", NULL);
        for (size_t k = 0; k < i; k++)
            if (strcmp(node->symbols[k], symbol) == 0)
                return fail(c, place.path, "the symbol stands twice:", symbol);
        node->symbols[i] = strdup(symbol);
        if (!node->symbols[i])
            return out_of_memory(c);
        node->symbol_count++;
    }
    const char *fault = ats_avsc_judge_enum_default(json, node);
    return fault ? fail(c, place.path, fault, NULL) : ATS_OK;
}

static enum ats_status compile_fixed(struct compiler *c, json_t *json, struct place place,
                                     struct ats_plan_node *node)
{
    json_t *size = json_object_get(json, "size");
    if (!json_is_integer(size) || json_integer_value(size) < 1 ||
        json_integer_value(size) > ATS_PAYLOAD_MAX)
        return fail(c, place.path, "a fixed needs a size of at least 1", NULL);
    node->fixed_size = (size_t)json_integer_value(size);
    return ATS_OK;
}

static enum ats_status compile_union(struct compiler *c, json_t *json, struct place place,
                                     struct ats_plan_node *node)
{
    size_t count = json_array_size(json);
    enum ats_json_kind kind = ATS_JSON_NOTHING;
    node->type = ATS_AVRO_UNION;
    if (count == 0 || count > ATS_JSON_KIND_COUNT + 1)
        return fail(c, place.path, "a union needs 1 to 7 branches", NULL);
    enum ats_status status = new_children(c, node, count);
    for (size_t i = 0; i < count && status == ATS_OK; i++) {
        status = compile_child(c, json_array_get(json, i), place, "", "", &node->children[i]);
        if (status == ATS_OK && node->children[i].type == ATS_AVRO_UNION)
            status = fail(c, place.path, "a union directly in a union", NULL);
    }
    if (status == ATS_OK && !ats_plan_index_branches(node, &kind))
        status = fail(c, place.path, "the union is ambiguous: two branches take a JSON",
                      ats_json_kind_name(kind));
    return status;
}

/* An array's items, a map's values. */
static enum ats_status compile_items(struct compiler *c, json_t *json, struct place place,
                                     struct ats_plan_node *node)
{
    bool array = node->type == ATS_AVRO_ARRAY;
    json_t *items = json_object_get(json, array ? "items" : "values");
    if (!items)
        return fail(c, place.path, array ? "an array needs items" : "a map needs values", NULL);
    enum ats_status status = new_children(c, node, 1);
    if (status != ATS_OK)
        return status;
    return compile_child(c, items, place, "", array ? "[]" : "{}", &node->children[0]);
}

/* A record, enum or fixed, under its full name. */
static enum ats_status compile_named(struct compiler *c, json_t *json, struct place place,
                                     struct ats_plan_node *node)
{
    const char *name = json_string_value(json_object_get(json, "name"));
    const char *own_space = json_string_value(json_object_get(json, "namespace"));
    char full[FULL_NAME_MAX];
    char inner[FULL_NAME_MAX];
    if (!name || !full_name(name, own_space ? own_space : place.space, full))
        return fail(c, place.path, "a record, enum or fixed needs a name", NULL);
    const char *fault = ats_avsc_judge_name(json, full);
    if (fault)
        return fail(c, place.path, fault, NULL);
    json_t *known = json_object_get(c->named, full);
    if (known && known != json)
        return fail(c, place.path, "a type is defined twice:", full);
    if (json_object_set(c->named, full, json) != 0 ||
        json_object_set_new(c->open, full, json_true()) != 0)
        return out_of_memory(c);
    namespace_of(full, inner);
    place.space = inner;
    enum ats_status status = node->type == ATS_AVRO_RECORD ? compile_record(c, json, place, node)
                             : node->type == ATS_AVRO_ENUM ? compile_enum(c, json, place, node)
                                                           : compile_fixed(c, json, place, node);
    (void)json_object_del(c->open, full);
    return status;
}

static bool find_type(const char *name, enum ats_avro_type *ret_type)
{
    for (int i = ATS_AVRO_NULL; i < ATS_AVRO_UNION; i++) {
        if (strcmp(ats_avro_type_name((enum ats_avro_type)i), name) != 0)
            continue;
        *ret_type = (enum ats_avro_type)i;
        return true;
    }
    return false;
}

/* A name that an earlier definition gave: the definition is compiled once more, for this place. */
static enum ats_status compile_reference(struct compiler *c, const char *name, struct place place,
                                         struct ats_plan_node *node)
{
    char full[FULL_NAME_MAX];
    char space[FULL_NAME_MAX];
    json_t *definition =
        full_name(name, place.space, full) ? json_object_get(c->named, full) : NULL;
    if (!definition)
        return fail(c, place.path, "unknown type", name);
    if (json_object_get(c->open, full))
        return fail(c, place.path, "a type that contains itself is not supported:", full);
    namespace_of(full, space);
    place.space = space;
    return compile_type(c, definition, place, node);
}

static enum ats_status compile_definition(struct compiler *c, json_t *json, struct place place,
                                          struct ats_plan_node *node)
{
    enum ats_status status = ATS_OK;
    if (node->type == ATS_AVRO_ARRAY || node->type == ATS_AVRO_MAP)
        status = compile_items(c, json, place, node);
    else if (node->type >= ATS_AVRO_FIXED)
        status = compile_named(c, json, place, node);
    const char *fault = status == ATS_OK ? ats_avsc_judge_decimal(json, node) : NULL;
    if (fault || status != ATS_OK)
        return fault ? fail(c, place.path, fault, NULL) : status;
    struct ats_logical logical = ats_logical_read(json, node->type, node->fixed_size);
    if (logical.type == ATS_LOGICAL_NONE)
        return ATS_OK;
    node->logical = malloc(sizeof(*node->logical));
    if (!node->logical)
        return out_of_memory(c);
    *node->logical = logical;
    node->detour = true;
    return ATS_OK;
}

/* A type is a name, a list (a union) or an object; an object's own "type" may be any of these again. */
static enum ats_status compile_type(struct compiler *c, json_t *json, struct place place,
                                    struct ats_plan_node *node)
{
    json_t *type = json_is_object(json) ? json_object_get(json, "type") : json;
    const char *name = json_string_value(type);
    json_int_t line = ats_avsc_line(json);
    c->line = line ? line : c->line;
    if (place.depth > ATS_SCHEMA_DEPTH_MAX)
        return fail(c, place.path, "nested too deep", NULL);
    if (type != json && (json_is_object(type) || json_is_array(type)))
        return compile_type(c, type, (struct place){place.path, place.space, place.depth + 1},
                            node);
    if (!name && !json_is_array(type))
        return fail(c, place.path, "expected a type", NULL);
    if (name && !find_type(name, &node->type))
        return compile_reference(c, name, place, node);
    if (name && type == json && node->type >= ATS_AVRO_FIXED)
        return fail(c, place.path, "needs a definition, not only the word", name);
    node->leaf = ATS_PLAN_NO_LEAF;
    node->nullable = name && node->type == ATS_AVRO_NULL;
    node->path = strdup(place.path);
    if (!node->path)
        return out_of_memory(c);
    return name ? compile_definition(c, json, place, node) : compile_union(c, type, place, node);
}

/* ---- leaves ---- */

static bool is_leaf(const struct ats_plan_node *node)
{
    if (node->type != ATS_AVRO_UNION)
        return node->type < ATS_AVRO_RECORD && node->type != ATS_AVRO_NULL;
    bool value = false;
    for (size_t i = 0; i < node->child_count; i++) {
        if (node->children[i].type >= ATS_AVRO_RECORD)
            return false;
        value = value || node->children[i].type != ATS_AVRO_NULL;
    }
    return value;
}

/* A union is one leaf, and each of its branches is that one. */
static void number_leaves(struct ats_plan *plan, struct ats_plan_node *node)
{
    if (node->type == ATS_AVRO_RECORD) {
        for (size_t i = 0; i < node->child_count; i++)
            number_leaves(plan, &node->children[i]);
        return;
    }
    if (!is_leaf(node))
        return;
    node->leaf = plan->leaf_count;
    for (size_t i = 0; i < node->child_count; i++)
        if (node->children[i].type != ATS_AVRO_NULL)
            node->children[i].leaf = plan->leaf_count;
    plan->leaves[plan->leaf_count++] = node;
}

static enum ats_status make_leaves(struct compiler *c, struct ats_plan *plan)
{
    plan->leaves = calloc(c->node_count, sizeof(struct ats_plan_node *));
    if (!plan->leaves)
        return out_of_memory(c);
    number_leaves(plan, &plan->root);
    c->line = 1;
    if (plan->leaf_count > ATS_CONTRACT_LEAVES_MAX)
        return fail(c, "", "more than 512 single values", NULL);
    return ATS_OK;
}

static enum ats_status compile_json(struct compiler *c, json_t *json, struct ats_plan *plan)
{
    c->named = json_object();
    c->open = json_object();
    enum ats_status status = c->named && c->open
                                 ? compile_type(c, json, (struct place){"", "", 0}, &plan->root)
                                 : out_of_memory(c);
    if (status == ATS_OK && plan->root.type != ATS_AVRO_RECORD)
        status = fail(c, "", "the schema of a contract is a record", NULL);
    if (status == ATS_OK)
        status = make_leaves(c, plan);
    json_decref(c->named);
    json_decref(c->open);
    return status;
}

enum ats_status ats_plan_compile(struct ats_span text, const char *name, struct ats_plan *ret_plan,
                                 struct ats_error *err)
{
    struct compiler c = {
        .file = name, .line = 1, .node_count = 1, .secret = ret_plan->secret, .err = err};
    json_t *json = NULL;
    *ret_plan = (struct ats_plan){0};
    randombytes_buf(ret_plan->secret, sizeof(ret_plan->secret));
    enum ats_status status = ats_avsc_read(text, name, &json, err);
    if (status != ATS_OK)
        return status;
    status = compile_json(&c, json, ret_plan);
    json_decref(json);
    if (status == ATS_OK)
        status = ats_avsc_ask_avro_c(text, name, err);
    if (status != ATS_OK)
        ats_plan_fini(ret_plan);
    return status;
}
