/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An asset's condition from onset to end, with hysteresis in level and time.
 *
 *   closed  --- enter_count events in a row at or above `enter`  ---> open     onset: the first of them
 *   open    --- leave_count events in a row below `leave`        ---> closed
 *
 * An episode's id is a hash of what it is about and of the event that it began with, so that a replay gives it the same one,
 * and another episode never, not even one that begins at the same time. An asset that shows nothing unusual has no entry in
 * the state.
 */
#include "device/wire.h"
#include "processor/operators/operator.h"

#include <sodium.h>

struct feature_memory {
    double value;
    double expected;
    double contribution;
};

struct episode_memory {
    uint64_t open;
    uint64_t streak; /* closed: events in a row at or above `enter`; open: below `leave` */
    int64_t onset_ms;
    int64_t last_ms;
    double peak_score;
    double told_score; /* of the event whose features stand in `peak` */
    char id[40];       /* 32 hexadecimal digits, by the onset's event */
    struct feature_memory peak[];
};

/* A score that creeps up by less than this tells nothing new; its features would hide those that led to it. */
#define TELLING_RISE 0.01

/* 128 bits of SHA-256 over length-prefixed asset, failure mode, use case, model with version; time of the event that is on
   its way, the onset; its gate, journal id and position. */
static void make_id(const struct ats_chain *chain, const struct ats_flow *flow,
                    char ret_id[ATS_EPISODE_ID_SIZE])
{
    uint8_t bytes[8 * (ATS_NAME_MAX + 8)];
    uint8_t hash[crypto_hash_sha256_BYTES];
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, bytes, sizeof(bytes));
    ats_wire_put_bytes(&writer, flow->event.asset.data, flow->event.asset.len);
    ats_wire_put_text(&writer, chain->usecase->episode.failure_mode);
    ats_wire_put_text(&writer, chain->usecase->name);
    ats_wire_put_text(&writer, chain->model->info->kind);
    ats_wire_put_text(&writer, chain->model->info->version);
    ats_wire_put_u64(&writer, (uint64_t)flow->event_time_ms);
    ats_wire_put_bytes(&writer, flow->event.gate.data, flow->event.gate.len);
    ats_wire_put_u64(&writer, flow->event.journal_id);
    ats_wire_put_u64(&writer, flow->event.position);
    (void)crypto_hash_sha256(hash, bytes, writer.len);
    (void)sodium_bin2hex(ret_id, ATS_EPISODE_ID_SIZE, hash, 16);
}

/* The entry, made if need be. A use case that has another number of features now keeps the episode, not its peak's features. */
static struct episode_memory *open_memory(const struct ats_chain *chain, struct ats_flow *flow,
                                          struct ats_span key)
{
    struct episode_memory head = {0};
    size_t size = sizeof(head) + chain->usecase->feature_count * sizeof(struct feature_memory);
    struct ats_span old = ats_state_view(flow->state, key);
    if (old.len >= sizeof(head))
        memcpy(&head, old.data, sizeof(head));
    struct episode_memory *memory = ats_state_edit(flow->state, key, size);
    if (memory)
        memcpy(memory, &head, sizeof(head));
    return memory;
}

static void note_peak(const struct ats_chain *chain, struct episode_memory *memory)
{
    if (chain->result.score > memory->peak_score)
        memory->peak_score = chain->result.score;
    if (chain->result.score < memory->told_score + TELLING_RISE)
        return;
    memory->told_score = chain->result.score;
    for (size_t i = 0; i < chain->usecase->feature_count; i++)
        memory->peak[i] = (struct feature_memory){.value = chain->scored[i].value,
                                                  .expected = chain->scored[i].expected,
                                                  .contribution = chain->scored[i].contribution};
}

/* Fills the chain's episode from the entry, for decision and outputs. */
static void tell(struct ats_chain *chain, const struct episode_memory *memory,
                 enum ats_episode_change change)
{
    memcpy(chain->episode_id, memory->id, ATS_EPISODE_ID_SIZE);
    for (size_t i = 0; i < chain->usecase->feature_count; i++) {
        chain->peak[i] = chain->scored[i]; /* names, fields, units */
        chain->peak[i].value = memory->peak[i].value;
        chain->peak[i].expected = memory->peak[i].expected;
        chain->peak[i].contribution = memory->peak[i].contribution;
    }
    chain->change = change;
    chain->episode =
        (struct ats_episode){.id = ats_span_of(chain->episode_id, ATS_EPISODE_ID_SIZE - 1),
                             .onset_ms = memory->onset_ms,
                             .last_ms = memory->last_ms,
                             .peak_score = memory->peak_score,
                             .features = chain->peak,
                             .feature_count = chain->usecase->feature_count};
    chain->result.episode = chain->episode.id;
}

static enum ats_status process_closed(struct ats_chain *chain, struct ats_flow *flow,
                                      struct ats_span key, bool known)
{
    const struct ats_episode_rule *rule = &chain->usecase->episode;
    if (chain->result.score < rule->enter)
        return known ? ats_state_remove(flow->state, key) : ATS_OK;
    struct episode_memory *memory = open_memory(chain, flow, key);
    if (!memory)
        return ATS_ERR_MEMORY;
    if (memory->streak == 0) {
        memory->onset_ms = flow->event_time_ms;
        make_id(chain, flow, memory->id);
    }
    if (memory->streak == 0 || flow->event_time_ms > memory->last_ms)
        memory->last_ms = flow->event_time_ms;
    memory->streak++;
    note_peak(chain, memory);
    if (memory->streak < (uint64_t)rule->enter_count)
        return ATS_OK;
    memory->open = 1;
    memory->streak = 0;
    tell(chain, memory, ATS_EPISODE_OPENED);
    return ATS_OK;
}

static enum ats_status process_open(struct ats_chain *chain, struct ats_flow *flow,
                                    struct ats_span key)
{
    const struct ats_episode_rule *rule = &chain->usecase->episode;
    struct episode_memory *memory = open_memory(chain, flow, key);
    if (!memory)
        return ATS_ERR_MEMORY;
    memory->streak = chain->result.score < rule->leave ? memory->streak + 1 : 0;
    if (flow->event_time_ms > memory->last_ms)
        memory->last_ms = flow->event_time_ms;
    note_peak(chain, memory);
    if (memory->streak < (uint64_t)rule->leave_count) {
        tell(chain, memory, ATS_EPISODE_UNCHANGED);
        return ATS_OK;
    }
    tell(chain, memory, ATS_EPISODE_CLOSED);
    ats_chain_explain(chain, "Over. At its peak: ", chain->peak, memory->peak_score);
    return ats_state_remove(flow->state, key);
}

static enum ats_status process(struct ats_chain *chain, struct ats_flow *flow,
                               enum ats_next *ret_next)
{
    struct ats_span key = ats_flow_key(flow, 'e', ats_span_text(chain->usecase->name),
                                       flow->event.asset, ats_span_of(NULL, 0));
    struct ats_span known = ats_state_view(flow->state, key);
    uint64_t open = 0;
    (void)ret_next;
    if (known.len >= sizeof(struct episode_memory))
        memcpy(&open, known.data, sizeof(open));
    return open ? process_open(chain, flow, key)
                : process_closed(chain, flow, key, known.data != NULL);
}

const struct ats_usecase_operator ats_operator_episode = {.name = "episode", .process = process};
