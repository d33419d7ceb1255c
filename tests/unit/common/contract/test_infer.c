/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/contract.h"
#include "common/contract/infer.h"
#include "tests/unit/common/contract/support.h"

#include <stdio.h>

static const char *const topic[] = {"a/{device}"};

struct draft {
    struct ats_buf odcs;
    struct ats_buf avsc;
    struct ats_contract *contract;
};

/* What is drafted from a text holds, and takes each of its samples. */
static struct draft draft_of(const char *text)
{
    const struct ats_infer_options options = {.name = "t-1", .topics = topic, .topic_count = 1};
    struct draft draft = {.contract = NULL};
    struct ats_infer *infer = NULL;
    struct ats_error err = {0};
    ats_buf_init(&draft.odcs, ATS_DOCUMENT_MAX);
    ats_buf_init(&draft.avsc, ATS_DOCUMENT_MAX);
    cr_assert_eq(ats_infer_new(&infer, &err), ATS_OK);
    ats_infer_begin(infer, "f.json");
    cr_assert_eq(ats_infer_push(infer, ats_span_text(text), &err), ATS_OK, "%s", err.text);
    cr_assert_eq(ats_infer_end(infer, &err), ATS_OK, "%s", err.text);
    cr_assert_eq(ats_infer_draft(infer, &options, &draft.odcs, &draft.avsc, &err), ATS_OK, "%s",
                 err.text);
    cr_assert_eq(ats_contract_compile(ats_buf_span(&draft.odcs), "odcs", ats_buf_span(&draft.avsc),
                                      "avsc", &draft.contract, &err),
                 ATS_OK, "%s\n%s\n%s", err.text, ats_buf_text(&draft.odcs),
                 ats_buf_text(&draft.avsc));
    cr_assert_gt(ats_infer_sample_count(infer), 0);
    for (size_t i = 0; i < ats_infer_sample_count(infer); i++) {
        struct ats_verdict verdict;
        struct ats_buf out;
        ats_buf_init(&out, ATS_RECORD_MAX);
        const struct ats_contract_input input = {.payload = ats_infer_sample(infer, i)};
        cr_assert_eq(ats_contract_admit(draft.contract, &input, &out, &verdict), ATS_OK, "%s: %s",
                     verdict.path, verdict.text);
        ats_buf_fini(&out);
    }
    ats_infer_free(infer);
    return draft;
}

static void finish(struct draft *draft)
{
    ats_contract_unref(draft->contract);
    ats_buf_fini(&draft->odcs);
    ats_buf_fini(&draft->avsc);
}

static void expect_in(struct ats_buf *document, const char *expected)
{
    cr_assert(strstr(ats_buf_text(document), expected), "'%s' is not in:\n%s", expected,
              ats_buf_text(document));
}

static void expect_not_in(struct ats_buf *document, const char *text)
{
    cr_assert(!strstr(ats_buf_text(document), text), "'%s' is in:\n%s", text,
              ats_buf_text(document));
}

static void expect_schema(const char *text, const char *expected)
{
    struct draft draft = draft_of(text);
    expect_in(&draft.avsc, expected);
    finish(&draft);
}

static void expect_odcs(const char *text, const char *expected)
{
    struct draft draft = draft_of(text);
    expect_in(&draft.odcs, expected);
    finish(&draft);
}

static void expect_refusal(const char *text, const char *expected)
{
    const struct ats_infer_options options = {.name = "t"};
    struct ats_infer *infer = NULL;
    struct ats_error err = {0};
    struct ats_buf odcs;
    struct ats_buf avsc;
    ats_buf_init(&odcs, ATS_DOCUMENT_MAX);
    ats_buf_init(&avsc, ATS_DOCUMENT_MAX);
    cr_assert_eq(ats_infer_new(&infer, &err), ATS_OK);
    ats_infer_begin(infer, "f.json");
    enum ats_status status = ats_infer_push(infer, ats_span_text(text), &err);
    if (status == ATS_OK)
        status = ats_infer_end(infer, &err);
    if (status == ATS_OK)
        status = ats_infer_draft(infer, &options, &odcs, &avsc, &err);
    cr_assert_eq(status, ATS_ERR_CONFIG, "%s", text);
    cr_assert(strncmp(err.text, expected, strlen(expected)) == 0, "%s", err.text);
    ats_infer_free(infer);
    ats_buf_fini(&odcs);
    ats_buf_fini(&avsc);
}

