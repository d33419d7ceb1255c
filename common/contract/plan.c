/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/plan.h"

#include "common/base/limits.h"
#include "common/contract/transcode.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

struct compiler {
    const char *name;
    struct ats_plan *plan;
    struct ats_error *err;
    json_t *named; /* full name -> the JSON definition, borrowed from the schema */
    json_t *open;  /* full names that are being expanded: recursion */
};

static const char *const type_names[] = {"null",   "boolean", "int",    "long",  "float",
                                         "double", "bytes",   "string", "fixed", "enum",
                                         "record", "array",   "map",    "union"};

const char *ats_avro_type_name(enum ats_avro_type type)
{
    return type_names[type];
}

static enum ats_status compile_node(struct compiler *c, json_t *json, const char *path,
                                    const char *space, int depth, struct ats_plan_node *node);

static enum ats_status fail(struct compiler *c, const char *path, const char *what,
                            const char *detail)
{
    return ats_error_set(c->err, ATS_ERR_INVALID, "%s:1: schema at '%s': %s%s%s", c->name, path,
                         what, detail ? " " : "", detail ? detail : "");
}

static enum ats_status no_memory(struct compiler *c)
{
    return ats_error_set(c->err, ATS_ERR_MEMORY, "out of memory while compiling %s", c->name);
}

/* "space.name", or the name as it is where it has dots or there is no space. */
static void full_name(const char *name, const char *space, char *ret_full, size_t size)
{
    if (strchr(name, '.') || !space || *space == '\0')
        (void)snprintf(ret_full, size, "%s", name);
    else
        (void)snprintf(ret_full, size, "%s.%s", space, name);
}

static bool is_name(const char *text)
{
    if (!text || !*text || (*text >= '0' && *text <= '9') || strlen(text) > ATS_NAME_MAX)
        return false;
    return text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")] ==
           '\0';
}

static enum ats_status new_children(struct compiler *c, struct ats_plan_node *node, size_t count)
{
    c->plan->node_count += count;
    if (c->plan->node_count > ATS_SCHEMA_NODES_MAX)
        return fail(c, node->path, "too many nodes", NULL);
    node->children = calloc(count ? count : 1, sizeof(*node->children));
    if (!node->children)
        return no_memory(c);
    node->child_count = count;
    return ATS_OK;
}

static char *join_path(const char *parent, const char *part)
{
    char *path = NULL;
    if (asprintf(&path, "%s%s%s", parent, *parent && part[0] != '[' && part[0] != '{' ? "." : "",
                 part) < 0)
        return NULL;
    return path;
}

static enum ats_status compile_child(struct compiler *c, json_t *json,
                                     const struct ats_plan_node *parent, const char *part,
                                     const char *space, int depth, struct ats_plan_node *child)
{
    char *path = join_path(parent->path, part);
    if (!path)
        return no_memory(c);
    enum ats_status status = compile_node(c, json, path, space, depth + 1, child);
    free(path);
    return status;
}

static enum ats_status compile_default(struct compiler *c, json_t *value,
                                       struct ats_plan_node *field)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    struct ats_buf bytes;
    struct ats_verdict verdict;
    if (!text)
        return no_memory(c);
    ats_buf_init(&bytes, ATS_DOCUMENT_MAX);
    enum ats_status status = ats_transcode(field, false, ats_span_text(text), &bytes, &verdict);
    free(text);
    if (status == ATS_ERR_INVALID)
        status = fail(c, field->path, "the default does not fit:", verdict.text);
    field->has_default = status == ATS_OK;
    field->default_bytes = bytes.data;
    field->default_len = bytes.len;
    return status;
}

