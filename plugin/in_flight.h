/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Journal records that are on their way to Kafka, in journal order. Kafka reports them in any order (partitions are
 * independent); the journal may forget only what has no gap before it:
 *
 *   [done][done][sent][done][sent]      front: the first two may be taken
 *   ^ head                         ^ tail
 *
 * Thread: the forwarder's. Owns: its slots; spans in an item are the journal's.
 */
#ifndef ATS_PLUGIN_IN_FLIGHT_H
#define ATS_PLUGIN_IN_FLIGHT_H

#include "common/base/limits.h"
#include "common/base/span.h"
#include "common/base/status.h"
#include "common/identity/checkpoint.h"

struct ats_flight {
    uint64_t journal_id;
    uint64_t position;
    uint64_t sequence;
    uint64_t counter; /* of an accepted CONNECT, for which nothing is sent; 0: of none */
    struct ats_span
        token; /* the record of a single-use token, for which nothing is sent; empty: of none */
    struct ats_span replay;      /* the event in quarantine that it is; empty: none */
    struct ats_span device;      /* of a counter the owner (numbers.h) */
    struct ats_span key_id;      /* under which the sequence counts */
    size_t quarantined_len;      /* 0: admitted */
    bool too_large;              /* went as a record that says so */
    uint8_t leaf[ATS_LEAF_SIZE]; /* of the record for a checkpoint; zeros: nothing was sent */
    bool done;
};

struct ats_in_flight {
    struct ats_flight *items;
    uint64_t head;
    uint64_t tail;
};

ATS_MUST_USE enum ats_status ats_in_flight_init(struct ats_in_flight *flights);
void ats_in_flight_fini(struct ats_in_flight *flights);
bool ats_in_flight_full(const struct ats_in_flight *flights);
bool ats_in_flight_empty(const struct ats_in_flight *flights);
uint64_t ats_in_flight_count(const struct ats_in_flight *flights);
/* The tag under which the next push will be known. */
uint64_t ats_in_flight_next_tag(const struct ats_in_flight *flights);
void ats_in_flight_push(struct ats_in_flight *flights, const struct ats_flight *flight);
/* NULL: of a tag from before the last clear, or that is taken already. Good until the next push. */
const struct ats_flight *ats_in_flight_find(const struct ats_in_flight *flights, uint64_t tag);
/* A tag from before the last clear is ignored. */
void ats_in_flight_done(struct ats_in_flight *flights, uint64_t tag);
/* The oldest, if it is done; NULL otherwise. Good until the next push. */
const struct ats_flight *ats_in_flight_peek(const struct ats_in_flight *flights);
/* Removes what peek showed. */
void ats_in_flight_pop(struct ats_in_flight *flights);
void ats_in_flight_clear(struct ats_in_flight *flights);

#endif
