/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/sinks.h"

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
    int domain = get(fd, SOL_SOCKET, SO_DOMAIN);
    return (domain == AF_INET || domain == AF_INET6) &&
           get(fd, SOL_SOCKET, SO_PROTOCOL) == IPPROTO_TCP &&
           get(fd, SOL_SOCKET, SO_ACCEPTCONN) == 1 && get(fd, SOL_SOCKET, SO_REUSEPORT) == 0;
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

static bool attach(int listener, struct sock_fprog *program)
{
    return setsockopt(listener, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, program, sizeof(*program)) ==
           0;
}

/* Whoever is in there hears at once that it was nothing. */
static void drain(int sink)
{
    int client;
    while ((client = accept4(sink, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
        (void)close(client);
}

/* Until the program is in force the kernel chooses by chance: that is between two calls here, the first time. The kernel heeds it as
   long as the listener has the option. */
static int open_sink(int listener, struct sock_fprog *program)
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

static enum ats_status open_sinks(struct ats_sinks *sinks, struct sock_fprog *program,
                                  struct ats_error *err)
{
    DIR *folder = opendir("/proc/self/fd");
    if (!folder)
        return ats_error_set(err, ATS_ERR_IO, "cannot read /proc/self/fd: %s", strerror(errno));
    const struct dirent *entry;
    int error = 0;
    while ((entry = readdir(folder)) && sinks->count < ATS_SINKS_MAX) {
        char *end = NULL;
        long fd = strtol(entry->d_name, &end, 10);
        if (end == entry->d_name || *end != '\0' || !is_listener((int)fd))
            continue;
        int sink = open_sink((int)fd, program);
        if (sink < 0) {
            error = errno;
            continue;
        }
        sinks->pairs[sinks->count].listener = (int)fd;
        sinks->pairs[sinks->count++].sink = sink;
    }
    (void)closedir(folder);
    if (sinks->count > 0)
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_IO, "no listener of the broker can be shared: %s",
                         error ? strerror(error) : "none was found");
}

static void close_sinks(struct ats_sinks *sinks)
{
    for (size_t i = 0; i < sinks->count; i++) {
        (void)close(sinks->pairs[i].sink);
        (void)set(sinks->pairs[i].listener, SOL_SOCKET, SO_REUSEPORT, 0);
    }
    sinks->count = 0;
}

enum ats_status ats_sinks_set(struct ats_sinks *sinks, const struct ats_shed_filter *filter,
                              struct ats_error *err)
{
    if (!filter) {
        close_sinks(sinks);
        return ATS_OK;
    }
    struct sock_filter instructions[ATS_SHED_FILTER_MAX];
    struct sock_fprog program = {.filter = instructions};
    program.len = (unsigned short)ats_shed_filter_make(filter, instructions);
    if (sinks->count == 0)
        return open_sinks(sinks, &program, err);
    for (size_t i = 0; i < sinks->count; i++) {
        drain(sinks->pairs[i].sink);
        if (attach(sinks->pairs[i].listener, &program))
            continue;
        enum ats_status status =
            ats_error_set(err, ATS_ERR_IO, "the kernel takes no filter: %s", strerror(errno));
        close_sinks(sinks);
        return status;
    }
    return ATS_OK;
}
