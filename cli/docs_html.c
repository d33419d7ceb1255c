/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/docs_html.h"

#include "common/base/utf8.h"

#define UNKNOWN "\xef\xbf\xbd"

/* Marks that turn the direction of reading (Unicode, annex 9): U+202A to U+202E, U+2066 to U+2069. */
static bool turns(const uint8_t *at, size_t len)
{
    return len == 3 && at[0] == 0xe2 &&
           ((at[1] == 0x80 && at[2] >= 0xaa && at[2] <= 0xae) ||
            (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9));
}

static void put_ascii(struct ats_buf *out, uint8_t c)
{
    switch (c) {
    case '&':
        ats_buf_append_text(out, "&amp;");
        break;
    case '<':
        ats_buf_append_text(out, "&lt;");
        break;
    case '>':
        ats_buf_append_text(out, "&gt;");
        break;
    case '"':
        ats_buf_append_text(out, "&quot;");
        break;
    case '\'':
        ats_buf_append_text(out, "&#39;");
        break;
    default:
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
            ats_buf_append_text(out, UNKNOWN);
        else
            ats_buf_append_byte(out, c);
    }
}

void ats_html_text(struct ats_buf *out, const char *text)
{
    const uint8_t *at = (const uint8_t *)text;
    size_t left = text ? strlen(text) : 0;
    while (left > 0) {
        size_t len = *at < 0x80 ? 1 : ats_utf8_sequence(ats_span_of(at, left));
        bool control = len == 2 && at[0] == 0xc2 && at[1] < 0xa0;
        if (len == 0 || control || turns(at, len))
            ats_buf_append_text(out, UNKNOWN);
        else if (len == 1)
            put_ascii(out, *at);
        else
            ats_buf_append(out, at, len);
        len = len ? len : 1;
        at += len;
        left -= len;
    }
}

void ats_html_element(struct ats_buf *out, const char *tag, const char *text)
{
    if (!text || text[0] == '\0')
        return;
    ats_buf_printf(out, "<%s>", tag);
    ats_html_text(out, text);
    ats_buf_printf(out, "</%s>\n", tag);
}

const char *ats_html_of(const struct ats_yaml_node *mapping, const char *key)
{
    const struct ats_yaml_node *node = ats_yaml_find(mapping, key);
    const char *text = node ? ats_yaml_scalar(node) : NULL;
    return text ? text : "";
}

static void put_value(struct ats_buf *out, const struct ats_yaml_node *node, bool outside)
{
    if (ats_yaml_kind(node) == ATS_YAML_SCALAR) {
        ats_html_text(out, ats_yaml_scalar(node));
        return;
    }
    bool mapping = ats_yaml_kind(node) == ATS_YAML_MAPPING;
    const char *separator = "";
    if (!outside)
        ats_buf_append_text(out, mapping ? "{" : "[");
    for (const struct ats_yaml_node *item = ats_yaml_first(node); item;
         item = ats_yaml_next(item)) {
        ats_buf_append_text(out, separator);
        if (mapping) {
            ats_html_text(out, ats_yaml_key(item));
            ats_buf_append_text(out, ": ");
        }
        put_value(out, item, false); /* as deep as ATS_YAML_DEPTH_MAX */
        separator = ", ";
    }
    if (!outside)
        ats_buf_append_text(out, mapping ? "}" : "]");
}

void ats_html_value(struct ats_buf *out, const struct ats_yaml_node *node)
{
    if (node)
        put_value(out, node, true);
}

void ats_html_link(struct ats_buf *out, const char *text)
{
    static const char *const schemes[] = {"https://", "http://", "mailto:"};
    bool link = false;
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
        link = link || strncmp(text, schemes[i], strlen(schemes[i])) == 0;
    if (link) {
        ats_buf_append_text(out, "<a href=\"");
        ats_html_text(out, text);
        ats_buf_append_text(out, "\" rel=\"noreferrer\">");
    }
    ats_html_text(out, text);
    ats_buf_append_text(out, link ? "</a>" : "");
}

static void put_row(struct ats_buf *out, const struct ats_html_column *columns,
                    const struct ats_yaml_node *row)
{
    ats_buf_append_text(out, "<tr>");
    for (; columns->title; columns++) {
        const struct ats_yaml_node *node = ats_yaml_find(row, columns->key);
        ats_buf_append_text(out, "<td>");
        if (node && ats_yaml_scalar(node))
            ats_html_link(out, ats_yaml_scalar(node));
        else
            ats_html_value(out, node);
        ats_buf_append_text(out, "</td>");
    }
    ats_buf_append_text(out, "</tr>\n");
}

void ats_html_table(struct ats_buf *out, const char *heading, const struct ats_html_column *columns,
                    const struct ats_yaml_node *list)
{
    if (ats_yaml_count(list) == 0)
        return;
    ats_html_element(out, "h3", heading);
    ats_buf_append_text(out, "<div class=\"wide\"><table><thead><tr>");
    for (size_t i = 0; columns[i].title; i++)
        ats_html_element(out, "th", columns[i].title);
    ats_buf_append_text(out, "</tr></thead><tbody>\n");
    for (const struct ats_yaml_node *row = ats_yaml_first(list); row; row = ats_yaml_next(row))
        put_row(out, columns, row);
    ats_buf_append_text(out, "</tbody></table></div>\n");
}
