/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tasks know of the fleet: the verified registry with its follower thread, and from it, whenever it has grown, a snapshot
 * of contracts and use cases and the seal keys of the gates.
 *
 * A snapshot costs some milliseconds and a log may bring thousands of records at once, so it is made by ats_control_poll(),
 * which workers call all the time: many records share one.
 *
 * Thread: any, but for open and close. Locks: one mutex around the newest snapshot, one around making it. Owns: everything in it.
 */
#ifndef ATS_RUNTIME_CONTROL_H
#define ATS_RUNTIME_CONTROL_H

#include "common/control/follower.h"
#include "common/identity/key.h"
#include "common/identity/seal.h"
#include "processor/operators/pipeline.h"
#include "processor/runtime/metrics.h"

struct ats_control;

struct ats_control_options {
    const struct ats_kafka_config *kafka; /* borrowed */
    const struct ats_registry_pins *pins; /* borrowed until open returns */
    const char *state_folder;             /* the registry's store is in its folder `control` */
    const char *group;
    const struct ats_key_pair *group_key; /* the group's agreement pair, borrowed */
    struct ats_log *log;
};

ATS_MUST_USE enum ats_status ats_control_open(const struct ats_control_options *options,
                                              struct ats_control **ret_control,
                                              struct ats_error *err);
/* Starts the follower; before, the local copy alone is there. An error is one of Kafka's settings. */
ATS_MUST_USE enum ats_status ats_control_follow(struct ats_control *control, struct ats_error *err);
void ats_control_close(struct ats_control *control);

/* Makes a new snapshot if the log has grown and the last one is old enough. In steady state two atomic loads. */
void ats_control_poll(struct ats_control *control);
/* The newest snapshot; the caller unrefs it. */
struct ats_snapshot *ats_control_current(struct ats_control *control);
/* Grows with each new snapshot; one atomic load. */
uint64_t ats_control_generation(const struct ats_control *control);
bool ats_control_caught_up(const struct ats_control *control);
/* Asks for the log to be read to its present end; the answer is a number. Once ats_control_read() has come that far, the
   newest snapshot holds all that was in the log at this call. */
uint64_t ats_control_ask(struct ats_control *control);
uint64_t ats_control_read(const struct ats_control *control);
/* Whether this member has the key that gates seal for. UNAVAILABLE: the group is not in the log (yet); CONFIG: its key is
   another one, and every record would look forged. */
ATS_MUST_USE enum ats_status ats_control_check_group(struct ats_control *control,
                                                     struct ats_error *err);
/* Accepted records, and rejected ones by outcome, into the metrics. */
void ats_control_measure(const struct ats_control *control, struct ats_metrics *metrics);
/* The verified copy itself, for readers. */
struct ats_registry *ats_control_registry(struct ats_control *control);
/* The fleet id in hexadecimal. */
const char *ats_control_fleet(const struct ats_control *control);
/* The text of a schema by id; NOT_FOUND. */
ATS_MUST_USE enum ats_status ats_control_schema(struct ats_control *control, uint32_t schema_id,
                                                struct ats_buf *ret_text);

/* Pairwise keys with gates, cached; of one task, so no lock. */
struct ats_seal_ring;

struct ats_seal_ring *ats_seal_ring_new(struct ats_control *control);
void ats_seal_ring_free(struct ats_seal_ring *ring);
/* An ats_seal_key_find; `ctx` is the ring. */
enum ats_status ats_seal_ring_find(void *ctx, struct ats_span gate, int64_t received_ms,
                                   struct ats_seal_keys *ret_keys);

#endif
