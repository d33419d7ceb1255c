/* SPDX-License-Identifier: Apache-2.0 */
/* The processor's hot path: Avro bytes, led by the plan, to leaves. The bytes may be hostile: every length is held against what is left. */
#include "common/contract/plan.h"

#include "common/base/utf8.h"
#include "common/contract/avro.h"
#include "common/contract/logical.h"

#include <math.h>

/* One decoding; the verdict tells of a value out of its logical type's range, and is NULL where the bytes are our own. */
struct decoding {
    struct ats_avro_reader reader;
    struct ats_verdict *verdict;
    struct ats_plan_places *places; /* NULL: not wanted */
    bool out_of_range;
};

static void get_value(const struct ats_plan_node *node, struct decoding *decoding,
                      struct ats_leaf *leaves);

static struct ats_span get_text(struct ats_avro_reader *reader)
{
    struct ats_span text = ats_avro_get_bytes(reader);
    if (ats_utf8_span(text) != text.len)
        reader->failed = true;
    return text;
}

/* One block of an array or map; `items` of them. */
static void get_items(const struct ats_plan_node *node, struct decoding *decoding, uint64_t items)
{
    struct ats_avro_reader *reader = &decoding->reader;
    for (uint64_t i = 0; i < items && !reader->failed; i++) {
        size_t before = reader->at;
        if (node->type == ATS_AVRO_MAP)
            (void)get_text(reader);
        get_value(&node->children[0], decoding, NULL);
        /* Items of no bytes (nulls) are all alike: a count of any size is read at once. */
        if (reader->at == before)
            break;
    }
}

/* Blocks until the one of no items. A negative count says that the block's size in bytes follows. */
static void get_blocks(const struct ats_plan_node *node, struct decoding *decoding)
{
    struct ats_avro_reader *reader = &decoding->reader;
    for (;;) {
        int64_t count = ats_avro_get_long(reader);
        if (reader->failed || count == 0)
            return;
        if (count > 0) {
            get_items(node, decoding, (uint64_t)count);
            continue;
        }
        int64_t size = ats_avro_get_long(reader);
        size_t begin = reader->at;
        get_items(node, decoding, 0 - (uint64_t)count);
        if (size < 0 || reader->at - begin != (uint64_t)size)
            reader->failed = true;
    }
}

/* A number below `count`: a union's branch, an enum's symbol. */
static size_t get_choice(struct ats_avro_reader *reader, size_t count)
{
    int64_t number = ats_avro_get_long(reader);
    if (number >= 0 && (uint64_t)number < count)
        return (size_t)number;
    reader->failed = true;
    return 0;
}

static int64_t get_int(struct ats_avro_reader *reader)
{
    int64_t value = ats_avro_get_long(reader);
    if (value < INT32_MIN || value > INT32_MAX)
        reader->failed = true;
    return value;
}

static struct ats_leaf leaf_integer(int64_t value)
{
    return (struct ats_leaf){.type = ATS_LEAF_INTEGER, .value.integer = value};
}

static struct ats_leaf leaf_real(double value)
{
    return (struct ats_leaf){.type = ATS_LEAF_REAL, .value.real = value};
}

static struct ats_leaf leaf_text(struct ats_span text)
{
    return (struct ats_leaf){.type = ATS_LEAF_TEXT, .value.text = text};
}

static struct ats_leaf get_scalar(const struct ats_plan_node *node, struct ats_avro_reader *reader)
{
    switch (node->type) {
    case ATS_AVRO_BOOLEAN:
        return (struct ats_leaf){.type = ATS_LEAF_BOOLEAN,
                                 .value.boolean = ats_avro_get_boolean(reader)};
    case ATS_AVRO_INT:
        return leaf_integer(get_int(reader));
    case ATS_AVRO_LONG:
        return leaf_integer(ats_avro_get_long(reader));
    case ATS_AVRO_FLOAT:
        return leaf_real((double)ats_avro_get_float(reader));
    case ATS_AVRO_DOUBLE:
        return leaf_real(ats_avro_get_double(reader));
    case ATS_AVRO_BYTES:
        return leaf_text(ats_avro_get_bytes(reader));
    case ATS_AVRO_STRING:
        return leaf_text(get_text(reader));
    case ATS_AVRO_FIXED:
        return leaf_text(ats_avro_get_fixed(reader, node->fixed_size));
    case ATS_AVRO_ENUM:
        return leaf_text(ats_span_text(node->symbols[get_choice(reader, node->symbol_count)]));
    default: /* null */
        return (struct ats_leaf){.type = ATS_LEAF_ABSENT};
    }
}

