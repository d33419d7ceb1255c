/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The draft's Avro schema. A named type lies in the namespace of the path to its field, and is called as the field, so that no two
 * have one name.
 */
#include "common/contract/infer_node.h"

#include <ctype.h>
#include <stdio.h>

#define SPACE_MAX (ATS_INFER_PATH_MAX + 2 * ATS_NAME_MAX)

struct writer {
    const struct ats_infer_found *found;
    struct ats_buf *out;
};

static void put_value_type(const struct writer *w, const struct ats_infer_node *node,
                           const char *space, int indent);

static void put_union(const struct writer *w, const struct ats_infer_node *node, const char *space,
                      int indent)
{
    bool nullable =
        ats_infer_nullable(node) || (ats_infer_type(node) == ATS_INFER_AS_UNKNOWN && node->key[0]);
    ats_buf_append_text(w->out, nullable ? "[\"null\", " : "");
    put_value_type(w, node, space, indent);
    ats_buf_append_text(w->out, nullable ? "]" : "");
}

static void put_fields(const struct writer *w, const struct ats_infer_node *record,
                       const char *space, int indent)
{
    const char *separator = "";
    ats_buf_append_text(w->out, "\"fields\": [");
    for (const struct ats_infer_node *field = record->first; field; field = field->next) {
        if (!ats_infer_is_name(field->key))
            continue;
        ats_buf_printf(w->out, "%s\n%*s{\"name\": \"%s\", \"type\": ", separator, indent + 2, "",
                       field->key);
        put_union(w, field, space, indent + 2);
        ats_buf_printf(w->out, "%s}", ats_infer_missing(field) ? ", \"default\": null" : "");
        separator = ",";
    }
    ats_buf_printf(w->out, "\n%*s]", indent, "");
}

/* Of items and values the key is empty. */
static const char *name_of(const struct ats_infer_node *node)
{
    return node->key[0] ? node->key : "item";
}

static void put_named(const struct writer *w, const struct ats_infer_node *node, const char *space,
                      int indent, bool record)
{
    char below[SPACE_MAX];
    (void)snprintf(below, sizeof(below), "%s.%s", space, name_of(node));
    ats_buf_printf(w->out, "{\"type\": \"%s\", \"name\": \"%s_%s\", \"namespace\": \"%s\", ",
                   record ? "record" : "enum", name_of(node), record ? "record" : "enum", space);
    if (record) {
        put_fields(w, node, below, indent);
    } else {
        ats_buf_append_text(w->out, "\"symbols\": [");
        for (size_t i = 0; i < node->text_count; i++)
            ats_buf_printf(w->out, "%s\"%s\"", i ? ", " : "", node->texts[i].text);
        ats_buf_append_text(w->out, "]");
    }
    ats_buf_append_text(w->out, "}");
}

static void put_collection(const struct writer *w, const struct ats_infer_node *node,
                           const char *space, int indent, bool map)
{
    char below[SPACE_MAX];
    (void)snprintf(below, sizeof(below), "%s.%s", space, name_of(node));
    ats_buf_printf(w->out, "{\"type\": \"%s\", \"%s\": ", map ? "map" : "array",
                   map ? "values" : "items");
    if (node->item)
        put_union(w, node->item, below, indent);
    else
        ats_buf_append_text(w->out, "\"string\"");
    ats_buf_append_text(w->out, "}");
}

static void put_number(const struct writer *w, const struct ats_infer_node *node, const char *type)
{
    bool time = node == w->found->time && strcmp(type, "long") == 0;
    if (time && strcmp(w->found->time_unit, "ms") == 0)
        ats_buf_append_text(w->out, "{\"type\": \"long\", \"logicalType\": \"timestamp-millis\"}");
    else if (time && strcmp(w->found->time_unit, "us") == 0)
        ats_buf_append_text(w->out, "{\"type\": \"long\", \"logicalType\": \"timestamp-micros\"}");
    else
        ats_buf_printf(w->out, "\"%s\"", type);
}

static void put_value_type(const struct writer *w, const struct ats_infer_node *node,
                           const char *space, int indent)
{
    enum ats_infer_type type = ats_infer_type(node);
    switch (type) {
    case ATS_INFER_AS_RECORD:
    case ATS_INFER_AS_ENUM:
        put_named(w, node, space, indent, type == ATS_INFER_AS_RECORD);
        break;
    case ATS_INFER_AS_MAP:
    case ATS_INFER_AS_ARRAY:
        put_collection(w, node, space, indent, type == ATS_INFER_AS_MAP);
        break;
    default:
        put_number(w, node, ats_infer_type_name(type));
    }
}

/* The contract's name as a part of a namespace. */
static void format_space(const char *name, char ret_space[SPACE_MAX])
{
    (void)snprintf(ret_space, SPACE_MAX, "attestream.%s%s",
                   isdigit((unsigned char)name[0]) ? "_" : "", name);
    for (char *at = ret_space; *at; at++)
        if (*at == '-')
            *at = '_';
}

void ats_infer_write_avsc(const struct ats_infer *infer, const char *name,
                          const struct ats_infer_found *found, struct ats_buf *out)
{
    const struct writer w = {.found = found, .out = out};
    char space[SPACE_MAX];
    char below[SPACE_MAX + 8];
    format_space(name, space);
    (void)snprintf(below, sizeof(below), "%s.event", space);
    ats_buf_printf(
        out, "{\n  \"type\": \"record\",\n  \"name\": \"event\",\n  \"namespace\": \"%s\",\n  ",
        space);
    put_fields(&w, infer->root, below, 2);
    ats_buf_append_text(out, "\n}\n");
}
