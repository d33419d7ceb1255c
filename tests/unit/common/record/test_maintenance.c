/* SPDX-License-Identifier: Apache-2.0 */
#include "common/record/maintenance.h"

#include "common/base/limits.h"
#include "tests/unit/common/record/decoded.h"

static json_t *encoded(enum ats_maintenance_kind kind)
{
    const struct ats_maintenance_request request = {.request_id = ats_span_text("r"),
                                                    .external_id = ats_span_text("ATSr"),
                                                    .asset = ats_span_text("line-3"),
                                                    .title = "Too warm",
                                                    .text = ats_span_text("why"),
                                                    .kind = kind,
                                                    .priority = 4,
                                                    .malfunction_start_ms = -1,
                                                    .breakdown = true,
                                                    .failure_mode = "too-warm",
                                                    .use_case = "u",
                                                    .use_case_version = "1.0.0",
                                                    .owner = "me",
                                                    .decision = ats_span_text("d")};
    struct ats_buf out;
    ats_buf_init(&out, ATS_RECORD_MAX);
    ats_maintenance_request_encode(&request, &out);
    json_t *json = decoded("maintenance-request", ats_buf_span(&out));
    ats_buf_fini(&out);
    return json;
}

Test(maintenance, has_every_member_of_its_schema)
{
    static const char *const expected[][2] = {
        {"request_id", "r"}, {"external_id", "ATSr"},
        {"asset", "line-3"}, {"title", "Too warm"},
        {"text", "why"},     {"failure_mode", "too-warm"},
        {"use_case", "u"},   {"use_case_version", "1.0.0"},
        {"owner", "me"},     {"decision", "d"},
    };
    json_t *json = encoded(ATS_MAINTENANCE_INSPECTION);
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        cr_assert_str_eq(text_of(json, expected[i][0]), expected[i][1], "%s", expected[i][0]);
    cr_assert_eq(integer_of(json, "priority"), 4);
    cr_assert_eq(integer_of(json, "malfunction_start"), -1);
    cr_assert(json_is_true(member(json, "breakdown")));
    json_decref(json);
}

Test(maintenance, has_the_kinds_of_its_schema)
{
    static const char *const names[] = {"malfunction", "maintenance", "inspection"};
    for (int kind = 0; kind < 3; kind++) {
        json_t *json = encoded((enum ats_maintenance_kind)kind);
        cr_assert_str_eq(text_of(json, "kind"), names[kind]);
        json_decref(json);
    }
}
