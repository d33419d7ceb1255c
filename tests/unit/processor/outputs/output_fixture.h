/* SPDX-License-Identifier: Apache-2.0 */
/* What the pipeline found, set by hand, and the record that an output makes of it. */
#ifndef ATS_TESTS_OUTPUTS_OUTPUT_FIXTURE_H
#define ATS_TESTS_OUTPUTS_OUTPUT_FIXTURE_H

#include "tests/unit/common/record/decoded.h"

#include "common/base/limits.h"
#include "processor/outputs/output.h"

#include <stdlib.h>

extern const struct ats_output_ops ats_output_decision;
extern const struct ats_output_ops ats_output_alert;
extern const struct ats_output_ops ats_output_erp;
extern const struct ats_output_ops ats_output_twin;
extern const struct ats_output_ops ats_output_dead_letter;

#define EPISODE "0123456789abcdef0123456789abcdef"
#define TRACEPARENT "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
#define RECEIVED_MS INT64_C(1764000000000)

static const char output_usecase[] =
    "name: warm\n"
    "version: 1.2.0\n"
    "contract: env-sensor\n"
    "kpi: Hours\n"
    "features: [{name: temp_last, field: data.temp, aggregate: last, unit: Cel}]\n"
    "model: {kind: robust-ewma, version: \"1\"}\n"
    "episode: {failureMode: too-warm, enter: 0.9, leave: 0.5, enterCount: 2, leaveCount: 3}\n"
    "alert: {severity: critical, title: Too warm, action: Cool it, runbook: \"https://r\"}\n"
    "erp: {kind: maintenance, priority: 2, breakdown: true}\n"
    "twin: {namespace: org.example, feature: health}\n";

struct output_fixture {
    struct ats_usecase *usecase;
    struct ats_kafka_record record; /* the input */
    struct ats_event event;
    struct ats_decision_feature feature;
    struct ats_decision_result result;
    const struct ats_decision_result *results[1];
    struct ats_decision decision;
    struct ats_episode episode;
    struct ats_dead_letter letter;
    struct ats_output_input input;
    struct ats_output_record output;
    json_t *json; /* of the record's value */
};

static struct output_fixture fix;

/* What came in. */
static inline void set_event(void)
{
    fix.record = (struct ats_kafka_record){.topic = "ats.telemetry.env-sensor",
                                           .partition = 3,
                                           .offset = 77,
                                           .timestamp_ms = RECEIVED_MS,
                                           .key = ats_span_text("line-3"),
                                           .value = ats_span_text("value")};
    fix.event = (struct ats_event){.kind = ATS_EVENT_ADMITTED,
                                   .gate = ats_span_text("gate-1"),
                                   .journal_id = 0xfeed,
                                   .position = 42,
                                   .device = ats_span_text("unit-1"),
                                   .asset = ats_span_text("line-3"),
                                   .topic = ats_span_text("site/hall/unit-1/env"),
                                   .contract = ats_span_text("env-sensor"),
                                   .contract_version = ats_span_text("1.0.0"),
                                   .received_ms = RECEIVED_MS,
                                   .traceparent = ats_span_text(TRACEPARENT)};
}

/* What the model made of it, and the episode that it is in. */
static inline void set_result(void)
{
    fix.feature = (struct ats_decision_feature){.name = "temp_last",
                                                .field = "data.temp",
                                                .unit = "Cel",
                                                .value = 51.5,
                                                .expected = 21.5,
                                                .contribution = 0.95};
    fix.result = (struct ats_decision_result){.use_case = "warm",
                                              .version = "1.2.0",
                                              .model = "robust-ewma",
                                              .model_version = "1",
                                              .score = 0.95,
                                              .threshold = 0.9,
                                              .anomalous = true,
                                              .features = &fix.feature,
                                              .feature_count = 1,
                                              .episode = ats_span_text(EPISODE),
                                              .explanation = ats_span_text("temp_last 51.5 Cel")};
    fix.results[0] = &fix.result;
    fix.episode = (struct ats_episode){.id = ats_span_text(EPISODE),
                                       .onset_ms = 1000,
                                       .last_ms = 61001,
                                       .peak_score = 0.97,
                                       .features = &fix.feature,
                                       .feature_count = 1};
}

static inline void start_output(void)
{
    struct ats_error err = {0};
    fix = (struct output_fixture){0};
    cr_assert_eq(ats_usecase_parse(ats_span_text(output_usecase), "u.yaml", &fix.usecase, &err),
                 ATS_OK, "%s", err.text);
    set_event();
    set_result();
    fix.decision = (struct ats_decision){.id = ats_span_text("gate-1/000000000000feed/42"),
                                         .event = &fix.event,
                                         .journal = ats_span_text("000000000000feed"),
                                         .record = &fix.record,
                                         .event_time_ms = 61001,
                                         .results = fix.results,
                                         .result_count = 1};
    fix.input = (struct ats_output_input){.fleet = "f1ee7",
                                          .group = "attestream",
                                          .decision = &fix.decision,
                                          .result = &fix.result,
                                          .usecase = fix.usecase,
                                          .accountable = "facility.lead",
                                          .episode = &fix.episode};
    ats_output_record_init(&fix.output);
}

static inline void finish_output(void)
{
    json_decref(fix.json);
    ats_output_record_fini(&fix.output);
    ats_usecase_free(fix.usecase);
}

static inline void map(const struct ats_output_ops *ops, enum ats_occasion occasion)
{
    fix.input.occasion = occasion;
    cr_assert(ops->occasions & (unsigned)occasion);
    cr_assert_eq(ops->map(&fix.input, &fix.output), ATS_OK);
}

/* Maps, and decodes the value by this schema; NULL: it is JSON. */
static inline const json_t *mapped(const struct ats_output_ops *ops, enum ats_occasion occasion,
                                   const char *schema)
{
    map(ops, occasion);
    json_decref(fix.json);
    struct ats_span value = fix.output.record.value;
    fix.json = schema
                   ? decoded(schema, value)
                   : json_loadb((const char *)value.data, value.len, JSON_REJECT_DUPLICATES, NULL);
    cr_assert_not_null(fix.json);
    return fix.json;
}

static inline bool has_header(const char *name, const char *value)
{
    return ats_span_is(ats_kafka_record_header(&fix.output.record, name), value);
}

#endif
