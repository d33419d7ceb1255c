/* SPDX-License-Identifier: Apache-2.0 */
/* A property table as the values in force, as a reference page, and as an example file. */
#include "common/config/config.h"
#include "common/config/value.h"

void ats_config_print(const struct ats_property *table, const void *options, struct ats_buf *out)
{
    for (; table->name; table++) {
        ats_buf_printf(out, "%s = ", table->name);
        ats_config_value_format(table, options, out);
        ats_buf_append_byte(out, '\n');
    }
}

/* A cell of a Markdown table: a bar would end it. */
static void append_cell(const char *text, struct ats_buf *out)
{
    for (; *text; text++) {
        if (*text == '|')
            ats_buf_append_byte(out, '\\');
        ats_buf_append_byte(out, (uint8_t)*text);
    }
}

static void append_default(const struct ats_property *property, struct ats_buf *out)
{
    if (!property->default_text)
        ats_buf_append_text(out, "required");
    else if (property->default_text[0] == '\0')
        ats_buf_append_text(out, "empty");
    else {
        ats_buf_append_byte(out, '`');
        append_cell(property->default_text, out);
        ats_buf_append_byte(out, '`');
    }
}

void ats_config_print_reference(const struct ats_property *table, struct ats_buf *out)
{
    ats_buf_append_text(out, "| name | allowed | default | what |\n|---|---|---|---|\n");
    for (; table->name; table++) {
        ats_buf_printf(out, "| `%s` | ", table->name);
        ats_config_value_allowed(table, out);
        ats_buf_append_text(out, " | ");
        append_default(table, out);
        ats_buf_append_text(out, " | ");
        append_cell(table->help, out);
        ats_buf_append_text(out, " |\n");
    }
}

void ats_config_print_example(const struct ats_property *table, const char *prefix,
                              const char *separator, struct ats_buf *out)
{
    for (size_t i = 0; table[i].name; i++) {
        const struct ats_property *property = &table[i];
        ats_buf_printf(out, "%s# %s Allowed: ", i > 0 ? "\n" : "", property->help);
        ats_config_value_allowed(property, out);
        ats_buf_printf(out, ".%s\n", property->default_text ? "" : " Required.");
        /* Without a default there is nothing to show: left as it is, the program names what is missing. */
        ats_buf_printf(out, "#%s%s%s%s\n", prefix, property->name, separator,
                       property->default_text ? property->default_text : "...");
    }
}