static enum ats_status compile_field(struct compiler *c, json_t *json,
                                     const struct ats_plan_node *record, const char *space,
                                     int depth, struct ats_plan_node *field)
{
    const char *name = json_string_value(json_object_get(json, "name"));
    json_t *type = json_object_get(json, "type");
    json_t *otherwise = json_object_get(json, "default");
    if (!is_name(name))
        return fail(c, record->path, "a field needs a name of letters, digits and _", NULL);
    if (!type)
        return fail(c, record->path, "no type for field", name);
    enum ats_status status = compile_child(c, type, record, name, space, depth, field);
    if (status != ATS_OK)
        return status;
    field->name = strdup(name);
    field->name_len = strlen(name);
    if (!field->name)
        return no_memory(c);
    return otherwise ? compile_default(c, otherwise, field) : ATS_OK;
}

static enum ats_status compile_record(struct compiler *c, json_t *json, const char *space,
                                      int depth, struct ats_plan_node *node)
{
    json_t *fields = json_object_get(json, "fields");
    size_t count = json_array_size(fields);
    if (!json_is_array(fields) || count == 0 || count > ATS_SCHEMA_FIELDS_MAX)
        return fail(c, node->path, "a record needs 1 to 256 fields", NULL);
    enum ats_status status = new_children(c, node, count);
    for (size_t i = 0; i < count && status == ATS_OK; i++) {
        status =
            compile_field(c, json_array_get(fields, i), node, space, depth, &node->children[i]);
        for (size_t k = 0; k < i && status == ATS_OK; k++)
            if (strcmp(node->children[k].name, node->children[i].name) == 0)
                status = fail(c, node->path, "two fields are called", node->children[i].name);
    }
    return status;
}

static enum ats_status compile_enum(struct compiler *c, json_t *json, struct ats_plan_node *node)
{
    json_t *symbols = json_object_get(json, "symbols");
    size_t count = json_array_size(symbols);
    if (!json_is_array(symbols) || count == 0 || count > ATS_SCHEMA_FIELDS_MAX)
        return fail(c, node->path, "an enum needs 1 to 256 symbols", NULL);
    node->symbols = calloc(count, sizeof(*node->symbols));
    if (!node->symbols)
        return no_memory(c);
    for (size_t i = 0; i < count; i++) {
        const char *symbol = json_string_value(json_array_get(symbols, i));
        if (!is_name(symbol))
            return fail(c, node->path, "a symbol must be a name", NULL);
        node->symbols[i] = strdup(symbol);
        if (!node->symbols[i])
            return no_memory(c);
        node->symbol_count++;
    }
    return ATS_OK;
}

static enum ats_status compile_fixed(struct compiler *c, json_t *json, struct ats_plan_node *node)
{
    json_t *size = json_object_get(json, "size");
    if (!json_is_integer(size) || json_integer_value(size) < 0 ||
        json_integer_value(size) > ATS_PAYLOAD_MAX)
        return fail(c, node->path, "a fixed needs a size", NULL);
    node->fixed_size = (size_t)json_integer_value(size);
    return ATS_OK;
}

static enum ats_status compile_union(struct compiler *c, json_t *json, const char *space, int depth,
                                     struct ats_plan_node *node)
{
    size_t count = json_array_size(json);
    node->type = ATS_AVRO_UNION;
    if (count == 0 || count > ATS_SCHEMA_FIELDS_MAX)
        return fail(c, node->path, "a union needs 1 to 256 branches", NULL);
    enum ats_status status = new_children(c, node, count);
    for (size_t i = 0; i < count && status == ATS_OK; i++) {
        struct ats_plan_node *branch = &node->children[i];
        status = compile_node(c, json_array_get(json, i), node->path, space, depth + 1, branch);
        if (status == ATS_OK && branch->type == ATS_AVRO_UNION)
            status = fail(c, node->path, "a union directly in a union", NULL);
        node->nullable = node->nullable || branch->type == ATS_AVRO_NULL;
    }
    return status;
}

static bool find_type(const char *name, enum ats_avro_type *ret_type)
{
    for (int i = 0; i < ATS_AVRO_UNION; i++) {
        if (strcmp(type_names[i], name) == 0) {
            *ret_type = (enum ats_avro_type)i;
            return true;
        }
    }
    return false;
}

