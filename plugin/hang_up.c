/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/hang_up.h"

#include "plugin/client_port.h"

#include <stddef.h>
#include <sys/socket.h>

struct ats_client_end ats_client_end_of(int fd, const char *address)
{
    uint16_t port = address ? ats_client_own_port(fd, address) : 0;
    return port == 0 ? (struct ats_client_end){0} : (struct ats_client_end){fd, port};
}

bool ats_hang_up(const struct ats_client_end *end)
{
    return end->port != 0 && ats_client_own_port(end->fd, NULL) == end->port &&
           shutdown(end->fd, SHUT_RDWR) == 0;
}
