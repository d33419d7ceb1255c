/* SPDX-License-Identifier: Apache-2.0 */
/* JSON: one event is read in one pass; an array is a list of events, of which a first pass finds where each begins and ends. */
#include "common/contract/batch_internal.h"

#include "common/contract/json.h"

static const char *const content_types[] = {"application/json", NULL};

/* A JSON text whose first character begins a list. */
static bool is_list(struct ats_span payload)
{
    struct ats_json json;
    ats_json_init(&json, payload);
    return ats_json_peek(&json) == ATS_JSON_ARRAY;
}

/* Notes where each item begins and ends, as far as there is room; false: the text is no JSON. */
static bool find_items(struct ats_batch *batch, struct ats_json *json, struct ats_json_keys *keys)
{
    bool first = true;
    if (!ats_json_open(json))
        return false;
    for (batch->count = 0; ats_json_more(json, ']', &first); batch->count++) {
        (void)ats_json_peek(json); /* passes over the space before it */
        const uint8_t *begin = json->at;
        if (!ats_json_skip(json, keys))
            return false;
        if (batch->count < ATS_BATCH_ITEMS_MAX)
            batch->items[batch->count] = ats_span_of(begin, (size_t)(json->at - begin));
    }
    return ats_json_end(json);
}

static enum ats_status split(struct ats_batch *batch, struct ats_verdict *ret_verdict)
{
    struct ats_json json;
    struct ats_json_keys keys;
    ats_json_init(&json, batch->input.payload);
    ats_json_keys_init(&keys, ats_contract_secret(batch->contract));
    if (!find_items(batch, &json, &keys)) {
        ats_json_verdict(&json, ret_verdict);
        return ATS_ERR_INVALID;
    }
    if (batch->count >= 1 && batch->count <= ATS_BATCH_ITEMS_MAX)
        return ATS_OK;
    ats_verdict_set(ret_verdict, ATS_RULE_BATCH, "", "a list of %zu events (allowed: 1 to %d)",
                    batch->count, ATS_BATCH_ITEMS_MAX);
    return ATS_ERR_INVALID;
}

static enum ats_status open_json(struct ats_batch *batch, struct ats_verdict *ret_verdict)
{
    ats_batch_set_single(batch);
    batch->single = batch->input.payload.len > ATS_PAYLOAD_MAX || !is_list(batch->input.payload);
    return batch->single ? ATS_OK : split(batch, ret_verdict);
}

static enum ats_status admit_json(const struct ats_batch *batch, size_t index, struct ats_buf *out,
                                  struct ats_verdict *ret_verdict)
{
    struct ats_contract_input input = batch->input;
    input.payload = batch->items[index];
    return ats_contract_admit(batch->contract, &input, out, ret_verdict);
}

const struct ats_format ats_format_json = {
    .name = "json", .content_types = content_types, .open = open_json, .admit = admit_json};
