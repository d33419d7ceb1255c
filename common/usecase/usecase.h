/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A use case: what is done with a contract's events and which KPI it serves. Read from YAML (schemas/usecases/,
 * docs/usecases.md), checked, then immutable. models.h says which models there are; the processor has their code.
 *
 * Thread: any, after parse. Owns: everything in it; all texts live as long as the use case.
 */
#ifndef ATS_USECASE_USECASE_H
#define ATS_USECASE_USECASE_H

#include "common/base/error.h"
#include "common/base/span.h"
#include "common/contract/contract.h"
#include "common/usecase/models.h"

#define ATS_USECASE_FEATURES_MAX 64

enum ats_aggregate {
    ATS_AGGREGATE_LAST,
    ATS_AGGREGATE_MEAN,
    ATS_AGGREGATE_MIN,
    ATS_AGGREGATE_MAX,
    ATS_AGGREGATE_COUNT,
    ATS_AGGREGATE_STDDEV
};
enum ats_severity { ATS_SEVERITY_INFO, ATS_SEVERITY_WARNING, ATS_SEVERITY_CRITICAL };

/* One number computed from a field over an event-time window that ends with the event. */
struct ats_feature {
    char *name;
    char *field; /* dotted path of a leaf in the contract */
    char *unit;
    enum ats_aggregate aggregate;
    int64_t window_ms; /* 0 for ATS_AGGREGATE_LAST */
};

struct ats_model_choice {
    const struct ats_model_info *info;
    double parameters
        [ATS_MODEL_PARAMETERS_MAX]; /* in the model's order; defaults where the file says nothing */
};

/* An episode opens after `enter_count` events in a row score at least `enter`, and closes after `leave_count` in a row
   score below `leave` (leave < enter: hysteresis). */
struct ats_episode_rule {
    char *failure_mode;
    double enter;
    double leave;
    int64_t enter_count;
    int64_t leave_count;
};

struct ats_alert_rule {
    enum ats_severity severity;
    char *title;
    char *action;  /* what to do */
    char *runbook; /* address */
    char *owner;   /* "" : the contract's accountable */
};

struct ats_erp_mapping {
    char *kind;       /* notification type, e.g. "malfunction" */
    int64_t priority; /* 1 highest .. 4 */
    bool breakdown;
};

struct ats_twin_mapping {
    char *namespace_; /* Ditto namespace of the thing id */
    char *feature;    /* Ditto feature that receives inferred properties */
};

struct ats_usecase {
    char *name;
    char *version;
    char *contract;
    char *kpi;
    char *sponsor;
    int64_t allowed_lateness_ms;
    struct ats_feature features[ATS_USECASE_FEATURES_MAX];
    size_t feature_count;
    struct ats_model_choice model;
    struct ats_episode_rule episode;
    struct ats_alert_rule alert;
    struct ats_erp_mapping erp;
    struct ats_twin_mapping twin;
};

/* CONFIG or INVALID: the text is "FILE:LINE: key 'x': ... allowed ...". */
ATS_MUST_USE enum ats_status ats_usecase_parse(struct ats_span yaml, const char *name,
                                               struct ats_usecase **ret_usecase,
                                               struct ats_error *err);
/* Whether the contract is the use case's and has every field that its features name; INVALID. */
ATS_MUST_USE enum ats_status ats_usecase_check_contract(const struct ats_usecase *usecase,
                                                        const struct ats_contract *contract,
                                                        struct ats_error *err);
void ats_usecase_free(struct ats_usecase *usecase);
const char *ats_severity_name(enum ats_severity severity);

#endif
