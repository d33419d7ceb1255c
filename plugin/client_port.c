/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/client_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

union endpoint {
    struct sockaddr any;
    struct sockaddr_in ip4;
    struct sockaddr_in6 ip6;
    struct sockaddr_storage storage;
};

_Static_assert(ATS_CLIENT_ADDRESS_SIZE == INET6_ADDRSTRLEN, "what format() fills");

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

/* The end of an IP socket at this side, or nothing. */
static bool own_end(int fd, union endpoint *ret_end)
{
    socklen_t len = sizeof(*ret_end);
    *ret_end = (union endpoint){.storage = {0}};
    return fd > 0 && getsockname(fd, &ret_end->any, &len) == 0 &&
           (ret_end->any.sa_family == AF_INET || ret_end->any.sa_family == AF_INET6);
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
    union endpoint own;
    if (!address || ats_client_own_port(fd, address) == 0 || !own_end(fd, &own))
        return 0;
    return ntohs(port_at(&own));
}

bool ats_client_peer_of(int fd, struct ats_client_peer *ret_peer)
{
    union endpoint other = {.storage = {0}};
    union endpoint own;
    socklen_t len = sizeof(other);
    if (!own_end(fd, &own) || getpeername(fd, &other.any, &len) != 0 ||
        !format(&other, ret_peer->address))
        return false;
    ret_peer->listener_port = ntohs(port_at(&own));
    return true;
}

unsigned ats_client_listening_port(int fd)
{
    union endpoint own;
    int listens = 0;
    socklen_t len = sizeof(listens);
    if (!own_end(fd, &own) || getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) != 0 ||
        listens != 1)
        return 0;
    return ntohs(port_at(&own));
}
