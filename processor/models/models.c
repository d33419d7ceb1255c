/* SPDX-License-Identifier: Apache-2.0 */
/* The table of models: a new one is a file beside this one, a line here, and its description in common/usecase/models.c. */
#include "processor/models/model.h"

extern const struct ats_model_ops ats_model_robust_ewma;

const struct ats_model_ops *const ats_models[] = {
    &ats_model_robust_ewma,
    NULL,
};

const struct ats_model_ops *ats_model_find(const char *kind)
{
    for (size_t i = 0; ats_models[i]; i++) {
        if (strcmp(ats_models[i]->info->kind, kind) == 0)
            return ats_models[i];
    }
    return NULL;
}
