/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a processor counts. Counters of events grow only when their transaction has committed, so that they agree with what a
 * reader under read_committed sees. Thread: any; every member is atomic.
 */
#ifndef ATS_RUNTIME_METRICS_H
#define ATS_RUNTIME_METRICS_H

#include "common/base/buf.h"

#include <stdatomic.h>

enum ats_metric {
    ATS_METRIC_DECIDED,
    ATS_METRIC_DUPLICATES,
    ATS_METRIC_DEAD_LETTERS,
    ATS_METRIC_LATE,
    ATS_METRIC_EPISODES_OPENED,
    ATS_METRIC_EPISODES_CLOSED,
    ATS_METRIC_COMMITS,
    ATS_METRIC_ABORTS,
    ATS_METRIC_COMMIT_US,
    ATS_METRIC_RESTARTS,
    ATS_METRIC_RESTORED,
    ATS_METRIC_FOREIGN_STATE,
    ATS_METRIC_WAITS,
    ATS_METRIC_CONTROL_REJECTED,
    ATS_METRIC_TASKS,         /* gauge */
    ATS_METRIC_CONTROL_COUNT, /* gauge */
    ATS_METRIC_COUNT,
};

struct ats_metrics {
    _Atomic(uint64_t) values[ATS_METRIC_COUNT];
};

static inline void ats_metrics_add(struct ats_metrics *metrics, enum ats_metric metric,
                                   uint64_t more)
{
    atomic_fetch_add_explicit(&metrics->values[metric], more, memory_order_relaxed);
}

static inline void ats_metrics_set(struct ats_metrics *metrics, enum ats_metric metric,
                                   uint64_t value)
{
    atomic_store_explicit(&metrics->values[metric], value, memory_order_relaxed);
}

/* Prometheus' text format 0.0.4. */
void ats_metrics_print(struct ats_metrics *metrics, struct ats_buf *out);
/* The same names as a Markdown table, for docs/metrics.md. */
void ats_metrics_print_reference(struct ats_buf *out);

#endif
