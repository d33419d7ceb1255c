/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree is built from libyaml's events rather than taken from its document API: only the events show aliases (which
 * make a small text an endless tree) and duplicate keys.
 */
#include "common/contract/yaml_node.h"

#include "common/base/limits.h"
#include "common/base/utf8.h"

#include <stdlib.h>
#include <yaml.h>

struct builder {
    yaml_parser_t parser;
    struct ats_yaml *yaml;
    struct ats_yaml_node *open[ATS_YAML_DEPTH_MAX]; /* collections whose end is still to come */
    size_t depth;
    char *key; /* read, its value still to come */
    size_t node_count;
    size_t document_count;
    struct ats_error *err;
};

static void free_node(struct ats_yaml_node *node)
{
    while (node) {
        struct ats_yaml_node *next = node->next;
        free_node(node->first); /* as deep as ATS_YAML_DEPTH_MAX */
        free(node->key);
        free(node->text);
        free(node);
        node = next;
    }
}

void ats_yaml_free(struct ats_yaml *yaml)
{
    if (!yaml)
        return;
    free_node(yaml->root);
    free(yaml->name);
    free(yaml);
}

const struct ats_yaml_node *ats_yaml_root(const struct ats_yaml *yaml)
{
    return yaml->root;
}

static enum ats_status out_of_memory(const struct builder *b)
{
    return ats_error_set(b->err, ATS_ERR_MEMORY, "%s: out of memory", b->yaml->name);
}

static size_t line_of(struct ats_span text, size_t offset)
{
    size_t line = 1;
    for (size_t i = 0; i < offset && i < text.len; i++)
        line += text.data[i] == '\n';
    return line;
}

static enum ats_status fail_at(const struct builder *b, const yaml_event_t *event, const char *why)
{
    return ats_error_set(b->err, ATS_ERR_CONFIG, "%s:%zu: %s", b->yaml->name,
                         event->start_mark.line + 1, why);
}

/* Where the next node belongs. */
static enum ats_status attach(struct builder *b, const yaml_event_t *event,
                              struct ats_yaml_node *node)
{
    if (b->depth == 0) {
        b->yaml->root = node;
        return ATS_OK;
    }
    struct ats_yaml_node *parent = b->open[b->depth - 1];
    node->key = b->key;
    b->key = NULL;
    node->shown = node->key ? node->key : parent->shown;
    if (parent->last)
        parent->last->next = node;
    else
        parent->first = node;
    parent->last = node;
    parent->count++;
    if (++b->node_count > ATS_YAML_NODES_MAX)
        return fail_at(b, event, "too many entries in one document");
    return ATS_OK;
}

static enum ats_status add_node(struct builder *b, const yaml_event_t *event,
                                enum ats_yaml_kind kind, struct ats_yaml_node **ret_node)
{
    struct ats_yaml_node *node = calloc(1, sizeof(*node));
    if (!node)
        return out_of_memory(b);
    node->kind = kind;
    node->line = event->start_mark.line + 1;
    node->yaml = b->yaml;
    *ret_node = node;
    return attach(b, event, node);
}

static bool expects_key(const struct builder *b)
{
    return b->depth > 0 && b->open[b->depth - 1]->kind == ATS_YAML_MAPPING && !b->key;
}

static bool has_tag(const yaml_char_t *tag)
{
    return tag && strcmp((const char *)tag, "!") != 0;
}

static enum ats_status copy_text(struct builder *b, const yaml_event_t *event, char **ret_text)
{
    const char *value = (const char *)event->data.scalar.value;
    if (has_tag(event->data.scalar.tag))
        return fail_at(b, event, "tags are not supported");
    if (strlen(value) != event->data.scalar.length)
        return fail_at(b, event, "a NUL character is not allowed");
    *ret_text = strdup(value);
    return *ret_text ? ATS_OK : out_of_memory(b);
}

static enum ats_status take_key(struct builder *b, const yaml_event_t *event)
{
    enum ats_status status = copy_text(b, event, &b->key);
    if (status != ATS_OK)
        return status;
    if (!ats_yaml_find(b->open[b->depth - 1], b->key))
        return ATS_OK;
    return ats_error_set(b->err, ATS_ERR_CONFIG, "%s:%zu: key '%s' stands twice in one mapping",
                         b->yaml->name, event->start_mark.line + 1, b->key);
}

static enum ats_status take_scalar(struct builder *b, const yaml_event_t *event)
{
    if (expects_key(b))
        return take_key(b, event);
    struct ats_yaml_node *node = NULL;
    enum ats_status status = add_node(b, event, ATS_YAML_SCALAR, &node);
    if (status != ATS_OK)
        return status;
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return copy_text(b, event, &node->text);
}