Test(infer, tells_integers_from_reals)
{
    expect_schema("{\"a\":1}{\"a\":-2}", "{\"name\": \"a\", \"type\": \"long\"}");
    expect_schema("{\"a\":1}{\"a\":2.5}", "{\"name\": \"a\", \"type\": \"double\"}");
}

Test(infer, makes_a_union_with_a_default_of_what_is_missing_somewhere)
{
    expect_schema("{\"a\":1,\"b\":true}{\"a\":2}",
                  "{\"name\": \"b\", \"type\": [\"null\", \"boolean\"], \"default\": null}");
    expect_schema("{\"a\":1}{\"a\":2,\"b\":\"x\"}",
                  "{\"name\": \"b\", \"type\": [\"null\", \"string\"], \"default\": null}");
}

Test(infer, makes_a_union_without_default_of_what_is_null_but_never_missing)
{
    expect_schema("{\"a\":1}{\"a\":null}", "{\"name\": \"a\", \"type\": [\"null\", \"long\"]}");
}

Test(infer, leaves_the_type_of_what_was_always_null_to_a_person)
{
    expect_odcs("{\"a\":null,\"b\":1}", "# DECIDE: the type, here and in schema.avsc; it was null "
                                        "in every event: a\n");
}

Test(infer, reads_lists_of_events_lines_and_what_is_written_over_many_lines)
{
    expect_odcs("[{\"a\":1},{\"a\":2}]\n[]\n{\"a\":\n3}\n[ {\"a\":4} ]", "from 4 events");
}

Test(infer, nests_records_lists_and_maps)
{
    expect_schema("{\"r\":{\"x\":1},\"l\":[1,2.5],\"d\":[[{\"q\":\"\"}]]}",
                  "\"items\": {\"type\": \"array\", \"items\": {\"type\": \"record\"");
    expect_schema("{\"a\":1,\"m\":{\"b 1\":1,\"b 2\":2.5}}",
                  "{\"name\": \"m\", \"type\": {\"type\": \"map\", \"values\": \"double\"}}");
}

Test(infer, makes_a_map_of_an_object_whose_keys_vary)
{
    char text[8192];
    size_t len = 0;
    for (int i = 0; i < 100; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len,
                                "{\"m\":{\"k%d\":{\"v\":%d}},\"a\":1}\n", i, i);
    struct draft draft = draft_of(text);
    expect_in(&draft.avsc, "{\"type\": \"map\", \"values\": {\"type\": \"record\"");
    expect_not_in(&draft.avsc, "k1");
    finish(&draft);
}

Test(infer, makes_an_enum_only_of_few_texts_that_repeat_often)
{
    char often[2048] = "";
    size_t len = 0;
    for (int i = 0; i < 20; i++)
        len += (size_t)snprintf(often + len, sizeof(often) - len, "{\"s\":\"%s\",\"m\":\"m%d\"}\n",
                                i % 2 ? "run" : "stop", i % 2);
    struct draft draft = draft_of(often);
    expect_in(&draft.avsc, "\"symbols\": [\"stop\", \"run\"]");
    expect_in(&draft.avsc, "{\"name\": \"m\", \"type\": \"string\"}");
    finish(&draft);
    expect_schema("{\"s\":\"run\"}{\"s\":\"stop\"}", "{\"name\": \"s\", \"type\": \"string\"}");
}

Test(infer, recognises_the_time_by_its_range)
{
    expect_odcs("{\"ts\":1700000000.5}{\"ts\":1700000001}", "eventTime: {field: ts, unit: s,");
    expect_odcs("{\"x\":1700000000123}{\"x\":1700000001123}", "eventTime: {field: x, unit: ms,");
    expect_odcs("{\"x\":1700000000123456}{\"x\":1700000001123456}",
                "eventTime: {field: x, unit: us,");
    expect_odcs("{\"x\":\"2026-11-24T13:32:52Z\"}{\"x\":\"2026-11-24T15:32:52+01:00\"}",
                "eventTime: {field: x, unit: rfc3339,");
    expect_odcs("{\"x\":1700000000}{\"x\":1700000001}", "# DECIDE: eventTime");
}

