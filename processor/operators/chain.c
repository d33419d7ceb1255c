/* SPDX-License-Identifier: Apache-2.0 */
/* A use case compiled for one version of its contract: every operator prepares its part, then the result's constant texts are set. */
#include "device/wire.h"
#include "processor/operators/operator.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

/* A number that changes with anything that the meaning of the windows' and the model's memory depends on. */
static uint64_t shape_of(const struct ats_chain *chain)
{
    const struct ats_usecase *usecase = chain->usecase;
    uint8_t hash[crypto_hash_sha256_BYTES];
    uint64_t shape = 0;
    crypto_hash_sha256_state sha;
    (void)crypto_hash_sha256_init(&sha);
    for (size_t i = 0; i < usecase->feature_count; i++) {
        const struct ats_feature *feature = &usecase->features[i];
        const int64_t numbers[] = {(int64_t)feature->aggregate, feature->window_ms};
        (void)crypto_hash_sha256_update(&sha, (const uint8_t *)feature->field,
                                        strlen(feature->field) + 1);
        (void)crypto_hash_sha256_update(&sha, (const uint8_t *)numbers, sizeof(numbers));
    }
    (void)crypto_hash_sha256_update(&sha, (const uint8_t *)chain->model->info->kind,
                                    strlen(chain->model->info->kind) + 1);
    (void)crypto_hash_sha256_update(&sha, (const uint8_t *)chain->model->info->version,
                                    strlen(chain->model->info->version) + 1);
    for (size_t i = 0; i < chain->model->info->parameter_count; i++) {
        const char *name = chain->model->info->parameters[i].name;
        (void)crypto_hash_sha256_update(&sha, (const uint8_t *)name, strlen(name) + 1);
        (void)crypto_hash_sha256_update(&sha, (const uint8_t *)&usecase->model.parameters[i],
                                        sizeof(usecase->model.parameters[i]));
    }
    (void)crypto_hash_sha256_final(&sha, hash);
    memcpy(&shape, hash, sizeof(shape));
    return shape | 1; /* never the zero of a new entry */
}

static void set_constants(struct ats_chain *chain)
{
    const struct ats_usecase *usecase = chain->usecase;
    for (size_t i = 0; i < usecase->feature_count; i++) {
        chain->scored[i].name = usecase->features[i].name;
        chain->scored[i].field = usecase->features[i].field;
        chain->scored[i].unit = usecase->features[i].unit;
    }
    chain->result.use_case = usecase->name;
    chain->result.version = usecase->version;
    assert(chain->model);
    chain->result.model = chain->model->info->kind;
    chain->result.model_version = chain->model->info->version;
    chain->result.threshold = usecase->episode.enter;
    chain->shape = shape_of(chain);
}

enum ats_status ats_chain_new(const struct ats_usecase *usecase,
                              const struct ats_contract *contract, struct ats_chain **ret_chain,
                              struct ats_error *err)
{
    struct ats_chain *chain = calloc(1, sizeof(*chain));
    if (!chain)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    chain->usecase = usecase;
    chain->contract = contract;
    chain->memory_size = sizeof(chain->shape);
    enum ats_status status = ATS_OK;
    for (size_t i = 0; ats_usecase_operators[i] && status == ATS_OK; i++) {
        if (ats_usecase_operators[i]->prepare)
            status = ats_usecase_operators[i]->prepare(chain, err);
    }
    if (status != ATS_OK) {
        ats_chain_free(chain);
        return status;
    }
    set_constants(chain);
    *ret_chain = chain;
    return ATS_OK;
}

void ats_chain_free(struct ats_chain *chain)
{
    free(chain);
}

enum ats_status ats_chain_process(struct ats_chain *chain, struct ats_flow *flow)
{
    enum ats_status status = ATS_OK;
    enum ats_next next = ATS_NEXT_GO_ON;
    chain->result.late = false;
    chain->result.score = 0;
    chain->result.anomalous = false;
    chain->result.feature_count = 0;
    chain->result.episode = ats_span_of(NULL, 0);
    chain->result.explanation = ats_span_of(NULL, 0);
    chain->change = ATS_EPISODE_UNCHANGED;
    for (size_t i = 0; ats_usecase_operators[i] && status == ATS_OK && next == ATS_NEXT_GO_ON; i++)
        status = ats_usecase_operators[i]->process(chain, flow, &next);
    return status;
}
