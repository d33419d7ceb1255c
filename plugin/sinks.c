/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/sinks.h"

#include "common/base/limits.h"

#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union endpoint {
    struct sockaddr any;
    struct sockaddr_in ip4;
    struct sockaddr_in6 ip6;
};

static int get(int fd, int level, int option)
{
    int value = -1;
    socklen_t len = sizeof(value);
    return getsockopt(fd, level, option, &value, &len) == 0 ? value : -1;
}

static bool set(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

static bool is_listener(int fd)
{
    if (get(fd, SOL_SOCKET, SO_ACCEPTCONN) != 1)
        return false; /* first, since a broker has many connections */
    int domain = get(fd, SOL_SOCKET, SO_DOMAIN);
    return (domain == AF_INET || domain == AF_INET6) &&
           get(fd, SOL_SOCKET, SO_PROTOCOL) == IPPROTO_TCP;
}

/* Which socket this number is: the kernel gives no two the same. 0: none. */
static uint64_t cookie_of(int fd)
{
    uint64_t cookie = 0;
    socklen_t len = sizeof(cookie);
    return getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len) == 0 ? cookie : 0;
}

/* The kernel takes two sockets for the same only where all of this is equal. */
static bool bind_alike(int sink, int listener)
{
    union endpoint own;
    socklen_t len = sizeof(own);
    char device[IF_NAMESIZE] = "";
    socklen_t device_len = sizeof(device);
    if (getsockname(listener, &own.any, &len) != 0 || !set(sink, SOL_SOCKET, SO_REUSEADDR, 1) ||
        !set(sink, SOL_SOCKET, SO_REUSEPORT, 1))
        return false;
    if (own.any.sa_family == AF_INET6 &&
        !set(sink, IPPROTO_IPV6, IPV6_V6ONLY, get(listener, IPPROTO_IPV6, IPV6_V6ONLY)))
        return false;
    if (getsockopt(listener, SOL_SOCKET, SO_BINDTODEVICE, device, &device_len) == 0 &&
        device_len > 0 && setsockopt(sink, SOL_SOCKET, SO_BINDTODEVICE, device, device_len) != 0)
        return false;
    return bind(sink, &own.any, len) == 0;
}

static bool attach(int listener, const struct sock_fprog *program)
{
    return setsockopt(listener, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, program, sizeof(*program)) ==
           0;
}

/* Whoever is in there hears at once that it was nothing. */
static void drain(int sink)
{
    for (int i = 0; i < ATS_GATE_SINK_DRAINED_MAX; i++) {
        int client = accept4(sink, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client < 0)
            return;
        (void)close(client);
    }
}

/* Until the program is in force the kernel chooses by chance: that is between two calls here, the first time. The kernel heeds it as
   long as the listener has the option. */
static int open_sink(int listener, const struct sock_fprog *program)
{
    int sink =
        socket(get(listener, SOL_SOCKET, SO_DOMAIN), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (sink < 0)
        return -1;
    if (set(listener, SOL_SOCKET, SO_REUSEPORT, 1) && bind_alike(sink, listener) &&
        listen(sink, 0) == 0 && attach(listener, program))
        return sink;
    int error = errno;
    (void)set(listener, SOL_SOCKET, SO_REUSEPORT, 0);
    (void)close(sink);
    errno = error;
    return -1;
}

/* One more listener, with a sink if the kernel takes it. */
static void cover(struct ats_sinks *sinks, int listener, const struct sock_fprog *program)
{
    struct ats_sink pair = {.listener = listener, .cookie = cookie_of(listener), .sink = -1};
    sinks->coverage.listeners++;
    if (get(listener, SOL_SOCKET, SO_REUSEPORT) != 0) {
        sinks->coverage.reason = "it shares its port already";
        return;
    }
    if (sinks->count == ATS_SINKS_MAX) {
        sinks->coverage.reason = "there are too many";
        return;
    }
    if (pair.cookie != 0)
        pair.sink = open_sink(listener, program);
    if (pair.sink < 0)
        sinks->coverage.reason = strerror(errno);
    else
        sinks->pairs[sinks->count++] = pair;
}

static enum ats_status open_sinks(struct ats_sinks *sinks, const struct sock_fprog *program,
                                  struct ats_error *err)
{
    DIR *folder = opendir("/proc/self/fd");
    sinks->coverage = (struct ats_shed_coverage){.reason = "none was found"};
    if (!folder)
        return ats_error_set(err, ATS_ERR_IO, "cannot read /proc/self/fd: %s", strerror(errno));
    const struct dirent *entry;
    int found[2 * ATS_SINKS_MAX];
    size_t count = 0;
    while ((entry = readdir(folder)) && count < sizeof(found) / sizeof(found[0])) {
        char *end = NULL;
        long fd = strtol(entry->d_name, &end, 10);
        if (end != entry->d_name && *end == '\0' && is_listener((int)fd))
            found[count++] = (int)fd;
    }
    (void)closedir(folder);
    for (size_t i = 0; i < count; i++)
        cover(sinks, found[i], program);
    return ATS_OK;
}

static void close_sink(const struct ats_sink *pair)
{
    (void)close(pair->sink);
    if (cookie_of(pair->listener) == pair->cookie)
        (void)set(pair->listener, SOL_SOCKET, SO_REUSEPORT, 0);
}

static void close_sinks(struct ats_sinks *sinks)
{
    for (size_t i = 0; i < sinks->count; i++)
        close_sink(&sinks->pairs[i]);
    *sinks = (struct ats_sinks){.count = 0};
}

/* A listener that is gone, or takes the filter no more, is let go. */
static void renew(struct ats_sinks *sinks, const struct sock_fprog *program)
{
    size_t kept = 0;
    for (size_t i = 0; i < sinks->count; i++) {
        const struct ats_sink pair = sinks->pairs[i];
        bool same = cookie_of(pair.listener) == pair.cookie;
        drain(pair.sink);
        if (same && attach(pair.listener, program)) {
            sinks->pairs[kept++] = pair;
            continue;
        }
        sinks->coverage.reason = same ? strerror(errno) : "it is closed";
        close_sink(&pair);
    }
    sinks->count = kept;
}

enum ats_status ats_sinks_set(struct ats_sinks *sinks, const struct ats_shed_filter *filter,
                              struct ats_shed_coverage *ret_coverage, struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    struct sock_filter instructions[ATS_SHED_FILTER_MAX];
    struct sock_fprog program = {.filter = instructions};
    if (!filter)
        close_sinks(sinks);
    *ret_coverage = (struct ats_shed_coverage){0};
    if (!filter)
        return ATS_OK;
    program.len = (unsigned short)ats_shed_filter_make(filter, instructions);
    if (sinks->count == 0)
        status = open_sinks(sinks, &program, err);
    else
        renew(sinks, &program);
    sinks->coverage.covered = (unsigned)sinks->count;
    *ret_coverage = sinks->coverage;
    if (status == ATS_OK && sinks->count == 0)
        status = ats_error_set(err, ATS_ERR_IO, "no listener of the broker can be shared: %s",
                               sinks->coverage.reason);
    return status;
}
