/* SPDX-License-Identifier: Apache-2.0 */
/* The routes: from a request to an answer, without a socket. A new route is a row of the table in routes.c, one of the Schema Registry's
   a row in registry.c. Thread: any. */
#ifndef ATS_HTTP_ROUTES_H
#define ATS_HTTP_ROUTES_H

#include "processor/http/server.h"

enum ats_http_method {
    ATS_HTTP_READ, /* GET or HEAD */
    ATS_HTTP_POST,
    ATS_HTTP_OTHER,
};

struct ats_http_request {
    enum ats_http_method method;
    const char *path;       /* decoded, without a query */
    struct ats_span upload; /* of a POST */
};

struct ats_http_answer {
    unsigned status;
    const char *content_type; /* a literal */
    const char *allow;        /* with 405: the methods that are, a literal; NULL: GET, HEAD */
};

/* Appends the body to `body`. */
struct ats_http_answer ats_http_route(const struct ats_http_source *source,
                                      const struct ats_http_request *request, struct ats_buf *body);

#endif
