/* SPDX-License-Identifier: Apache-2.0 */
/* Records whose fields come in another order than the schema's, with other names, or not at all. */
#include "common/contract/transcoder.h"

#include "common/contract/text.h"

/* A value of a field that the schema does not have: passed over if the contract says so. */
static bool pass_unknown(struct ats_transcoder *t, const struct ats_plan_node *record, size_t base,
                         struct ats_json_text key)
{
    if (!t->options->ignore_unknown)
        return ats_breach_unknown(t, record, ats_text_peek(t->out, key));
    return ats_json_keys_add(&t->keys, base, &t->json, key) && ats_json_skip(&t->json, &t->keys);
}

bool ats_transcoder_find_member(struct ats_transcoder *t, const struct ats_plan_node *record,
                                size_t keys_base, size_t hint, const struct ats_slot *slots,
                                size_t *ret_field)
{
    struct ats_json_text key;
    if (!ats_json_key(&t->json, &key))
        return false;
    *ret_field = ats_plan_find_field(record, ats_text_peek(t->out, key), hint);
    if (*ret_field == SIZE_MAX)
        return pass_unknown(t, record, keys_base, key);
    if (slots[*ret_field].at != ATS_SLOT_EMPTY)
        return ats_json_fail(&t->json, ATS_RULE_JSON_DUPLICATE_KEY);
    return true;
}

/* How much the defaults of missing fields add; SIZE_MAX with the verdict set if one has none. */
static size_t missing_size(struct ats_transcoder *t, const struct ats_plan_node *record,
                           const struct ats_slot *slots)
{
    size_t size = 0;
    for (size_t i = 0; i < record->child_count; i++) {
        const struct ats_plan_node *field = &record->children[i];
        if (slots[i].at != ATS_SLOT_EMPTY)
            continue;
        if (!field->has_default) {
            ats_verdict_set(t->verdict, ATS_RULE_MISSING_FIELD, field->path,
                            "the field is missing");
            return SIZE_MAX;
        }
        t->whole = false; /* the default's leaves are in its bytes alone */
        size += field->default_len;
    }
    return size;
}

/* Behind the bytes read at first; then all moves to `begin`. */
bool ats_transcoder_arrange(struct ats_transcoder *t, const struct ats_plan_node *record,
                            size_t begin, const struct ats_slot *slots)
{
    struct ats_buf *out = t->out;
    size_t end = out->len;
    size_t missing = missing_size(t, record, slots);
    /* All the room at once, so that appending does not move what it copies. */
    if (missing == SIZE_MAX || !ats_buf_reserve(out, end - begin + missing))
        return false;
    for (size_t i = 0; i < record->child_count; i++) {
        const struct ats_plan_node *field = &record->children[i];
        if (slots[i].at == ATS_SLOT_EMPTY)
            ats_buf_append(out, field->default_bytes, field->default_len);
        else
            ats_buf_append(out, out->data + begin + slots[i].at, slots[i].len);
    }
    memmove(out->data + begin, out->data + end, out->len - end);
    out->len = begin + (out->len - end);
    return true;
}
