/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/http/routes.h"

#include "common/base/limits.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>

static bool ready_answer;

static bool ready(void *ctx, struct ats_buf *reason)
{
    (void)ctx;
    if (!ready_answer)
        ats_buf_append_text(reason, "1 of 2 \"workers\"");
    return ready_answer;
}

static void metrics(void *ctx, struct ats_buf *out)
{
    (void)ctx;
    ats_buf_append_text(out, "attestream_tasks 4\n");
}

static enum ats_status schema(void *ctx, uint32_t schema_id, struct ats_buf *out)
{
    (void)ctx;
    if (schema_id == 13)
        return ATS_ERR_IO;
    if (schema_id != 7)
        return ATS_ERR_NOT_FOUND;
    ats_buf_append_text(out, "{\"type\": \"string\"}");
    return ATS_OK;
}

static const struct ats_http_subject subjects[] = {
    {"a-value", 3, 7}, {"a-value", 9, 8}, {"b-value", 2, 7}, {"c-value", 1, 13}};

static const struct ats_http_subject *found_subjects = subjects;
static size_t found_count = sizeof(subjects) / sizeof(subjects[0]);

static enum ats_status find_subjects(void *ctx, const struct ats_http_subject **ret_subjects,
                                     size_t *ret_count)
{
    (void)ctx;
    *ret_subjects = found_subjects;
    *ret_count = found_count;
    return ATS_OK;
}

static const struct ats_http_source source = {
    .ready = ready, .metrics = metrics, .schema = schema, .subjects = find_subjects};
static struct ats_buf body;

static struct ats_http_answer ask(const char *path, bool reads)
{
    const struct ats_http_request request = {.method = reads ? ATS_HTTP_READ : ATS_HTTP_OTHER,
                                             .path = path};
    ats_buf_init(&body, 65536);
    return ats_http_route(&source, &request, &body);
}

static void expect_posted(const char *path, const char *upload, unsigned status, const char *text)
{
    const struct ats_http_request request = {
        .method = ATS_HTTP_POST, .path = path, .upload = ats_span_text(upload)};
    ats_buf_init(&body, 65536);
    struct ats_http_answer answer = ats_http_route(&source, &request, &body);
    const char *found = ats_buf_text(&body);
    cr_assert_eq(answer.status, status, "%s %s: %u %s", path, upload, answer.status, found);
    cr_assert_not_null(strstr(found, text), "%s: %s", path, found);
    ats_buf_fini(&body);
}

static void expect(const char *path, unsigned status, const char *text)
{
    struct ats_http_answer answer = ask(path, true);
    const char *found = ats_buf_text(&body);
    cr_assert_eq(answer.status, status, "%s: %u", path, answer.status);
    cr_assert_not_null(strstr(found, text), "%s: %s", path, found);
    ats_buf_fini(&body);
}

Test(routes, serve_a_schema_as_a_registry_does)
{
    struct ats_http_answer answer = ask("/schemas/ids/7", true);
    cr_assert_eq(answer.status, 200);
    cr_assert_str_eq(answer.content_type, "application/vnd.schemaregistry.v1+json");
    cr_assert_str_eq(ats_buf_text(&body), "{\"schema\":\"{\\\"type\\\": \\\"string\\\"}\"}");
    ats_buf_fini(&body);
}

Test(routes, answer_an_unknown_schema_with_40403)
{
    expect("/schemas/ids/8", 404, "40403");
}

