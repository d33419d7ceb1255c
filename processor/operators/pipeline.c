/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/operators/pipeline.h"

#include "common/identity/seal.h"
#include "common/record/text.h"
#include "processor/operators/route.h"

#include <stdio.h>
#include <stdlib.h>

/* The state's entry "n". */
struct input_memory {
    uint64_t inputs;        /* records and control changes so far */
    uint64_t control_count; /* of the newest snapshot that an input was processed with */
};

struct ats_pipeline {
    struct ats_pipeline_options options;
    struct ats_snapshot *snapshot; /* a reference */
    struct ats_routes routes;
    struct ats_pipeline_counters counters;
    bool wait;
    bool refused;
    /* The event on its way. */
    struct ats_flow flow;
    struct ats_decision decision;
    char id[ATS_EVENT_ID_SIZE];
    char journal[ATS_TEXT_HEX64_SIZE];
    struct ats_output_record output;
};

enum ats_status ats_pipeline_new(const struct ats_pipeline_options *options,
                                 struct ats_snapshot *snapshot, struct ats_pipeline **ret_pipeline,
                                 struct ats_error *err)
{
    struct ats_pipeline *pipeline = calloc(1, sizeof(*pipeline));
    if (!pipeline)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    pipeline->options = *options;
    pipeline->wait = true;
    pipeline->flow.state = options->state;
    ats_output_record_init(&pipeline->output);
    enum ats_status status = ats_pipeline_update(pipeline, snapshot, err);
    if (status != ATS_OK && status != ATS_ERR_INVALID) {
        ats_pipeline_free(pipeline);
        return status;
    }
    *ret_pipeline = pipeline;
    return status;
}

enum ats_status ats_pipeline_update(struct ats_pipeline *pipeline, struct ats_snapshot *snapshot,
                                    struct ats_error *err)
{
    struct ats_routes routes = {0};
    enum ats_status status = ats_routes_make(snapshot, &routes, err);
    if (status != ATS_OK && status != ATS_ERR_INVALID)
        return status;
    struct ats_leaf *leaves = calloc(routes.leaf_count_max + 1, sizeof(*leaves));
    if (!leaves) {
        ats_routes_fini(&routes);
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    }
    ats_routes_fini(&pipeline->routes);
    ats_snapshot_unref(pipeline->snapshot);
    free(pipeline->flow.leaves);
    pipeline->routes = routes;
    pipeline->snapshot = ats_snapshot_ref(snapshot);
    pipeline->flow.leaves = leaves;
    return status;
}

enum ats_status ats_pipeline_check(const struct ats_snapshot *snapshot, struct ats_error *err)
{
    struct ats_routes routes = {0};
    enum ats_status status = ats_routes_make(snapshot, &routes, err);
    ats_routes_fini(&routes);
    return status;
}

void ats_pipeline_set_wait(struct ats_pipeline *pipeline, bool wait)
{
    pipeline->wait = wait;
}

void ats_pipeline_set_refused(struct ats_pipeline *pipeline, bool refused)
{
    pipeline->refused = refused;
}

const struct ats_pipeline_counters *ats_pipeline_counters(const struct ats_pipeline *pipeline)
{
    return &pipeline->counters;
}

uint64_t ats_pipeline_input_number(const struct ats_pipeline *pipeline)
{
    struct input_memory memory = {0};
    struct ats_span found = ats_state_view(pipeline->options.state, ats_span_text("n"));
    if (found.len == sizeof(memory))
        memcpy(&memory, found.data, sizeof(memory));
    return memory.inputs;
}

void ats_pipeline_free(struct ats_pipeline *pipeline)
{
    if (!pipeline)
        return;
    ats_routes_fini(&pipeline->routes);
    ats_snapshot_unref(pipeline->snapshot);
    free(pipeline->flow.leaves);
    ats_output_record_fini(&pipeline->output);
    free(pipeline);
}

/* Maps and sends every output of the occasion. */
static enum ats_status emit(struct ats_pipeline *pipeline, struct ats_output_input *input,
                            struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    input->fleet = pipeline->options.fleet;
    input->group = pipeline->options.group;
    for (size_t i = 0; ats_outputs[i] && status == ATS_OK; i++) {
        const struct ats_output_ops *ops = ats_outputs[i];
        if (!(ops->occasions & (unsigned)input->occasion))
            continue;
        status = ops->map(input, &pipeline->output);
        if (status != ATS_OK)
            return ats_error_set(err, status, "cannot make the output %s: %s", ops->name,
                                 ats_status_name(status));
        status = pipeline->options.sink.emit(pipeline->options.sink.ctx, ops->topic,
                                             &pipeline->output.record, err);
    }
    return status;
}

/* LIMIT where the state's bound was in the way. */
static enum ats_status fail_state(const struct ats_pipeline *pipeline, enum ats_status status,
                                  struct ats_error *err)
{
    const struct ats_state *state = pipeline->options.state;
    if (!ats_state_is_full(state))
        return ats_error_set(err, status, "out of memory for the task's state");
    return ats_error_set(err, ATS_ERR_LIMIT, "the task's state is full with %zu bytes",
                         ats_state_bytes(state));
}

