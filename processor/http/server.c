/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/http/server.h"

#include "common/base/limits.h"
#include "common/base/parse.h"
#include "processor/http/deadlines.h"
#include "processor/http/routes.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct ats_http_server {
    struct MHD_Daemon *daemon;
    struct ats_http_source source;
    const struct ats_clock *clock;
    struct ats_http_deadlines deadlines;
    pthread_t sweeper;
    pthread_mutex_t lock; /* around `stopping` */
    pthread_cond_t stopped;
    bool stopping;
};

static enum MHD_Result queue_answer(struct MHD_Connection *connection,
                                    const struct ats_http_answer *answer, struct ats_buf *body)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body->len, body->data, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->content_type);
    if (answer->status == MHD_HTTP_METHOD_NOT_ALLOWED)
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW,
                                      answer->allow ? answer->allow : "GET, HEAD");
    enum MHD_Result result = MHD_queue_response(connection, answer->status, response);
    MHD_destroy_response(response);
    return result;
}

/* What of a request has come so far. Owns: the upload. */
struct incoming {
    struct ats_buf upload;
};

static enum ats_http_method method_of(const char *method)
{
    if (strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0)
        return ATS_HTTP_READ;
    return strcmp(method, MHD_HTTP_METHOD_POST) == 0 ? ATS_HTTP_POST : ATS_HTTP_OTHER;
}

static enum MHD_Result answer_request(struct ats_http_server *server,
                                      struct MHD_Connection *connection,
                                      const struct ats_http_request *request)
{
    struct ats_buf body;
    ats_buf_init(&body, ATS_HTTP_BODY_MAX);
    struct ats_http_answer answer = ats_http_route(&server->source, request, &body);
    enum MHD_Result result =
        body.status == ATS_OK ? queue_answer(connection, &answer, &body) : MHD_NO;
    ats_buf_fini(&body);
    return result;
}

/* First called with the headers alone, then with each piece of a body, then once more. What is posted past its limit ends the connection. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **state)
{
    struct incoming *incoming = *state;
    enum ats_http_method kind = method_of(method);
    (void)version;
    if (!incoming) {
        incoming = calloc(1, sizeof(*incoming));
        if (!incoming)
            return MHD_NO;
        ats_buf_init(&incoming->upload, ATS_HTTP_UPLOAD_MAX);
        *state = incoming;
        return MHD_YES;
    }
    if (*upload_size > 0) {
        if (kind == ATS_HTTP_POST) /* else it is read and dropped */
            ats_buf_append(&incoming->upload, upload, *upload_size);
        *upload_size = 0;
        return incoming->upload.status == ATS_OK ? MHD_YES : MHD_NO;
    }
    const struct ats_http_request request = {
        .method = kind, .path = url, .upload = ats_buf_span(&incoming->upload)};
    return answer_request(cls, connection, &request);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code)
{
    struct incoming *incoming = *state;
    struct ats_http_server *server = cls;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    (void)code;
    if (incoming)
        ats_buf_fini(&incoming->upload);
    free(incoming);
    *state = NULL;
    ats_http_deadlines_restart(&server->deadlines, info ? info->socket_context : NULL,
                               ats_clock_monotonic_ms(server->clock));
}

/* The end is told before the socket is closed, so that no other is shut down in its place. */
static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct ats_http_server *server = cls;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (code == MHD_CONNECTION_NOTIFY_CLOSED)
        ats_http_deadlines_close(&server->deadlines, *context);
    else if (info)
        *context = ats_http_deadlines_open(&server->deadlines, info->connect_fd,
                                           ats_clock_monotonic_ms(server->clock));
}

/* ---- the other thread ---- */

size_t ats_http_server_sweep(struct ats_http_server *server)
{
    return ats_http_deadlines_sweep(&server->deadlines, ats_clock_monotonic_ms(server->clock));
}

static void *sweep_on(void *arg)
{
    struct ats_http_server *server = arg;
    (void)pthread_mutex_lock(&server->lock);
    while (!server->stopping) {
        struct timespec until;
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += ATS_HTTP_SWEEP_MS / 1000;
        until.tv_nsec += ATS_HTTP_SWEEP_MS % 1000 * 1000000L;
        (void)pthread_cond_timedwait(&server->stopped, &server->lock, &until);
        (void)ats_http_server_sweep(server);
    }
    (void)pthread_mutex_unlock(&server->lock);
    return NULL;
}

static void init_sweeping(struct ats_http_server *server)
{
    pthread_condattr_t attributes;
    ats_http_deadlines_init(&server->deadlines);
    (void)pthread_mutex_init(&server->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&server->stopped, &attributes);
    (void)pthread_condattr_destroy(&attributes);
}

