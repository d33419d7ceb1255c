/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The transcoder's parts. The hot path (transcode.c) takes what devices usually send: fields in the schema's order, short numbers, texts
 * of plain ASCII. What it does not take at once it leaves to the general way (the other files), which reads the same value from its
 * beginning with the strict reader and alone says what is wrong. Internal to common/contract.
 *
 * Every function that returns a boolean answers false after a fault of the text, a breach of the schema (the verdict is set) or a failure
 * of the buffer, and then the whole transcoding ends. Thread: one at a time.
 */
#ifndef ATS_CONTRACT_TRANSCODER_H
#define ATS_CONTRACT_TRANSCODER_H

#include "common/base/limits.h"
#include "common/contract/transcode.h"

struct ats_transcoder {
    struct ats_json json;
    struct ats_buf *out;
    struct ats_leaf *leaves; /* NULL: not wanted */
    bool whole;              /* each leaf that was written was handed out */
    struct ats_verdict *verdict;
    const struct ats_transcode_options *options;
    struct ats_json_keys keys;
};

/* Where a field's bytes lie, relative to its record's beginning. */
struct ats_slot {
    uint32_t at;
    uint32_t len;
};
#define ATS_SLOT_EMPTY UINT32_MAX

/* The leaf that the node's value is; NULL: none, or not wanted. */
static inline struct ats_leaf *ats_transcoder_leaf(const struct ats_transcoder *t,
                                                   const struct ats_plan_node *node)
{
    return t->leaves && node->leaf != ATS_PLAN_NO_LEAF ? &t->leaves[node->leaf] : NULL;
}

/* Each hands out one leaf, member by member: a whole leaf that is made first and copied costs a wait for its parts. */
static inline void ats_transcoder_hand_integer(const struct ats_transcoder *t,
                                               const struct ats_plan_node *node, int64_t value)
{
    struct ats_leaf *leaf = ats_transcoder_leaf(t, node);
    if (!leaf)
        return;
    leaf->type = ATS_LEAF_INTEGER;
    leaf->value.integer = value;
}

static inline void ats_transcoder_hand_real(const struct ats_transcoder *t,
                                            const struct ats_plan_node *node, double value)
{
    struct ats_leaf *leaf = ats_transcoder_leaf(t, node);
    if (!leaf)
        return;
    leaf->type = ATS_LEAF_REAL;
    leaf->value.real = value;
}

static inline void ats_transcoder_hand_boolean(const struct ats_transcoder *t,
                                               const struct ats_plan_node *node, bool value)
{
    struct ats_leaf *leaf = ats_transcoder_leaf(t, node);
    if (!leaf)
        return;
    leaf->type = ATS_LEAF_BOOLEAN;
    leaf->value.boolean = value;
}

/* `text` is not in `out`, whose bytes may still move. */
static inline void ats_transcoder_hand_text(const struct ats_transcoder *t,
                                            const struct ats_plan_node *node, struct ats_span text)
{
    struct ats_leaf *leaf = ats_transcoder_leaf(t, node);
    if (!leaf)
        return;
    leaf->type = ATS_LEAF_TEXT;
    leaf->value.text.data = text.data;
    leaf->value.text.len = text.len;
}

/* transcode.c: the value at the reader's place, of any node. */
bool ats_transcoder_put(struct ats_transcoder *t, const struct ats_plan_node *node);
/* transcode_collection.c: an array or a map. */
bool ats_transcoder_put_collection(struct ats_transcoder *t, const struct ats_plan_node *node);

/* transcode_breach.c: breaches of the schema. Each sets the verdict and returns false. */
bool ats_breach_type(struct ats_transcoder *t, const struct ats_plan_node *node);
bool ats_breach_fraction(struct ats_transcoder *t, const struct ats_plan_node *node);
bool ats_breach_range(struct ats_transcoder *t, const struct ats_plan_node *node);
/* A number that cannot be had as the node's float or double. */
bool ats_breach_real(struct ats_transcoder *t, const struct ats_plan_node *node,
                     const struct ats_json_number *number);
bool ats_breach_unknown(struct ats_transcoder *t, const struct ats_plan_node *record,
                        struct ats_span name);

/* transcode_general.c: the value at the reader's place, of a node that is no union, record, array or map. */
bool ats_transcoder_put_scalar(struct ats_transcoder *t, const struct ats_plan_node *node);
/* conversion_json.c: the same of a number in another unit than the field's. */
bool ats_transcoder_put_converted(struct ats_transcoder *t, const struct ats_plan_node *node);
/* transcode_logical.c: the same of a node that has a logical type. */
bool ats_transcoder_put_logical(struct ats_transcoder *t, const struct ats_plan_node *node);
/* Whether what was written from `begin` on is in the type's range. */
bool ats_transcoder_check_logical(struct ats_transcoder *t, const struct ats_plan_node *node,
                                  size_t begin);
/* The branch of a union that takes that value; -1. */
int ats_transcoder_branch(const struct ats_plan_node *node, struct ats_json *json);

/* transcode_record.c: a member's key, whatever its order and its escapes. SIZE_MAX: the member is one that the schema does not have, and
   was passed over. */
bool ats_transcoder_find_member(struct ats_transcoder *t, const struct ats_plan_node *record,
                                size_t keys_base, size_t hint, const struct ats_slot *slots,
                                size_t *ret_field);
/* Writes the fields that stand from `begin` on in the schema's order, and defaults where there are none. */
bool ats_transcoder_arrange(struct ats_transcoder *t, const struct ats_plan_node *record,
                            size_t begin, const struct ats_slot *slots);

#endif
