/* SPDX-License-Identifier: Apache-2.0 */
/* One event into the tree of what was seen. */
#include "common/contract/infer_node.h"

#include "common/base/calendar.h"

#include <math.h>
#include <stdlib.h>

#define EXACT_MAX 9007199254740992.0 /* 2^53 */

static enum ats_status observe(struct ats_infer *infer, struct ats_infer_node *node, json_t *value,
                               struct ats_error *err);

static const char *const kind_names[ATS_INFER_KINDS] = {
    "null", "a boolean", "a number", "a number", "a text", "an object", "a list"};

static enum ats_infer_kind kind_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return ATS_INFER_OBJECT;
    case JSON_ARRAY:
        return ATS_INFER_LIST;
    case JSON_STRING:
        return ATS_INFER_TEXT;
    case JSON_INTEGER:
        return ATS_INFER_INTEGER;
    case JSON_REAL:
        return ATS_INFER_REAL;
    case JSON_NULL:
        return ATS_INFER_NULL;
    default:
        return ATS_INFER_BOOLEAN;
    }
}

void ats_infer_node_free(struct ats_infer_node *node)
{
    while (node) {
        struct ats_infer_node *next = node->next;
        ats_infer_node_free(node->first); /* as deep as ATS_SCHEMA_DEPTH_MAX */
        ats_infer_node_free(node->item);
        free(node->texts);
        free(node->key);
        free(node);
        node = next;
    }
}

static enum ats_status fail(const struct ats_infer *infer, const struct ats_infer_node *node,
                            struct ats_error *err, const char *why)
{
    char path[ATS_INFER_PATH_MAX];
    return ats_error_set(err, ATS_ERR_CONFIG, "%s:%zu: '%.*s': %s", infer->place.file,
                         infer->place.line, ATS_QUOTE_MAX, ats_infer_path(node, path), why);
}

static const char *judge_limits(const struct ats_infer *infer, const struct ats_infer_node *parent,
                                const char *key)
{
    size_t depth = 1;
    for (const struct ats_infer_node *above = parent; above; above = above->parent)
        depth++;
    if (depth > ATS_SCHEMA_DEPTH_MAX)
        return "nested deeper than a contract's 16 levels";
    if (strlen(key) > ATS_NAME_MAX)
        return "a key in it has more than 128 bytes";
    return infer->node_count == ATS_SCHEMA_NODES_MAX
               ? "more than 4,096 different keys in all, too many for a contract"
               : NULL;
}

enum ats_status ats_infer_node_new(struct ats_infer *infer, struct ats_infer_node *parent,
                                   const char *key, struct ats_infer_node **ret_node,
                                   struct ats_error *err)
{
    const char *fault = judge_limits(infer, parent, key);
    if (fault) {
        (void)fail(infer, parent, err, fault);
        return ATS_ERR_CONFIG;
    }
    struct ats_infer_node *node = calloc(1, sizeof(*node));
    if (node)
        node->key = strdup(key);
    if (!node || !node->key) {
        free(node);
        (void)ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
        return ATS_ERR_MEMORY;
    }
    node->parent = parent;
    infer->node_count++;
    *ret_node = node;
    return ATS_OK;
}

/* Two types under one key: both places are told. */
static enum ats_status check_kind(const struct ats_infer *infer, const struct ats_infer_node *node,
                                  enum ats_infer_kind kind, struct ats_error *err)
{
    char path[ATS_INFER_PATH_MAX];
    for (enum ats_infer_kind other = ATS_INFER_BOOLEAN;
         kind != ATS_INFER_NULL && other < ATS_INFER_KINDS; other++) {
        if (node->seen[other] == 0 || strcmp(kind_names[kind], kind_names[other]) == 0)
            continue;
        const struct ats_infer_place *place = &node->first_seen[other];
        return ats_error_set(
            err, ATS_ERR_CONFIG, "%s:%zu: '%.*s' is %s here, and %s in %s:%zu (allowed: one type)",
            infer->place.file, infer->place.line, ATS_QUOTE_MAX, ats_infer_path(node, path),
            kind_names[kind], kind_names[other], place->file, place->line);
    }
    return ATS_OK;
}

static void observe_number(struct ats_infer_node *node, double number)
{
    bool first = node->seen[ATS_INFER_INTEGER] + node->seen[ATS_INFER_REAL] == 1;
    node->min = first ? number : fmin(node->min, number);
    node->max = first ? number : fmax(node->max, number);
    node->vast = node->vast || fabs(number) > EXACT_MAX;
    if (!first) {
        node->rises += number > node->last;
        node->falls += number < node->last;
    }
    node->last = number;
}

static enum ats_status count_text(struct ats_infer_node *node, const char *text, size_t len,
                                  struct ats_error *err)
{
    if (len > ATS_INFER_TEXT_MAX || strlen(text) != len)
        node->texts_more = true;
    if (node->texts_more)
        return ATS_OK;
    if (!node->texts)
        node->texts = calloc(ATS_INFER_TEXTS_MAX, sizeof(*node->texts));
    if (!node->texts)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    size_t i = 0;
    while (i < node->text_count && strcmp(node->texts[i].text, text) != 0)
        i++;
    if (i == ATS_INFER_TEXTS_MAX) {
        node->texts_more = true;
        return ATS_OK;
    }
    if (i == node->text_count) {
        memcpy(node->texts[i].text, text, len + 1);
        node->text_count++;
    }
    node->texts[i].count++;
    return ATS_OK;
}

