/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/docs_fields.h"

#include "cli/docs_html.h"
#include "common/base/limits.h"

#include <stdio.h>

#define PATH_MAX_SIZE (ATS_SCHEMA_DEPTH_MAX * (ATS_NAME_MAX + 2))

/* A page's table; `sent` is the setting `units`, or NULL. */
struct table {
    struct ats_buf *out;
    const struct ats_yaml_node *sent;
};

static void put_properties(const struct table *table, const struct ats_yaml_node *owner,
                           const char *above);

static const char *unit_of(const struct ats_yaml_node *property)
{
    const struct ats_yaml_node *list = ats_yaml_find(property, "customProperties");
    for (const struct ats_yaml_node *item = ats_yaml_first(list); item; item = ats_yaml_next(item))
        if (strcmp(ats_html_of(item, "property"), "unit") == 0)
            return ats_html_of(item, "value");
    return "";
}

static void put_type(struct ats_buf *out, const struct ats_yaml_node *property)
{
    const char *logical = ats_html_of(property, "logicalType");
    const char *physical = ats_html_of(property, "physicalType");
    ats_buf_append_text(out, "<td>");
    ats_html_text(out, logical);
    if (physical[0] && strcmp(logical, physical) != 0) {
        ats_buf_append_text(out, logical[0] ? " (" : "");
        ats_html_text(out, physical);
        ats_buf_append_text(out, logical[0] ? ")" : "");
    }
    ats_buf_append_text(out, "</td>");
}

/* What an entry demands, without the keys that only describe it. */
static void put_check(struct ats_buf *out, const struct ats_yaml_node *check)
{
    static const char *const about[] = {"id",        "name",           "description",
                                        "dimension", "severity",       "type",
                                        "engine",    "implementation", "tags",
                                        "method",    "unit",           "authoritativeDefinitions"};
    const struct ats_yaml_node *rules = ats_yaml_find(check, "implementation");
    const char *separator = "";
    ats_buf_append_text(out, "<div>");
    if (rules)
        ats_html_value(out, rules);
    for (const struct ats_yaml_node *key = ats_yaml_first(check); key; key = ats_yaml_next(key)) {
        bool tells = false;
        for (size_t i = 0; i < sizeof(about) / sizeof(about[0]); i++)
            tells = tells || strcmp(about[i], ats_yaml_key(key)) == 0;
        if (tells)
            continue;
        ats_buf_append_text(out, separator);
        ats_html_text(out, ats_yaml_key(key));
        ats_buf_append_text(out, ": ");
        ats_html_value(out, key);
        separator = ", ";
    }
    const char *description = ats_html_of(check, "description");
    if (description[0]) {
        ats_buf_append_text(out, " <small>");
        ats_html_text(out, description);
        ats_buf_append_text(out, "</small>");
    }
    ats_buf_append_text(out, "</div>");
}

static void put_rules(struct ats_buf *out, const struct ats_yaml_node *property)
{
    const struct ats_yaml_node *options = ats_yaml_find(property, "logicalTypeOptions");
    const struct ats_yaml_node *quality = ats_yaml_find(property, "quality");
    ats_buf_append_text(out, "<td>");
    ats_html_value(out, options);
    for (const struct ats_yaml_node *check = ats_yaml_first(quality); check;
         check = ats_yaml_next(check))
        put_check(out, check);
    ats_buf_append_text(out, "</td>");
}

static void put_cell(struct ats_buf *out, const char *text)
{
    ats_buf_append_text(out, "<td>");
    ats_html_text(out, text);
    ats_buf_append_text(out, "</td>");
}

static void put_unit(const struct table *table, const struct ats_yaml_node *property,
                     const char *path)
{
    const char *sent = ats_html_of(table->sent, path);
    ats_buf_append_text(table->out, "<td>");
    ats_html_text(table->out, unit_of(property));
    if (sent[0]) {
        ats_buf_append_text(table->out, " <small>sent in ");
        ats_html_text(table->out, sent);
        ats_buf_append_text(table->out, "</small>");
    }
    ats_buf_append_text(table->out, "</td>");
}

static void put_element(const struct table *table, const struct ats_yaml_node *property,
                        const char *path)
{
    struct ats_buf *out = table->out;
    const struct ats_yaml_node *items = ats_yaml_find(property, "items");
    const char *required = ats_html_of(property, "required");
    char below[PATH_MAX_SIZE];
    ats_buf_append_text(out, "<tr><td><code>");
    ats_html_text(out, path);
    ats_buf_append_text(out, "</code></td>");
    put_type(out, property);
    put_unit(table, property, path);
    put_cell(out, required);
    put_rules(out, property);
    put_cell(out, ats_html_of(property, "classification"));
    put_cell(out, ats_html_of(property, "description"));
    ats_buf_append_text(out, "</tr>\n");
    put_properties(table, property, path);
    (void)snprintf(below, sizeof(below), "%.*s[]", (int)sizeof(below) - 3, path);
    if (items)
        put_element(table, items, below);
}

static void put_properties(const struct table *table, const struct ats_yaml_node *owner,
                           const char *above)
{
    const struct ats_yaml_node *list = ats_yaml_find(owner, "properties");
    for (const struct ats_yaml_node *p = ats_yaml_first(list); p; p = ats_yaml_next(p)) {
        char path[PATH_MAX_SIZE];
        const char *name = ats_html_of(p, "name");
        int len = snprintf(path, sizeof(path), "%s%s%s", above, above[0] ? "." : "", name);
        put_element(table, p, len < (int)sizeof(path) ? path : name);
    }
}

static const struct ats_yaml_node *settings_of(const struct ats_yaml_node *root)
{
    const struct ats_yaml_node *list = ats_yaml_find(root, "customProperties");
    for (const struct ats_yaml_node *item = ats_yaml_first(list); item; item = ats_yaml_next(item))
        if (strcmp(ats_html_of(item, "property"), "attestream") == 0)
            return ats_yaml_find(item, "value");
    return NULL;
}

void ats_docs_put_fields(struct ats_buf *out, const struct ats_yaml_node *root)
{
    static const char *const titles[] = {"Field", "Type",           "Unit",       "Required",
                                         "Rules", "Classification", "Description"};
    const struct table table = {out, ats_yaml_find(settings_of(root), "units")};
    ats_html_element(out, "h3", "Fields");
    ats_buf_append_text(out, "<div class=\"wide\"><table><thead><tr>");
    for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
        ats_html_element(out, "th", titles[i]);
    ats_buf_append_text(out, "</tr></thead><tbody>\n");
    put_properties(&table, ats_yaml_first(ats_yaml_find(root, "schema")), "");
    ats_buf_append_text(out, "</tbody></table></div>\n");
}