static enum ats_status compile_reference(struct compiler *c, const char *name, const char *path,
                                         const char *space, int depth, struct ats_plan_node *node)
{
    char full[2 * ATS_NAME_MAX];
    full_name(name, space, full, sizeof(full));
    json_t *definition = json_object_get(c->named, full);
    if (!definition)
        definition = json_object_get(c->named, name);
    if (!definition)
        return fail(c, path, "unknown type", name);
    if (json_object_get(c->open, full))
        return fail(c, path, "the type contains itself, which is not supported:", name);
    return compile_node(c, definition, path, space, depth, node);
}

static enum ats_status compile_named(struct compiler *c, json_t *json, const char *space, int depth,
                                     struct ats_plan_node *node)
{
    const char *name = json_string_value(json_object_get(json, "name"));
    const char *own_space = json_string_value(json_object_get(json, "namespace"));
    char full[2 * ATS_NAME_MAX];
    if (!name || !*name || strlen(name) > ATS_NAME_MAX ||
        (own_space && strlen(own_space) >= ATS_NAME_MAX))
        return fail(c, node->path, "a record, enum or fixed needs a name", NULL);
    full_name(name, own_space ? own_space : space, full, sizeof(full));
    json_t *known = json_object_get(c->named, full);
    if (known && known != json)
        return fail(c, node->path, "defined twice:", full);
    if (json_object_set(c->named, full, json) != 0 ||
        json_object_set_new(c->open, full, json_true()) != 0)
        return no_memory(c);
    char inner[2 * ATS_NAME_MAX];
    (void)snprintf(inner, sizeof(inner), "%s", full);
    char *dot = strrchr(inner, '.');
    *(dot ? dot : inner) = '\0';
    enum ats_status status = node->type == ATS_AVRO_RECORD
                                 ? compile_record(c, json, inner, depth, node)
                             : node->type == ATS_AVRO_ENUM ? compile_enum(c, json, node)
                                                           : compile_fixed(c, json, node);
    (void)json_object_del(c->open, full);
    return status;
}

static enum ats_status compile_container(struct compiler *c, json_t *json, const char *space,
                                         int depth, struct ats_plan_node *node)
{
    bool array = node->type == ATS_AVRO_ARRAY;
    json_t *inner = json_object_get(json, array ? "items" : "values");
    if (!inner)
        return fail(c, node->path, array ? "an array needs items" : "a map needs values", NULL);
    enum ats_status status = new_children(c, node, 1);
    return status != ATS_OK ? status
                            : compile_child(c, inner, node, array ? "[]" : "{}", space, depth,
                                            &node->children[0]);
}

static enum ats_status compile_node(struct compiler *c, json_t *json, const char *path,
                                    const char *space, int depth, struct ats_plan_node *node)
{
    const char *type =
        json_string_value(json_is_object(json) ? json_object_get(json, "type") : json);
    if (depth > ATS_SCHEMA_DEPTH_MAX)
        return fail(c, path, "nested too deeply", NULL);
    if (json_is_object(json) && !type && json_object_get(json, "type"))
        return compile_node(c, json_object_get(json, "type"), path, space, depth + 1, node);
    if (!json_is_array(json) && !type)
        return fail(c, path, "not a type", NULL);
    if (type && !find_type(type, &node->type))
        return compile_reference(c, type, path, space, depth, node);
    node->leaf = ATS_PLAN_NO_LEAF;
    node->path = strdup(path);
    if (!node->path)
        return no_memory(c);
    if (json_is_array(json))
        return compile_union(c, json, space, depth, node);
    node->nullable = node->type == ATS_AVRO_NULL;
    if (node->type >= ATS_AVRO_FIXED && !json_is_object(json))
        return fail(c, path, "needs a definition:", type);
    if (node->type == ATS_AVRO_ARRAY || node->type == ATS_AVRO_MAP)
        return compile_container(c, json, space, depth, node);
    return node->type >= ATS_AVRO_FIXED ? compile_named(c, json, space, depth, node) : ATS_OK;
}