Test(routes, refuse_what_is_no_schema_id)
{
    static const char *const paths[] = {
        "/schemas/ids/",           "/schemas/ids/x",
        "/schemas/ids/-1",         "/schemas/ids/2147483648",
        "/schemas/ids/8/versions", "/schemas/ids/99999999999999999999999"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        expect(paths[i], 404, "error_code");
}

Test(routes, answer_a_failing_store_with_500)
{
    expect("/schemas/ids/13", 500, "error_code");
}

Test(routes, say_why_the_process_is_not_ready)
{
    ready_answer = false;
    expect("/ready", 503, "1 of 2 \\\"workers\\\"");
    ready_answer = true;
    expect("/ready", 200, "true");
}

Test(routes, answer_health_and_metrics)
{
    expect("/health", 200, "ok");
    expect("/metrics", 200, "attestream_tasks 4");
}

Test(routes, answer_an_unknown_path_with_404)
{
    expect("/nothing", 404, "no such path");
    expect("/subjects//versions", 404, "no such path");
    expect("/subjects/a-value/versions/3/schema/more", 404, "no such path");
    expect("/metricsx", 404, "no such path");
    expect("/metrics/", 404, "no such path");
}

Test(routes, refuse_writing)
{
    struct ats_http_answer answer = ask("/metrics", false);
    cr_assert_eq(answer.status, 405);
    ats_buf_fini(&body);
}

Test(routes, list_subjects_and_versions)
{
    expect("/", 200, "{}");
    expect("/subjects", 200, "[\"a-value\",\"b-value\",\"c-value\"]");
    expect("/subjects/", 200, "[\"a-value\",\"b-value\",\"c-value\"]");
    expect("/subjects/a-value/versions", 200, "[3,9]");
    expect("/subjects/z-value/versions", 404, "40401");
    expect("/schemas/types", 200, "[\"AVRO\"]");
    expect("/contexts", 200, "[\".\"]");
}

Test(routes, give_a_version_by_its_number_or_the_latest)
{
    static const char first[] = "{\"subject\":\"a-value\",\"version\":3,\"id\":7,\"schema\":\"{"
                                "\\\"type\\\": \\\"string\\\"}\"}";
    expect("/subjects/a-value/versions/3", 200, first);
    expect("/subjects/b-value/versions/latest", 200, "\"version\":2");
    expect("/subjects/b-value/versions/-1", 200, "\"version\":2");
    expect("/subjects/a-value/versions/3/schema", 200, "{\"type\": \"string\"}");
    expect("/subjects/a-value/versions/3/referencedby", 200, "[]");
    expect("/subjects/a-value/versions/4", 404, "40402");
    expect("/subjects/z-value/versions/1", 404, "40401");
    expect("/subjects/a-value/versions/0", 422, "42202");
    expect("/subjects/a-value/versions/x", 422, "42202");
    expect("/subjects/c-value/versions/1", 500, "50001");
}

Test(routes, say_where_a_schema_stands)
{
    expect("/schemas/ids/7/schema", 200, "{\"type\": \"string\"}");
    expect("/schemas/ids/7/subjects", 200, "[\"a-value\",\"b-value\"]");
    expect("/schemas/ids/7/versions", 200,
           "[{\"subject\":\"a-value\",\"version\":3},{\"subject\":\"b-value\",\"version\":2}]");
}

Test(routes, look_a_schema_up_by_its_text)
{
    expect_posted("/subjects/a-value", "{\"schema\": \"{\\\"type\\\": \\\"string\\\"}\"}", 200,
                  "\"version\":3");
    expect_posted("/subjects/a-value",
                  "{\"schema\": \"{\\\"type\\\":\\\"string\\\"}\", \"schemaType\": \"AVRO\"}", 200,
                  "\"id\":7");
    expect_posted("/subjects/a-value", "{\"schema\": \"\\\"string\\\"\"}", 200, "\"version\":3");
    expect_posted("/subjects/a-value", "{\"schema\": \"\\\"int\\\"\"}", 404, "40403");
    expect_posted("/subjects/a-value",
                  "{\"schema\": \"{\\\"type\\\":\\\"string\\\"}\", \"schemaType\": \"JSON\"}", 404,
                  "40403");
    expect_posted("/subjects/z-value", "{\"schema\": \"x\"}", 404, "40401");
    expect_posted("/subjects/a-value", "{\"schema\": 1}", 422, "42201");
    expect_posted("/subjects/a-value", "{\"schema\": \"x\"}", 422, "42201");
    expect_posted("/subjects/a-value", "{\"schema\": \"\"}", 422, "42201");
    expect_posted("/subjects/a-value", "{\"schema\": \"x\", \"schemaType\": \"PROTOBUF\"}", 404,
                  "40403");
    expect_posted("/subjects/z-value", "{\"schema\": \"x\", \"schemaType\": \"PROTOBUF\"}", 404,
                  "40401");
    expect_posted("/subjects/a-value", "not json", 422, "42201");
    expect_posted("/subjects/a-value", "", 422, "42201");
}

/* `"string"` behind so much space that the text has `len` bytes. */
static char *ask_long(size_t len)
{
    struct ats_buf upload;
    ats_buf_init(&upload, 2 * ATS_DOCUMENT_MAX);
    ats_buf_append_text(&upload, "{\"schema\": \"");
    for (size_t i = 0; i < len - strlen("\"string\""); i++)
        ats_buf_append(&upload, " ", 1);
    ats_buf_append_text(&upload, "\\\"string\\\"\"}");
    char *text = strdup(ats_buf_text(&upload));
    ats_buf_fini(&upload);
    return text;
}

Test(routes, a_text_longer_than_any_schema_is_none_of_them)
{
    char *longest = ask_long(ATS_DOCUMENT_MAX), *longer = ask_long(ATS_DOCUMENT_MAX + 1);
    expect_posted("/subjects/a-value", longest, 200, "\"version\":3");
    expect_posted("/subjects/a-value", longer, 404, "40403");
    expect_posted("/subjects/z-value", longer, 404, "40401");
    free(longest);
    free(longer);
}

static size_t allocations;

static void *count_allocation(size_t size)
{
    allocations++;
    return malloc(size);
}

Test(routes, a_schema_is_parsed_once_however_many_versions_there_are)
{
    static struct ats_http_subject many[200];
    for (size_t i = 0; i < 200; i++)
        many[i] = (struct ats_http_subject){"d-value", (int32_t)i + 1, 7};
    struct ats_buf upload;
    ats_buf_init(&upload, 65536);
    ats_buf_append_text(&upload, "{\"schema\": \"[1");
    for (size_t i = 0; i < 5000; i++)
        ats_buf_append_text(&upload, ",1");
    ats_buf_append_text(&upload, "]\"}");
    found_subjects = many;
    found_count = 200;
    json_set_alloc_funcs(count_allocation, free);
    expect_posted("/subjects/d-value", ats_buf_text(&upload), 404, "40403");
    json_set_alloc_funcs(malloc, free);
    /* One number, one allocation; of each version a few. */
    cr_assert_lt(allocations, 2 * 5000 + 200 * 20, "%zu", allocations);
    cr_assert_gt(allocations, 5000);
    ats_buf_fini(&upload);
}

Test(routes, let_nobody_register_or_change)
{
    expect_posted("/subjects/a-value/versions", "{\"schema\": \"x\"}", 422, "42205");
    struct ats_http_answer answer = ask("/config", false);
    cr_assert_eq(answer.status, 422);
    ats_buf_fini(&body);
    answer = ask("/subjects/a-value", true);
    cr_assert_eq(answer.status, 405);
    cr_assert_str_eq(answer.allow, "POST");
    ats_buf_fini(&body);
    expect("/config", 200, "NONE");
    expect("/mode", 200, "READONLY");
    expect("/config/a-value", 404, "40408");
    expect("/mode/a-value", 404, "40409");
}
