/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/yaml_node.h"

#include "common/base/parse.h"
#include "common/base/utf8.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define DURATION_MAX_MS (INT64_C(100) * 366 * 24 * 3600 * 1000)
#define CHOICES_TEXT_MAX 256

static const char *const kind_names[] = {
    [ATS_YAML_SCALAR] = "a single value",
    [ATS_YAML_SEQUENCE] = "a list",
    [ATS_YAML_MAPPING] = "a mapping",
};

enum ats_yaml_kind ats_yaml_kind(const struct ats_yaml_node *node)
{
    return node->kind;
}

const char *ats_yaml_key(const struct ats_yaml_node *node)
{
    return node->shown ? node->shown : "";
}

const char *ats_yaml_scalar(const struct ats_yaml_node *node)
{
    return node->text;
}

bool ats_yaml_is_plain(const struct ats_yaml_node *node)
{
    return node->kind == ATS_YAML_SCALAR && node->plain;
}

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

bool ats_yaml_is_null(const struct ats_yaml_node *node)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    return ats_yaml_is_plain(node) && is_one_of(node->text, nulls);
}

const struct ats_yaml_node *ats_yaml_first(const struct ats_yaml_node *node)
{
    return node ? node->first : NULL;
}

const struct ats_yaml_node *ats_yaml_next(const struct ats_yaml_node *node)
{
    return node->next;
}

size_t ats_yaml_count(const struct ats_yaml_node *node)
{
    return node ? node->count : 0;
}

const struct ats_yaml_node *ats_yaml_find(const struct ats_yaml_node *mapping, const char *key)
{
    if (!mapping || mapping->kind != ATS_YAML_MAPPING)
        return NULL;
    for (const struct ats_yaml_node *node = mapping->first; node; node = node->next)
        if (strcmp(node->key, key) == 0)
            return node;
    return NULL;
}

