/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pass over the text, led by the plan. Avro wants fields in the schema's order and lengths before what they count; JSON has
 * neither. So each value is written when it is met, and put right when its end is known:
 *   a record notes where each field's bytes lie, and sorts them if the order was another than the schema's;
 *   an array, map or escaped string gets its count inserted before it, which moves bytes that are still in the cache.
 * Devices send their fields in one order, so a schema in that order costs nothing.
 *
 * The place in the text is handed from function to function, so that it stays in a register: each takes where a value begins and returns
 * where it ends, or NULL after a failure. What the quick way does not take goes to the general one from the value's beginning.
 *
 * Text that breaks the schema may be no JSON further on, and then it is called that: on the first breach of the schema the
 * whole text is judged again, without the plan. That pass costs a refused payload only.
 */
#include "common/contract/transcode.h"

#include "common/contract/avro.h"
#include "common/contract/decimal.h"
#include "common/contract/logical.h"
#include "common/contract/transcoder.h"

/* A longer text is worth a call of memcpy(). */
#define COPY_BLOCKS_MAX 8

static const uint8_t *put_value(struct ats_transcoder *t, const struct ats_plan_node *node,
                                const uint8_t *at);

static inline const uint8_t *skip_space(const uint8_t *at, const uint8_t *end)
{
    while (at < end && *at <= ' ' && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    return at;
}

static const uint8_t *fail(struct ats_transcoder *t, const uint8_t *at, enum ats_rule rule)
{
    t->json.at = at;
    (void)ats_json_fail(&t->json, rule);
    return NULL;
}

static const uint8_t *put_generally(struct ats_transcoder *t, const struct ats_plan_node *node,
                                    const uint8_t *at)
{
    t->json.at = at;
    return ats_transcoder_put_scalar(t, node) ? t->json.at : NULL;
}

/* ---- single values, the quick way ---- */

static inline const uint8_t *put_integer(struct ats_transcoder *t, const struct ats_plan_node *node,
                                         const uint8_t *at)
{
    struct ats_decimal decimal = {.digits = 0};
    uint64_t max = node->type == ATS_AVRO_INT ? INT32_MAX : INT64_MAX;
    const uint8_t *behind = ats_decimal_take(at, t->json.end, &decimal);
    uint8_t *room = ats_buf_room(t->out, ATS_AVRO_LONG_MAX);
    if (!behind || decimal.fraction > 0 || decimal.digits > max || !room)
        return put_generally(t, node, at);
    int64_t value = decimal.negative ? -(int64_t)decimal.digits : (int64_t)decimal.digits;
    t->out->len += ats_avro_write_long(room, value);
    ats_transcoder_hand_integer(t, node, value);
    return behind;
}

static inline const uint8_t *put_double(struct ats_transcoder *t, const struct ats_plan_node *node,
                                        const uint8_t *at)
{
    struct ats_decimal decimal = {.digits = 0};
    double value = 0;
    const uint8_t *behind = ats_decimal_take(at, t->json.end, &decimal);
    uint8_t *room = ats_buf_room(t->out, sizeof(value));
    if (!behind || !room || !ats_decimal_to_double(decimal.digits, -decimal.fraction, &value))
        return put_generally(t, node, at);
    value = decimal.negative ? -value : value;
    t->out->len += ats_avro_write_double(room, value);
    ats_transcoder_hand_real(t, node, value);
    return behind;
}

/* By blocks while both sides have room for whole ones: `to` has one more than `len` bytes need. */
static inline void copy_text(uint8_t *to, const uint8_t *from, size_t len, const uint8_t *end)
{
    size_t blocks = (len + ATS_SCAN_BLOCK - 1) / ATS_SCAN_BLOCK;
    if (blocks > COPY_BLOCKS_MAX || blocks * ATS_SCAN_BLOCK > (size_t)(end - from)) {
        memcpy(to, from, len);
        return;
    }
    for (size_t i = 0; i < len; i += ATS_SCAN_BLOCK)
        memcpy(to + i, from + i, ATS_SCAN_BLOCK);
}

static inline const uint8_t *put_string(struct ats_transcoder *t, const struct ats_plan_node *node,
                                        const uint8_t *at)
{
    const uint8_t *end = t->json.end;
    if (at == end || *at != '"')
        return put_generally(t, node, at);
    const uint8_t *begin = at + 1;
    const uint8_t *quote = ats_scan_plain(begin, end);
    size_t len = (size_t)(quote - begin);
    uint8_t *room = ats_buf_room(t->out, ATS_AVRO_LONG_MAX + len + ATS_SCAN_BLOCK);
    if (quote == end || *quote != '"' || !room)
        return put_generally(t, node, at);
    size_t head = ats_avro_write_long(room, (int64_t)len);
    copy_text(room + head, begin, len, end);
    t->out->len += head + len;
    ats_transcoder_hand_text(t, node, ats_span_of(begin, len));
    return quote + 1;
}

static inline const uint8_t *put_boolean(struct ats_transcoder *t, const struct ats_plan_node *node,
                                         const uint8_t *at)
{
    size_t left = (size_t)(t->json.end - at);
    bool value = left >= 4 && memcmp(at, "true", 4) == 0;
    uint8_t *room = ats_buf_room(t->out, 1);
    if ((!value && (left < 5 || memcmp(at, "false", 5) != 0)) || !room)
        return put_generally(t, node, at);
    *room = value ? 1 : 0;
    t->out->len++;
    ats_transcoder_hand_boolean(t, node, value);
    return at + (value ? 4 : 5);
}

/* ---- what holds other values ---- */

static const uint8_t *put_union(struct ats_transcoder *t, const struct ats_plan_node *node,
                                const uint8_t *at)
{
    t->json.at = at;
    int branch = ats_transcoder_branch(node, &t->json);
    if (branch < 0) {
        (void)ats_breach_type(t, node);
        return NULL;
    }
    ats_avro_put_long(t->out, branch);
    return put_value(t, &node->children[branch], at);
}

static const uint8_t *put_collection(struct ats_transcoder *t, const struct ats_plan_node *node,
                                     const uint8_t *at)
{
    t->json.at = at;
    return ats_transcoder_put_collection(t, node) ? t->json.at : NULL;
}

/* ---- records ---- */

/* A record that is being read. */
struct members {
    const struct ats_plan_node *record;
    size_t begin;     /* of its bytes */
    size_t keys_base; /* of its unknown names */
    size_t next;      /* the field expected */
    bool ordered;     /* all came in the schema's order so far */
    struct ats_slot slots[ATS_SCHEMA_FIELDS_MAX];
};

/* Whether the expected field's name stands here as `"name":`, byte for byte. Eight at a time: near the end of the text it is not tried. */
static inline bool is_key(const struct ats_plan_node *field, const uint8_t *at, const uint8_t *end)
{
    size_t last = field->key_len - 1 - (field->key_len - 1) % ATS_SCAN_WORD;
    if (field->key_len == 0 || (size_t)(end - at) < last + ATS_SCAN_WORD)
        return false;
    for (size_t i = 0; i < last; i += ATS_SCAN_WORD)
        if (ats_scan_load(at + i) != ats_scan_load(field->key + i))
            return false;
    return ((ats_scan_load(at + last) ^ ats_scan_load(field->key + last)) & field->key_mask) == 0;
}

/* A member, from its key to the end of its value. */
static inline const uint8_t *put_member(struct ats_transcoder *t, struct members *m,
                                        const uint8_t *at)
{
    const struct ats_plan_node *field = &m->record->children[m->next];
    size_t number = m->next;
    if (number < m->record->child_count && m->slots[number].at == ATS_SLOT_EMPTY &&
        is_key(field, at, t->json.end)) {
        at += field->key_len;
    } else {
        t->json.at = at;
        if (!ats_transcoder_find_member(t, m->record, m->keys_base, m->next, m->slots, &number))
            return NULL;
        at = t->json.at;
        if (number == SIZE_MAX)
            return at;
        field = &m->record->children[number];
        m->ordered = m->ordered && number == m->next;
    }
    m->next = number + 1;
    size_t from = t->out->len;
    at = put_value(t, field, at);
    m->slots[number] =
        (struct ats_slot){(uint32_t)(from - m->begin), (uint32_t)(t->out->len - from)};
    return at;
}

static const uint8_t *put_members(struct ats_transcoder *t, struct members *m, const uint8_t *at)
{
    const uint8_t *end = t->json.end;
    at = skip_space(at, end);
    if (at < end && *at == '}')
        return at + 1;
    for (;;) {
        at = put_member(t, m, at);
        if (!at)
            return NULL;
        at = skip_space(at, end);
        if (at < end && *at == '}')
            return at + 1;
        if (at == end || *at != ',')
            return fail(t, at, ATS_RULE_JSON_SYNTAX);
        at = skip_space(at + 1, end);
    }
}

static const uint8_t *put_record(struct ats_transcoder *t, const struct ats_plan_node *record,
                                 const uint8_t *at)
{
    struct members m;
    t->json.at = at;
    if (at == t->json.end || *at != '{') {
        (void)ats_breach_type(t, record);
        return NULL;
    }
    if (!ats_json_open(&t->json))
        return NULL;
    m.record = record;
    m.begin = t->out->len;
    m.keys_base = t->keys.count;
    m.next = 0;
    m.ordered = true;
    for (size_t i = 0; i < record->child_count; i++)
        m.slots[i].at = ATS_SLOT_EMPTY;
    at = put_members(t, &m, at + 1);
    if (!at)
        return NULL;
    t->json.depth--;
    ats_json_keys_pop(&t->keys, m.keys_base);
    bool complete = m.ordered && m.next == record->child_count;
    return complete || ats_transcoder_arrange(t, record, m.begin, m.slots) ? at : NULL;
}

/* A value of the node's plain type. */
static inline const uint8_t *put_plain(struct ats_transcoder *t, const struct ats_plan_node *node,
                                       const uint8_t *at)
{
    switch (node->type) {
    case ATS_AVRO_BOOLEAN:
        return put_boolean(t, node, at);
    case ATS_AVRO_INT:
    case ATS_AVRO_LONG:
        return put_integer(t, node, at);
    case ATS_AVRO_DOUBLE:
        return put_double(t, node, at);
    case ATS_AVRO_STRING:
        return put_string(t, node, at);
    case ATS_AVRO_RECORD:
        return put_record(t, node, at);
    case ATS_AVRO_UNION:
        return put_union(t, node, at);
    case ATS_AVRO_ARRAY:
    case ATS_AVRO_MAP:
        return put_collection(t, node, at);
    default:
        return put_generally(t, node, at);
    }
}

/* A number of a type that has no form of its own for numbers, a time say, is plain. */
static const uint8_t *put_logical(struct ats_transcoder *t, const struct ats_plan_node *node,
                                  const uint8_t *at)
{
    size_t begin = t->out->len;
    bool is_text = at < t->json.end && *at == '"';
    if (is_text || node->logical->ops->put_number || t->options->plain_integers) {
        t->json.at = at;
        return ats_transcoder_put_logical(t, node) ? t->json.at : NULL;
    }
    at = put_plain(t, node, at);
    return at && ats_transcoder_check_logical(t, node, begin) ? at : NULL;
}

static const uint8_t *put_detour(struct ats_transcoder *t, const struct ats_plan_node *node,
                                 const uint8_t *at)
{
    if (node->logical)
        return put_logical(t, node, at);
    t->json.at = at;
    return ats_transcoder_put_converted(t, node) ? t->json.at : NULL;
}

static const uint8_t *put_value(struct ats_transcoder *t, const struct ats_plan_node *node,
                                const uint8_t *at)
{
    at = skip_space(at, t->json.end);
    return node->detour ? put_detour(t, node, at) : put_plain(t, node, at);
}

/* ---- the whole ---- */

bool ats_transcoder_put(struct ats_transcoder *t, const struct ats_plan_node *node)
{
    const uint8_t *at = put_value(t, node, t->json.at);
    t->json.at = at ? at : t->json.at;
    return at != NULL;
}

/* Whether the text became Avro. */
static bool put_text(struct ats_transcoder *t, const struct ats_plan_node *node)
{
    return ats_transcoder_put(t, node) && ats_json_end(&t->json) && t->out->status == ATS_OK;
}

/* Why it did not: a fault of the text comes before what was found first. */
static enum ats_status judge_failure(struct ats_transcoder *t)
{
    struct ats_buf *out = t->out;
    if (t->json.fault == ATS_RULE_NONE && out->status == ATS_OK)
        (void)ats_json_check(&t->json, &t->keys);
    if (t->json.fault != ATS_RULE_NONE) {
        ats_json_verdict(&t->json, t->verdict);
        return ATS_ERR_INVALID;
    }
    if (out->status == ATS_ERR_LIMIT)
        ats_verdict_set(t->verdict, ATS_RULE_SIZE, "", "larger than %zu bytes as Avro", out->max);
    return out->status != ATS_OK ? out->status : ATS_ERR_INVALID;
}

enum ats_status ats_transcode(const struct ats_plan_node *node,
                              const struct ats_transcode_options *options, struct ats_span text,
                              struct ats_buf *out, struct ats_transcode_leaves *leaves,
                              struct ats_verdict *ret_verdict)
{
    struct ats_transcoder t;
    size_t before = out->len;
    size_t max = out->max;
    t.out = out;
    t.verdict = ret_verdict;
    t.options = options;
    t.leaves = leaves ? leaves->leaves : NULL;
    t.whole = true;
    for (size_t i = 0; leaves && i < leaves->count; i++)
        leaves->leaves[i].type = ATS_LEAF_ABSENT;
    ats_json_keys_init(&t.keys, options->secret);
    ats_json_init(&t.json, text);
    /* Two of the largest encodings fit while fields are put in order; the result may be one. */
    out->max = 2 * max;
    bool good = put_text(&t, node);
    out->max = max;
    if (good && out->len > max)
        out->status = ATS_ERR_LIMIT;
    if (leaves)
        leaves->whole = t.whole;
    if (good && out->status == ATS_OK)
        return ATS_OK;
    out->len = before;
    return judge_failure(&t);
}
