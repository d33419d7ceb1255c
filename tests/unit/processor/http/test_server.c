/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/http/server.h"

#include "common/base/limits.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static bool ready(void *ctx, struct ats_buf *reason)
{
    (void)ctx;
    (void)reason;
    return true;
}

static void metrics(void *ctx, struct ats_buf *out)
{
    (void)ctx;
    ats_buf_append_text(out, "attestream_tasks 4\n");
}

static enum ats_status schema(void *ctx, uint32_t schema_id, struct ats_buf *out)
{
    (void)ctx;
    (void)schema_id;
    (void)out;
    return ATS_ERR_NOT_FOUND;
}

static enum ats_status subjects(void *ctx, const struct ats_http_subject **ret_subjects,
                                size_t *ret_count)
{
    static const struct ats_http_subject one = {"a-value", 1, 7};
    (void)ctx;
    *ret_subjects = &one;
    *ret_count = 1;
    return ATS_OK;
}

static const struct ats_http_source source = {
    .ready = ready, .metrics = metrics, .schema = schema, .subjects = subjects};

/* A clock that stands still until a test moves it; the server reads it on its own threads. */
static _Atomic(int64_t) now_ms;

static int64_t fake_ms(void *ctx)
{
    (void)ctx;
    return atomic_load(&now_ms);
}

static const struct ats_clock fake_clock = {.wall_ms = fake_ms, .monotonic_ms = fake_ms};

/* A connection on which so much has been sent. */
static int begin(unsigned port, const char *request)
{
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    cr_assert_eq(connect(fd, (const struct sockaddr *)&where, sizeof(where)), 0);
    cr_assert_eq(write(fd, request, strlen(request)), (ssize_t)strlen(request));
    return fd;
}

/* Sends the request's bytes and reads until the server closes. */
static void ask(unsigned port, const char *request, char *answer, size_t size)
{
    size_t used = 0;
    ssize_t got = 0;
    int fd = begin(port, request);
    while (used + 1 < size && (got = read(fd, answer + used, size - used - 1)) > 0)
        used += (size_t)got;
    answer[used] = '\0';
    (void)close(fd);
}

static struct ats_http_server *start(void)
{
    struct ats_http_server *server = NULL;
    struct ats_error err = {0};
    cr_assert_eq(ats_http_server_start("127.0.0.1:0", &source, &fake_clock, &server, &err), ATS_OK,
                 "%s", err.text);
    return server;
}

Test(server, says_why_it_cannot_listen)
{
    char listen[32];
    struct ats_http_server *second = NULL;
    struct ats_error err = {0};
    struct ats_http_server *first = start();
    (void)snprintf(listen, sizeof(listen), "127.0.0.1:%u", ats_http_server_port(first));
    cr_assert_eq(ats_http_server_start(listen, &source, &fake_clock, &second, &err), ATS_ERR_IO);
    cr_assert_not_null(strstr(err.text, "Address already in use"), "%s", err.text);
    ats_http_server_stop(first);
}

Test(server, answers_on_a_port_that_the_kernel_gave)
{
    char answer[4096];
    struct ats_http_server *server = start();
    ask(ats_http_server_port(server),
        "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", answer, sizeof(answer));
    cr_assert_not_null(strstr(answer, "200 OK"));
    cr_assert_not_null(strstr(answer, "attestream_tasks 4"));
    ats_http_server_stop(server);
}

Test(server, answers_a_post_with_405_and_drops_its_body)
{
    char answer[4096];
    struct ats_http_server *server = start();
    ask(ats_http_server_port(server),
        "POST /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
        answer, sizeof(answer));
    cr_assert_not_null(strstr(answer, "405"));
    cr_assert_not_null(strstr(answer, "Allow: GET, HEAD"));
    ats_http_server_stop(server);
}

