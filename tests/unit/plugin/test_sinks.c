/* SPDX-License-Identifier: Apache-2.0 */
/* What this machine's kernel makes of it: over loopback a SYN is answered, or dropped, before connect() returns. */
#include "plugin/sinks.h"

#include "plugin/shed.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVERYBODY UINT32_MAX
#define NOBODY 0
#define HELD "127.0.1.1"

union endpoint {
    struct sockaddr any;
    struct sockaddr_in ip4;
    struct sockaddr_in6 ip6;
};

static union endpoint address_of_listener;
static int listener;
static struct ats_sinks sinks;
static struct ats_shed_coverage coverage;
static struct ats_shed_filter filter;

static void listen_on(int family)
{
    int one = 1;
    socklen_t len = sizeof(address_of_listener);
    memset(&address_of_listener, 0, sizeof(address_of_listener));
    address_of_listener.any.sa_family = (sa_family_t)family; /* any address: of IPv6, IPv4 too */
    listener = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    cr_assert_eq(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)), 0);
    cr_assert_eq(bind(listener, &address_of_listener.any, sizeof(address_of_listener)), 0, "%s",
                 strerror(errno));
    cr_assert_eq(listen(listener, 1000), 0);
    cr_assert_eq(getsockname(listener, &address_of_listener.any, &len), 0);
    ats_shed_filter_init(&filter);
    filter.let_in = NOBODY;
}

static void set_filter(void)
{
    struct ats_error err = {0};
    cr_assert_eq(ats_sinks_set(&sinks, &filter, &coverage, &err), ATS_OK, "%s", err.text);
}

static bool is_held_back(const char *address)
{
    struct ats_address parsed = ats_address_parse(address);
    return ats_shed_filter_holds(&filter, &parsed);
}

static void hold_back(const char *address)
{
    struct ats_address parsed = ats_address_parse(address);
    for (unsigned level = 0; level < ATS_SHED_LEVELS; level++)
        ats_shed_filter_set(&filter, level, ats_shed_group(&filter, level, &parsed), true);
    set_filter();
}

static int connect_from(const char *address)
{
    union endpoint from = {.any = {0}};
    union endpoint to = {.any = {0}};
    bool ip6 = strchr(address, ':') != NULL;
    int fd = socket(ip6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    from.any.sa_family = to.any.sa_family = ip6 ? AF_INET6 : AF_INET;
    if (ip6) {
        from.ip6.sin6_addr = to.ip6.sin6_addr = in6addr_loopback;
        to.ip6.sin6_port = address_of_listener.ip6.sin6_port;
    } else {
        to.ip4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        to.ip4.sin_port = address_of_listener.ip4.sin_port;
        cr_assert_eq(inet_pton(AF_INET, address, &from.ip4.sin_addr), 1);
    }
    cr_assert_eq(bind(fd, &from.any, sizeof(from)), 0, "%s", strerror(errno));
    cr_assert(connect(fd, &to.any, sizeof(to)) == 0 || errno == EINPROGRESS);
    return fd;
}

/* Whether the broker's socket has got it, and not the sink's. */
static bool gets_in(const char *address)
{
    int client = connect_from(address);
    int server = accept(listener, NULL, NULL);
    (void)close(client);
    if (server >= 0)
        (void)close(server);
    return server >= 0;
}

Test(sinks, hold_back_whom_the_filter_names_and_nobody_else)
{
    listen_on(AF_INET);
    cr_assert(gets_in(HELD));
    hold_back(HELD);
    for (int i = 0; i < 10; i++)
        cr_assert_not(gets_in(HELD));
    int others = 0;
    for (int i = 2; i < 102; i++) {
        char address[32];
        (void)snprintf(address, sizeof(address), "127.0.1.%d", i);
        cr_assert_eq(gets_in(address), !is_held_back(address), "%s", address);
        others += !is_held_back(address);
    }
    cr_assert_gt(others, 90);
}

Test(sinks, each_of_many_groups_is_found_in_the_filter)
{
    listen_on(AF_INET);
    for (int i = 1; i < 251; i++) {
        char address[32];
        (void)snprintf(address, sizeof(address), "127.0.%d.9", i);
        hold_back(address);
    }
    for (int i = 1; i < 251; i++) {
        char address[32];
        (void)snprintf(address, sizeof(address), "127.0.%d.9", i);
        cr_assert_not(gets_in(address), "%s", address);
    }
}

Test(sinks, a_filter_of_all_groups_fits)
{
    listen_on(AF_INET);
    for (unsigned level = 0; level < ATS_SHED_LEVELS; level++)
        for (unsigned group = 0; group < ATS_SHED_GROUPS; group++)
            ats_shed_filter_set(&filter, level, group, true);
    set_filter();
    cr_assert_not(gets_in(HELD));
    cr_assert_not(gets_in("127.9.9.9"));
}

Test(sinks, a_part_is_let_in_by_chance)
{
    int in = 0;
    listen_on(AF_INET);
    filter.let_in = UINT32_MAX / 2;
    hold_back(HELD);
    for (int i = 0; i < 100; i++)
        in += gets_in(HELD);
    cr_assert(in > 15 && in < 85, "%d of 100", in);
    filter.let_in = EVERYBODY;
    set_filter();
    for (int i = 0; i < 100; i++)
        cr_assert(gets_in(HELD));
}

Test(sinks, the_one_that_found_room_is_let_go_at_the_next_step)
{
    char byte;
    listen_on(AF_INET);
    hold_back(HELD);
    int client = connect_from(HELD);
    cr_assert(recv(client, &byte, 1, 0) < 0 && errno == EAGAIN, "%s", strerror(errno));
    set_filter();
    cr_assert_eq(recv(client, &byte, 1, 0), 0);
    (void)close(client);
}

Test(sinks, what_stands_goes_on_and_at_the_end_all_get_in)
{
    char byte = 'x';
    struct ats_error err = {0};
    listen_on(AF_INET);
    int client = connect_from(HELD);
    int server = accept(listener, NULL, NULL);
    for (int round = 0; round < 3; round++) {
        hold_back(HELD);
        cr_assert_eq(send(client, &byte, 1, 0), 1);
        cr_assert_eq(recv(server, &byte, 1, 0), 1);
        cr_assert_not(gets_in(HELD));
        cr_assert_eq(ats_sinks_set(&sinks, NULL, &coverage, &err), ATS_OK);
        for (int i = 0; i < 20; i++)
            cr_assert(gets_in(HELD));
    }
    (void)close(client);
    (void)close(server);
}

Test(sinks, a_listener_of_both_kinds_is_shared_for_both)
{
    int probe = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    union endpoint loopback = {.ip6 = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback}};
    bool has_ip6 = probe >= 0 && bind(probe, &loopback.any, sizeof(loopback)) == 0;
    (void)close(probe);
    if (!has_ip6)
        cr_skip_test("no IPv6 here");
    listen_on(AF_INET6);
    hold_back("::1");
    cr_assert_not(gets_in("::1"));
    cr_assert(gets_in(HELD));
    hold_back(HELD);
    cr_assert_not(gets_in(HELD));
}

