/* SPDX-License-Identifier: Apache-2.0 */
#include "common/record/alert.h"

#include "common/contract/avro.h"
#include "common/contract/schema.h"
#include "common/record/schemas.h"

static void put_features(const struct ats_alert *alert, struct ats_buf *out)
{
    if (alert->feature_count > 0)
        ats_avro_put_long(out, (int64_t)alert->feature_count);
    for (size_t i = 0; i < alert->feature_count; i++) {
        const struct ats_decision_feature *feature = &alert->features[i];
        ats_avro_put_text(out, feature->name);
        ats_avro_put_text(out, feature->field);
        ats_avro_put_text(out, feature->unit);
        ats_decision_put_number(out, feature->value);
        ats_decision_put_number(out, feature->expected);
        ats_avro_put_double(out, feature->contribution);
    }
    ats_avro_put_long(out, 0);
}

void ats_alert_encode(const struct ats_alert *alert, struct ats_buf *out)
{
    const struct ats_usecase *usecase = alert->usecase;
    ats_framing_put(out, ats_record_schema_id("alert"));
    ats_avro_put_bytes(out, alert->episode);
    ats_avro_put_long(out, alert->state);
    ats_avro_put_long(out, usecase->alert.severity);
    ats_avro_put_bytes(out, alert->asset);
    ats_avro_put_bytes(out, alert->device);
    ats_avro_put_text(out, usecase->episode.failure_mode);
    ats_avro_put_text(out, usecase->name);
    ats_avro_put_text(out, usecase->version);
    ats_avro_put_text(out, usecase->model.info->kind);
    ats_avro_put_text(out, alert->model_version);
    ats_avro_put_text(out, usecase->alert.title);
    ats_avro_put_bytes(out, alert->explanation);
    ats_avro_put_text(out, usecase->alert.action);
    ats_avro_put_text(out, usecase->alert.runbook);
    ats_avro_put_text(out, alert->owner);
    ats_avro_put_long(out, alert->first_event_ms);
    ats_avro_put_long(out, alert->last_event_ms);
    ats_avro_put_double(out, alert->score);
    ats_avro_put_double(out, alert->peak_score);
    ats_avro_put_double(out, usecase->episode.enter);
    put_features(alert, out);
    ats_avro_put_bytes(out, alert->decision);
}