const struct ats_plan_node *ats_plan_value_node(const struct ats_plan_node *node)
{
    if (node->type != ATS_AVRO_UNION)
        return node;
    const struct ats_plan_node *value = NULL;
    for (size_t i = 0; i < node->child_count; i++) {
        if (node->children[i].type == ATS_AVRO_NULL)
            continue;
        if (value)
            return node; /* several: the union itself */
        value = &node->children[i];
    }
    return value ? value : node;
}

/* Gives leaf indexes in schema order; a union is one leaf, its branches share it. */
static void number_leaves(struct ats_plan *plan, struct ats_plan_node *node,
                          struct ats_plan_node **leaves)
{
    if (node->type == ATS_AVRO_RECORD) {
        for (size_t i = 0; i < node->child_count; i++)
            number_leaves(plan, &node->children[i], leaves);
        return;
    }
    if (node->type == ATS_AVRO_ARRAY || node->type == ATS_AVRO_MAP || node->type == ATS_AVRO_NULL)
        return;
    if (node->type == ATS_AVRO_UNION) {
        for (size_t i = 0; i < node->child_count; i++)
            if (node->children[i].type == ATS_AVRO_RECORD ||
                node->children[i].type == ATS_AVRO_ARRAY || node->children[i].type == ATS_AVRO_MAP)
                return;
        for (size_t i = 0; i < node->child_count; i++)
            if (node->children[i].type != ATS_AVRO_NULL)
                node->children[i].leaf = plan->leaf_count;
    }
    node->leaf = plan->leaf_count;
    leaves[plan->leaf_count++] = node;
}

static enum ats_status compile_text(struct compiler *c, struct ats_span text)
{
    json_error_t why;
    json_t *json = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &why);
    if (!json)
        return ats_error_set(c->err, ATS_ERR_INVALID, "%s:%d: not JSON: %s", c->name, why.line,
                             why.text);
    c->named = json_object();
    c->open = json_object();
    enum ats_status status =
        c->named && c->open ? compile_node(c, json, "", "", 0, &c->plan->root) : no_memory(c);
    if (status == ATS_OK && c->plan->root.type != ATS_AVRO_RECORD)
        status = fail(c, "", "the schema of a contract must be a record", NULL);
    json_decref(c->named);
    json_decref(c->open);
    json_decref(json);
    return status;
}

enum ats_status ats_plan_compile(struct ats_span text, const char *name, struct ats_plan *ret_plan,
                                 struct ats_error *err)
{
    *ret_plan = (struct ats_plan){.node_count = 1};
    struct compiler c = {.name = name, .plan = ret_plan, .err = err};
    enum ats_status status = compile_text(&c, text);
    if (status == ATS_OK) {
        ret_plan->leaves = calloc(ret_plan->node_count, sizeof(*ret_plan->leaves));
        if (ret_plan->leaves)
            number_leaves(ret_plan, &ret_plan->root, ret_plan->leaves);
        else
            status = no_memory(&c);
    }
    if (status != ATS_OK)
        ats_plan_fini(ret_plan);
    return status;
}

static void fini_node(struct ats_plan_node *node)
{
    for (size_t i = 0; i < node->child_count; i++)
        fini_node(&node->children[i]);
    for (size_t i = 0; i < node->symbol_count; i++)
        free(node->symbols[i]);
    free(node->children);
    free(node->symbols);
    free(node->default_bytes);
    free(node->name);
    free(node->path);
}

void ats_plan_fini(struct ats_plan *plan)
{
    fini_node(&plan->root);
    free(plan->leaves);
    *plan = (struct ats_plan){0};
}

static const struct ats_plan_node *find_below(const struct ats_plan_node *node, const char *path)
{
    if (strcmp(node->path, path) == 0)
        return node;
    for (size_t i = 0; i < node->child_count; i++) {
        const struct ats_plan_node *found = find_below(&node->children[i], path);
        if (found)
            return found;
    }
    return NULL;
}

const struct ats_plan_node *ats_plan_find(const struct ats_plan *plan, const char *path)
{
    return find_below(&plan->root, path);
}