/* Numbers the input; a change of the control log before it is an input as well. */
static enum ats_status number_input(struct ats_pipeline *pipeline, struct ats_error *err)
{
    struct input_memory *memory =
        ats_state_edit(pipeline->options.state, ats_span_text("n"), sizeof(*memory));
    if (!memory)
        return fail_state(pipeline, ATS_ERR_MEMORY, err);
    if (memory->control_count != pipeline->snapshot->control_count) {
        memory->control_count = pipeline->snapshot->control_count;
        memory->inputs++;
    }
    pipeline->decision.task_input = ++memory->inputs;
    return ATS_OK;
}

static enum ats_status bury(struct ats_pipeline *pipeline, const struct ats_event *event,
                            enum ats_dead_letter_rule rule, const char *text,
                            enum ats_pipeline_outcome *ret_outcome, struct ats_error *err)
{
    const struct ats_dead_letter_info *info = ats_dead_letter_info(rule);
    const struct ats_dead_letter letter = {.record = pipeline->flow.record,
                                           .event = event,
                                           .reason_class = info->reason_class,
                                           .rule = info->rule,
                                           .text = text ? text : info->text,
                                           .without_payload = pipeline->refused};
    struct ats_output_input input = {.occasion = ATS_OCCASION_DEAD_LETTER, .dead_letter = &letter};
    *ret_outcome = ATS_PIPELINE_DEAD_LETTER;
    pipeline->counters.dead_letters++;
    pipeline->counters.dead_letters_by[rule]++;
    enum ats_status status = number_input(pipeline, err);
    return status == ATS_OK ? emit(pipeline, &input, err) : status;
}

static bool holds(const struct ats_seal_keys *keys, const struct ats_kafka_record *record)
{
    for (size_t i = 0; i < keys->count; i++)
        if (ats_seal_check(keys->keys[i], record) == ATS_OK)
            return true;
    return false;
}

/* Whether the record's gate vouches for it; `ret_rule` RULES: it does. */
static enum ats_status check_seal(const struct ats_pipeline *pipeline,
                                  enum ats_dead_letter_rule *ret_rule, struct ats_error *err)
{
    const struct ats_pipeline_options *options = &pipeline->options;
    struct ats_seal_keys keys = {0};
    *ret_rule = ATS_DEAD_LETTER_RULES;
    if (!options->seal_key)
        return ATS_OK;
    const struct ats_event *event = &pipeline->flow.event;
    enum ats_status status =
        options->seal_key(options->seal_ctx, event->gate, event->received_ms, &keys);
    if (status == ATS_ERR_NOT_FOUND)
        *ret_rule = ATS_DEAD_LETTER_UNKNOWN_GATE;
    else if (status != ATS_OK)
        return ats_error_set(err, status, "the key of a gate cannot be looked up: %s",
                             ats_status_name(status));
    else if (!holds(&keys, pipeline->flow.record))
        *ret_rule = ATS_DEAD_LETTER_SEAL;
    return ATS_OK;
}

/* Whether the record lies where its key belongs. The seal does not cover the partition, and each task remembers only what it
   has seen itself: a sealed record that somebody copies into another partition would be decided there once more. */
static bool is_in_its_partition(const struct ats_pipeline *pipeline)
{
    const struct ats_kafka_record *record = pipeline->flow.record;
    int32_t count = pipeline->options.partition_count;
    return count == 0 || record->partition == ats_kafka_partition_of(record->key, count);
}

static enum ats_status run_event_operators(struct ats_pipeline *pipeline, enum ats_next *ret_next,
                                           struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    for (size_t i = 0; ats_event_operators[i] && status == ATS_OK && *ret_next == ATS_NEXT_GO_ON;
         i++)
        status = ats_event_operators[i]->process(&pipeline->flow, ret_next);
    return status == ATS_OK ? ATS_OK : fail_state(pipeline, status, err);
}

static enum ats_status emit_change(struct ats_pipeline *pipeline, const struct ats_chain *chain,
                                   struct ats_error *err)
{
    struct ats_output_input input = {.decision = &pipeline->decision,
                                     .result = &chain->result,
                                     .usecase = chain->usecase,
                                     .accountable = ats_contract_accountable(chain->contract),
                                     .episode = &chain->episode};
    if (chain->change == ATS_EPISODE_UNCHANGED)
        return ATS_OK;
    if (chain->change == ATS_EPISODE_OPENED) {
        input.occasion = ATS_OCCASION_EPISODE_OPENED;
        pipeline->counters.episodes_opened++;
    } else {
        input.occasion = ATS_OCCASION_EPISODE_CLOSED;
        pipeline->counters.episodes_closed++;
    }
    return emit(pipeline, &input, err);
}

