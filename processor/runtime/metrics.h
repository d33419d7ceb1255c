/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a processor counts. Counters of events grow only when their transaction has committed, so that they agree with what a
 * reader under read_committed sees. Thread: any; every member is atomic.
 */
#ifndef ATS_RUNTIME_METRICS_H
#define ATS_RUNTIME_METRICS_H

#include "common/base/buf.h"
#include "common/control/registry.h"
#include "processor/operators/dead_letter.h"
#include "processor/runtime/position.h"

#include <stdatomic.h>

/* The order in which they are printed; those of one name stand together. */
enum ats_metric {
    ATS_METRIC_RECORDS,
    ATS_METRIC_DECIDED,
    ATS_METRIC_DUPLICATES,
    ATS_METRIC_DEAD_LETTERS, /* the first of one per rule, in their order */
    ATS_METRIC_DEAD_LETTERS_LAST = ATS_METRIC_DEAD_LETTERS + ATS_DEAD_LETTER_RULES - 1,
    ATS_METRIC_LATE,
    ATS_METRIC_EPISODES_OPENED,
    ATS_METRIC_EPISODES_CLOSED,
    ATS_METRIC_COMMITS,
    ATS_METRIC_ABORTS,
    ATS_METRIC_COMMIT_US,
    ATS_METRIC_RESTARTS,
    ATS_METRIC_RESTORED,
    ATS_METRIC_RESTORE_US,
    ATS_METRIC_FOREIGN_STATE,
    ATS_METRIC_WAITS,
    ATS_METRIC_MISSED,
    ATS_METRIC_READ_AGAIN, /* the first of one per reason, in their order */
    ATS_METRIC_READ_AGAIN_LAST = ATS_METRIC_READ_AGAIN + ATS_POSITION_REASONS - 1,
    ATS_METRIC_CONTROL_REJECTED, /* the first of one per outcome that is not ACCEPTED, in their order */
    ATS_METRIC_CONTROL_REJECTED_LAST = ATS_METRIC_CONTROL_REJECTED + ATS_CONTROL_OUTCOME_COUNT - 2,
    ATS_METRIC_HEARTBEATS_REFUSED,
    ATS_METRIC_TASKS,               /* gauge */
    ATS_METRIC_TASKS_WAITING,       /* gauge */
    ATS_METRIC_WORKERS_HELD_UP,     /* gauge */
    ATS_METRIC_INPUTS_LEFT_OUT,     /* gauge */
    ATS_METRIC_CONTROL_COUNT,       /* gauge */
    ATS_METRIC_CONTROL_COPY,        /* gauge */
    ATS_METRIC_CONTROL_COPY_FREE,   /* gauge */
    ATS_METRIC_CONTROL_AGE_US,      /* gauge */
    ATS_METRIC_CONTROL_TIME_AGE_US, /* gauge */
    ATS_METRIC_CONTROL_STALE,       /* gauge */
    ATS_METRIC_CONTROL_WITHHELD,    /* gauge */
    ATS_METRIC_COUNT,
};

/* Of one partition. */
enum ats_partition_metric {
    ATS_PARTITION_LAG,
    ATS_PARTITION_LAG_UNKNOWN,
    ATS_PARTITION_STATE_BYTES,
    ATS_PARTITION_METRICS
};

/* Partitions that have metrics of their own. */
#define ATS_METRICS_PARTITIONS 1024
#define ATS_METRIC_UNKNOWN (-1)

/* All zero at the start. */
struct ats_metrics {
    _Atomic(uint64_t) values[ATS_METRIC_COUNT];
    /* Plus one; 0: not a partition of this process. */
    _Atomic(int64_t) partitions[ATS_PARTITION_METRICS][ATS_METRICS_PARTITIONS];
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

static inline enum ats_metric ats_metric_rejected(enum ats_control_outcome outcome)
{
    return (enum ats_metric)(ATS_METRIC_CONTROL_REJECTED + (int)outcome - 1);
}

/* `value` may be ATS_METRIC_UNKNOWN: not shown. */
void ats_metrics_set_partition(struct ats_metrics *metrics, enum ats_partition_metric metric,
                               int32_t partition, int64_t value);
/* A monotonic clock in microseconds, for the metrics that are times. */
int64_t ats_metrics_clock_us(void);

/* Prometheus' text format 0.0.4. */
void ats_metrics_print(struct ats_metrics *metrics, struct ats_buf *out);
/* The same names as a Markdown table, for docs/metrics.md. */
void ats_metrics_print_reference(struct ats_buf *out);

#endif