static void stop_sweeping(struct ats_http_server *server)
{
    (void)pthread_mutex_lock(&server->lock);
    server->stopping = true;
    (void)pthread_cond_signal(&server->stopped);
    (void)pthread_mutex_unlock(&server->lock);
    (void)pthread_join(server->sweeper, NULL);
}

static void free_server(struct ats_http_server *server)
{
    if (!server)
        return;
    (void)pthread_cond_destroy(&server->stopped);
    (void)pthread_mutex_destroy(&server->lock);
    ats_http_deadlines_fini(&server->deadlines);
    free(server);
}

/* Splits "address:port"; the address may stand in brackets. */
static enum ats_status parse_listen(const char *listen, char address[128], char port[8],
                                    struct ats_error *err)
{
    const char *colon = strrchr(listen, ':');
    size_t len = colon ? (size_t)(colon - listen) : 0;
    bool brackets = len > 1 && listen[0] == '[' && listen[len - 1] == ']';
    const char *from = brackets ? listen + 1 : listen;
    size_t copy = brackets ? len - 2 : len;
    uint64_t number = 0;
    if (copy == 0 || copy > 127 || ats_parse_uint64(ats_span_text(colon + 1), &number) != ATS_OK ||
        number > UINT16_MAX)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "'%s' is not allowed (allowed: ADDRESS:PORT, or off)", listen);
    memcpy(address, from, copy);
    address[copy] = '\0';
    (void)snprintf(port, 8, "%s", colon + 1);
    return ATS_OK;
}

static struct MHD_Daemon *start_daemon(struct ats_http_server *server, const struct addrinfo *where)
{
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL;
    if (where->ai_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, server, MHD_OPTION_SOCK_ADDR, where->ai_addr,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, server, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        (unsigned)ATS_HTTP_CONNECTIONS_PER_ADDRESS_MAX, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)ATS_HTTP_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)ATS_HTTP_IDLE_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)ATS_HTTP_REQUEST_MAX, MHD_OPTION_END);
}

/* Why nobody can listen there, asked anew: libmicrohttpd does not always leave errno as it was. 0: one could. */
static int find_reason(const struct addrinfo *where)
{
    int fd = socket(where->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int reason = fd < 0 || bind(fd, where->ai_addr, where->ai_addrlen) != 0 ? errno : 0;
    if (fd >= 0)
        (void)close(fd);
    return reason;
}

static struct ats_http_server *new_server(const struct ats_http_source *source,
                                          const struct ats_clock *clock)
{
    struct ats_http_server *server = calloc(1, sizeof(*server));
    if (!server)
        return NULL;
    server->source = *source;
    server->clock = clock;
    init_sweeping(server);
    return server;
}

/* False: without that thread a slow client would keep its place. */
static bool start_sweeping(struct ats_http_server *server)
{
    if (pthread_create(&server->sweeper, NULL, sweep_on, server) == 0)
        return true;
    MHD_stop_daemon(server->daemon);
    server->daemon = NULL;
    return false;
}

enum ats_status ats_http_server_start(const char *listen, const struct ats_http_source *source,
                                      const struct ats_clock *clock,
                                      struct ats_http_server **ret_server, struct ats_error *err)
{
    char address[128];
    char port[8];
    struct addrinfo *where = NULL;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    enum ats_status status = parse_listen(listen, address, port, err);
    if (status != ATS_OK)
        return status;
    if (getaddrinfo(address, port, &hints, &where) != 0)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "'%s' is not allowed (allowed: ADDRESS:PORT, both in numbers, as in "
                             "127.0.0.1:8090 or [::1]:8090, or off)",
                             listen);
    struct ats_http_server *server = new_server(source, clock);
    if (server)
        server->daemon = start_daemon(server, where);
    int reason = ENOMEM;
    if (server)
        reason = server->daemon ? 0 : find_reason(where);
    freeaddrinfo(where);
    if (!server || !server->daemon || !start_sweeping(server)) {
        free_server(server);
        return ats_error_set(err, ATS_ERR_IO, "cannot listen on %s: %s", listen,
                             reason != 0 ? strerror(reason) : "the server cannot be set up");
    }
    *ret_server = server;
    return ATS_OK;
}

unsigned ats_http_server_port(const struct ats_http_server *server)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : 0;
}

void ats_http_server_stop(struct ats_http_server *server)
{
    if (!server)
        return;
    stop_sweeping(server);
    MHD_stop_daemon(server->daemon);
    free_server(server);
}
