/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A model turns a feature vector into a score in [0, 1] and says how much each feature contributed. One ops struct per
 * kind of model, one line in the table of models.c, and its description in common/usecase/models.c: that is all that a new detector needs.
 *
 * Thread: the task's. A model has no state of its own: what it learns lives in `memory`, bytes of the task's state per use
 * case and asset, so that it is restored from the changelog and undone with the transaction. Memory holds numbers only, no
 * pointers; all zero means nothing seen.
 */
#ifndef ATS_MODELS_MODEL_H
#define ATS_MODELS_MODEL_H

#include "common/usecase/usecase.h"

struct ats_model_input {
    const double *features; /* NaN: absent */
    size_t count;
    int64_t event_time_ms;
};

struct ats_model_output {
    double score; /* [0, 1] */
    double contributions
        [ATS_USECASE_FEATURES_MAX]; /* per feature, [0, 1], signed: above or below what was expected */
    double expected[ATS_USECASE_FEATURES_MAX]; /* what the model expected; NaN if it cannot say */
};

struct ats_model_ops {
    const struct ats_model_info *info; /* kind, version, parameters: common/usecase/models.c */
    /* Bytes of memory for this many features. */
    size_t (*memory_size)(const struct ats_model_choice *choice, size_t feature_count);
    /* Scores, then learns. Never fails: an unusable input scores 0. */
    void (*score)(const struct ats_model_choice *choice, void *memory,
                  const struct ats_model_input *input, struct ats_model_output *ret_output);
};

/* NULL if there is no such kind. */
const struct ats_model_ops *ats_model_find(const char *kind);
/* Every kind, ends with NULL. */
extern const struct ats_model_ops *const ats_models[];

#endif
