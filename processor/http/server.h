/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processor's HTTP side: health, readiness, metrics, and the Schema Registry's read API. GET and HEAD, and POST where a schema is
 * looked up by its text; every answer but metrics is JSON.
 *
 * Thread: two of its own. libmicrohttpd's calls the source's functions; the other ends connections that take too long (deadlines.h). Owns:
 * nothing of the source's.
 */
#ifndef ATS_HTTP_SERVER_H
#define ATS_HTTP_SERVER_H

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/error.h"

/* One version of a subject of the Schema Registry. */
struct ats_http_subject {
    const char *name;
    int32_t version; /* from 1; grows with time, and may leave out numbers */
    uint32_t schema_id;
};

/* What is behind the routes; called on the server's thread. */
struct ats_http_source {
    /* Whether the process does its work; appends why not, as plain text, where it does not. */
    bool (*ready)(void *ctx, struct ats_buf *reason);
    /* Appends the metrics in Prometheus' text format. */
    void (*metrics)(void *ctx, struct ats_buf *out);
    /* Appends the schema's text; NOT_FOUND. */
    enum ats_status (*schema)(void *ctx, uint32_t schema_id, struct ats_buf *out);
    /* Every version of every subject, sorted by name and version; borrowed until the next call. */
    enum ats_status (*subjects)(void *ctx, const struct ats_http_subject **ret_subjects,
                                size_t *ret_count);
    void *ctx;
};

struct ats_http_server;

/* `listen` is "ADDRESS:PORT" (IPv4 or [IPv6]); port 0 takes a free one. `clock` is borrowed. CONFIG: not such a text; IO: cannot listen there. */
ATS_MUST_USE enum ats_status ats_http_server_start(const char *listen,
                                                   const struct ats_http_source *source,
                                                   const struct ats_clock *clock,
                                                   struct ats_http_server **ret_server,
                                                   struct ats_error *err);
/* The port in use. */
unsigned ats_http_server_port(const struct ats_http_server *server);
/* Ends the connections that are past their time by now; the server does it by itself every ATS_HTTP_SWEEP_MS. How many. */
size_t ats_http_server_sweep(struct ats_http_server *server);
void ats_http_server_stop(struct ats_http_server *server);

#endif
