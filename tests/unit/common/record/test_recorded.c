/* SPDX-License-Identifier: Apache-2.0 */
#include "common/record/recorded.h"

#include "common/base/limits.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct ats_recorded recorded;
static struct ats_error err;

static void start(void)
{
    ats_recorded_init(&recorded);
}

static void finish(void)
{
    ats_recorded_fini(&recorded);
}

TestSuite(recorded, .init = start, .fini = finish);

static enum ats_status parse(const char *text, struct ats_kafka_record *ret_record)
{
    return ats_recorded_parse(&recorded, ats_span_text(text), ret_record, &err);
}

static void expect_same_again(const struct ats_kafka_record *record)
{
    struct ats_kafka_record back;
    json_t *json = ats_recorded_json(record);
    cr_assert_not_null(json);
    char *line = json_dumps(json, JSON_COMPACT);
    cr_assert_eq(parse(line, &back), ATS_OK, "%s: %s", line, err.text);
    free(line);
    json_decref(json);
    cr_assert_str_eq(back.topic, record->topic);
    cr_assert_eq(back.partition, record->partition);
    cr_assert_eq(back.offset, record->offset);
    cr_assert_eq(back.timestamp_ms, record->timestamp_ms);
    cr_assert_eq(back.key.data == NULL, record->key.data == NULL);
    cr_assert(ats_span_equal(back.key, record->key));
    cr_assert_eq(back.value.data == NULL, record->value.data == NULL);
    cr_assert(ats_span_equal(back.value, record->value));
    cr_assert_eq(back.header_count, record->header_count);
    for (size_t i = 0; i < record->header_count; i++) {
        cr_assert_str_eq(back.headers[i].name, record->headers[i].name);
        cr_assert_eq(back.headers[i].value.data == NULL, record->headers[i].value.data == NULL);
        cr_assert(ats_span_equal(back.headers[i].value, record->headers[i].value));
    }
}

Test(recorded, comes_back_from_its_line_as_it_was)
{
    static const uint8_t value[] = {0, 0, 0, 0x30, 0x39, 0xff, '\n', '"'};
    struct ats_kafka_record record = {.topic = "ats.telemetry.env-sensor",
                                      .partition = 3,
                                      .offset = INT64_C(9007199254740993),
                                      .timestamp_ms = INT64_C(1764000000123),
                                      .key = ats_span_text("press-7"),
                                      .value = ats_span_of(value, sizeof(value))};
    ats_kafka_record_add(&record, "ats_time", ats_span_text("1"));
    ats_kafka_record_add(&record, "ats_time", ats_span_of(value, 0));
    ats_kafka_record_add(&record, "x", ats_span_of(NULL, 0));
    ats_kafka_record_add(&record, "no UTF-8: \xff\xc3", ats_span_text("2"));
    expect_same_again(&record);
    record.key = record.value = ats_span_of(NULL, 0);
    record.header_count = 0;
    expect_same_again(&record);
}

Test(recorded, says_what_is_missing_or_wrong)
{
    static const char *const cases[][2] = {
        {"nonsense", "not JSON"},
        {"{\"partition\":0,\"offset\":0,\"timestamp\":0}", "a record needs topic"},
        {"{\"topic\":\"t\",\"partition\":-1,\"offset\":0,\"timestamp\":0}", "partition is not 0"},
        {"{\"topic\":\"t\",\"partition\":2147483648,\"offset\":0,\"timestamp\":0}",
         "partition is not 0"},
        {"{\"topic\":\"t\",\"partition\":0,\"offset\":0,\"timestamp\":0,\"key\":\"?\"}",
         "key and value are base64"},
        {"{\"topic\":\"t\",\"partition\":0,\"offset\":0,\"timestamp\":0,\"key\":null,\"value\":"
         "null,\"headers\":{}}",
         "headers is a list"},
        {"{\"topic\":\"t\",\"partition\":0,\"offset\":0,\"timestamp\":0,\"key\":null,\"value\":"
         "null,\"headers\":[[{\"base64\":\"eAB5\"},null]]}",
         "headers is a list"},
        {"{\"topic\":\"t\",\"partition\":0,\"offset\":0,\"timestamp\":0,\"key\":null,\"value\":"
         "null,\"headers\":[[{\"base64\":null},null]]}",
         "headers is a list"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ats_kafka_record record;
        cr_assert_eq(parse(cases[i][0], &record), ATS_ERR_MALFORMED, "%s", cases[i][0]);
        cr_assert_not_null(strstr(err.text, cases[i][1]), "%s", err.text);
    }
}

Test(recorded, reads_lines_and_passes_over_one_that_is_too_long)
{
    struct ats_buf line;
    FILE *file = fmemopen((void *)(uintptr_t) "a\n123456789\n\nlast", 17, "r");
    ats_buf_init(&line, 8);
    cr_assert_eq(ats_recorded_read_line(file, &line), ATS_OK);
    cr_assert(ats_span_is(ats_buf_span(&line), "a"));
    cr_assert_eq(ats_recorded_read_line(file, &line), ATS_ERR_LIMIT);
    cr_assert_eq(ats_recorded_read_line(file, &line), ATS_OK);
    cr_assert_eq(line.len, 0);
    cr_assert_eq(ats_recorded_read_line(file, &line), ATS_OK);
    cr_assert(ats_span_is(ats_buf_span(&line), "last"));
    cr_assert_eq(ats_recorded_read_line(file, &line), ATS_ERR_NOT_FOUND);
    (void)fclose(file);
    ats_buf_fini(&line);
}
