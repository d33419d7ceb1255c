/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/thread_log.h"

#include "common/base/limits.h"

#include <inttypes.h>
#include <stdio.h>

struct line {
    enum ats_log_level level;
    char text[ATS_LOG_LINE_MAX];
};

static void push_line(void *ctx, enum ats_log_level level, const char *text)
{
    struct ats_thread_log *thread_log = ctx;
    struct line line = {.level = level};
    (void)snprintf(line.text, sizeof(line.text), "%s", text);
    if (!ats_ring_push(&thread_log->ring, &line))
        (void)atomic_fetch_add_explicit(&thread_log->dropped, 1, memory_order_relaxed);
}

enum ats_status ats_thread_log_init(struct ats_thread_log *thread_log, enum ats_log_level least,
                                    const struct ats_clock *clock)
{
    enum ats_status status =
        ats_ring_init(&thread_log->ring, sizeof(struct line), ATS_GATE_LOG_LINES);
    if (status != ATS_OK)
        return status;
    thread_log->log = ats_log_new(push_line, thread_log, least, clock);
    return thread_log->log ? ATS_OK : ATS_ERR_MEMORY;
}

void ats_thread_log_fini(struct ats_thread_log *thread_log)
{
    ats_log_free(thread_log->log);
    thread_log->log = NULL;
    ats_ring_fini(&thread_log->ring);
}

void ats_thread_log_drain(struct ats_thread_log *thread_log, const struct ats_gate_broker *broker)
{
    struct line line;
    while (ats_ring_count(&thread_log->ring) > 0 && ats_ring_pop(&thread_log->ring, &line))
        broker->log(broker->ctx, line.level, line.text);
    if (atomic_load_explicit(&thread_log->dropped, memory_order_relaxed) == 0)
        return;
    uint64_t dropped = atomic_exchange_explicit(&thread_log->dropped, 0, memory_order_relaxed);
    (void)snprintf(line.text, sizeof(line.text), "log.dropped lines=%" PRIu64, dropped);
    broker->log(broker->ctx, ATS_LOG_WARNING, line.text);
}
