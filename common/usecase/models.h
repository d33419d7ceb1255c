/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of each model: kind, version, parameters with default and range. The parser judges use cases by it, and
 * processor/models has the code for each kind; the order of the parameters is the order of their values.
 *
 * Thread: any; immutable.
 */
#ifndef ATS_USECASE_MODELS_H
#define ATS_USECASE_MODELS_H

#include <stddef.h>

#define ATS_MODEL_PARAMETERS_MAX 8

struct ats_model_parameter {
    const char *name;
    double otherwise; /* where the use case says nothing */
    double min;
    double max;
};

struct ats_model_info {
    const char *kind;
    const char *version;
    const struct ats_model_parameter *parameters;
    size_t parameter_count;
};

/* Ends with NULL. */
extern const struct ats_model_info *const ats_model_infos[];

/* robust-ewma: its level and spread start from so many values. */
#define ATS_EWMA_START_COUNT 8

enum ats_ewma_parameter {
    ATS_EWMA_MEMORY,
    ATS_EWMA_WARM_UP,
    ATS_EWMA_SMOOTHING,
    ATS_EWMA_HALF,
    ATS_EWMA_FLOOR_RELATIVE,
    ATS_EWMA_FLOOR_ABSOLUTE,
    ATS_EWMA_PARAMETERS,
};
extern const struct ats_model_info ats_model_info_robust_ewma;

#endif
