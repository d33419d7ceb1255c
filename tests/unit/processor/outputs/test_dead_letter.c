/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/processor/outputs/output_fixture.h"

static void start_letter(void)
{
    start_output();
    fix.letter = (struct ats_dead_letter){.record = &fix.record,
                                          .event = &fix.event,
                                          .reason_class = "schema",
                                          .rule = "unknown-schema",
                                          .text = "why"};
    fix.input = (struct ats_output_input){
        .fleet = "f1ee7", .group = "attestream", .dead_letter = &fix.letter};
}

TestSuite(dead_letter, .init = start_letter, .fini = finish_output);

static const json_t *letter(void)
{
    return mapped(&ats_output_dead_letter, ATS_OCCASION_DEAD_LETTER, "quarantine");
}

Test(dead_letter, says_where_the_record_lies_and_why_it_is_one)
{
    const json_t *json = letter();
    cr_assert_str_eq(text_of(json, "source"), "processor");
    cr_assert_str_eq(text_of(json, "class"), "schema");
    cr_assert_str_eq(text_of(json, "rule"), "unknown-schema");
    cr_assert_str_eq(text_of(json, "text"), "why");
    cr_assert_str_eq(text_of(json, "input_topic"), "ats.telemetry.env-sensor");
    cr_assert_eq(integer_of(json, "input_partition"), 3);
    cr_assert_eq(integer_of(json, "input_offset"), 77);
    cr_assert_str_eq(text_of(json, "payload"), "dmFsdWU=");
    cr_assert(has_header("ce_id", "ats.telemetry.env-sensor/3/77"));
}

Test(dead_letter, says_whose_event_it_was_and_of_which_contract)
{
    const json_t *json = letter();
    cr_assert_str_eq(text_of(json, "device"), "unit-1");
    cr_assert_str_eq(text_of(json, "contract"), "env-sensor@1.0.0");
    cr_assert_str_eq(text_of(json, "topic"), "site/hall/unit-1/env");
    cr_assert_str_eq(text_of(json, "gate"), "gate-1");
    cr_assert_str_eq(text_of(json, "journal"), "000000000000feed");
    cr_assert_eq(integer_of(json, "position"), 42);
}

Test(dead_letter, says_nothing_of_an_event_that_no_gate_vouches_for)
{
    static const char *const members[] = {"device", "contract", "topic",
                                          "gate",   "journal",  "position"};
    fix.letter.event = NULL;
    const json_t *json = letter();
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        cr_assert(json_is_null(member(json, members[i])), "%s", members[i]);
    cr_assert_null(ats_kafka_record_header(&fix.output.record, "traceparent").data);
}

Test(dead_letter, fits_into_a_record_whatever_its_input)
{
    size_t size = ATS_RECORD_MAX;
    uint8_t *bytes = calloc(1, size);
    fix.record.key = fix.record.value = ats_span_of(bytes, size);
    cr_assert_str_eq(text_of(letter(), "payload"), "");
    cr_assert_eq(fix.output.record.key.len, 0);
    free(bytes);
}

Test(dead_letter, takes_a_record_without_a_value)
{
    fix.record.key = fix.record.value = ats_span_of(NULL, 0);
    cr_assert_str_eq(text_of(letter(), "payload"), "");
}
