/* SPDX-License-Identifier: Apache-2.0 */
#include "common/config/config.h"

#include "common/base/limits.h"
#include "common/base/parse.h"
#include "common/config/value.h"

#include <stdio.h>
#include <stdlib.h>

#define DEFAULT_ORIGIN "by default"

static size_t table_len(const struct ats_property *table)
{
    size_t len = 0;
    while (table[len].name)
        len++;
    return len;
}

static enum ats_status out_of_memory(struct ats_error *err)
{
    return ats_error_set(err, ATS_ERR_MEMORY, "out of memory for the configuration");
}

static enum ats_status not_allowed(const struct ats_property *property, const char *value,
                                   const char *origin, struct ats_error *err)
{
    struct ats_buf allowed;
    ats_buf_init(&allowed, ATS_ERROR_TEXT_MAX);
    ats_config_value_allowed(property, &allowed);
    bool bare = value[strspn(value, "0123456789")] == '\0';
    if (property->type == ATS_PROPERTY_DURATION && bare)
        ats_buf_append_text(&allowed, ", with its unit: ms, s, m, h or d");
    const char *text = ats_buf_text(&allowed);
    (void)ats_error_set(err, ATS_ERR_CONFIG, "%s: key '%s': '%.128s' is not allowed (allowed: %s)",
                        origin, property->name, value, text ? text : "");
    ats_buf_fini(&allowed);
    return ATS_ERR_CONFIG;
}

static enum ats_status unknown_key(const struct ats_property *table, const char *name,
                                   const char *origin, struct ats_error *err)
{
    size_t len = table_len(table);
    const char **names = calloc(len + 1, sizeof(*names));
    for (size_t i = 0; names && i < len; i++)
        names[i] = table[i].name;
    const char *nearest = names ? ats_nearest_name(name, names) : NULL;
    free(names);
    if (nearest)
        return ats_error_set(err, ATS_ERR_CONFIG, "%s: unknown key '%.64s' (did you mean '%s'?)",
                             origin, name, nearest);
    return ats_error_set(err, ATS_ERR_CONFIG, "%s: unknown key '%.64s'", origin, name);
}

enum ats_status ats_config_begin(const struct ats_property *table, void *options,
                                 struct ats_config_values *values, struct ats_error *err)
{
    size_t len = table_len(table);
    *values = (struct ats_config_values){.texts = calloc(len, sizeof(char *)),
                                         .origins = calloc(len, sizeof(char *))};
    if (!values->texts || !values->origins)
        return out_of_memory(err);
    values->count = len;
    for (size_t i = 0; i < len; i++) {
        ats_config_value_clear(&table[i], options);
        if (!table[i].default_text)
            continue;
        if (ats_config_value_parse(&table[i], table[i].default_text, options) != ATS_OK)
            return not_allowed(&table[i], table[i].default_text, DEFAULT_ORIGIN, err);
    }
    return ATS_OK;
}

static size_t find(const struct ats_property *table, const char *name)
{
    size_t i = 0;
    while (table[i].name && strcmp(table[i].name, name) != 0)
        i++;
    return i;
}

enum ats_status ats_config_set(const struct ats_property *table, void *options,
                               struct ats_config_values *values, const char *name,
                               const char *value, const char *origin, struct ats_error *err)
{
    size_t i = find(table, name);
    if (!table[i].name)
        return unknown_key(table, name, origin, err);
    char *copy = strdup(value);
    char *where = strdup(origin);
    enum ats_status status = copy && where ? ATS_OK : out_of_memory(err);
    if (status == ATS_OK && ats_config_value_parse(&table[i], copy, options) != ATS_OK)
        status = not_allowed(&table[i], value, origin, err);
    if (status != ATS_OK) {
        free(copy);
        free(where);
        return status;
    }
    free(values->texts[i]);
    free(values->origins[i]);
    values->texts[i] = copy;
    values->origins[i] = where;
    return ATS_OK;
}

/* On a command line words are joined by a dash. */
static void spell(const char *name, const char *spelled, char ret_name[ATS_NAME_MAX])
{
    (void)snprintf(ret_name, ATS_NAME_MAX, "%s", name);
    for (char *c = ret_name; *c && spelled[0] == '-'; c++)
        if (*c == '_')
            *c = '-';
}

enum ats_status ats_config_end(const struct ats_property *table,
                               const struct ats_config_values *values, const char *spelled,
                               struct ats_error *err)
{
    char name[ATS_NAME_MAX];
    for (size_t i = 0; table[i].name; i++) {
        if (table[i].default_text || values->origins[i])
            continue;
        spell(table[i].name, spelled, name);
        return ats_error_set(err, ATS_ERR_CONFIG, "%s%s is missing: %s", spelled, name,
                             table[i].help);
    }
    return ATS_OK;
}

void ats_config_blame(const struct ats_property *table, const struct ats_config_values *values,
                      const char *name, struct ats_error *err)
{
    const char *origin = values->origins[find(table, name)];
    ats_error_prefix(err, "%s: key '%s'", origin ? origin : DEFAULT_ORIGIN, name);
}

void ats_config_values_fini(struct ats_config_values *values)
{
    if (!values)
        return;
    for (size_t i = 0; i < values->count; i++) {
        free(values->texts[i]);
        free(values->origins[i]);
    }
    free(values->texts);
    free(values->origins);
    *values = (struct ats_config_values){0};
}
