/* SPDX-License-Identifier: Apache-2.0 */
/* YAML values against tables of keys. What a value is follows YAML 1.2's core schema: 1.0 is a number, "1.0" a text. */
#include "common/contract/odcs_lint.h"

#include "common/base/parse.h"
#include "common/base/utf8.h"
#include "common/contract/yaml.h"

#include <ctype.h>
#include <math.h>

/* Keys of one object: a property has 28, a server of some type a few more. */
#define KEYS_MAX 48

static const char *const kind_names[] = {
    [ATS_SHAPE_ANY] = "anything",
    [ATS_SHAPE_TEXT] = "text",
    [ATS_SHAPE_ID] = "letters, digits, _ and -",
    [ATS_SHAPE_NUMBER] = "a number",
    [ATS_SHAPE_INTEGER] = "an integer",
    [ATS_SHAPE_COUNT] = "an integer from 0 on",
    [ATS_SHAPE_BOOLEAN] = "true, false",
    [ATS_SHAPE_SCALAR] = "a single value",
};

static bool is_one_of(const char *text, const char *const *texts)
{
    for (; *texts; texts++)
        if (strcmp(text, *texts) == 0)
            return true;
    return false;
}

static bool is_boolean(const struct ats_yaml_node *node)
{
    static const char *const booleans[] = {"true", "True", "TRUE", "false", "False", "FALSE", NULL};
    return ats_yaml_is_plain(node) && is_one_of(ats_yaml_scalar(node), booleans);
}

static bool is_number(const struct ats_yaml_node *node, double *ret_number)
{
    return ats_yaml_is_plain(node) && ats_parse_double(ats_yaml_scalar(node), ret_number) == ATS_OK;
}

static bool is_integer(const struct ats_yaml_node *node, double least)
{
    double number = 0;
    return is_number(node, &number) && !(floor(number) < number) && number >= least;
}

static bool is_text(const struct ats_yaml_node *node)
{
    double ignored = 0;
    return !is_boolean(node) && !ats_yaml_is_null(node) && !is_number(node, &ignored);
}

static bool is_id(const struct ats_yaml_node *node)
{
    const char *text = ats_yaml_scalar(node);
    if (!is_text(node) || *text == '\0')
        return false;
    while ((unsigned char)*text < 0x80 &&
           (isalnum((unsigned char)*text) || *text == '_' || *text == '-'))
        text++;
    return *text == '\0';
}

static bool is_good(const struct ats_yaml_node *node, enum ats_shape_kind kind)
{
    double ignored = 0;
    switch (kind) {
    case ATS_SHAPE_TEXT:
        return is_text(node);
    case ATS_SHAPE_ID:
        return is_id(node);
    case ATS_SHAPE_NUMBER:
        return is_number(node, &ignored);
    case ATS_SHAPE_INTEGER:
        return is_integer(node, -HUGE_VAL);
    case ATS_SHAPE_COUNT:
        return is_integer(node, 0);
    case ATS_SHAPE_BOOLEAN:
        return is_boolean(node);
    default:
        return true;
    }
}

enum ats_status ats_shape_scalar(const struct ats_yaml_node *node, enum ats_shape_kind kind,
                                 struct ats_error *err)
{
    enum ats_status status = ats_yaml_expect(node, ATS_YAML_SCALAR, err);
    if (status != ATS_OK || is_good(node, kind))
        return status;
    const char *text = ats_yaml_scalar(node);
    if (ats_yaml_is_null(node))
        return ats_yaml_error(node, err, "empty (allowed: %s)", kind_names[kind]);
    return ats_yaml_error(
        node, err, "'%.*s' is not allowed (allowed: %s%s)", ATS_QUOTE(text), kind_names[kind],
        kind == ATS_SHAPE_TEXT ? "; YAML reads this as none unless it has quotes" : "");
}

