/* SPDX-License-Identifier: Apache-2.0 */
/* Lets the use case's model score the features and learn from them. */
#include "processor/operators/operator.h"

static enum ats_status prepare(struct ats_chain *chain, struct ats_error *err)
{
    const struct ats_usecase *usecase = chain->usecase;
    const struct ats_model_choice *choice = &usecase->model;
    const struct ats_model_ops *model = ats_model_find(choice->info->kind);
    if (!model)
        return ats_error_set(err, ATS_ERR_INVALID, "use case %s: there is no model '%s'",
                             usecase->name, choice->info->kind);
    chain->model = model;
    chain->model_at = chain->memory_size;
    chain->memory_size += model->memory_size(choice, usecase->feature_count);
    return ATS_OK;
}

static enum ats_status process(struct ats_chain *chain, struct ats_flow *flow,
                               enum ats_next *ret_next)
{
    const struct ats_usecase *usecase = chain->usecase;
    struct ats_model_output output;
    const struct ats_model_input input = {
        .features = chain->values, .count = usecase->feature_count, .event_time_ms = flow->time_ms};
    (void)ret_next;
    chain->model->score(&usecase->model, chain->memory + chain->model_at, &input, &output);
    for (size_t i = 0; i < usecase->feature_count; i++) {
        chain->scored[i].value = chain->values[i];
        chain->scored[i].expected = output.expected[i];
        chain->scored[i].contribution = output.contributions[i];
    }
    chain->result.score = output.score;
    chain->result.anomalous = output.score >= usecase->episode.enter;
    chain->result.features = chain->scored;
    chain->result.feature_count = usecase->feature_count;
    if (output.score >= usecase->episode.leave)
        ats_chain_explain(chain, "", chain->scored, output.score);
    return ATS_OK;
}

const struct ats_usecase_operator ats_operator_score = {
    .name = "score", .prepare = prepare, .process = process};