Test(infer, states_the_rate_of_one_device)
{
    struct draft draft = draft_of("{\"device\":\"d1\",\"ts\":1700000000}{\"device\":\"d2\",\"ts\":"
                                  "1700000005}{\"device\":\"d1\",\"ts\":1700000010}");
    expect_in(&draft.odcs, "# Seen: 3 events in 10 s, 0.2 a second, of 2 devices.");
    expect_in(&draft.odcs, "value: 10\n    unit: s\n    element: event.ts");
    finish(&draft);
}

Test(infer, recognises_the_device_by_its_name_or_by_being_the_same_in_all)
{
    expect_odcs("{\"x\":\"a1\",\"deviceId\":\"b\"}{\"x\":\"a1\",\"deviceId\":\"c\"}",
                "deviceField: deviceId\n");
    expect_odcs("{\"x\":\"a1\"}{\"x\":\"a1\"}", "deviceField: x\n");
    expect_odcs("{\"x\":\"a1\"}{\"x\":\"a2\"}", "# DECIDE: deviceField");
}

Test(infer, gives_room_beyond_the_range_that_was_seen)
{
    struct draft draft = draft_of("{\"v\":10.5}{\"v\":20.25}{\"v\":12}");
    expect_in(&draft.odcs, "# Seen: 10.5 to 20.25.");
    expect_in(&draft.odcs, "logicalTypeOptions: {minimum: 5, maximum: 26}");
    finish(&draft);
}

Test(infer, gives_a_counter_no_maximum)
{
    struct draft draft = draft_of("{\"n\":1}{\"n\":2}{\"n\":3}{\"n\":4}");
    expect_in(&draft.odcs, "logicalTypeOptions: {minimum: 0}");
    expect_not_in(&draft.odcs, "maximum:");
    finish(&draft);
}

Test(infer, leaves_out_keys_that_no_field_can_have_and_says_so)
{
    struct draft draft = draft_of("{\"a\":1,\"room \\u001b\\n1\":2}");
    expect_in(&draft.odcs, "left out, since it cannot be the name of a field: \"room "
                           "\\u001b\\u000a1\"");
    expect_in(&draft.odcs, "unknownFields: ignore");
    finish(&draft);
}

Test(infer, quotes_texts_and_names_that_yaml_would_read_otherwise)
{
    struct draft draft = draft_of("{\"true\":\"\\\"\\u2028\\u0000\\u0085: #\",\"no\":1}");
    finish(&draft);
    draft = draft_of("{\"null\":\"\\\"\\u2028\\u0085\\u00e9: #\",\"no\":1}");
    expect_in(&draft.odcs, "examples: [\"\\\"\\u2028\\u0085\xc3\xa9: #\"]");
    expect_in(&draft.odcs, "name: \"null\"");
    finish(&draft);
}

Test(infer, leaves_topics_to_a_person_so_that_lint_refuses)
{
    const struct ats_infer_options options = {.name = "t"};
    struct ats_infer *infer = NULL;
    struct ats_contract *contract = NULL;
    struct ats_error err = {0};
    struct ats_buf odcs;
    struct ats_buf avsc;
    ats_buf_init(&odcs, ATS_DOCUMENT_MAX);
    ats_buf_init(&avsc, ATS_DOCUMENT_MAX);
    cr_assert_eq(ats_infer_new(&infer, &err), ATS_OK);
    ats_infer_begin(infer, "f.json");
    cr_assert_eq(ats_infer_push(infer, ats_span_text("{\"a\":1}"), &err), ATS_OK);
    cr_assert_eq(ats_infer_draft(infer, &options, &odcs, &avsc, &err), ATS_OK);
    cr_assert_eq(ats_contract_compile(ats_buf_span(&odcs), "odcs", ats_buf_span(&avsc), "avsc",
                                      &contract, &err),
                 ATS_ERR_CONFIG);
    cr_assert(strstr(err.text, "key 'topics': expected 1 to 32 MQTT topic filters"), "%s",
              err.text);
    ats_infer_free(infer);
    ats_buf_fini(&odcs);
    ats_buf_fini(&avsc);
}

