/* SPDX-License-Identifier: Apache-2.0 */
#include "common/usecase/usecase.h"

#include "common/usecase/names.h"

#include <stdlib.h>

const char *const ats_aggregate_names[] = {"last", "mean", "min", "max", "count", "stddev", NULL};
const char *const ats_severity_names[] = {"info", "warning", "critical", NULL};

const char *ats_aggregate_name(enum ats_aggregate aggregate)
{
    return ats_aggregate_names[aggregate];
}

const char *ats_severity_name(enum ats_severity severity)
{
    return ats_severity_names[severity];
}

void ats_usecase_free(struct ats_usecase *usecase)
{
    if (!usecase)
        return;
    for (size_t i = 0; i < usecase->feature_count; i++) {
        free(usecase->features[i].name);
        free(usecase->features[i].field);
        free(usecase->features[i].unit);
    }
    for (size_t i = 0; i < usecase->model.parameter_count; i++)
        free(usecase->model.parameters[i].name);
    char *const texts[] = {
        usecase->name,          usecase->version,         usecase->contract,
        usecase->kpi,           usecase->sponsor,         usecase->model.kind,
        usecase->model.version, usecase->alert.title,     usecase->alert.action,
        usecase->alert.runbook, usecase->alert.owner,     usecase->episode.failure_mode,
        usecase->erp.kind,      usecase->twin.namespace_, usecase->twin.feature,
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        free(texts[i]);
    free(usecase);
}
