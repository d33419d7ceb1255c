/* SPDX-License-Identifier: Apache-2.0 */
/* Relationships between properties: references as OBJECT.PROPERTY, or as [FILE.yaml#]SECTION/ID[/SECTION/ID]... */
#include "common/contract/odcs_keys.h"

#include "common/base/utf8.h"
#include "common/contract/yaml.h"

#include <ctype.h>

static const char *const types[] = {"foreignKey", NULL};

static bool is_word(char c)
{
    return (unsigned char)c < 0x80 && (isalnum((unsigned char)c) || c == '_');
}

/* Behind a name (letters, digits, _; no digit first), or NULL. */
static const char *skip_name(const char *at)
{
    if (!is_word(*at) || isdigit((unsigned char)*at))
        return NULL;
    while (is_word(*at))
        at++;
    return at;
}

static bool is_short(const char *text)
{
    const char *dot = skip_name(text);
    const char *end = dot && *dot == '.' ? skip_name(dot + 1) : NULL;
    return end && *end == '\0';
}

/* Behind SECTION/ID, or NULL. */
static const char *skip_step(const char *at)
{
    at = skip_name(at);
    if (!at || *at != '/')
        return NULL;
    const char *id = ++at;
    while (is_word(*at) || *at == '-')
        at++;
    return at > id ? at : NULL;
}

/* Behind FILE.yaml#, which may begin with http:// or https://; the text itself where there is no file, NULL where it is none. */
static const char *skip_file(const char *text)
{
    const char *hash = strchr(text, '#');
    const char *at = text;
    if (!hash)
        return text;
    for (size_t i = 0; i < 2; i++) {
        const char *scheme = i ? "http://" : "https://";
        if (at == text && strncmp(text, scheme, strlen(scheme)) == 0)
            at += strlen(scheme);
    }
    if (hash - at <= 5 || strncmp(hash - 5, ".yaml", 5) != 0)
        return NULL;
    for (; at < hash; at++)
        if (!is_word(*at) && !strchr(".-/", *at))
            return NULL;
    return hash + 1;
}

static bool is_full(const char *text)
{
    const char *at = skip_file(text);
    if (at && *at == '/')
        at++;
    at = at ? skip_step(at) : NULL;
    while (at && *at == '/')
        at = skip_step(at + 1);
    return at && *at == '\0';
}

static enum ats_status check_reference(const struct ats_yaml_node *node, struct ats_error *err)
{
    enum ats_status status = ats_shape_scalar(node, ATS_SHAPE_TEXT, err);
    if (status != ATS_OK || is_short(ats_yaml_scalar(node)) || is_full(ats_yaml_scalar(node)))
        return status;
    return ats_yaml_error(node, err,
                          "'%.*s' is no reference (allowed: object.property, or "
                          "schema/ID/properties/ID with file.yaml# before it)",
                          ATS_QUOTE(ats_yaml_scalar(node)));
}

/* One, or a list of them for a key of several properties. */
static enum ats_status check_references(const struct ats_yaml_node *node, struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    if (ats_yaml_kind(node) != ATS_YAML_SEQUENCE)
        return check_reference(node, err);
    if (ats_yaml_count(node) == 0)
        return ats_yaml_error(node, err, "an empty list (allowed: one reference or more)");
    for (const struct ats_yaml_node *item = ats_yaml_first(node); item && status == ATS_OK;
         item = ats_yaml_next(item))
        status = check_reference(item, err);
    return status;
}

#define COMMON                                                                                     \
    {.name = "type", .kind = ATS_SHAPE_CHOICE, .choices = types},                                  \
        {.name = "to", .kind = ATS_SHAPE_ANY, .required = true, .check = check_references},        \
    {                                                                                              \
        .name = "customProperties", .kind = ATS_SHAPE_OBJECTS, .object = &ats_odcs_custom_shape    \
    }

static const struct ats_shape_key relationship_keys[] = {
    COMMON,
    {.name = "from", .kind = ATS_SHAPE_ANY, .required = true, .check = check_references},
    {.name = NULL}};
static const struct ats_shape_key reference_keys[] = {COMMON, {.name = NULL}};

static enum ats_status check_both(const struct ats_yaml_node *relationship, struct ats_error *err)
{
    const struct ats_yaml_node *from = ats_yaml_find(relationship, "from");
    const struct ats_yaml_node *to = ats_yaml_find(relationship, "to");
    return ats_yaml_kind(from) == ats_yaml_kind(to)
               ? ATS_OK
               : ats_yaml_error(to, err, "'from' and 'to' are one reference each, or lists");
}

const struct ats_shape_object ats_odcs_relationship_shape = {.keys = relationship_keys,
                                                             .check = check_both};
const struct ats_shape_object ats_odcs_reference_shape = {.keys = reference_keys};
