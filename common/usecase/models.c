/* SPDX-License-Identifier: Apache-2.0 */
/* The table of models: a new one is its description and a line here, and its code in processor/models. */
#include "common/usecase/models.h"

static const struct ats_model_parameter ewma_parameters[ATS_EWMA_PARAMETERS] = {
    [ATS_EWMA_MEMORY] = {"memory", 500, 2 * ATS_EWMA_START_COUNT, 1e6},
    [ATS_EWMA_WARM_UP] = {"warmUp", 30, ATS_EWMA_START_COUNT, 1e6},
    [ATS_EWMA_SMOOTHING] = {"smoothing", 5, 1, 1e4},
    [ATS_EWMA_HALF] = {"half", 3, 0.1, 100},
    [ATS_EWMA_FLOOR_RELATIVE] = {"floorRelative", 0.01, 0, 1},
    [ATS_EWMA_FLOOR_ABSOLUTE] = {"floorAbsolute", 1e-9, 1e-300, 1e300},
};
_Static_assert(ATS_EWMA_PARAMETERS <= ATS_MODEL_PARAMETERS_MAX, "a use case has room for them");

const struct ats_model_info ats_model_info_robust_ewma = {
    .kind = "robust-ewma",
    .version = "1",
    .parameters = ewma_parameters,
    .parameter_count = ATS_EWMA_PARAMETERS,
};

const struct ats_model_info *const ats_model_infos[] = {
    &ats_model_info_robust_ewma,
    NULL,
};
