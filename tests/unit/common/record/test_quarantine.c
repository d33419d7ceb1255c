/* SPDX-License-Identifier: Apache-2.0 */
#include "common/record/quarantine.h"

#include "common/base/limits.h"
#include "tests/unit/common/record/decoded.h"

static const char *const nullable[] = {"device",      "contract",        "topic",
                                       "gate",        "journal",         "position",
                                       "input_topic", "input_partition", "input_offset"};

static json_t *encoded(const struct ats_quarantine *quarantine)
{
    struct ats_buf out;
    ats_buf_init(&out, ATS_RECORD_MAX);
    ats_quarantine_encode(quarantine, &out);
    json_t *json = decoded("quarantine", ats_buf_span(&out));
    ats_buf_fini(&out);
    return json;
}

Test(quarantine, has_every_member_of_its_schema)
{
    static const uint8_t payload[] = {0xff, 0};
    static const char *const expected[][2] = {
        {"source", "processor"}, {"class", "schema"},  {"rule", "r"},        {"path", "data.temp"},
        {"text", "why"},         {"device", "unit-1"}, {"contract", "c@1"},  {"topic", "a/b"},
        {"gate", "gate-1"},      {"journal", "00"},    {"input_topic", "t"}, {"payload", "/wA="},
    };
    const struct ats_quarantine quarantine = {.source = ATS_QUARANTINE_PROCESSOR,
                                              .reason_class = ats_span_text("schema"),
                                              .rule = ats_span_text("r"),
                                              .path = ats_span_text("data.temp"),
                                              .text = ats_span_text("why"),
                                              .time_ms = 5,
                                              .device = ats_span_text("unit-1"),
                                              .contract = ats_span_text("c@1"),
                                              .topic = ats_span_text("a/b"),
                                              .gate = ats_span_text("gate-1"),
                                              .journal = ats_span_text("00"),
                                              .position = 42,
                                              .input_topic = "t",
                                              .input_partition = 3,
                                              .input_offset = 77,
                                              .payload = ats_span_of(payload, sizeof(payload))};
    json_t *json = encoded(&quarantine);
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        cr_assert_str_eq(text_of(json, expected[i][0]), expected[i][1], "%s", expected[i][0]);
    cr_assert_eq(integer_of(json, "time"), 5);
    cr_assert_eq(integer_of(json, "position"), 42);
    cr_assert_eq(integer_of(json, "input_partition"), 3);
    cr_assert_eq(integer_of(json, "input_offset"), 77);
    json_decref(json);
}

Test(quarantine, has_null_for_what_is_not_known)
{
    const struct ats_quarantine quarantine = {.source = ATS_QUARANTINE_GATE};
    json_t *json = encoded(&quarantine);
    for (size_t i = 0; i < sizeof(nullable) / sizeof(nullable[0]); i++)
        cr_assert(json_is_null(member(json, nullable[i])), "%s", nullable[i]);
    cr_assert_str_eq(text_of(json, "source"), "gate");
    cr_assert_str_eq(text_of(json, "payload"), "");
    json_decref(json);
}
