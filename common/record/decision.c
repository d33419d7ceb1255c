/* SPDX-License-Identifier: Apache-2.0 */
#include "common/record/decision.h"

#include "common/contract/avro.h"
#include "common/contract/schema.h"
#include "common/record/schemas.h"

#include <math.h>

void ats_decision_put_number(struct ats_buf *out, double value)
{
    ats_avro_put_long(out, isnan(value) ? 0 : 1);
    if (!isnan(value))
        ats_avro_put_double(out, value);
}

static void put_input(const struct ats_decision *decision, struct ats_buf *out)
{
    const struct ats_event *event = decision->event;
    ats_avro_put_bytes(out, event->gate);
    ats_avro_put_bytes(out, decision->journal);
    ats_avro_put_long(out, (int64_t)event->position);
    ats_avro_put_text(out, decision->record->topic);
    ats_avro_put_long(out, decision->record->partition);
    ats_avro_put_long(out, decision->record->offset);
    ats_avro_put_bytes(out, event->contract);
    ats_avro_put_bytes(out, event->contract_version);
    ats_avro_put_long(out, event->schema_id);
}

static void put_features(const struct ats_decision_result *result, struct ats_buf *out)
{
    if (result->feature_count > 0)
        ats_avro_put_long(out, (int64_t)result->feature_count);
    for (size_t i = 0; i < result->feature_count; i++) {
        const struct ats_decision_feature *feature = &result->features[i];
        ats_avro_put_text(out, feature->name);
        ats_decision_put_number(out, feature->value);
        ats_decision_put_number(out, feature->expected);
        ats_avro_put_double(out, feature->contribution);
    }
    ats_avro_put_long(out, 0);
}

static void put_result(const struct ats_decision_result *result, struct ats_buf *out)
{
    ats_avro_put_text(out, result->use_case);
    ats_avro_put_text(out, result->version);
    ats_avro_put_text(out, result->model);
    ats_avro_put_text(out, result->model_version);
    ats_decision_put_number(out, result->late ? (double)NAN : result->score);
    ats_avro_put_double(out, result->threshold);
    ats_avro_put_boolean(out, result->anomalous);
    put_features(result, out);
    ats_avro_put_long(out, result->episode.len > 0 ? 1 : 0);
    if (result->episode.len > 0)
        ats_avro_put_bytes(out, result->episode);
    ats_avro_put_bytes(out, result->explanation);
}

void ats_decision_encode(const struct ats_decision *decision, struct ats_buf *out)
{
    const struct ats_event *event = decision->event;
    ats_framing_put(out, ats_record_schema_id("decision"));
    ats_avro_put_bytes(out, decision->id);
    put_input(decision, out);
    ats_avro_put_bytes(out, event->device);
    ats_avro_put_bytes(out, event->asset);
    ats_avro_put_long(out, decision->event_time_ms);
    ats_avro_put_long(out, event->received_ms);
    ats_avro_put_long(out, event->sequence > 0 ? 1 : 0);
    if (event->sequence > 0)
        ats_avro_put_long(out, (int64_t)event->sequence);
    ats_avro_put_text(out, ats_event_proof_name(event->proof));
    ats_avro_put_long(out, (int64_t)decision->task_input);
    ats_avro_put_long(out, (int64_t)decision->control_count);
    ats_avro_put_boolean(out, decision->late);
    if (decision->result_count > 0)
        ats_avro_put_long(out, (int64_t)decision->result_count);
    for (size_t i = 0; i < decision->result_count; i++)
        put_result(decision->results[i], out);
    ats_avro_put_long(out, 0);
}
