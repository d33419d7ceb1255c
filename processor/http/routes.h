/* SPDX-License-Identifier: Apache-2.0 */
/* The routes: from a path to an answer, without a socket. A new route is a row of the table in routes.c. Thread: any. */
#ifndef ATS_HTTP_ROUTES_H
#define ATS_HTTP_ROUTES_H

#include "processor/http/server.h"

struct ats_http_answer {
    unsigned status;
    const char *content_type; /* a literal */
};

/* Appends the body to `body`. `reads`: the method is GET or HEAD. */
struct ats_http_answer ats_http_route(const struct ats_http_source *source, const char *path,
                                      bool reads, struct ats_buf *body);

#endif
