/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/avro.h"
#include "common/contract/plan.h"

static void get_value(const struct ats_plan_node *node, struct ats_avro_reader *reader,
                      struct ats_leaf *leaves);

/* Items come in blocks; a negative count says that the block's size in bytes follows. */
static void skip_blocks(const struct ats_plan_node *node, struct ats_avro_reader *reader,
                        struct ats_leaf *leaves)
{
    for (;;) {
        int64_t count = ats_avro_get_long(reader);
        if (reader->failed || count == 0)
            return;
        if (count < 0) {
            int64_t size = ats_avro_get_long(reader);
            if (size < 0)
                reader->failed = true;
            (void)ats_avro_get_fixed(reader, reader->failed ? 0 : (size_t)size);
            continue;
        }
        /* An item of no bytes (null) could make a count of any size last for ever. */
        for (int64_t i = 0; i < count && !reader->failed; i++) {
            size_t before = reader->at;
            if (node->type == ATS_AVRO_MAP)
                (void)ats_avro_get_bytes(reader);
            get_value(&node->children[0], reader, leaves);
            if (reader->at == before)
                break;
        }
    }
}

static void get_union(const struct ats_plan_node *node, struct ats_avro_reader *reader,
                      struct ats_leaf *leaves)
{
    int64_t branch = ats_avro_get_long(reader);
    if (branch < 0 || (uint64_t)branch >= node->child_count) {
        reader->failed = true;
        return;
    }
    get_value(&node->children[branch], reader, leaves);
}

static struct ats_span get_symbol(const struct ats_plan_node *node, struct ats_avro_reader *reader)
{
    int64_t index = ats_avro_get_long(reader);
    if (index < 0 || (uint64_t)index >= node->symbol_count) {
        reader->failed = true;
        return ats_span_of(NULL, 0);
    }
    return ats_span_text(node->symbols[index]);
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
    case ATS_AVRO_LONG:
        return (struct ats_leaf){.type = ATS_LEAF_INTEGER,
                                 .value.integer = ats_avro_get_long(reader)};
    case ATS_AVRO_FLOAT:
        return leaf_real((double)ats_avro_get_float(reader));
    case ATS_AVRO_DOUBLE:
        return leaf_real(ats_avro_get_double(reader));
    case ATS_AVRO_BYTES:
    case ATS_AVRO_STRING:
        return leaf_text(ats_avro_get_bytes(reader));
    case ATS_AVRO_FIXED:
        return leaf_text(ats_avro_get_fixed(reader, node->fixed_size));
    case ATS_AVRO_ENUM:
        return leaf_text(get_symbol(node, reader));
    default:
        return (struct ats_leaf){.type = ATS_LEAF_ABSENT};
    }
}

/* `leaves` is NULL inside arrays and maps, where nothing is a leaf. */
static void get_value(const struct ats_plan_node *node, struct ats_avro_reader *reader,
                      struct ats_leaf *leaves)
{
    switch (node->type) {
    case ATS_AVRO_RECORD:
        for (size_t i = 0; i < node->child_count && !reader->failed; i++)
            get_value(&node->children[i], reader, leaves);
        return;
    case ATS_AVRO_UNION:
        get_union(node, reader, leaves);
        return;
    case ATS_AVRO_ARRAY:
    case ATS_AVRO_MAP:
        skip_blocks(node, reader, NULL);
        return;
    default:
        break;
    }
    struct ats_leaf leaf = get_scalar(node, reader);
    if (leaves && node->leaf != ATS_PLAN_NO_LEAF)
        leaves[node->leaf] = leaf;
}

enum ats_status ats_plan_decode(const struct ats_plan *plan, struct ats_span body,
                                struct ats_leaf *ret_leaves)
{
    struct ats_avro_reader reader;
    memset(ret_leaves, 0, plan->leaf_count * sizeof(*ret_leaves)); /* ATS_LEAF_ABSENT */
    ats_avro_reader_init(&reader, body);
    get_value(&plan->root, &reader, ret_leaves);
    return ats_avro_reader_done(&reader) ? ATS_OK : ATS_ERR_MALFORMED;
}
