/* SPDX-License-Identifier: Apache-2.0 */
/* Objects whose keys vary: what was seen of each key becomes what was seen of any. */
#include "common/contract/infer_node.h"

#include <math.h>
#include <stdlib.h>

static unsigned kinds_of(const struct ats_infer_node *node)
{
    unsigned kinds = 0;
    for (int kind = ATS_INFER_BOOLEAN; kind < ATS_INFER_KINDS; kind++)
        if (node->seen[kind])
            kinds |= 1u << (kind == ATS_INFER_REAL ? (int)ATS_INFER_INTEGER : kind);
    return kinds;
}

static struct ats_infer_node *find(const struct ats_infer_node *node, const char *key)
{
    for (struct ats_infer_node *child = node->first; child; child = child->next)
        if (strcmp(child->key, key) == 0)
            return child;
    return NULL;
}

bool ats_infer_agree(const struct ats_infer_node *a, const struct ats_infer_node *b)
{
    unsigned kinds = kinds_of(a) | kinds_of(b);
    if ((kinds & (kinds - 1)) != 0 || a->is_map != b->is_map)
        return false;
    if (a->item && b->item && !ats_infer_agree(a->item, b->item))
        return false;
    for (const struct ats_infer_node *child = a->first; child; child = child->next) {
        const struct ats_infer_node *other = find(b, child->key);
        if (other && !ats_infer_agree(child, other))
            return false;
    }
    return true;
}

/* Each with the next would not do: they may have different keys of their own. */
bool ats_infer_children_agree(const struct ats_infer_node *node)
{
    for (const struct ats_infer_node *a = node->first; a; a = a->next)
        for (const struct ats_infer_node *b = a->next; b; b = b->next)
            if (!ats_infer_agree(a, b))
                return false;
    return true;
}

static void merge_numbers(struct ats_infer_node *into, const struct ats_infer_node *from)
{
    if (!from->seen[ATS_INFER_INTEGER] && !from->seen[ATS_INFER_REAL])
        return;
    bool first = !into->seen[ATS_INFER_INTEGER] && !into->seen[ATS_INFER_REAL];
    into->min = first ? from->min : fmin(into->min, from->min);
    into->max = first ? from->max : fmax(into->max, from->max);
    into->vast = into->vast || from->vast;
    into->falls++; /* no order among keys */
}

static enum ats_status merge(struct ats_infer *infer, struct ats_infer_node *into,
                             const struct ats_infer_node *from, struct ats_error *err);

/* The node of `into` for one of `from`: made where there is none. */
static enum ats_status merge_below(struct ats_infer *infer, struct ats_infer_node *into,
                                   struct ats_infer_node **at, const struct ats_infer_node *from,
                                   bool *ret_new, struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    *ret_new = !*at;
    if (!*at)
        status = ats_infer_node_new(infer, into, from->key, at, err);
    return status == ATS_OK ? merge(infer, *at, from, err) : status;
}

static enum ats_status merge_children(struct ats_infer *infer, struct ats_infer_node *into,
                                      const struct ats_infer_node *from, struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    for (const struct ats_infer_node *child = from->first; child && status == ATS_OK;
         child = child->next) {
        struct ats_infer_node *at = find(into, child->key);
        bool is_new = false;
        status = merge_below(infer, into, &at, child, &is_new, err);
        if (!at || !is_new)
            continue;
        if (into->last_child)
            into->last_child->next = at;
        else
            into->first = at;
        into->last_child = at;
        into->child_count++;
    }
    if (status == ATS_OK && into->child_count > ATS_SCHEMA_FIELDS_MAX)
        return ats_error_set(err, ATS_ERR_CONFIG, "%s:%zu: more than %d different keys in a record",
                             infer->place.file, infer->place.line, ATS_SCHEMA_FIELDS_MAX);
    return status;
}

static enum ats_status merge(struct ats_infer *infer, struct ats_infer_node *into,
                             const struct ats_infer_node *from, struct ats_error *err)
{
    bool is_new = false;
    merge_numbers(into, from);
    into->texts_more = true; /* what is below a map is no leaf: its texts serve nothing */
    into->is_map = from->is_map;
    for (int kind = 0; kind < ATS_INFER_KINDS; kind++) {
        if (into->seen[kind] == 0)
            into->first_seen[kind] = from->first_seen[kind];
        into->seen[kind] += from->seen[kind];
    }
    enum ats_status status = merge_children(infer, into, from, err);
    if (status == ATS_OK && from->item)
        status = merge_below(infer, into, &into->item, from->item, &is_new, err);
    return status;
}

static size_t count_nodes(const struct ats_infer_node *node)
{
    size_t count = 0;
    for (; node; node = node->next)
        count += 1 + count_nodes(node->first) + count_nodes(node->item);
    return count;
}

enum ats_status ats_infer_make_map(struct ats_infer *infer, struct ats_infer_node *node,
                                   struct ats_error *err)
{
    struct ats_infer_node *item = NULL;
    enum ats_status status = ats_infer_node_new(infer, node, "", &item, err);
    for (const struct ats_infer_node *child = node->first; child && status == ATS_OK;
         child = child->next)
        status = merge(infer, item, child, err);
    if (status != ATS_OK) {
        ats_infer_node_free(item);
        return status;
    }
    infer->node_count -= count_nodes(node->first);
    ats_infer_node_free(node->first);
    node->first = node->last_child = node->cursor = NULL;
    node->child_count = 0;
    node->item = item;
    node->is_map = true;
    return ATS_OK;
}
