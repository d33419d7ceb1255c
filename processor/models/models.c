/* SPDX-License-Identifier: Apache-2.0 */
/* The table of models: a new one is a file beside this one and a line here. */
#include "processor/models/model.h"

extern const struct ats_model_ops ats_model_robust_ewma;

const struct ats_model_ops *const ats_models[] = {
    &ats_model_robust_ewma,
    NULL,
};

const struct ats_model_ops *ats_model_find(const char *kind)
{
    for (size_t i = 0; ats_models[i]; i++) {
        if (strcmp(ats_models[i]->kind, kind) == 0)
            return ats_models[i];
    }
    return NULL;
}

double ats_model_parameter(const struct ats_model_choice *choice, const char *name,
                           double otherwise)
{
    for (size_t i = 0; i < choice->parameter_count; i++) {
        if (strcmp(choice->parameters[i].name, name) == 0)
            return choice->parameters[i].value;
    }
    return otherwise;
}
