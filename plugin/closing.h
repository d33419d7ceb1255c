/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections that are to be closed, each after the delay of what it is closed for. There are few delays, and a list for each: who
 * comes later is due later, so that the first of a list says whether anybody of it is due, however many sessions there are.
 *
 * Thread: the broker's. Owns: nothing; sessions link themselves in, and leave with ats_closing_forget().
 */
#ifndef ATS_PLUGIN_CLOSING_H
#define ATS_PLUGIN_CLOSING_H

#include <stddef.h>
#include <stdint.h>

/* Different delays, at most: after a receipt, an expiry, a claim, a revocation. */
#define ATS_CLOSING_LISTS 4

struct ats_gate;
struct ats_session;

struct ats_closing_list {
    int64_t delay_ms;
    struct ats_session *first;
    struct ats_session *last;
};

struct ats_closing {
    struct ats_closing_list lists[ATS_CLOSING_LISTS]; /* one for each delay, in any order */
    size_t list_count;
    int64_t next_ms; /* monotonic: no look before */
};

/* A session that ends: it is in no list any more. */
void ats_closing_forget(struct ats_session *session);
/* Closes what is due, ATS_GATE_KICKS_MAX at most; for a tick. */
void ats_closing_check(struct ats_gate *gate);

#endif