enum ats_status ats_yaml_error(const struct ats_yaml_node *node, struct ats_error *err,
                               const char *format, ...)
{
    char text[ATS_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (!node->shown)
        return ats_error_set(err, ATS_ERR_CONFIG, "%s:%zu: %s", node->yaml->name, node->line, text);
    return ats_error_set(err, ATS_ERR_CONFIG, "%s:%zu: key '%s': %s", node->yaml->name, node->line,
                         node->shown, text);
}

enum ats_status ats_yaml_require(const struct ats_yaml_node *mapping, const char *key,
                                 const struct ats_yaml_node **ret_node, struct ats_error *err)
{
    enum ats_status status = ats_yaml_expect(mapping, ATS_YAML_MAPPING, err);
    if (status != ATS_OK)
        return status;
    *ret_node = ats_yaml_find(mapping, key);
    return *ret_node ? ATS_OK : ats_yaml_error(mapping, err, "missing key '%s'", key);
}

enum ats_status ats_yaml_expect(const struct ats_yaml_node *node, enum ats_yaml_kind kind,
                                struct ats_error *err)
{
    if (node->kind == kind)
        return ATS_OK;
    return ats_yaml_error(node, err, "expected %s, not %s", kind_names[kind],
                          kind_names[node->kind]);
}

/* "a, b, c", cut to fit. */
static const char *join(const char *const *names, char ret_text[CHOICES_TEXT_MAX])
{
    size_t used = 0;
    ret_text[0] = '\0';
    for (; *names && used < CHOICES_TEXT_MAX; names++) {
        int len =
            snprintf(ret_text + used, CHOICES_TEXT_MAX - used, "%s%s", used ? ", " : "", *names);
        used += len > 0 ? (size_t)len : 0;
    }
    return ret_text;
}

enum ats_status ats_yaml_check_keys(const struct ats_yaml_node *mapping, const char *const *allowed,
                                    struct ats_error *err)
{
    char text[CHOICES_TEXT_MAX];
    enum ats_status status = ats_yaml_expect(mapping, ATS_YAML_MAPPING, err);
    for (const struct ats_yaml_node *node = mapping->first; node && status == ATS_OK;
         node = node->next) {
        if (is_one_of(node->key, allowed))
            continue;
        const char *nearest = ats_nearest_name(node->key, allowed);
        if (nearest)
            status = ats_yaml_error(node, err, "unknown key (did you mean '%s'?)", nearest);
        else
            status = ats_yaml_error(node, err, "unknown key (allowed: %s)", join(allowed, text));
        status = ats_yaml_go_on(node, status, err);
    }
    return status;
}

enum ats_status ats_yaml_get_text(const struct ats_yaml_node *node, const char **ret_text,
                                  struct ats_error *err)
{
    enum ats_status status = ats_yaml_expect(node, ATS_YAML_SCALAR, err);
    if (status != ATS_OK)
        return status;
    if (node->text[0] == '\0' || ats_yaml_is_null(node))
        return ats_yaml_error(node, err, "empty (allowed: text; a null in quotes is one)");
    *ret_text = node->text;
    return ATS_OK;
}

static enum ats_status not_allowed(const struct ats_yaml_node *node, struct ats_error *err,
                                   const char *allowed)
{
    return ats_yaml_error(node, err, "'%.*s' is not allowed (allowed: %s)", ATS_QUOTE(node->text),
                          allowed);
}

enum ats_status ats_yaml_get_integer(const struct ats_yaml_node *node, int64_t min, int64_t max,
                                     int64_t *ret_integer, struct ats_error *err)
{
    int64_t value = 0;
    enum ats_status status = ats_yaml_expect(node, ATS_YAML_SCALAR, err);
    if (status != ATS_OK)
        return status;
    if (node->plain && ats_parse_int64(node->text, &value) == ATS_OK && value >= min &&
        value <= max) {
        *ret_integer = value;
        return ATS_OK;
    }
    return ats_yaml_error(node, err,
                          "'%.*s' is not allowed (allowed: an integer %" PRId64 "..%" PRId64 ")",
                          ATS_QUOTE(node->text), min, max);
}

enum ats_status ats_yaml_get_real(const struct ats_yaml_node *node, double *ret_real,
                                  struct ats_error *err)
{
    enum ats_status status = ats_yaml_expect(node, ATS_YAML_SCALAR, err);
    if (status != ATS_OK)
        return status;
    if (node->plain && ats_parse_double(node->text, ret_real) == ATS_OK)
        return ATS_OK;
    return not_allowed(node, err, "a number");
}

enum ats_status ats_yaml_get_boolean(const struct ats_yaml_node *node, bool *ret_boolean,
                                     struct ats_error *err)
{
    enum ats_status status = ats_yaml_expect(node, ATS_YAML_SCALAR, err);
    if (status != ATS_OK)
        return status;
    bool is_true = strcmp(node->text, "true") == 0;
    if (!node->plain || (!is_true && strcmp(node->text, "false") != 0))
        return not_allowed(node, err, "true, false");
    *ret_boolean = is_true;
    return ATS_OK;
}

enum ats_status ats_yaml_get_choice(const struct ats_yaml_node *node, const char *const *choices,
                                    size_t *ret_index, struct ats_error *err)
{
    char text[CHOICES_TEXT_MAX];
    enum ats_status status = ats_yaml_expect(node, ATS_YAML_SCALAR, err);
    if (status != ATS_OK)
        return status;
    for (size_t i = 0; choices[i]; i++) {
        if (strcmp(node->text, choices[i]) != 0)
            continue;
        *ret_index = i;
        return ATS_OK;
    }
    return not_allowed(node, err, join(choices, text));
}

enum ats_status ats_yaml_get_duration(const struct ats_yaml_node *node, int64_t *ret_ms,
                                      struct ats_error *err)
{
    enum ats_status status = ats_yaml_expect(node, ATS_YAML_SCALAR, err);
    if (status != ATS_OK)
        return status;
    if (ats_parse_duration(node->text, ret_ms) == ATS_OK && *ret_ms <= DURATION_MAX_MS)
        return ATS_OK;
    return not_allowed(node, err, "a duration such as 250ms, 10s, 5m, 1h, 7d");
}
