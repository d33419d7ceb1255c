/* SPDX-License-Identifier: Apache-2.0 */
/* Which address counts, with sockets as a broker has them: one that it accepted, one that it opened itself, one that listens. */
#include "plugin/client_address.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PEER "127.0.0.1"
#define OTHER "192.0.2.9"

static int listening, client, accepted;
static struct ats_client_addresses known;
static struct ats_client_address found;

static void setup(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    listening = socket(AF_INET, SOCK_STREAM, 0);
    client = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(bind(listening, (struct sockaddr *)&at, len), 0);
    cr_assert_eq(listen(listening, 1), 0);
    cr_assert_eq(getsockname(listening, (struct sockaddr *)&at, &len), 0);
    cr_assert_eq(connect(client, (struct sockaddr *)&at, len), 0);
    accepted = accept(listening, NULL, NULL);
    known = (struct ats_client_addresses){0};
}

static void teardown(void)
{
    close(accepted);
    close(client);
    close(listening);
}

TestSuite(client_address, .init = setup, .fini = teardown);

static const char *over_websockets(int fd, const char *told)
{
    ats_client_address_find(&known, fd, told, true, &found);
    return found.text;
}

static const char *over_tcp(int fd, const char *told)
{
    ats_client_address_find(&known, fd, told, false, &found);
    return found.text;
}

Test(client_address, over_websockets_is_the_sockets_whatever_is_told)
{
    static char longest[301];
    static const char *const headers[] = {
        OTHER, "::ffff:192.0.2.9", "fe80::1%eth0", "10.0.0.1, 10.0.0.2", "\xff\xfe", "", longest};
    memset(longest, 'x', sizeof(longest) - 1);
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        cr_assert_str_eq(over_websockets(accepted, headers[i]), PEER, "%s", headers[i]);
        cr_assert_eq(found.forwarded_for, headers[i]);
    }
}

Test(client_address, that_is_the_same_is_not_forwarded)
{
    cr_assert_str_eq(over_websockets(accepted, PEER), PEER);
    cr_assert_null(found.forwarded_for);
    cr_assert_str_eq(over_websockets(accepted, NULL), PEER);
    cr_assert_null(found.forwarded_for);
    cr_assert_str_eq(over_tcp(accepted, PEER), PEER);
    cr_assert_null(found.forwarded_for);
}

Test(client_address, over_tcp_is_what_the_broker_tells)
{
    cr_assert_str_eq(over_tcp(-1, OTHER), OTHER);
    cr_assert_null(found.forwarded_for);
    cr_assert_str_eq(over_tcp(accepted, OTHER), OTHER);
    cr_assert_str_eq(over_tcp(accepted, NULL), "");
}

Test(client_address, of_a_socket_that_was_not_accepted_here_is_unknown)
{
    int pair[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    const int wrong[] = {-1, 0, 12345, client, listening, pair[0]};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        cr_assert_str_eq(over_websockets(wrong[i], OTHER), "", "%zu", i);
        cr_assert_str_eq(found.forwarded_for, OTHER);
        cr_assert_str_eq(over_websockets(wrong[i], NULL), "");
    }
    close(pair[0]);
    close(pair[1]);
}

Test(client_address, is_not_believed_once_a_socket_was_another_clients)
{
    (void)over_tcp(accepted, OTHER);
    cr_assert_str_eq(over_websockets(accepted, OTHER), "");
    cr_assert_str_eq(over_websockets(accepted, PEER), PEER, "told and found are the same");
}

Test(client_address, of_others_says_nothing_where_no_socket_is_found)
{
    (void)over_tcp(-1, OTHER);
    (void)over_tcp(accepted, NULL);
    cr_assert_str_eq(over_websockets(accepted, OTHER), PEER);
}

/* As when a fleet comes back at once. */
Test(client_address, is_found_though_at_the_first_client_no_descriptor_was_free)
{
    struct rlimit limit;
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = limit.rlim_max};
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    cr_assert_str_eq(over_websockets(accepted, OTHER), "");
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    cr_assert_str_eq(over_websockets(accepted, OTHER), PEER);
}

Test(client_address, of_a_connection_that_has_ended_is_unknown)
{
    struct linger at_once = {.l_onoff = 1};
    char byte;
    cr_assert_eq(setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
    close(client);
    cr_assert_eq(recv(accepted, &byte, 1, 0), -1, "it was reset");
    cr_assert_str_eq(over_websockets(accepted, OTHER), "");
    client = -1;
}
