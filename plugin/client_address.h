/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The address that a client is counted by: that of its socket's other end.
 *
 * Over TCP and TLS the broker asks the socket and tells what it is. Over WebSockets Mosquitto tells from 2.0.15 on what the client's own
 * HTTP header X-Forwarded-For says, where there is one, which is any text that the client likes. So there the gate asks the socket. The
 * socket's number comes out of a struct that is the broker's own (ADR 0012), and is believed if
 *
 *   - it is a TCP socket with another end, and with a port at this side at which this process listens (so it was accepted here: its
 *     connections to Kafka, or another broker, have other ports), and
 *   - no such socket of a client over TCP or TLS was ever one with another end than the broker told.
 *
 * Thread: the broker's. Owns: nothing.
 */
#ifndef ATS_PLUGIN_CLIENT_ADDRESS_H
#define ATS_PLUGIN_CLIENT_ADDRESS_H

#include "common/base/limits.h"
#include "plugin/client_port.h"

#include <stdbool.h>
#include <stddef.h>

/* What is known of the process; all zero at first. */
struct ats_client_addresses {
    unsigned ports[ATS_BROKER_LISTENERS_MAX]; /* at which it listens, as at its first client */
    size_t port_count;
    bool looked;
    bool differed; /* numbers of sockets are not where they were taken from */
};

struct ats_client_address {
    char text[ATS_CLIENT_ADDRESS_SIZE]; /* "": unknown */
    const char *
        forwarded_for; /* what the broker told instead, as the client sent it; NULL: nothing. Borrowed */
};

/* `told`: by the broker, may be NULL. Reads /proc/self/fd once, at the first call. */
void ats_client_address_find(struct ats_client_addresses *known, int fd, const char *told,
                             bool websockets, struct ats_client_address *ret_address);

#endif
