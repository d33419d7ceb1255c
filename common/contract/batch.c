/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/batch.h"

#include "common/contract/json.h"
#include "common/contract/plan.h"

#include <stdlib.h>

struct ats_batch {
    const struct ats_contract *contract;
    struct ats_contract_input input;
    bool single;
    size_t count;
    struct ats_span items[ATS_BATCH_ITEMS_MAX];
};

struct ats_batch *ats_batch_new(void)
{
    return calloc(1, sizeof(struct ats_batch));
}

void ats_batch_free(struct ats_batch *batch)
{
    free(batch);
}

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

enum ats_status ats_batch_open(struct ats_batch *batch, const struct ats_contract *contract,
                               const struct ats_contract_input *input,
                               struct ats_verdict *ret_verdict)
{
    batch->contract = contract;
    batch->input = *input;
    batch->single = input->payload.len > ATS_PAYLOAD_MAX || !is_list(input->payload);
    batch->count = 1;
    batch->items[0] = input->payload;
    return batch->single ? ATS_OK : split(batch, ret_verdict);
}

size_t ats_batch_count(const struct ats_batch *batch)
{
    return batch->count;
}

bool ats_batch_is_single(const struct ats_batch *batch)
{
    return batch->single;
}

struct ats_span ats_batch_item(const struct ats_batch *batch, size_t index)
{
    return batch->items[index];
}

enum ats_status ats_batch_admit(const struct ats_batch *batch, size_t index, struct ats_buf *out,
                                struct ats_verdict *ret_verdict)
{
    struct ats_contract_input input = batch->input;
    input.payload = batch->items[index];
    return ats_contract_admit(batch->contract, &input, out, ret_verdict);
}

enum ats_status ats_batch_admit_again(const struct ats_contract *contract,
                                      const struct ats_contract_input *input, size_t index,
                                      size_t count, struct ats_buf *out,
                                      struct ats_verdict *ret_verdict)
{
    struct ats_batch *batch = ats_batch_new();
    if (!batch)
        return ATS_ERR_MEMORY;
    enum ats_status status = ats_batch_open(batch, contract, input, ret_verdict);
    size_t found = ats_batch_is_single(batch) ? 0 : ats_batch_count(batch);
    if (status == ATS_OK && found != count) {
        ats_verdict_set(ret_verdict, ATS_RULE_BATCH, "", "a list of %zu events, not of %zu", found,
                        count);
        status = ATS_ERR_INVALID;
    }
    if (status == ATS_OK)
        status = ats_batch_admit(batch, index, out, ret_verdict);
    ats_batch_free(batch);
    return status;
}