static enum ats_status check_items(const struct ats_yaml_node *list, enum ats_shape_kind kind,
                                   const struct ats_shape_object *object, struct ats_error *err)
{
    enum ats_status status = ats_yaml_expect(list, ATS_YAML_SEQUENCE, err);
    if (kind == ATS_SHAPE_LIST)
        return status;
    for (const struct ats_yaml_node *item = ats_yaml_first(list); item && status == ATS_OK;
         item = ats_yaml_next(item))
        status =
            ats_yaml_go_on(item,
                           kind == ATS_SHAPE_TEXTS ? ats_shape_scalar(item, ATS_SHAPE_TEXT, err)
                                                   : ats_shape_check(item, object, err),
                           err);
    return status;
}

static enum ats_status check_choice(const struct ats_yaml_node *node, const char *const *choices,
                                    struct ats_error *err)
{
    size_t ignored = 0;
    enum ats_status status = ats_shape_scalar(node, ATS_SHAPE_TEXT, err);
    return status == ATS_OK ? ats_yaml_get_choice(node, choices, &ignored, err) : status;
}

static enum ats_status check_value(const struct ats_yaml_node *node,
                                   const struct ats_shape_key *key, struct ats_error *err)
{
    switch (key->kind) {
    case ATS_SHAPE_ANY:
        return ATS_OK;
    case ATS_SHAPE_MAPPING:
        return ats_yaml_expect(node, ATS_YAML_MAPPING, err);
    case ATS_SHAPE_CHOICE:
        return check_choice(node, key->choices, err);
    case ATS_SHAPE_TEXTS:
    case ATS_SHAPE_LIST:
    case ATS_SHAPE_OBJECTS:
        return check_items(node, key->kind, key->object, err);
    case ATS_SHAPE_OBJECT:
        return ats_shape_check(node, key->object, err);
    default:
        return ats_shape_scalar(node, key->kind, err);
    }
}

static const struct ats_shape_key *find_key(const struct ats_shape_key *keys, const char *name)
{
    while (keys->name && strcmp(keys->name, name) != 0)
        keys++;
    return keys->name ? keys : NULL;
}

static enum ats_status check_names(const struct ats_yaml_node *node,
                                   const struct ats_shape_key *keys, struct ats_error *err)
{
    const char *names[KEYS_MAX + 1] = {NULL};
    for (size_t i = 0; keys[i].name && i < KEYS_MAX; i++)
        names[i] = keys[i].name;
    return ats_yaml_check_keys(node, names, err);
}

static enum ats_status check_required(const struct ats_yaml_node *node,
                                      const struct ats_shape_key *keys, struct ats_error *err)
{
    const struct ats_yaml_node *ignored = NULL;
    enum ats_status status = ATS_OK;
    for (; keys->name && status == ATS_OK; keys++)
        if (keys->required)
            status = ats_yaml_go_on(node, ats_yaml_require(node, keys->name, &ignored, err), err);
    return status;
}

static enum ats_status check_key(const struct ats_yaml_node *value, const struct ats_shape_key *key,
                                 struct ats_error *err)
{
    size_t found = ats_yaml_found(value);
    enum ats_status status = check_value(value, key, err);
    return status == ATS_OK && key->check && ats_yaml_found(value) == found ? key->check(value, err)
                                                                            : status;
}

enum ats_status ats_shape_check(const struct ats_yaml_node *node,
                                const struct ats_shape_object *object, struct ats_error *err)
{
    size_t found = ats_yaml_found(node);
    enum ats_status status = ats_yaml_expect(node, ATS_YAML_MAPPING, err);
    if (status != ATS_OK)
        return status;
    const struct ats_shape_key *keys = object->choose ? object->choose(node) : object->keys;
    if (!object->open)
        status = check_names(node, keys, err);
    if (status == ATS_OK)
        status = check_required(node, keys, err);
    for (const struct ats_yaml_node *value = ats_yaml_first(node); value && status == ATS_OK;
         value = ats_yaml_next(value)) {
        const struct ats_shape_key *key = find_key(keys, ats_yaml_key(value));
        if (key)
            status = ats_yaml_go_on(value, check_key(value, key, err), err);
    }
    /* It rests on keys that are good. */
    return status == ATS_OK && object->check && ats_yaml_found(node) == found
               ? object->check(node, err)
               : status;
}
