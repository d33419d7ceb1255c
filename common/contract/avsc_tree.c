/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/avsc_tree.h"

#include "common/base/limits.h"
#include "common/contract/avsc_text.h"

#include <stdio.h>
#include <stdlib.h>

struct reader {
    const char *file;
    struct ats_avsc_tree *tree;
    struct ats_error *err;
};

struct place {
    const char *space;
    int depth;
};

static enum ats_status read_type(struct reader *r, const json_t *json, struct place place,
                                 const struct ats_avsc_type **ret_type);

static enum ats_status refuse(const struct reader *r)
{
    return ats_error_set(r->err, ATS_ERR_CONFIG, "%s:1: no schema of a contract", r->file);
}

static enum ats_status out_of_memory(const struct reader *r)
{
    return ats_error_set(r->err, ATS_ERR_MEMORY, "%s: out of memory", r->file);
}

/* ---- names ---- */

static bool make_full_name(const char *name, const char *space, char ret_full[ATS_AVSC_NAME_SIZE])
{
    bool alone = strchr(name, '.') || space[0] == '\0';
    int len = snprintf(ret_full, ATS_AVSC_NAME_SIZE, "%s%s%s", alone ? "" : space, alone ? "" : ".",
                       name);
    return len > 0 && len < ATS_AVSC_NAME_SIZE;
}

static void make_namespace(const char *full, char ret_space[ATS_AVSC_NAME_SIZE])
{
    const char *dot = strrchr(full, '.');
    (void)snprintf(ret_space, ATS_AVSC_NAME_SIZE, "%.*s", dot ? (int)(dot - full) : 0, full);
}

const char *ats_avsc_short_name(const char *full_name)
{
    const char *dot = strrchr(full_name, '.');
    return dot ? dot + 1 : full_name;
}

bool ats_avsc_has_alias(const struct ats_avsc_type *type, const char *full_name)
{
    char space[ATS_AVSC_NAME_SIZE];
    char full[ATS_AVSC_NAME_SIZE];
    make_namespace(type->full_name, space);
    for (size_t i = 0; i < json_array_size(type->aliases); i++) {
        const char *alias = json_string_value(json_array_get(type->aliases, i));
        if (alias && make_full_name(alias, space, full) && strcmp(full, full_name) == 0)
            return true;
    }
    return false;
}

bool ats_avsc_has_symbol(const struct ats_avsc_type *type, const char *symbol)
{
    for (size_t i = 0; i < json_array_size(type->symbols); i++)
        if (strcmp(json_string_value(json_array_get(type->symbols, i)), symbol) == 0)
            return true;
    return false;
}

const struct ats_avsc_field *ats_avsc_find_field(const struct ats_avsc_type *type, const char *name)
{
    for (size_t i = 0; i < type->field_count; i++)
        if (strcmp(type->fields[i].name, name) == 0)
            return &type->fields[i];
    return NULL;
}

static const struct ats_avsc_type *find_named(const struct reader *r, const char *full)
{
    for (const struct ats_avsc_type *type = r->tree->all; type; type = type->next)
        if (strcmp(type->full_name, full) == 0)
            return type;
    return NULL;
}

/* ---- types ---- */

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

/* Types that stand in a list, or the one in an array or map. */
static enum ats_status read_parts(struct reader *r, const json_t *list, const json_t *one,
                                  struct place place, struct ats_avsc_type *type)
{
    size_t count = one ? 1 : json_array_size(list);
    enum ats_status status = ATS_OK;
    place.depth++;
    if (count == 0)
        return refuse(r);
    type->parts = calloc(count, sizeof(*type->parts));
    if (!type->parts)
        return out_of_memory(r);
    type->part_count = count;
    for (size_t i = 0; i < count && status == ATS_OK; i++)
        status = read_type(r, one ? one : json_array_get(list, i), place, &type->parts[i]);
    return status;
}

static enum ats_status read_fields(struct reader *r, const json_t *fields, struct place place,
                                   struct ats_avsc_type *type)
{
    size_t count = json_array_size(fields);
    enum ats_status status = ATS_OK;
    place.depth++;
    type->fields = calloc(count + 1, sizeof(*type->fields));
    if (!type->fields)
        return out_of_memory(r);
    for (size_t i = 0; i < count && status == ATS_OK; i++) {
        const json_t *json = json_array_get(fields, i);
        struct ats_avsc_field *field = &type->fields[i];
        field->name = json_string_value(json_object_get(json, "name"));
        field->aliases = json_object_get(json, "aliases");
        field->has_default = json_object_get(json, "default") != NULL;
        if (!field->name)
            return refuse(r);
        status = read_type(r, json_object_get(json, "type"), place, &field->type);
        type->field_count = i + 1;
    }
    return status;
}

