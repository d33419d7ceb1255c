/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/http/routes.h"

#include <criterion/criterion.h>

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

static const struct ats_http_source source = {.ready = ready, .metrics = metrics, .schema = schema};
static struct ats_buf body;

static struct ats_http_answer ask(const char *path, bool reads)
{
    ats_buf_init(&body, 65536);
    return ats_http_route(&source, path, reads, &body);
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
        "/schemas/ids/7/versions", "/schemas/ids/99999999999999999999999"};
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
    expect("/", 404, "no such path");
    expect("/metricsx", 404, "no such path");
    expect("/metrics/", 404, "no such path");
}

Test(routes, refuse_writing)
{
    struct ats_http_answer answer = ask("/metrics", false);
    cr_assert_eq(answer.status, 405);
    ats_buf_fini(&body);
}
