/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ending a client's connection below the broker. Mosquitto 2.0 closes what it is asked to at once over TCP and TLS, but over WebSockets
 * only when it serves that library the next time, 100 ms later on an idle broker. So the socket is shut down as well: the client sees
 * the end now, and the broker finds it there.
 *
 * Thread: the broker's. Owns: nothing; the socket is the broker's.
 */
#ifndef ATS_PLUGIN_HANG_UP_H
#define ATS_PLUGIN_HANG_UP_H

#include <stdbool.h>
#include <stdint.h>

/* All zero: not known. A descriptor may be used again by another connection, so the client's own port tells them apart. */
struct ats_client_end {
    int fd;
    uint16_t port; /* network order */
};

/* Of a socket whose other end has exactly this address, as text; else all zero. */
struct ats_client_end ats_client_end_of(int fd, const char *address);
/* Shuts the connection down in both directions, and says so, if the socket is still its. What the broker has written before reaches the
   client. */
bool ats_hang_up(const struct ats_client_end *end);

#endif