/* The bytes just read, held against the range of their logical type. Nothing behind the first that is outside is read. */
static void check_range(const struct ats_plan_node *node, struct decoding *decoding, size_t begin)
{
    struct ats_avro_reader *reader = &decoding->reader;
    struct ats_span encoding = ats_span_of(reader->data + begin, reader->at - begin);
    if (!node->logical || !node->logical->ops ||
        node->logical->ops->check(node, encoding, decoding->verdict))
        return;
    decoding->out_of_range = true;
    reader->failed = true;
}

/* Each leaf at most once. */
static void add_place(struct ats_plan_places *places, const struct ats_plan_node *node,
                      size_t begin, size_t end)
{
    places->places[places->count].node = node;
    places->places[places->count].begin = begin;
    places->places[places->count++].end = end;
}

/* `leaves` is NULL inside arrays and maps, where nothing is a leaf. */
static void get_value(const struct ats_plan_node *node, struct decoding *decoding,
                      struct ats_leaf *leaves)
{
    struct ats_avro_reader *reader = &decoding->reader;
    switch (node->type) {
    case ATS_AVRO_RECORD:
        for (size_t i = 0; i < node->child_count && !reader->failed; i++)
            get_value(&node->children[i], decoding, leaves);
        return;
    case ATS_AVRO_UNION:
        get_value(&node->children[get_choice(reader, node->child_count)], decoding, leaves);
        return;
    case ATS_AVRO_ARRAY:
    case ATS_AVRO_MAP:
        get_blocks(node, decoding);
        return;
    default:
        break;
    }
    size_t begin = reader->at;
    struct ats_leaf leaf = get_scalar(node, reader);
    if (decoding->verdict && !reader->failed)
        check_range(node, decoding, begin);
    if (leaves && node->leaf != ATS_PLAN_NO_LEAF)
        leaves[node->leaf] = leaf;
    if (decoding->places && node->conversion && !reader->failed)
        add_place(decoding->places, node, begin, reader->at);
}

static void decode(const struct ats_plan *plan, struct ats_span body, struct decoding *decoding,
                   struct ats_leaf *ret_leaves)
{
    for (size_t i = 0; i < plan->leaf_count; i++)
        ret_leaves[i].type = ATS_LEAF_ABSENT;
    ats_avro_reader_init(&decoding->reader, body);
    get_value(&plan->root, decoding, ret_leaves);
}

enum ats_status ats_plan_decode(const struct ats_plan *plan, struct ats_span body,
                                struct ats_leaf *ret_leaves)
{
    struct decoding decoding = {.verdict = NULL};
    decode(plan, body, &decoding, ret_leaves);
    return ats_avro_reader_done(&decoding.reader) ? ATS_OK : ATS_ERR_MALFORMED;
}

/* The path of a leaf that is not finite; "" where it lies in an array or map. */
static const char *not_finite_path(const struct ats_plan *plan, const struct ats_leaf *leaves)
{
    for (size_t i = 0; i < plan->leaf_count; i++)
        if (leaves[i].type == ATS_LEAF_REAL && !isfinite(leaves[i].value.real))
            return plan->leaves[i]->path;
    return "";
}

bool ats_plan_decode_given(const struct ats_plan *plan, struct ats_span body,
                           struct ats_leaf *ret_leaves, struct ats_plan_places *places,
                           struct ats_verdict *ret_verdict)
{
    struct decoding decoding = {.verdict = ret_verdict, .places = places};
    const struct ats_avro_reader *reader = &decoding.reader;
    decode(plan, body, &decoding, ret_leaves);
    if (decoding.out_of_range)
        return false;
    if (!ats_avro_reader_done(reader))
        ats_verdict_set(ret_verdict, ATS_RULE_AVRO_SYNTAX, "",
                        "not the Avro of the contract's schema: stopped at byte %zu of %zu",
                        reader->at, body.len);
    else if (reader->not_finite)
        ats_verdict_set(ret_verdict, ATS_RULE_NUMBER_RANGE, not_finite_path(plan, ret_leaves),
                        "not a number, or infinite");
    return ats_avro_reader_done(reader) && !reader->not_finite;
}
