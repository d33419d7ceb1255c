/* SPDX-License-Identifier: Apache-2.0 */
#include "common/record/alert.h"

#include "common/base/limits.h"
#include "tests/unit/common/record/decoded.h"

#include <math.h>

static char texts[16][16];
static struct ats_usecase usecase;
static struct ats_decision_feature features[1];
static struct ats_alert alert;
static struct ats_buf out;
static json_t *json;

static char *text(int i, const char *value)
{
    (void)snprintf(texts[i], sizeof(texts[i]), "%s", value);
    return texts[i];
}

static void start(void)
{
    static const struct ats_model_info model = {.kind = "m", .version = "2"};
    usecase = (struct ats_usecase){
        .name = text(0, "u"),
        .version = text(1, "1.0.0"),
        .model.info = &model,
        .episode = {.failure_mode = text(3, "too-warm"), .enter = 0.9},
        .alert = {.severity = ATS_SEVERITY_WARNING,
                  .title = text(4, "Too warm"),
                  .action = text(5, "Cool it"),
                  .runbook = text(6, "")},
    };
    features[0] = (struct ats_decision_feature){"f1", "data.f", "Cel", 1.5, (double)NAN, 0.5};
    alert = (struct ats_alert){.episode = ats_span_text("e"),
                               .state = ATS_ALERT_CLEARED,
                               .usecase = &usecase,
                               .model_version = "2",
                               .asset = ats_span_text("line-3"),
                               .device = ats_span_text("unit-1"),
                               .explanation = ats_span_text("because"),
                               .owner = "me",
                               .first_event_ms = -1,
                               .last_event_ms = 5,
                               .score = 0.25,
                               .peak_score = 0.95,
                               .features = features,
                               .feature_count = 1,
                               .decision = ats_span_text("d")};
    ats_buf_init(&out, ATS_RECORD_MAX);
}

static void finish(void)
{
    json_decref(json);
    ats_buf_fini(&out);
}

TestSuite(alert, .init = start, .fini = finish);

Test(alert, has_every_member_of_its_schema)
{
    static const char *const expected[][2] = {
        {"episode", "e"},
        {"state", "CLEARED"},
        {"severity", "warning"},
        {"asset", "line-3"},
        {"device", "unit-1"},
        {"failure_mode", "too-warm"},
        {"use_case", "u"},
        {"model", "m"},
        {"use_case_version", "1.0.0"},
        {"model_version", "2"},
        {"title", "Too warm"},
        {"explanation", "because"},
        {"action", "Cool it"},
        {"runbook", ""},
        {"owner", "me"},
        {"features.0.name", "f1"},
        {"features.0.unit", "Cel"},
        {"features.0.field", "data.f"},
        {"decision", "d"},
    };
    ats_alert_encode(&alert, &out);
    json = decoded("alert", ats_buf_span(&out));
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        cr_assert_str_eq(text_of(json, expected[i][0]), expected[i][1], "%s", expected[i][0]);
    cr_assert_eq(integer_of(json, "first_event_time"), -1);
    cr_assert_eq(integer_of(json, "last_event_time"), 5);
    cr_assert_float_eq(real_of(json, "score"), 0.25, 0);
    cr_assert_float_eq(real_of(json, "peak_score"), 0.95, 0);
    cr_assert_float_eq(real_of(json, "threshold"), 0.9, 0);
    cr_assert_float_eq(real_of(json, "features.0.value"), 1.5, 0);
    cr_assert(json_is_null(member(json, "features.0.expected")));
}

Test(alert, may_have_no_features)
{
    alert.feature_count = 0;
    ats_alert_encode(&alert, &out);
    json = decoded("alert", ats_buf_span(&out));
    cr_assert_eq(json_array_size(member(json, "features")), 0);
}
