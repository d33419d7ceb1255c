/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Open connections and since when each owes a request. One that takes too long for it is shut down, however often it sends a byte: the
 * idle time-out alone lets a slow client keep its place for ever.
 *
 * A connection's time begins where it is accepted and anew after each answer; within ATS_HTTP_DEADLINE_S the next request must be here
 * whole and its answer taken.
 *
 * Thread: any. Locks: its own. Owns: no socket; the server closes one that was shut down.
 */
#ifndef ATS_HTTP_DEADLINES_H
#define ATS_HTTP_DEADLINES_H

#include "common/base/limits.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ats_http_deadline {
    int fd; /* -1: free */
    int64_t since_ms;
    bool is_shut;
};

struct ats_http_deadlines {
    pthread_mutex_t lock;
    struct ats_http_deadline places[ATS_HTTP_CONNECTIONS_MAX];
};

void ats_http_deadlines_init(struct ats_http_deadlines *deadlines);
void ats_http_deadlines_fini(struct ats_http_deadlines *deadlines);
/* The connection's place, until close; NULL: there is none, and the connection is shut down. */
struct ats_http_deadline *ats_http_deadlines_open(struct ats_http_deadlines *deadlines, int fd,
                                                  int64_t now_ms);
/* An answer is out. `place` may be NULL here and below. */
void ats_http_deadlines_restart(struct ats_http_deadlines *deadlines,
                                struct ats_http_deadline *place, int64_t now_ms);
/* Before the socket is closed. */
void ats_http_deadlines_close(struct ats_http_deadlines *deadlines,
                              struct ats_http_deadline *place);
/* Shuts down those that are past their time; how many. */
size_t ats_http_deadlines_sweep(struct ats_http_deadlines *deadlines, int64_t now_ms);

#endif