static bool has_good_symbols(const struct ats_avsc_type *type)
{
    for (size_t i = 0; i < json_array_size(type->symbols); i++)
        if (!json_is_string(json_array_get(type->symbols, i)))
            return false;
    return true;
}

/* A record's name is known to what comes behind it alone, so that none contains itself. */
static enum ats_status read_named(struct reader *r, const json_t *json, struct place place,
                                  struct ats_avsc_type *type)
{
    const char *name = json_string_value(json_object_get(json, "name"));
    const char *space = json_string_value(json_object_get(json, "namespace"));
    char full[ATS_AVSC_NAME_SIZE];
    char inner[ATS_AVSC_NAME_SIZE];
    enum ats_status status = ATS_OK;
    if (!name || !make_full_name(name, space ? space : place.space, full))
        return refuse(r);
    make_namespace(full, inner);
    place.space = inner;
    type->aliases = json_object_get(json, "aliases");
    type->symbols = json_object_get(json, "symbols");
    type->symbol_default = json_string_value(json_object_get(json, "default"));
    type->fixed_size = (size_t)json_integer_value(json_object_get(json, "size"));
    if (!has_good_symbols(type))
        return refuse(r);
    if (type->type == ATS_AVRO_RECORD)
        status = read_fields(r, json_object_get(json, "fields"), place, type);
    memcpy(type->full_name, full, sizeof(full));
    return status;
}

/* NULL when out of memory. */
static struct ats_avsc_type *new_type(struct ats_avsc_tree *tree, enum ats_avro_type kind)
{
    struct ats_avsc_type *type = calloc(1, sizeof(*type));
    if (!type)
        return NULL;
    type->type = kind;
    type->next = tree->all;
    tree->all = type;
    return type;
}

static enum ats_status read_definition(struct reader *r, const json_t *json, struct place place,
                                       struct ats_avsc_type *type)
{
    enum ats_status status = ATS_OK;
    if (type->type == ATS_AVRO_UNION)
        return read_parts(r, json, NULL, place, type);
    if (type->type == ATS_AVRO_ARRAY || type->type == ATS_AVRO_MAP) {
        const char *key = type->type == ATS_AVRO_ARRAY ? "items" : "values";
        status = read_parts(r, NULL, json_object_get(json, key), place, type);
    } else if (type->type >= ATS_AVRO_FIXED) {
        status = read_named(r, json, place, type);
    }
    type->logical = ats_logical_read(json, type->type, type->fixed_size);
    return status;
}

static enum ats_status read_type(struct reader *r, const json_t *json, struct place place,
                                 const struct ats_avsc_type **ret_type)
{
    const json_t *inner = json_is_object(json) ? json_object_get(json, "type") : json;
    const char *name = json_string_value(inner);
    enum ats_avro_type kind = ATS_AVRO_UNION;
    char full[ATS_AVSC_NAME_SIZE];
    if (place.depth > 2 * ATS_SCHEMA_DEPTH_MAX || (!name && !inner))
        return refuse(r);
    if (inner != json && !name)
        return read_type(r, inner, (struct place){place.space, place.depth + 1}, ret_type);
    if (name && !find_type(name, &kind)) {
        *ret_type = make_full_name(name, place.space, full) ? find_named(r, full) : NULL;
        return *ret_type ? ATS_OK : refuse(r);
    }
    struct ats_avsc_type *type = new_type(r->tree, kind);
    *ret_type = type;
    return type ? read_definition(r, json, place, type) : out_of_memory(r);
}

enum ats_status ats_avsc_tree_read(struct ats_span text, const char *name,
                                   struct ats_avsc_tree *ret_tree, struct ats_error *err)
{
    struct reader r = {.file = name, .tree = ret_tree, .err = err};
    *ret_tree = (struct ats_avsc_tree){0};
    enum ats_status status = ats_avsc_read(text, name, &ret_tree->json, err);
    if (status == ATS_OK)
        status = read_type(&r, ret_tree->json, (struct place){"", 0}, &ret_tree->root);
    if (status != ATS_OK)
        ats_avsc_tree_fini(ret_tree);
    return status;
}

void ats_avsc_tree_fini(struct ats_avsc_tree *tree)
{
    for (struct ats_avsc_type *type = tree->all; type;) {
        struct ats_avsc_type *next = type->next;
        free(type->fields);
        free(type->parts);
        free(type);
        type = next;
    }
    json_decref(tree->json);
    *tree = (struct ats_avsc_tree){0};
}
