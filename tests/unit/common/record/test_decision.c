/* SPDX-License-Identifier: Apache-2.0 */
#include "common/record/decision.h"

#include "common/base/limits.h"
#include "tests/unit/common/record/decoded.h"

#include <math.h>

static const struct ats_kafka_record input = {
    .topic = "ats.telemetry.env", .partition = 3, .offset = INT64_C(1) << 40};
static struct ats_event event;
static struct ats_decision_feature features[2];
static struct ats_decision_result result;
static const struct ats_decision_result *const results[] = {&result};
static struct ats_decision decision;
static struct ats_buf out;
static json_t *json;

static void start(void)
{
    event = (struct ats_event){.gate = ats_span_text("gate-1"),
                               .position = 42,
                               .device = ats_span_text("unit-1"),
                               .asset = ats_span_text("line-3"),
                               .contract = ats_span_text("env"),
                               .contract_version = ats_span_text("1.0.0"),
                               .schema_id = 12345,
                               .received_ms = 2000,
                               .proof = ATS_EVENT_PROOF_MAC,
                               .sequence = 9};
    features[0] = (struct ats_decision_feature){"f1", "data.f", "Cel", 1.5, 2.5, -0.25};
    features[1] = (struct ats_decision_feature){"f2", "data.g", "", (double)NAN, (double)NAN, 0};
    result = (struct ats_decision_result){.use_case = "u",
                                          .version = "1",
                                          .model = "m",
                                          .model_version = "2",
                                          .score = 0.75,
                                          .threshold = 0.5,
                                          .anomalous = true,
                                          .features = features,
                                          .feature_count = 2,
                                          .episode = ats_span_text("e"),
                                          .explanation = ats_span_text("because")};
    decision = (struct ats_decision){.id = ats_span_text("gate-1/0/42"),
                                     .event = &event,
                                     .journal = ats_span_text("0000000000000001"),
                                     .record = &input,
                                     .event_time_ms = -1000,
                                     .task_input = 8,
                                     .control_count = 17,
                                     .results = results,
                                     .result_count = 1};
    ats_buf_init(&out, ATS_RECORD_MAX);
}

static void finish(void)
{
    json_decref(json);
    ats_buf_fini(&out);
}

TestSuite(decision, .init = start, .fini = finish);

static const json_t *encoded(void)
{
    ats_decision_encode(&decision, &out);
    cr_assert_eq(out.status, ATS_OK);
    json = decoded("decision", ats_buf_span(&out));
    return json;
}

Test(decision, says_where_the_event_came_from)
{
    (void)encoded();
    cr_assert_str_eq(text_of(json, "id"), "gate-1/0/42");
    cr_assert_str_eq(text_of(json, "input.gate"), "gate-1");
    cr_assert_str_eq(text_of(json, "input.journal"), "0000000000000001");
    cr_assert_eq(integer_of(json, "input.position"), 42);
    cr_assert_str_eq(text_of(json, "input.topic"), "ats.telemetry.env");
    cr_assert_eq(integer_of(json, "input.partition"), 3);
    cr_assert_eq(integer_of(json, "input.offset"), INT64_C(1) << 40);
    cr_assert_str_eq(text_of(json, "input.contract_version"), "1.0.0");
    cr_assert_eq(integer_of(json, "input.schema_id"), 12345);
}

Test(decision, says_whose_event_it_was_and_when)
{
    (void)encoded();
    cr_assert_str_eq(text_of(json, "device"), "unit-1");
    cr_assert_str_eq(text_of(json, "asset"), "line-3");
    cr_assert_eq(integer_of(json, "event_time"), -1000);
    cr_assert_eq(integer_of(json, "received_time"), 2000);
    cr_assert_str_eq(text_of(json, "proof"), "mac");
    cr_assert_eq(integer_of(json, "sequence"), 9);
    cr_assert_eq(integer_of(json, "task_input"), 8);
    cr_assert_eq(integer_of(json, "control_count"), 17);
}

Test(decision, has_a_result_for_each_use_case)
{
    (void)encoded();
    cr_assert_str_eq(text_of(json, "results.0.use_case"), "u");
    cr_assert_float_eq(real_of(json, "results.0.score"), 0.75, 0);
    cr_assert(json_is_true(member(json, "results.0.anomalous")));
    cr_assert_str_eq(text_of(json, "results.0.features.0.name"), "f1");
    cr_assert_float_eq(real_of(json, "results.0.features.0.expected"), 2.5, 0);
    cr_assert_float_eq(real_of(json, "results.0.features.0.contribution"), -0.25, 0);
    cr_assert_str_eq(text_of(json, "results.0.episode"), "e");
    cr_assert_str_eq(text_of(json, "results.0.explanation"), "because");
}

Test(decision, has_null_for_a_feature_that_is_absent)
{
    (void)encoded();
    cr_assert(json_is_null(member(json, "results.0.features.1.value")));
    cr_assert(json_is_null(member(json, "results.0.features.1.expected")));
}

Test(decision, of_a_late_event_has_no_score_and_no_features)
{
    result.late = decision.late = true;
    result.feature_count = 0;
    result.episode = ats_span_of(NULL, 0);
    (void)encoded();
    cr_assert(json_is_true(member(json, "late")));
    cr_assert(json_is_null(member(json, "results.0.score")));
    cr_assert_eq(json_array_size(member(json, "results.0.features")), 0);
    cr_assert(json_is_null(member(json, "results.0.episode")));
}

Test(decision, without_a_use_case_has_no_results)
{
    decision.result_count = 0;
    event.sequence = 0;
    (void)encoded();
    cr_assert_eq(json_array_size(member(json, "results")), 0);
    cr_assert(json_is_null(member(json, "sequence")));
}

Test(decision, that_does_not_fit_is_told_by_the_buffer)
{
    ats_buf_fini(&out);
    ats_buf_init(&out, 16);
    ats_decision_encode(&decision, &out);
    cr_assert_eq(out.status, ATS_ERR_LIMIT);
}
