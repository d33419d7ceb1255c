/* SPDX-License-Identifier: Apache-2.0 */
#include "common/usecase/usecase.h"

#include "common/usecase/names.h"

#include <stdlib.h>

const char *const ats_aggregate_names[] = {"last", "mean", "min", "max", "count", "stddev", NULL};
const char *const ats_severity_names[] = {"info", "warning", "critical", NULL};

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
    char *const texts[] = {
        usecase->name,         usecase->version,
        usecase->contract,     usecase->kpi,
        usecase->sponsor,      usecase->alert.title,
        usecase->alert.action, usecase->alert.runbook,
        usecase->alert.owner,  usecase->episode.failure_mode,
        usecase->erp.kind,     usecase->twin.namespace_,
        usecase->twin.feature,
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        free(texts[i]);
    free(usecase);
}

enum ats_status ats_usecase_check_contract(const struct ats_usecase *usecase,
                                           const struct ats_contract *contract,
                                           struct ats_error *err)
{
    size_t leaf = 0;
    const char *name = ats_contract_name(contract);
    if (strcmp(name, usecase->contract) != 0)
        return ats_error_set(err, ATS_ERR_INVALID, "it is for contract %s, not %s",
                             usecase->contract, name);
    for (size_t i = 0; i < usecase->feature_count; i++) {
        const struct ats_feature *feature = &usecase->features[i];
        if (ats_contract_leaf_find(contract, feature->field, &leaf) != ATS_OK)
            return ats_error_set(err, ATS_ERR_INVALID,
                                 "feature %s: contract %s@%s has no field '%s'", feature->name,
                                 name, ats_contract_version(contract), feature->field);
    }
    return ATS_OK;
}