static enum ats_status emit_decision(struct ats_pipeline *pipeline, const struct ats_route *route,
                                     struct ats_error *err)
{
    struct ats_flow *flow = &pipeline->flow;
    struct ats_decision *decision = &pipeline->decision;
    struct ats_output_input input = {.occasion = ATS_OCCASION_DECISION, .decision = decision};
    enum ats_status status = ats_event_id(&flow->event, pipeline->id, &decision->id);
    if (status != ATS_OK)
        return ats_error_set(err, status, "the gate's name is too long");
    decision->event = &flow->event;
    decision->journal =
        ats_span_of(pipeline->journal, ats_text_hex64(flow->event.journal_id, pipeline->journal));
    decision->record = flow->record;
    decision->event_time_ms = flow->event_time_ms;
    decision->control_count = pipeline->snapshot->control_count;
    decision->results = route->results;
    decision->result_count = route->chain_count;
    decision->late = false;
    for (size_t i = 0; i < route->chain_count; i++)
        decision->late |= route->results[i]->late;
    pipeline->counters.late += decision->late ? 1 : 0;
    pipeline->counters.decided++;
    return emit(pipeline, &input, err);
}

/* Every use case, then the outputs. */
static enum ats_status decide(struct ats_pipeline *pipeline, const struct ats_route *route,
                              struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    for (size_t i = 0; i < route->chain_count && status == ATS_OK; i++)
        status = ats_chain_process(route->chains[i], &pipeline->flow);
    if (status != ATS_OK)
        return fail_state(pipeline, status, err);
    status = emit_decision(pipeline, route, err);
    for (size_t i = 0; i < route->chain_count && status == ATS_OK; i++)
        status = emit_change(pipeline, route->chains[i], err);
    return status;
}

static enum ats_status bury_unknown(struct ats_pipeline *pipeline,
                                    enum ats_pipeline_outcome *ret_outcome, struct ats_error *err)
{
    char text[96];
    (void)snprintf(text, sizeof(text), "no contract of this name and version has schema id %u",
                   (unsigned)pipeline->flow.event.schema_id);
    return bury(pipeline, &pipeline->flow.event, ATS_DEAD_LETTER_UNKNOWN_SCHEMA, text, ret_outcome,
                err);
}

/* A record that its gate vouches for. */
static enum ats_status process_sealed(struct ats_pipeline *pipeline,
                                      enum ats_pipeline_outcome *ret_outcome, struct ats_error *err)
{
    struct ats_flow *flow = &pipeline->flow;
    const struct ats_route *route = ats_routes_find(&pipeline->routes, &flow->event);
    enum ats_next next = ATS_NEXT_GO_ON;
    bool decoded =
        route && ats_contract_decode(route->contract, flow->event.value, flow->leaves) == ATS_OK;
    flow->contract = decoded ? route->contract : NULL;
    if (!decoded || !ats_contract_event_time(route->contract, flow->leaves, &flow->event_time_ms))
        flow->event_time_ms = flow->event.received_ms;
    enum ats_status status = run_event_operators(pipeline, &next, err);
    if (status != ATS_OK)
        return status;
    if (next == ATS_NEXT_STOP) {
        *ret_outcome = ATS_PIPELINE_DUPLICATE;
        pipeline->counters.duplicates++;
        return number_input(pipeline, err);
    }
    if (!route)
        return bury_unknown(pipeline, ret_outcome, err);
    if (!decoded)
        return bury(pipeline, &flow->event, ATS_DEAD_LETTER_UNDECODABLE, NULL, ret_outcome, err);
    *ret_outcome = ATS_PIPELINE_DECIDED;
    status = number_input(pipeline, err);
    return status == ATS_OK ? decide(pipeline, route, err) : status;
}

enum ats_status ats_pipeline_process(struct ats_pipeline *pipeline,
                                     const struct ats_kafka_record *record,
                                     enum ats_pipeline_outcome *ret_outcome, struct ats_error *err)
{
    struct ats_flow *flow = &pipeline->flow;
    struct ats_error reason_text = {0};
    enum ats_dead_letter_rule rule = ATS_DEAD_LETTER_RULES;
    flow->record = record;
    if (pipeline->refused)
        return bury(pipeline, NULL, ATS_DEAD_LETTER_SIZE, NULL, ret_outcome, err);
    if (ats_event_from_kafka(record, &flow->event, &reason_text) != ATS_OK)
        return bury(pipeline, NULL, ATS_DEAD_LETTER_HEADERS, reason_text.text, ret_outcome, err);
    enum ats_status status = check_seal(pipeline, &rule, err);
    if (status != ATS_OK)
        return status;
    if (rule == ATS_DEAD_LETTER_RULES && !is_in_its_partition(pipeline))
        return bury(pipeline, &flow->event, ATS_DEAD_LETTER_PARTITION, NULL, ret_outcome, err);
    /* Also a gate that is not known yet: its own record may be among those that are still to come. */
    if (pipeline->wait && rule != ATS_DEAD_LETTER_SEAL &&
        flow->event.control_count > pipeline->snapshot->control_count) {
        *ret_outcome = ATS_PIPELINE_WAIT;
        return ATS_OK;
    }
    if (rule != ATS_DEAD_LETTER_RULES)
        return bury(pipeline, NULL, rule, NULL, ret_outcome, err);
    return process_sealed(pipeline, ret_outcome, err);
}
