/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/http/routes.h"

#include "processor/http/answer.h"
#include "processor/http/registry.h"

static struct ats_http_answer answer_health(const struct ats_http_source *source,
                                            struct ats_buf *body)
{
    (void)source;
    ats_http_append_json(body, json_pack("{s:s, s:s}", "status", "ok", "version", ATS_VERSION));
    return (struct ats_http_answer){200, ATS_HTTP_TYPE_JSON, NULL};
}

static struct ats_http_answer answer_ready(const struct ats_http_source *source,
                                           struct ats_buf *body)
{
    struct ats_buf reason;
    ats_buf_init(&reason, ATS_ERROR_TEXT_MAX);
    bool ready = source->ready(source->ctx, &reason);
    const char *text = ats_buf_text(&reason);
    ats_http_append_json(body,
                         ready ? json_pack("{s:b}", "ready", 1)
                               : json_pack("{s:b, s:s}", "ready", 0, "reason", text ? text : ""));
    ats_buf_fini(&reason);
    return (struct ats_http_answer){ready ? 200 : 503, ATS_HTTP_TYPE_JSON, NULL};
}

static struct ats_http_answer answer_metrics(const struct ats_http_source *source,
                                             struct ats_buf *body)
{
    source->metrics(source->ctx, body);
    return (struct ats_http_answer){200, ATS_HTTP_TYPE_TEXT, NULL};
}

static const struct {
    const char *path;
    struct ats_http_answer (*answer)(const struct ats_http_source *source, struct ats_buf *body);
} routes[] = {
    {"/health", answer_health},
    {"/ready", answer_ready},
    {"/metrics", answer_metrics},
};

struct ats_http_answer ats_http_route(const struct ats_http_source *source,
                                      const struct ats_http_request *request, struct ats_buf *body)
{
    struct ats_http_answer answer;
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        if (strcmp(request->path, routes[i].path) != 0)
            continue;
        if (request->method != ATS_HTTP_READ)
            return ats_http_answer_error(body, 405, ATS_HTTP_TYPE_JSON, 405,
                                         "GET and HEAD are allowed");
        return routes[i].answer(source, body);
    }
    if (ats_http_registry_route(source, request, body, &answer))
        return answer;
    return ats_http_answer_error(body, 404, ATS_HTTP_TYPE_JSON, 404, "no such path");
}
