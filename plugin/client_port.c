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

static uint16_t port_at(const union endpoint *end)
{
    return end->any.sa_family == AF_INET ? end->ip4.sin_port : end->ip6.sin6_port;
}

uint16_t ats_client_own_port(int fd, const char *address)
{
    union endpoint other = {.storage = {0}};
    socklen_t len = sizeof(other);
    char text[INET6_ADDRSTRLEN];
    if (fd <= 0 || getpeername(fd, &other.any, &len) != 0 || !format(&other, text))
        return 0;
    return !address || strcmp(text, address) == 0 ? port_at(&other) : 0;
}

unsigned ats_client_port(int fd, const char *address)
{
    union endpoint own = {.storage = {0}};
    socklen_t len = sizeof(own);
    if (!address || ats_client_own_port(fd, address) == 0 || getsockname(fd, &own.any, &len) != 0)
        return 0;
    return ntohs(port_at(&own));
}
