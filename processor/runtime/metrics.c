/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/runtime/metrics.h"

#include <inttypes.h>

static const struct {
    const char *name;
    const char *type;
    const char *help;
} table[ATS_METRIC_COUNT] = {
    [ATS_METRIC_DECIDED] = {"attestream_events_decided_total", "counter",
                            "Admitted events with a committed decision."},
    [ATS_METRIC_DUPLICATES] = {"attestream_events_duplicate_total", "counter",
                               "Records that a gate had sent before (gate, journal, position)."},
    [ATS_METRIC_DEAD_LETTERS] =
        {"attestream_events_dead_letter_total", "counter",
         "Records that could not be used and went to the quarantine topic."},
    [ATS_METRIC_LATE] =
        {"attestream_events_late_total", "counter",
         "Events older than their device's watermark: decided, but changing no window."},
    [ATS_METRIC_EPISODES_OPENED] = {"attestream_episodes_opened_total", "counter",
                                    "Episodes opened."},
    [ATS_METRIC_EPISODES_CLOSED] = {"attestream_episodes_closed_total", "counter",
                                    "Episodes closed."},
    [ATS_METRIC_COMMITS] = {"attestream_transactions_committed_total", "counter",
                            "Transactions committed."},
    [ATS_METRIC_ABORTS] = {"attestream_transactions_aborted_total", "counter",
                           "Transactions aborted and repeated."},
    [ATS_METRIC_COMMIT_US] = {"attestream_commit_microseconds_total", "counter",
                              "Time spent committing; divided by commits, the mean."},
    [ATS_METRIC_RESTARTS] = {"attestream_worker_restarts_total", "counter",
                             "Times a worker left the group and began anew after an error."},
    [ATS_METRIC_RESTORED] = {"attestream_state_restored_total", "counter",
                             "State entries read from the changelog."},
    [ATS_METRIC_FOREIGN_STATE] = {"attestream_state_foreign_total", "counter",
                                  "Changelog records ignored because their tag does not hold."},
    [ATS_METRIC_WAITS] = {"attestream_control_waits_total", "counter",
                          "Times a task waited for control records that a gate had seen before."},
    [ATS_METRIC_CONTROL_REJECTED] = {"attestream_control_rejected_total", "counter",
                                     "Control records that did not hold."},
    [ATS_METRIC_TASKS] = {"attestream_tasks", "gauge",
                          "Tasks (partitions) that this process runs."},
    [ATS_METRIC_CONTROL_COUNT] = {"attestream_control_records", "gauge",
                                  "Control records applied."},
};

void ats_metrics_print(struct ats_metrics *metrics, struct ats_buf *out)
{
    for (int i = 0; i < ATS_METRIC_COUNT; i++)
        ats_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %" PRIu64 "\n", table[i].name,
                       table[i].help, table[i].name, table[i].type, table[i].name,
                       atomic_load_explicit(&metrics->values[i], memory_order_relaxed));
}

void ats_metrics_print_reference(struct ats_buf *out)
{
    ats_buf_append_text(out, "| name | type | what |\n|---|---|---|\n");
    for (int i = 0; i < ATS_METRIC_COUNT; i++)
        ats_buf_printf(out, "| `%s` | %s | %s |\n", table[i].name, table[i].type, table[i].help);
}