static int listen_beside(bool shares)
{
    int fd = listener;
    int one = 1;
    listen_on(AF_INET);
    int beside = listener;
    if (shares)
        cr_assert_eq(setsockopt(beside, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)), 0);
    listener = fd;
    return beside;
}

static int reuse_of(int fd)
{
    int value = -1;
    socklen_t len = sizeof(value);
    cr_assert_eq(getsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &value, &len), 0);
    return value;
}

Test(sinks, a_listener_that_shares_its_port_already_is_left_alone)
{
    int one = 1;
    struct ats_error err = {0};
    listen_on(AF_INET);
    cr_assert_eq(setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)), 0);
    cr_assert_eq(ats_sinks_set(&sinks, &filter, &coverage, &err), ATS_ERR_IO);
    cr_assert_not_null(strstr(err.text, "it shares its port already"), "%s", err.text);
    cr_assert_eq(coverage.covered, 0);
    cr_assert_eq(coverage.listeners, 1);
}

Test(sinks, without_a_listener_there_is_nothing_to_share)
{
    struct ats_error err = {0};
    cr_assert_eq(ats_sinks_set(&sinks, &filter, &coverage, &err), ATS_ERR_IO);
    cr_assert_not_null(strstr(err.text, "none was found"), "%s", err.text);
    cr_assert_eq(coverage.listeners, 0);
}

Test(sinks, how_many_listeners_are_covered_is_told)
{
    listen_on(AF_INET);
    int shares = listen_beside(true);
    set_filter();
    cr_assert_eq(coverage.covered, 1);
    cr_assert_eq(coverage.listeners, 2);
    cr_assert_str_eq(coverage.reason, "it shares its port already");
    set_filter();
    cr_assert_eq(coverage.covered, 1);
    cr_assert_eq(coverage.listeners, 2);
    (void)close(shares);
}

/* The broker may close a listener at its end, and its number is another socket's at once. */
Test(sinks, a_number_that_is_another_listeners_now_is_not_touched)
{
    struct ats_error err = {0};
    listen_on(AF_INET);
    int closed = listen_beside(false);
    set_filter();
    cr_assert_eq(coverage.covered, 2);
    int other = listen_beside(true);
    cr_assert_eq(dup2(other, closed), closed);
    set_filter();
    cr_assert_eq(coverage.covered, 1);
    cr_assert_eq(coverage.listeners, 2);
    cr_assert_str_eq(coverage.reason, "it is closed");
    cr_assert_eq(reuse_of(other), 1);
    cr_assert_eq(reuse_of(listener), 1);
    cr_assert_eq(dup2(other, listener), listener);
    cr_assert_eq(ats_sinks_set(&sinks, NULL, &coverage, &err), ATS_OK);
    cr_assert_eq(reuse_of(other), 1, "what others have set stays");
    (void)close(other);
}

static enum ats_status hold_back_by(void *ctx, const struct ats_shed_filter *to,
                                    struct ats_shed_coverage *ret_coverage, struct ats_error *err)
{
    return ats_sinks_set(ctx, to, ret_coverage, err);
}

/* As the gate puts the two together: a flood, and the plugin's cleanup. */
Test(sinks, once_shedding_has_stopped_the_listener_gets_all_connections)
{
    struct ats_shed *shed = NULL;
    const struct ats_shed_options options = {
        .budget = 1, .clock = &ats_clock_system, .install = hold_back_by, .ctx = &sinks};
    listen_on(AF_INET);
    cr_assert_eq(ats_shed_new(&options, &shed), ATS_OK);
    for (int i = 0; i < 1000; i++)
        ats_shed_refused(shed, HELD, ATS_REASON_CONNECT_WRONG);
    ats_shed_step(shed);
    int missed = 0;
    for (int i = 0; i < 100; i++)
        missed += !gets_in(HELD);
    cr_assert_gt(missed, 50);
    ats_shed_stop(shed);
    for (int i = 0; i < 100; i++)
        cr_assert(gets_in(HELD));
    cr_assert_eq(reuse_of(listener), 0);
    ats_shed_free(shed);
}