static enum ats_status begin_collection(struct builder *b, const yaml_event_t *event,
                                        enum ats_yaml_kind kind)
{
    struct ats_yaml_node *node = NULL;
    bool mapping = kind == ATS_YAML_MAPPING;
    if (has_tag(mapping ? event->data.mapping_start.tag : event->data.sequence_start.tag))
        return fail_at(b, event, "tags are not supported");
    if (expects_key(b))
        return fail_at(b, event, "a key must be a single value");
    if (b->depth == ATS_YAML_DEPTH_MAX)
        return fail_at(b, event, "nested too deep");
    enum ats_status status = add_node(b, event, kind, &node);
    if (status == ATS_OK)
        b->open[b->depth++] = node;
    return status;
}

static enum ats_status take_event(struct builder *b, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return take_scalar(b, event);
    case YAML_SEQUENCE_START_EVENT:
        return begin_collection(b, event, ATS_YAML_SEQUENCE);
    case YAML_MAPPING_START_EVENT:
        return begin_collection(b, event, ATS_YAML_MAPPING);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        b->depth--;
        return ATS_OK;
    case YAML_ALIAS_EVENT:
        return fail_at(b, event, "aliases (*name) are not supported: write the value out");
    case YAML_DOCUMENT_START_EVENT:
        if (++b->document_count > 1)
            return fail_at(b, event, "a second document in the file");
        return ATS_OK;
    default:
        return ATS_OK;
    }
}

/* Where libyaml stopped: a character that YAML does not allow has an offset, a fault of syntax a mark. */
static enum ats_status not_yaml(const struct builder *b, struct ats_span text)
{
    const yaml_parser_t *parser = &b->parser;
    size_t line = parser->problem_mark.line ? parser->problem_mark.line : parser->mark.line;
    if (parser->error == YAML_READER_ERROR)
        line = line_of(text, parser->problem_offset) - 1;
    return ats_error_set(b->err, ATS_ERR_CONFIG, "%s:%zu: not YAML: %s", b->yaml->name, line + 1,
                         parser->problem ? parser->problem : "unknown");
}

static enum ats_status read_events(struct builder *b, struct ats_span text)
{
    for (;;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&b->parser, &event))
            return not_yaml(b, text);
        bool end = event.type == YAML_STREAM_END_EVENT;
        enum ats_status status = take_event(b, &event);
        yaml_event_delete(&event);
        if (status != ATS_OK || end)
            return status;
    }
}

/* libyaml would take UTF-16 too, which nothing behind it expects. */
static enum ats_status check_encoding(const struct builder *b, struct ats_span text)
{
    const uint8_t *nul = memchr(text.data, '\0', text.len);
    size_t good = nul ? (size_t)(nul - text.data) : text.len;
    size_t utf8 = ats_utf8_span(ats_span_of(text.data, good));
    if (utf8 == text.len)
        return ATS_OK;
    return ats_error_set(b->err, ATS_ERR_CONFIG, "%s:%zu: %s", b->yaml->name, line_of(text, utf8),
                         utf8 < good ? "not UTF-8" : "a NUL character is not allowed");
}

static enum ats_status build(struct builder *b, struct ats_span text)
{
    if (text.len > ATS_DOCUMENT_MAX)
        return ats_error_set(b->err, ATS_ERR_CONFIG, "%s: larger than %d bytes", b->yaml->name,
                             ATS_DOCUMENT_MAX);
    yaml_parser_set_input_string(&b->parser, text.len ? text.data : (const uint8_t *)"", text.len);
    enum ats_status status = text.len ? check_encoding(b, text) : ATS_OK;
    if (status == ATS_OK)
        status = read_events(b, text);
    if (status != ATS_OK)
        return status;
    if (!b->yaml->root || b->yaml->root->kind != ATS_YAML_MAPPING)
        return ats_error_set(b->err, ATS_ERR_CONFIG, "%s:1: expected a mapping of keys to values",
                             b->yaml->name);
    return ATS_OK;
}

enum ats_status ats_yaml_parse(struct ats_span text, const char *name, struct ats_yaml **ret_yaml,
                               struct ats_error *err)
{
    struct builder b = {.err = err};
    b.yaml = calloc(1, sizeof(*b.yaml));
    if (b.yaml)
        b.yaml->name = strdup(name);
    if (!b.yaml || !b.yaml->name || !yaml_parser_initialize(&b.parser)) {
        ats_yaml_free(b.yaml);
        return ats_error_set(err, ATS_ERR_MEMORY, "%s: out of memory", name);
    }
    enum ats_status status = build(&b, text);
    yaml_parser_delete(&b.parser);
    free(b.key);
    if (status != ATS_OK)
        ats_yaml_free(b.yaml);
    else
        *ret_yaml = b.yaml;
    return status;
}
