/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays and maps: their count stands before their items in Avro, and is known behind them. */
#include "common/contract/transcoder.h"

#include "common/contract/avro.h"
#include "common/contract/text.h"

/* One block with its count, then the block of none that ends it. */
static void end_blocks(struct ats_buf *out, size_t begin, int64_t count)
{
    if (count > 0)
        ats_text_insert_count(out, begin, count);
    ats_avro_put_long(out, 0);
}

static bool put_array(struct ats_transcoder *t, const struct ats_plan_node *node)
{
    bool first = true;
    int64_t count = 0;
    size_t begin = t->out->len;
    if (!ats_json_open(&t->json))
        return false;
    for (; ats_json_more(&t->json, ']', &first); count++)
        if (!ats_transcoder_put(t, &node->children[0]))
            return false;
    end_blocks(t->out, begin, count);
    return t->json.fault == ATS_RULE_NONE;
}

static bool put_map(struct ats_transcoder *t, const struct ats_plan_node *node)
{
    bool first = true;
    int64_t count = 0;
    size_t begin = t->out->len;
    size_t base = t->keys.count;
    struct ats_json_text key;
    if (!ats_json_open(&t->json))
        return false;
    for (; ats_json_more(&t->json, '}', &first); count++) {
        if (!ats_json_key(&t->json, &key) || !ats_json_keys_add(&t->keys, base, &t->json, key))
            return false;
        ats_text_put(t->out, key);
        if (!ats_transcoder_put(t, &node->children[0]))
            return false;
    }
    ats_json_keys_pop(&t->keys, base);
    end_blocks(t->out, begin, count);
    return t->json.fault == ATS_RULE_NONE;
}

bool ats_transcoder_put_collection(struct ats_transcoder *t, const struct ats_plan_node *node)
{
    if (ats_json_peek(&t->json) != ats_plan_json_kind(node->type))
        return ats_breach_type(t, node);
    return node->type == ATS_AVRO_ARRAY ? put_array(t, node) : put_map(t, node);
}
