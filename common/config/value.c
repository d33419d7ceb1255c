/* SPDX-License-Identifier: Apache-2.0 */
#include "common/config/value.h"

#include "common/base/parse.h"

#include <ctype.h>
#include <inttypes.h>

struct unit {
    const char *name;
    int64_t factor;
};

/* Largest first: a value is printed in the largest unit that divides it. */
static const struct unit duration_units[] = {
    {"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
static const struct unit size_units[] = {
    {"GiB", 1073741824}, {"MiB", 1048576}, {"KiB", 1024}, {"", 1}};

static void *member(const struct ats_property *property, void *options)
{
    return (char *)options + property->offset;
}

static const void *const_member(const struct ats_property *property, const void *options)
{
    return (const char *)options + property->offset;
}

/* A control character could not be printed as a line that reads back. */
static enum ats_status parse_text(const struct ats_property *property, const char *text,
                                  const char **ret_text)
{
    bool may_be_empty = property->default_text && property->default_text[0] == '\0';
    if (text[0] == '\0' && !may_be_empty)
        return ATS_ERR_INVALID;
    for (const char *c = text; *c; c++)
        if (iscntrl((unsigned char)*c))
            return ATS_ERR_INVALID;
    *ret_text = text;
    return ATS_OK;
}

static enum ats_status parse_boolean(const char *text, bool *ret_value)
{
    bool is_true = strcmp(text, "true") == 0;
    if (!is_true && strcmp(text, "false") != 0)
        return ATS_ERR_INVALID;
    *ret_value = is_true;
    return ATS_OK;
}

static enum ats_status parse_choice(const struct ats_property *property, const char *text,
                                    int *ret_value)
{
    for (int i = 0; property->choices[i]; i++) {
        if (strcmp(property->choices[i], text) != 0)
            continue;
        *ret_value = i;
        return ATS_OK;
    }
    return ATS_ERR_INVALID;
}

static enum ats_status parse_number(const struct ats_property *property, const char *text,
                                    int64_t *ret_value)
{
    int64_t value = 0;
    enum ats_status status = ATS_ERR_INTERNAL;
    if (property->type == ATS_PROPERTY_INTEGER)
        status = ats_parse_int64(text, &value);
    else if (property->type == ATS_PROPERTY_DURATION)
        status = ats_parse_duration(text, &value);
    else if (property->type == ATS_PROPERTY_SIZE)
        status = ats_parse_size(text, &value);
    if (status != ATS_OK || value < property->min || value > property->max)
        return ATS_ERR_INVALID;
    *ret_value = value;
    return ATS_OK;
}

enum ats_status ats_config_value_parse(const struct ats_property *property, const char *text,
                                       void *options)
{
    switch (property->type) {
    case ATS_PROPERTY_TEXT:
    case ATS_PROPERTY_PATH:
        return parse_text(property, text, member(property, options));
    case ATS_PROPERTY_BOOLEAN:
        return parse_boolean(text, member(property, options));
    case ATS_PROPERTY_CHOICE:
        return parse_choice(property, text, member(property, options));
    case ATS_PROPERTY_INTEGER:
    case ATS_PROPERTY_DURATION:
    case ATS_PROPERTY_SIZE:
        return parse_number(property, text, member(property, options));
    }
    return ATS_ERR_INTERNAL;
}

void ats_config_value_clear(const struct ats_property *property, void *options)
{
    switch (property->type) {
    case ATS_PROPERTY_TEXT:
    case ATS_PROPERTY_PATH:
        *(const char **)member(property, options) = NULL;
        return;
    case ATS_PROPERTY_BOOLEAN:
        *(bool *)member(property, options) = false;
        return;
    case ATS_PROPERTY_CHOICE:
        *(int *)member(property, options) = 0;
        return;
    case ATS_PROPERTY_INTEGER:
    case ATS_PROPERTY_DURATION:
    case ATS_PROPERTY_SIZE:
        *(int64_t *)member(property, options) = 0;
        return;
    }
}

static void format_number(enum ats_property_type type, int64_t value, struct ats_buf *out)
{
    const struct unit *unit = duration_units;
    if (type == ATS_PROPERTY_INTEGER) {
        ats_buf_printf(out, "%" PRId64, value);
        return;
    }
    if (type == ATS_PROPERTY_SIZE)
        unit = size_units;
    while (unit->factor > 1 && (value == 0 || value % unit->factor != 0))
        unit++;
    ats_buf_printf(out, "%" PRId64 "%s", value / unit->factor, unit->name);
}

void ats_config_value_format(const struct ats_property *property, const void *options,
                             struct ats_buf *out)
{
    const void *from = const_member(property, options);
    const char *text = NULL;
    switch (property->type) {
    case ATS_PROPERTY_TEXT:
    case ATS_PROPERTY_PATH:
        text = *(const char *const *)from;
        ats_buf_append_text(out, text ? text : "");
        return;
    case ATS_PROPERTY_BOOLEAN:
        ats_buf_append_text(out, *(const bool *)from ? "true" : "false");
        return;
    case ATS_PROPERTY_CHOICE:
        ats_buf_append_text(out, property->choices[*(const int *)from]);
        return;
    case ATS_PROPERTY_INTEGER:
    case ATS_PROPERTY_DURATION:
    case ATS_PROPERTY_SIZE:
        format_number(property->type, *(const int64_t *)from, out);
        return;
    }
}

static void allowed_choices(const char *const *choices, struct ats_buf *out)
{
    for (size_t i = 0; choices[i]; i++) {
        if (i > 0)
            ats_buf_append_text(out, choices[i + 1] ? ", " : " or ");
        ats_buf_append_text(out, choices[i]);
    }
}

void ats_config_value_allowed(const struct ats_property *property, struct ats_buf *out)
{
    switch (property->type) {
    case ATS_PROPERTY_TEXT:
        ats_buf_append_text(out, "a text");
        return;
    case ATS_PROPERTY_PATH:
        ats_buf_append_text(out, "a path");
        return;
    case ATS_PROPERTY_BOOLEAN:
        ats_buf_append_text(out, "true or false");
        return;
    case ATS_PROPERTY_CHOICE:
        allowed_choices(property->choices, out);
        return;
    case ATS_PROPERTY_INTEGER:
    case ATS_PROPERTY_DURATION:
    case ATS_PROPERTY_SIZE:
        format_number(property->type, property->min, out);
        ats_buf_append_text(out, " to ");
        format_number(property->type, property->max, out);
        return;
    }
}
