/* SPDX-License-Identifier: Apache-2.0 */
#include "common/kafka/wait.h"

#include "common/base/clock.h"
#include "common/base/limits.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum ats_status ats_kafka_wait_init(struct ats_kafka_wait *wait, rd_kafka_queue_t *queue)
{
    static const uint64_t one = 1;
    wait->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (wait->fd < 0)
        return ATS_ERR_IO;
    rd_kafka_queue_io_event_enable(queue, wait->fd, &one, sizeof(one));
    return ATS_OK;
}

void ats_kafka_wait_fini(struct ats_kafka_wait *wait, rd_kafka_queue_t *queue)
{
    if (wait->fd < 0)
        return;
    rd_kafka_queue_io_event_enable(queue, -1, NULL, 0);
    (void)close(wait->fd);
    wait->fd = -1;
}

/* The library writes when something comes into an empty queue, so it is looked at first. */
rd_kafka_message_t *ats_kafka_wait_consume(struct ats_kafka_wait *wait, rd_kafka_queue_t *queue,
                                           int64_t timeout_ms)
{
    int64_t until_ms = ats_clock_monotonic_ms(&ats_clock_system) + timeout_ms;
    for (;;) {
        uint64_t count;
        rd_kafka_message_t *message = rd_kafka_consume_queue(queue, 0);
        int64_t left_ms = until_ms - ats_clock_monotonic_ms(&ats_clock_system);
        if (message || left_ms <= 0)
            return message;
        if (left_ms > ATS_KAFKA_LOOK_MS)
            left_ms = ATS_KAFKA_LOOK_MS;
        (void)poll(&(struct pollfd){.fd = wait->fd, .events = POLLIN}, 1, (int)left_ms);
        (void)!read(wait->fd, &count, sizeof(count));
    }
}
