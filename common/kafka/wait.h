/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting for a queue of librdkafka by the monotonic clock. The library waits until a time of day: where the wall clock is set back
 * meanwhile, its own wait lasts until that time comes again, and whoever stops the thread waits with it.
 *
 * Thread: one at a time. Owns: a descriptor that the library writes to, from init to fini.
 */
#ifndef ATS_KAFKA_WAIT_H
#define ATS_KAFKA_WAIT_H

#include "common/base/status.h"

#include <librdkafka/rdkafka.h>

struct ats_kafka_wait {
    int fd;
};

/* IO: no descriptor. */
ATS_MUST_USE enum ats_status ats_kafka_wait_init(struct ats_kafka_wait *wait,
                                                 rd_kafka_queue_t *queue);
/* Before the queue goes. */
void ats_kafka_wait_fini(struct ats_kafka_wait *wait, rd_kafka_queue_t *queue);
/* The next message, the caller's then; NULL: none within the time-out. */
rd_kafka_message_t *ats_kafka_wait_consume(struct ats_kafka_wait *wait, rd_kafka_queue_t *queue,
                                           int64_t timeout_ms);

#endif