Test(server, survives_garbage)
{
    char answer[4096];
    struct ats_http_server *server = start();
    ask(ats_http_server_port(server), "\x16\x03\x01 nonsense\r\n\r\n", answer, sizeof(answer));
    ask(ats_http_server_port(server),
        "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", answer, sizeof(answer));
    cr_assert_not_null(strstr(answer, "200 OK"));
    ats_http_server_stop(server);
}

Test(server, refuses_what_is_no_address)
{
    static const char *const bad[] = {"",           "8090",        "localhost",       ":8090",
                                      "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:99999", "name:80"};
    struct ats_http_server *server = NULL;
    struct ats_error err = {0};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        cr_assert_neq(ats_http_server_start(bad[i], &source, &fake_clock, &server, &err), ATS_OK,
                      "%s", bad[i]);
}

Test(server, reads_what_is_posted_up_to_its_limit)
{
    static char request[ATS_HTTP_UPLOAD_MAX + 4096];
    char answer[4096];
    struct ats_http_server *server = start();
    ask(ats_http_server_port(server),
        "POST /subjects/a-value HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: "
        "16\r\n\r\n"
        "{\"schema\": \"10\"}",
        answer, sizeof(answer));
    cr_assert_not_null(strstr(answer, "40403"), "%s", answer);
    size_t too_many = ATS_HTTP_UPLOAD_MAX + 1;
    int head = snprintf(request, sizeof(request),
                        "POST /subjects/a-value HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n",
                        too_many);
    memset(request + head, ' ', too_many);
    request[(size_t)head + too_many] = '\0';
    ask(ats_http_server_port(server), request, answer, sizeof(answer));
    cr_assert_str_eq(answer, "", "the connection ends");
    ats_http_server_stop(server);
}

Test(server, decodes_a_path_and_passes_over_a_query)
{
    char answer[4096];
    struct ats_http_server *server = start();
    ask(ats_http_server_port(server),
        "GET /subjects/a%2Dvalue/versions?deleted=false HTTP/1.1\r\nHost: x\r\nConnection: "
        "close\r\n\r\n",
        answer, sizeof(answer));
    cr_assert_not_null(strstr(answer, "\r\n\r\n[1]"), "%s", answer);
    ats_http_server_stop(server);
}

/* Reads one whole answer of a connection that goes on. */
static void read_answer(int fd, char *answer, size_t size)
{
    size_t used = 0;
    answer[0] = '\0';
    while (!strstr(answer, "attestream_tasks 4")) {
        ssize_t got = read(fd, answer + used, size - used - 1);
        cr_assert(got > 0);
        used += (size_t)got;
        answer[used] = '\0';
    }
}

/* Lets the time pass and sweeps until the connection ends: the server's thread may not have taken it yet, and sweeps too. */
static void sweep_until_closed(struct ats_http_server *server, int fd)
{
    char byte;
    do {
        atomic_fetch_add(&now_ms, 1000 * ATS_HTTP_DEADLINE_S);
        (void)ats_http_server_sweep(server);
    } while (recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK));
}

Test(server, ends_a_request_that_never_gets_whole)
{
    struct ats_http_server *server = start();
    int fd = begin(ats_http_server_port(server), "GET /metrics HTTP/1.1\r\nHo");
    sweep_until_closed(server, fd);
    (void)close(fd);
    ats_http_server_stop(server);
}

Test(server, an_answered_connection_has_its_time_anew)
{
    static const char request[] = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
    char answer[4096];
    struct ats_http_server *server = start();
    int fd = begin(ats_http_server_port(server), request);
    read_answer(fd, answer, sizeof(answer));
    /* Half of it at a time: the server may not have noted yet that the answer before is out. */
    for (int i = 0; i < 3; i++) {
        atomic_fetch_add(&now_ms, 1000 * ATS_HTTP_DEADLINE_S / 2 - 1);
        cr_assert_eq(ats_http_server_sweep(server), 0);
        cr_assert_eq(write(fd, request, strlen(request)), (ssize_t)strlen(request));
        read_answer(fd, answer, sizeof(answer));
    }
    (void)close(fd);
    ats_http_server_stop(server);
}
