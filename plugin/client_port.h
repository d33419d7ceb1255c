/* SPDX-License-Identifier: Apache-2.0 */
/* The ports of a client's socket. Thread: any. */
#ifndef ATS_PLUGIN_CLIENT_PORT_H
#define ATS_PLUGIN_CLIENT_PORT_H

#include <stdint.h>

/* Ours, that it came in by; 0 unless `fd` is a TCP socket whose other end has exactly this address, as text. */
unsigned ats_client_port(int fd, const char *address);
/* The client's own, in network order; 0 unless `fd` is a TCP socket with another end, of this address unless that is NULL. */
uint16_t ats_client_own_port(int fd, const char *address);

#endif
