/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/http/routes.h"

#include "common/base/limits.h"
#include "common/base/parse.h"

#include <jansson.h>
#include <stdlib.h>

#define TYPE_JSON "application/json"
#define TYPE_TEXT "text/plain; version=0.0.4; charset=utf-8"
/* What Confluent's clients ask for and get. */
#define TYPE_REGISTRY "application/vnd.schemaregistry.v1+json"

/* Appends the JSON text and takes the reference. */
static void append_json(struct ats_buf *body, json_t *json)
{
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    if (text)
        ats_buf_append_text(body, text);
    else
        body->status = ATS_ERR_MEMORY;
    free(text);
    json_decref(json);
}

static struct ats_http_answer answer_error(struct ats_buf *body, unsigned status, const char *type,
                                           int code, const char *message)
{
    append_json(body, json_pack("{s:i, s:s}", "error_code", code, "message", message));
    return (struct ats_http_answer){status, type};
}

static struct ats_http_answer answer_health(const struct ats_http_source *source, const char *rest,
                                            struct ats_buf *body)
{
    (void)source;
    (void)rest;
    append_json(body, json_pack("{s:s, s:s}", "status", "ok", "version", ATS_VERSION));
    return (struct ats_http_answer){200, TYPE_JSON};
}

static struct ats_http_answer answer_ready(const struct ats_http_source *source, const char *rest,
                                           struct ats_buf *body)
{
    struct ats_buf reason;
    (void)rest;
    ats_buf_init(&reason, ATS_ERROR_TEXT_MAX);
    bool ready = source->ready(source->ctx, &reason);
    const char *text = ats_buf_text(&reason);
    append_json(body, ready ? json_pack("{s:b}", "ready", 1)
                            : json_pack("{s:b, s:s}", "ready", 0, "reason", text ? text : ""));
    ats_buf_fini(&reason);
    return (struct ats_http_answer){ready ? 200 : 503, TYPE_JSON};
}

static struct ats_http_answer answer_metrics(const struct ats_http_source *source, const char *rest,
                                             struct ats_buf *body)
{
    (void)rest;
    source->metrics(source->ctx, body);
    return (struct ats_http_answer){200, TYPE_TEXT};
}

static struct ats_http_answer answer_schema(const struct ats_http_source *source, const char *rest,
                                            struct ats_buf *body)
{
    uint64_t id = 0;
    struct ats_buf text;
    if (ats_parse_uint64(ats_span_text(rest), &id) != ATS_OK || id > INT32_MAX)
        return answer_error(body, 404, TYPE_REGISTRY, 404, "a schema id is a number of 31 bits");
    ats_buf_init(&text, ATS_DOCUMENT_MAX);
    enum ats_status status = source->schema(source->ctx, (uint32_t)id, &text);
    if (status == ATS_OK)
        append_json(body, json_pack("{s:s%}", "schema", text.data, text.len));
    ats_buf_fini(&text);
    if (status == ATS_ERR_NOT_FOUND)
        return answer_error(body, 404, TYPE_REGISTRY, 40403, "Schema not found");
    if (status != ATS_OK)
        return answer_error(body, 500, TYPE_REGISTRY, 50001, "Error in the backend data store");
    return (struct ats_http_answer){200, TYPE_REGISTRY};
}

/* A path that ends with '/' takes the rest of the URL. */
static const struct {
    const char *path;
    struct ats_http_answer (*answer)(const struct ats_http_source *source, const char *rest,
                                     struct ats_buf *body);
} routes[] = {
    {"/health", answer_health},
    {"/ready", answer_ready},
    {"/metrics", answer_metrics},
    {"/schemas/ids/", answer_schema},
};

struct ats_http_answer ats_http_route(const struct ats_http_source *source, const char *path,
                                      bool reads, struct ats_buf *body)
{
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        size_t len = strlen(routes[i].path);
        bool whole = routes[i].path[len - 1] != '/';
        if (whole ? strcmp(path, routes[i].path) != 0 : strncmp(path, routes[i].path, len) != 0)
            continue;
        if (!reads)
            return answer_error(body, 405, TYPE_JSON, 405, "GET and HEAD are allowed");
        return routes[i].answer(source, path + len, body);
    }
    return answer_error(body, 404, TYPE_JSON, 404, "no such path");
}