static enum ats_status observe_text(struct ats_infer_node *node, json_t *value,
                                    struct ats_error *err)
{
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    int64_t ms = 0;
    node->empty_text = node->empty_text || len == 0;
    if (ats_calendar_time(ats_span_of(text, len), &ms)) {
        node->time_min_ms = node->times == 0 || ms < node->time_min_ms ? ms : node->time_min_ms;
        node->time_max_ms = node->times == 0 || ms > node->time_max_ms ? ms : node->time_max_ms;
        node->times++;
    }
    return count_text(node, text, len, err);
}

/* Keys come in the same order in most events: the search begins behind the one found last. */
static struct ats_infer_node *find_child(struct ats_infer_node *node, const char *key)
{
    struct ats_infer_node *child = node->cursor ? node->cursor->next : node->first;
    for (size_t i = 0; i < node->child_count; i++) {
        if (!child)
            child = node->first;
        if (!child)
            return NULL;
        if (strcmp(child->key, key) == 0)
            return node->cursor = child;
        child = child->next;
    }
    return NULL;
}

/* Before one more key: an object with many keys that vary is a map from here on. */
static enum ats_status make_room(struct ats_infer *infer, struct ats_infer_node *node,
                                 struct ats_error *err)
{
    bool full = node->child_count == ATS_SCHEMA_FIELDS_MAX;
    if (!full && (node->child_count == 0 || node->child_count % ATS_INFER_KEYS_STEP != 0))
        return ATS_OK;
    if (node->parent && (full || ats_infer_keys_vary(node)) && ats_infer_children_agree(node))
        return ats_infer_make_map(infer, node, err);
    return full ? fail(infer, node, err,
                       "more than 256 different keys, which a record cannot have, and no map")
                : ATS_OK;
}

static enum ats_status add_child(struct ats_infer *infer, struct ats_infer_node *node,
                                 const char *key, struct ats_infer_node **ret_child,
                                 struct ats_error *err)
{
    struct ats_infer_node *child = NULL;
    enum ats_status status = ats_infer_node_new(infer, node, key, &child, err);
    if (status != ATS_OK)
        return status;
    if (node->last_child)
        node->last_child->next = child;
    else
        node->first = child;
    node->last_child = child;
    node->child_count++;
    *ret_child = child;
    return ATS_OK;
}

static enum ats_status observe_item(struct ats_infer *infer, struct ats_infer_node *node,
                                    json_t *value, struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    if (!node->item)
        status = ats_infer_node_new(infer, node, "", &node->item, err);
    return status == ATS_OK ? observe(infer, node->item, value, err) : status;
}

static enum ats_status observe_member(struct ats_infer *infer, struct ats_infer_node *node,
                                      const char *key, json_t *value, struct ats_error *err)
{
    struct ats_infer_node *child = node->is_map ? NULL : find_child(node, key);
    enum ats_status status = ATS_OK;
    if (!child && !node->is_map)
        status = make_room(infer, node, err);
    if (status == ATS_OK && node->is_map)
        return observe_item(infer, node, value, err);
    if (status == ATS_OK && !child)
        status = add_child(infer, node, key, &child, err);
    return status == ATS_OK ? observe(infer, child, value, err) : status;
}

/* Whether a key is missing that was in all objects before this one. */
static bool misses_first(const struct ats_infer_node *node, const json_t *object)
{
    if (json_object_size(object) >= node->child_count)
        return false;
    for (const struct ats_infer_node *child = node->first; child; child = child->next)
        if (!json_object_get(object, child->key) &&
            ats_infer_present(child) + 1 == node->seen[ATS_INFER_OBJECT])
            return true;
    return false;
}

static enum ats_status observe_object(struct ats_infer *infer, struct ats_infer_node *node,
                                      json_t *object, struct ats_error *err)
{
    const char *key;
    json_t *value;
    enum ats_status status = ATS_OK;
    infer->news = infer->news || (!node->is_map && misses_first(node, object));
    json_object_foreach(object, key, value)
    {
        status = observe_member(infer, node, key, value, err);
        if (status != ATS_OK)
            break;
    }
    return status;
}

static enum ats_status observe_list(struct ats_infer *infer, struct ats_infer_node *node,
                                    json_t *list, struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    for (size_t i = 0; i < json_array_size(list) && status == ATS_OK; i++)
        status = observe_item(infer, node, json_array_get(list, i), err);
    return status;
}

static enum ats_status observe(struct ats_infer *infer, struct ats_infer_node *node, json_t *value,
                               struct ats_error *err)
{
    enum ats_infer_kind kind = kind_of(value);
    enum ats_status status = check_kind(infer, node, kind, err);
    if (status != ATS_OK)
        return status;
    if (node->seen[kind]++ == 0) {
        node->first_seen[kind] = infer->place;
        infer->news = true;
    }
    switch (kind) {
    case ATS_INFER_INTEGER:
    case ATS_INFER_REAL:
        observe_number(node, json_number_value(value));
        return ATS_OK;
    case ATS_INFER_TEXT:
        return observe_text(node, value, err);
    case ATS_INFER_OBJECT:
        return observe_object(infer, node, value, err);
    case ATS_INFER_LIST:
        return observe_list(infer, node, value, err);
    default:
        return ATS_OK;
    }
}

enum ats_status ats_infer_observe(struct ats_infer *infer, json_t *event, struct ats_error *err)
{
    return observe(infer, infer->root, event, err);
}
