/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a contract has several formats, the publish's content type chooses, and no proof covers that: whoever sits between could have
 * the same bytes read as another event. So a payload that can be read as two of the contract's formats is taken as neither. What a
 * reading finds counts, not what the rules on its values say: an event that one of them refuses must not be another one that passes.
 */
#include "common/contract/batch.h"

#include "common/contract/batch_internal.h"
#include "common/contract/contract_internal.h"
#include "common/contract/senml.h"

#include <stdlib.h>

static struct ats_batch *new_reading(void)
{
    struct ats_batch *batch = calloc(1, sizeof(*batch));
    if (!batch)
        return NULL;
    batch->senml = calloc(1, sizeof(*batch->senml));
    if (batch->senml)
        return batch;
    free(batch);
    return NULL;
}

struct ats_batch *ats_batch_new(void)
{
    struct ats_batch *batch = new_reading();
    if (!batch)
        return NULL;
    batch->other = new_reading();
    ats_buf_init(&batch->value, ATS_RECORD_MAX);
    if (batch->other)
        return batch;
    ats_batch_free(batch);
    return NULL;
}

void ats_batch_free(struct ats_batch *batch)
{
    if (!batch)
        return;
    ats_batch_free(batch->other);
    ats_buf_fini(&batch->value);
    free(batch->senml);
    free(batch);
}

void ats_batch_set_single(struct ats_batch *batch)
{
    batch->single = true;
    batch->count = 1;
    batch->items[0] = batch->input.payload;
}

/* JSON's own admission judges this in its one pass. */
static bool has_size(const struct ats_contract_input *input, struct ats_verdict *ret_verdict)
{
    if (input->payload.len == 0)
        ats_verdict_set(ret_verdict, ATS_RULE_EMPTY, "", "no bytes at all");
    else if (input->payload.len > ATS_PAYLOAD_MAX)
        ats_verdict_set(ret_verdict, ATS_RULE_SIZE, "", "more than %d bytes", ATS_PAYLOAD_MAX);
    return input->payload.len > 0 && input->payload.len <= ATS_PAYLOAD_MAX;
}

static enum ats_status open_as(struct ats_batch *batch, const struct ats_contract *contract,
                               const struct ats_contract_input *input,
                               const struct ats_format *format, struct ats_verdict *ret_verdict)
{
    batch->contract = contract;
    batch->input = *input;
    batch->format = format;
    ats_batch_set_single(batch);
    if (format != &ats_format_json && !has_size(input, ret_verdict))
        return ATS_ERR_INVALID;
    return format->open(batch, ret_verdict);
}

/* ---- payloads of two meanings ---- */

/* Whether one event at least is what format and schema allow, whatever the rules on its values say. */
static enum ats_status reads(const struct ats_batch *batch, struct ats_buf *value, bool *ret_reads)
{
    *ret_reads = false;
    for (size_t i = 0; i < batch->count && !*ret_reads; i++) {
        struct ats_verdict verdict;
        ats_buf_clear(value);
        enum ats_status status = ats_batch_admit(batch, i, value, &verdict);
        if (status != ATS_OK && status != ATS_ERR_INVALID && status != ATS_ERR_LIMIT)
            return status;
        *ret_reads = status == ATS_OK || verdict.verdict_class == ATS_VERDICT_QUALITY;
    }
    return ATS_OK;
}

static enum ats_status reads_as(struct ats_batch *batch, const struct ats_format *format,
                                bool *ret_reads)
{
    struct ats_verdict verdict;
    *ret_reads = false;
    if (open_as(batch->other, batch->contract, &batch->input, format, &verdict) != ATS_OK)
        return ATS_OK;
    return reads(batch->other, &batch->value, ret_reads);
}

static enum ats_status check_one_meaning(struct ats_batch *batch, struct ats_verdict *ret_verdict)
{
    const struct ats_odcs *odcs = ats_contract_odcs(batch->contract);
    for (size_t i = 0; i < odcs->format_count; i++) {
        const struct ats_format *format = ats_format_at(odcs->formats[i]);
        bool also = false;
        if (format == batch->format)
            continue;
        enum ats_status status = reads_as(batch, format, &also);
        if (status == ATS_OK && also)
            status = reads(batch, &batch->value, &also);
        if (status != ATS_OK)
            return status;
        if (!also)
            continue;
        ats_verdict_set(ret_verdict, ATS_RULE_AMBIGUOUS, "",
                        "it can be read as %s and as %s, and no proof covers the content type",
                        batch->format->name, format->name);
        return ATS_ERR_INVALID;
    }
    return ATS_OK;
}

/* ---- the interface ---- */

enum ats_status ats_batch_open(struct ats_batch *batch, const struct ats_contract *contract,
                               const struct ats_contract_input *input,
                               struct ats_verdict *ret_verdict)
{
    const struct ats_odcs *odcs = ats_contract_odcs(contract);
    const struct ats_format *format = NULL;
    batch->input = *input;
    ats_batch_set_single(batch);
    enum ats_status status = ats_format_choose(odcs, input->content_type, &format, ret_verdict);
    if (status == ATS_OK)
        status = open_as(batch, contract, input, format, ret_verdict);
    if (status == ATS_OK && odcs->format_count > 1)
        status = check_one_meaning(batch, ret_verdict);
    return status;
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
    if (batch->format == &ats_format_json)
        return ats_format_json.admit(batch, index, out, ret_verdict);
    size_t before = out->len;
    ats_verdict_clear(ret_verdict);
    enum ats_status status = batch->format->admit(batch, index, out, ret_verdict);
    if (status == ATS_OK)
        return ATS_OK;
    out->len = before;
    if (status == ATS_ERR_LIMIT)
        ats_verdict_set(ret_verdict, ATS_RULE_SIZE, "", "larger than %zu bytes as Avro", out->max);
    return status;
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
