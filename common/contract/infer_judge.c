/* SPDX-License-Identifier: Apache-2.0 */
/* What follows from what was seen: types, presence, bounds. Each guess that may be wrong is marked where it is written. */
#include "common/contract/infer_node.h"

#include <ctype.h>
#include <math.h>

/* An enum's symbols: few, short, and each seen often, so that a further one is unlikely. */
#define SYMBOLS_MAX 8
#define SYMBOL_LEN_MAX 32
#define SYMBOL_SEEN_LEAST 10
/* A map: keys that are many, each in less than half of the objects. */
#define VARIED_KEYS_LEAST 8

uint64_t ats_infer_present(const struct ats_infer_node *node)
{
    uint64_t present = 0;
    for (int kind = 0; kind < ATS_INFER_KINDS; kind++)
        present += node->seen[kind];
    return present;
}

uint64_t ats_infer_possible(const struct ats_infer_node *node)
{
    return node->parent && node->parent->item != node ? node->parent->seen[ATS_INFER_OBJECT]
                                                      : ats_infer_present(node);
}

bool ats_infer_missing(const struct ats_infer_node *node)
{
    return ats_infer_present(node) < ats_infer_possible(node);
}

bool ats_infer_nullable(const struct ats_infer_node *node)
{
    return node->seen[ATS_INFER_NULL] > 0 || ats_infer_missing(node);
}

bool ats_infer_is_name(const char *key)
{
    const unsigned char *at = (const unsigned char *)key;
    if (*at >= 0x80 || (!isalpha(*at) && *at != '_'))
        return false;
    while (*at < 0x80 && (isalnum(*at) || *at == '_'))
        at++;
    return *at == '\0';
}

/* A digit makes it a name of something rather than a state: of those more may come. */
static bool is_symbol(const char *text)
{
    return ats_infer_is_name(text) && strlen(text) <= SYMBOL_LEN_MAX &&
           !strpbrk(text, "0123456789");
}

static bool is_enum(const struct ats_infer_node *node)
{
    if (node->texts_more || node->text_count < 2 || node->text_count > SYMBOLS_MAX)
        return false;
    for (size_t i = 0; i < node->text_count; i++)
        if (!is_symbol(node->texts[i].text) || node->texts[i].count < SYMBOL_SEEN_LEAST)
            return false;
    return true;
}

/* Whether a record of these keys would have a field. */
static bool has_field(const struct ats_infer_node *node)
{
    for (const struct ats_infer_node *child = node->first; child; child = child->next)
        if (ats_infer_is_name(child->key))
            return true;
    return false;
}

enum ats_infer_type ats_infer_type(const struct ats_infer_node *node)
{
    if (node->seen[ATS_INFER_OBJECT])
        return node->parent && (node->is_map || !has_field(node)) ? ATS_INFER_AS_MAP
                                                                  : ATS_INFER_AS_RECORD;
    if (node->seen[ATS_INFER_LIST])
        return ATS_INFER_AS_ARRAY;
    if (node->seen[ATS_INFER_TEXT])
        return is_enum(node) ? ATS_INFER_AS_ENUM : ATS_INFER_AS_STRING;
    if (node->seen[ATS_INFER_REAL])
        return ATS_INFER_AS_DOUBLE;
    if (node->seen[ATS_INFER_INTEGER])
        return ATS_INFER_AS_LONG;
    return node->seen[ATS_INFER_BOOLEAN] ? ATS_INFER_AS_BOOLEAN : ATS_INFER_AS_UNKNOWN;
}

const char *ats_infer_type_name(enum ats_infer_type type)
{
    static const char *const names[] = {"string", "boolean", "long", "double", "string",
                                        "enum",   "record",  "map",  "array"};
    return names[type];
}

bool ats_infer_is_leaf(const struct ats_infer_node *node)
{
    if (ats_infer_type(node) >= ATS_INFER_AS_RECORD)
        return false;
    for (const struct ats_infer_node *at = node; at->parent; at = at->parent) {
        const struct ats_infer_node *above = at->parent;
        if (above->item == at || ats_infer_type(above) != ATS_INFER_AS_RECORD ||
            (above->parent && ats_infer_nullable(above)))
            return false;
    }
    return true;
}

bool ats_infer_is_counter(const struct ats_infer_node *node)
{
    return !node->seen[ATS_INFER_REAL] && node->rises >= 3 && node->falls * 20 < node->rises;
}

bool ats_infer_bounds(const struct ats_infer_node *node, double *ret_min, double *ret_max)
{
    double span = node->max - node->min;
    if (node->vast || !isfinite(span) || fabs(node->min) > 1e300 || fabs(node->max) > 1e300)
        return false;
    double room = span > 0 ? span / 2 : fmax(fabs(node->max) / 2, 1);
    double step = pow(10, floor(log10(span + 2 * room)) - 1);
    if (!(step > 0))
        return false;
    if (!node->seen[ATS_INFER_REAL])
        step = fmax(step, 1);
    *ret_min = floor((node->min - room) / step) * step;
    *ret_max = ceil((node->max + room) / step) * step;
    return *ret_min <= node->min && *ret_max >= node->max;
}

bool ats_infer_keys_vary(const struct ats_infer_node *node)
{
    uint64_t present = 0;
    for (const struct ats_infer_node *child = node->first; child; child = child->next)
        present += ats_infer_present(child);
    return node->child_count >= VARIED_KEYS_LEAST &&
           present * 2 < node->seen[ATS_INFER_OBJECT] * node->child_count;
}

/* No key that Avro takes as a field's name: only a map can hold it. */
static bool must_be_map(const struct ats_infer_node *node)
{
    return node->first && !has_field(node);
}

static enum ats_status no_type(const struct ats_infer_node *node, struct ats_error *err)
{
    char path[ATS_INFER_PATH_MAX];
    const struct ats_infer_place *place = &node->first_seen[ATS_INFER_OBJECT];
    return ats_error_set(err, ATS_ERR_CONFIG,
                         "%s:%zu: '%.*s': none of its keys can be a field's name (allowed: "
                         "letters, digits and _, no digit first), and its values have several "
                         "types, so that it is no map",
                         place->file, place->line, ATS_QUOTE_MAX, ats_infer_path(node, path));
}

static enum ats_status settle(struct ats_infer *infer, struct ats_infer_node *node,
                              struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    bool agree = node->parent && !node->is_map && ats_infer_children_agree(node);
    if (agree && (ats_infer_keys_vary(node) || must_be_map(node)))
        status = ats_infer_make_map(infer, node, err);
    else if (node->parent && must_be_map(node))
        status = no_type(node, err);
    for (struct ats_infer_node *child = node->first; child && status == ATS_OK; child = child->next)
        status = settle(infer, child, err);
    return status == ATS_OK && node->item ? settle(infer, node->item, err) : status;
}

enum ats_status ats_infer_settle(struct ats_infer *infer, struct ats_error *err)
{
    if (!has_field(infer->root))
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "no event has a key that can be a field's name (allowed: letters, "
                             "digits and _, no digit first)");
    return settle(infer, infer->root, err);
}
