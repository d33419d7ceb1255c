/* SPDX-License-Identifier: Apache-2.0 */
/* The value of a record of <prefix>alerts (schemas/records/alert.avsc). Thread: any. Owns: nothing, all is borrowed. */
#ifndef ATS_RECORD_ALERT_H
#define ATS_RECORD_ALERT_H

#include "common/record/decision.h"
#include "common/usecase/usecase.h"

/* The order of the schema's symbols. */
enum ats_alert_state { ATS_ALERT_ACTIVE, ATS_ALERT_CLEARED };

struct ats_alert {
    struct ats_span episode;
    enum ats_alert_state state;
    const struct ats_usecase *usecase;
    const char *model_version;
    struct ats_span asset;
    struct ats_span device;
    struct ats_span explanation;
    const char *owner;
    int64_t first_event_ms;
    int64_t last_event_ms;
    double score;
    double peak_score;
    const struct ats_decision_feature *features;
    size_t feature_count;
    struct ats_span decision;
};

/* Appends the framed value; the buffer's status tells whether it fitted. */
void ats_alert_encode(const struct ats_alert *alert, struct ats_buf *out);

#endif
