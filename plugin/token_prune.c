/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/token_prune.h"

struct due {
    int64_t until_s;
    size_t count;
    uint8_t keys[ATS_GATE_TOKEN_PRUNE_MAX][ATS_TOKEN_HASH_SIZE];
};

static enum ats_status note_if_due(void *ctx, struct ats_span key, struct ats_span value)
{
    struct due *due = ctx;
    if (due->count == ATS_GATE_TOKEN_PRUNE_MAX)
        return ATS_ERR_LIMIT; /* ends the walk: the others wait a round */
    if (key.len == ATS_TOKEN_HASH_SIZE && ats_token_value_ends_by(value, due->until_s))
        memcpy(due->keys[due->count++], key.data, ATS_TOKEN_HASH_SIZE);
    return ATS_OK;
}

static enum ats_status find(const struct ats_token_prune *prune, struct due *due)
{
    const uint8_t prefix[] = {(uint8_t)(prune->part >> 8), (uint8_t)prune->part};
    struct ats_store_view *view = NULL;
    enum ats_status status = ats_store_view_open(prune->store, &view);
    if (status == ATS_OK)
        status = ats_store_walk(view, ats_span_of(prefix, sizeof(prefix)), note_if_due, due);
    ats_store_view_close(view);
    return status == ATS_ERR_LIMIT ? ATS_OK : status;
}

static enum ats_status forget(const struct ats_token_prune *prune, const struct due *due,
                              uint64_t *ret_tokens)
{
    struct ats_store_batch *batch = NULL;
    *ret_tokens = 0;
    enum ats_status status = ats_store_batch_begin(prune->store, &batch);
    if (status != ATS_OK)
        return status;
    for (size_t i = 0; i < due->count && status == ATS_OK; i++) {
        size_t tokens = 0;
        status = ats_token_store_forget(batch, due->keys[i], due->until_s, &tokens);
        *ret_tokens += tokens;
    }
    if (status == ATS_OK)
        return ats_store_batch_commit(batch);
    ats_store_batch_abort(batch);
    return status;
}

void ats_token_prune_step(struct ats_token_prune *prune, int64_t monotonic_ms, int64_t now_s)
{
    struct due due = {.until_s = now_s - ATS_GATE_TOKEN_PRUNE_AGE_S};
    uint64_t tokens = 0;
    if (!prune->store || monotonic_ms < prune->next_ms)
        return;
    prune->next_ms = monotonic_ms + ATS_GATE_TOKEN_PRUNE_MS;
    enum ats_status status = find(prune, &due);
    prune->part++;
    if (status == ATS_OK && due.count > 0)
        status = forget(prune, &due, &tokens);
    if (status != ATS_OK) {
        ats_log_event(prune->log, ATS_LOG_WARNING, "tokens.not-pruned", "reason=\"%s\"",
                      ats_store_reason(status));
        return;
    }
    if (due.count == 0)
        return;
    ats_counter_add(&prune->metrics->tokens_forgotten, tokens);
    ats_log_event(prune->log, ATS_LOG_INFO, "tokens.pruned", "keys=%zu tokens=%llu", due.count,
                  (unsigned long long)tokens);
}