Test(infer, tells_both_places_of_a_key_with_two_types)
{
    expect_refusal("{\"a\":{\"b\":1}}\n\n{\"a\":{\"b\":\"x\"}}",
                   "f.json:3: 'a.b' is a text here, and a number in f.json:1");
    expect_refusal("{\"a\":[1,true]}", "f.json:1: 'a[]' is a boolean here, and a number in");
}

Test(infer, tells_the_line_of_what_is_not_json)
{
    expect_refusal("{\"a\":1}\n{\"a\":\n1,}", "f.json:3: not JSON: ");
    expect_refusal("{\"a\":1}\n{\"b\":", "f.json:2: not JSON: the event does not end");
    expect_refusal("{\"a\":1,\"a\":2}", "f.json:1: not JSON: duplicate object key");
    expect_refusal("[{\"a\":1}\n{\"a\":2}]", "f.json:2: found '{' (expected: , or ]");
    expect_refusal("[{\"a\":1},]", "f.json:1: found ']' (expected: an event");
    expect_refusal("[,{\"a\":1}]", "f.json:1: found ',' (expected: an event");
    expect_refusal("{\"a\":1},{\"a\":1}", "f.json:1: found ',' (expected: an event");
    expect_refusal("\n5", "f.json:2: found '5' (expected: an event");
    expect_refusal("[[{}]]", "f.json:1: found '['");
    expect_refusal("[{\"a\":1}", "f.json:1: the list does not end");
    expect_refusal("\xef\xbb\xbf{}", "f.json:1: found the byte 0xef");
    expect_refusal("{\"a\":1]", "f.json:1: not JSON");
}

Test(infer, refuses_what_gives_no_contract)
{
    expect_refusal("", "there is no event");
    expect_refusal("{}", "no event has a key that can be a field's name");
    expect_refusal("{\"1\":2}", "no event has a key that can be a field's name");
    expect_refusal("{\"a\":1,\"o\":{\"1\":1,\"2\":\"x\"}}", "f.json:1: 'o': none of its keys");
}

Test(infer, refuses_what_is_nested_too_deep)
{
    char text[512] = "";
    for (int i = 0; i < 40; i++)
        strcat(text, "{\"a\":");
    strcat(text, "1");
    for (int i = 0; i < 40; i++)
        strcat(text, "}");
    expect_refusal(text, "f.json:1: 'a.a.a.a.a.a.a.a.a.a.a.a.a.a.a': nested deeper");
}

Test(infer, refuses_an_event_with_more_keys_than_a_record_can_have)
{
    char text[8192] = "{";
    size_t len = 1;
    for (int i = 0; i <= ATS_SCHEMA_FIELDS_MAX; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\"k%d\":1", i ? "," : "", i);
    strcat(text, "}");
    expect_refusal(text, "f.json:1: '': more than 256 different keys");
}

Test(infer, refuses_an_event_larger_than_a_payload_may_be)
{
    size_t size = ATS_PAYLOAD_MAX + 64;
    char *text = malloc(size);
    cr_assert(text);
    memset(text, ' ', size);
    memcpy(text, "{\"a\":1}\n{", 9);
    text[size - 1] = '\0';
    expect_refusal(text, "f.json:2: an event of more than 524288 bytes");
    free(text);
}

Test(infer, takes_a_text_in_pieces_of_any_size)
{
    const char text[] = "[{\"a\":\"]}\\\"{\"},{\"a\":\"x\"}]";
    struct ats_infer *infer = NULL;
    struct ats_error err = {0};
    cr_assert_eq(ats_infer_new(&infer, &err), ATS_OK);
    ats_infer_begin(infer, "f.json");
    for (size_t i = 0; i < sizeof(text) - 1; i++)
        cr_assert_eq(ats_infer_push(infer, ats_span_of(text + i, 1), &err), ATS_OK, "%s", err.text);
    cr_assert_eq(ats_infer_end(infer, &err), ATS_OK);
    cr_assert_eq(ats_infer_event_count(infer), 2);
    ats_infer_free(infer);
}
