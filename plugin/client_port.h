/* SPDX-License-Identifier: Apache-2.0 */
/* The port of ours that a client's socket came in by. Thread: any. */
#ifndef ATS_PLUGIN_CLIENT_PORT_H
#define ATS_PLUGIN_CLIENT_PORT_H

/* 0 unless `fd` is a TCP socket whose other end has exactly this address, as text. */
unsigned ats_client_port(int fd, const char *address);

#endif
