/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/client_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

union endpoint {
    struct sockaddr any;
    struct sockaddr_in ip4;
    struct sockaddr_in6 ip6;
    struct sockaddr_storage storage;
};

static const char *format(const union endpoint *end, char text[INET6_ADDRSTRLEN])
{
    if (end->any.sa_family == AF_INET)
        return inet_ntop(AF_INET, &end->ip4.sin_addr, text, INET6_ADDRSTRLEN);
    if (end->any.sa_family == AF_INET6)
        return inet_ntop(AF_INET6, &end->ip6.sin6_addr, text, INET6_ADDRSTRLEN);
    return NULL;
}

unsigned ats_client_port(int fd, const char *address)
{
    union endpoint own = {.storage = {0}};
    union endpoint other = {.storage = {0}};
    socklen_t own_len = sizeof(own);
    socklen_t other_len = sizeof(other);
    char text[INET6_ADDRSTRLEN];
    if (fd <= 0 || !address || getpeername(fd, &other.any, &other_len) != 0 ||
        getsockname(fd, &own.any, &own_len) != 0)
        return 0;
    if (!format(&other, text) || strcmp(text, address) != 0)
        return 0;
    return ntohs(own.any.sa_family == AF_INET ? own.ip4.sin_port : own.ip6.sin6_port);
}
