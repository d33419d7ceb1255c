/* SPDX-License-Identifier: Apache-2.0 */
/* The ports of a client's socket. Thread: any. */
#ifndef ATS_PLUGIN_CLIENT_PORT_H
#define ATS_PLUGIN_CLIENT_PORT_H

#include <stdbool.h>
#include <stdint.h>

#define ATS_CLIENT_ADDRESS_SIZE 46 /* the longest of IPv6 as text, with its end */

struct ats_client_peer {
    char address[ATS_CLIENT_ADDRESS_SIZE]; /* the other end's */
    unsigned listener_port;                /* ours, that it came in by */
};

/* Ours, that it came in by; 0 unless `fd` is a TCP socket whose other end has exactly this address, as text. */
unsigned ats_client_port(int fd, const char *address);
/* The client's own, in network order; 0 unless `fd` is a TCP socket with another end, of this address unless that is NULL. */
uint16_t ats_client_own_port(int fd, const char *address);
/* False unless `fd` is an IP socket with another end. */
bool ats_client_peer_of(int fd, struct ats_client_peer *ret_peer);
/* The port of a TCP socket that listens; 0: it is none. */
unsigned ats_client_listening_port(int fd);

#endif
