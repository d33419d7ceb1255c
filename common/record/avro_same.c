/* SPDX-License-Identifier: Apache-2.0 */
/* What Avro's specification calls the parsing canonical form, compared without being written: avro-c's own comparison takes an enum with
   fewer symbols for the same. */
#include "common/record/avro_same.h"

#include <stdio.h>

/* Levels of types within types; what is deeper is no schema of ours. */
#define DEPTH_MAX 64
/* Of a full name, or a namespace, in bytes. */
#define NAME_MAX_SIZE 1024

struct side {
    const json_t *json;
    const char *space; /* the namespace around it, "" for none */
};

static bool same_type(struct side a, struct side b, int depth);

static bool is_any(const char *text, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(text, *list) == 0)
            return true;
    return false;
}

static bool is_complex(const char *type)
{
    static const char *const complex[] = {"record", "error", "enum", "fixed", "array", "map", NULL};
    return is_any(type, complex);
}

static bool is_primitive(const char *type)
{
    static const char *const primitive[] = {"null",   "boolean", "int",    "long", "float",
                                            "double", "bytes",   "string", NULL};
    return is_any(type, primitive);
}

/* {"type": X} is X, unless X says of which kind the object is. */
static const json_t *unwrap(const json_t *json)
{
    for (int i = 0; i < DEPTH_MAX && json_is_object(json); i++) {
        const json_t *type = json_object_get(json, "type");
        if (json_is_string(type) && is_complex(json_string_value(type)))
            break;
        json = type;
    }
    return json;
}

/* False: it is longer than any name of ours. */
static bool put_full_name(const char *name, const char *space, char ret_name[NAME_MAX_SIZE])
{
    bool is_full = strchr(name, '.') || space[0] == '\0';
    int len =
        snprintf(ret_name, NAME_MAX_SIZE, "%s%s%s", is_full ? "" : space, is_full ? "" : ".", name);
    return len > 0 && len < NAME_MAX_SIZE;
}

/* The full name of a definition, and the namespace inside it. */
static bool name_definition(struct side side, char ret_name[NAME_MAX_SIZE],
                            char ret_space[NAME_MAX_SIZE])
{
    const char *name = json_string_value(json_object_get(side.json, "name"));
    const char *space = json_string_value(json_object_get(side.json, "namespace"));
    if (!name || !put_full_name(name, space ? space : side.space, ret_name))
        return false;
    const char *dot = strrchr(ret_name, '.');
    (void)snprintf(ret_space, NAME_MAX_SIZE, "%.*s", dot ? (int)(dot - ret_name) : 0, ret_name);
    return true;
}

static bool same_reference(struct side a, struct side b)
{
    char left[NAME_MAX_SIZE];
    char right[NAME_MAX_SIZE];
    const char *a_name = json_string_value(a.json);
    const char *b_name = json_string_value(b.json);
    if (is_primitive(a_name) || is_primitive(b_name))
        return strcmp(a_name, b_name) == 0;
    return put_full_name(a_name, a.space, left) && put_full_name(b_name, b.space, right) &&
           strcmp(left, right) == 0;
}

static bool same_list(struct side a, struct side b, int depth)
{
    size_t count = json_array_size(a.json);
    bool same = count == json_array_size(b.json);
    for (size_t i = 0; i < count && same; i++)
        same = same_type((struct side){json_array_get(a.json, i), a.space},
                         (struct side){json_array_get(b.json, i), b.space}, depth);
    return same;
}

static bool same_fields(struct side a, struct side b, int depth)
{
    size_t count = json_array_size(a.json);
    bool same = json_is_array(a.json) && json_is_array(b.json) && count == json_array_size(b.json);
    for (size_t i = 0; i < count && same; i++) {
        const json_t *left = json_array_get(a.json, i);
        const json_t *right = json_array_get(b.json, i);
        const json_t *name = json_object_get(left, "name");
        same = json_is_string(name) && json_equal(name, json_object_get(right, "name")) &&
               same_type((struct side){json_object_get(left, "type"), a.space},
                         (struct side){json_object_get(right, "type"), b.space}, depth);
    }
    return same;
}

static bool same_member(struct side a, struct side b, const char *name)
{
    const json_t *left = json_object_get(a.json, name);
    return left && json_equal(left, json_object_get(b.json, name));
}

static bool same_inner(struct side a, struct side b, const char *name, int depth)
{
    return same_type((struct side){json_object_get(a.json, name), a.space},
                     (struct side){json_object_get(b.json, name), b.space}, depth);
}

static bool same_named(struct side a, struct side b, const char *type, int depth)
{
    char names[2][NAME_MAX_SIZE];
    char spaces[2][NAME_MAX_SIZE];
    if (!name_definition(a, names[0], spaces[0]) || !name_definition(b, names[1], spaces[1]) ||
        strcmp(names[0], names[1]) != 0)
        return false;
    if (strcmp(type, "enum") == 0)
        return same_member(a, b, "symbols");
    if (strcmp(type, "fixed") == 0)
        return same_member(a, b, "size");
    return same_fields((struct side){json_object_get(a.json, "fields"), spaces[0]},
                       (struct side){json_object_get(b.json, "fields"), spaces[1]}, depth);
}

static bool same_object(struct side a, struct side b, int depth)
{
    const char *type = json_string_value(json_object_get(a.json, "type"));
    if (!type || !same_member(a, b, "type")) /* no text where unwrap() gave up */
        return false;
    if (strcmp(type, "array") == 0)
        return same_inner(a, b, "items", depth);
    if (strcmp(type, "map") == 0)
        return same_inner(a, b, "values", depth);
    return same_named(a, b, type, depth);
}

static bool same_type(struct side a, struct side b, int depth)
{
    a.json = unwrap(a.json);
    b.json = unwrap(b.json);
    if (!a.json || !b.json || json_typeof(a.json) != json_typeof(b.json) || depth == DEPTH_MAX)
        return false;
    if (json_is_string(a.json))
        return same_reference(a, b);
    if (json_is_array(a.json))
        return same_list(a, b, depth + 1);
    return json_is_object(a.json) && same_object(a, b, depth + 1);
}

bool ats_avro_same_json(const json_t *a, const json_t *b)
{
    return a && b && (json_equal(a, b) || same_type((struct side){a, ""}, (struct side){b, ""}, 0));
}

bool ats_avro_same_type(struct ats_span a, struct ats_span b)
{
    json_t *left = json_loadb((const char *)a.data, a.len, JSON_DECODE_ANY, NULL);
    json_t *right = json_loadb((const char *)b.data, b.len, JSON_DECODE_ANY, NULL);
    bool same = ats_avro_same_json(left, right);
    json_decref(left);
    json_decref(right);
    return same;
}
