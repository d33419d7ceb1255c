/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processor's HTTP side: health, readiness, metrics, and the part of the Schema Registry's read API that stock
 * deserializers ask for. GET and HEAD alone; every answer but metrics is JSON.
 *
 * Thread: one of its own (libmicrohttpd's), which calls the source's functions. Owns: nothing of the source's.
 */
#ifndef ATS_HTTP_SERVER_H
#define ATS_HTTP_SERVER_H

#include "common/base/buf.h"
#include "common/base/error.h"

/* What is behind the routes; called on the server's thread. */
struct ats_http_source {
    /* Whether the process does its work; appends why not, as plain text, where it does not. */
    bool (*ready)(void *ctx, struct ats_buf *reason);
    /* Appends the metrics in Prometheus' text format. */
    void (*metrics)(void *ctx, struct ats_buf *out);
    /* Appends the schema's text; NOT_FOUND. */
    enum ats_status (*schema)(void *ctx, uint32_t schema_id, struct ats_buf *out);
    void *ctx;
};

struct ats_http_server;

/* `listen` is "ADDRESS:PORT" (IPv4 or [IPv6]); port 0 takes a free one. CONFIG: not such a text; IO: cannot listen there. */
ATS_MUST_USE enum ats_status ats_http_server_start(const char *listen,
                                                   const struct ats_http_source *source,
                                                   struct ats_http_server **ret_server,
                                                   struct ats_error *err);
/* The port in use. */
unsigned ats_http_server_port(const struct ats_http_server *server);
void ats_http_server_stop(struct ats_http_server *server);

#endif
