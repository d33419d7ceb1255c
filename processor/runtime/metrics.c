/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/runtime/metrics.h"

#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <time.h>

struct row {
    const char *name;
    const char *type;
    const char *help;
    const char *labels; /* NULL: none */
    bool is_time;       /* kept in microseconds, shown in seconds */
};

#define REJECTED(outcome, text)                                                                    \
    [(int)ATS_METRIC_CONTROL_REJECTED + (int)(outcome)-1] = {                                      \
        "attestream_control_rejected_total", "counter",                                            \
        "Control records that did not hold, by what was wrong.", "outcome=\"" text "\"", false}

#define DEAD_LETTER(which, text)                                                                   \
    [(int)ATS_METRIC_DEAD_LETTERS + (int)(which)] = {                                              \
        "attestream_events_dead_letter_total", "counter",                                          \
        "Records that could not be used and went to the quarantine topic, by their rule.",         \
        "rule=\"" text "\"", false}

#define READ_AGAIN(which, text)                                                                    \
    [(int)ATS_METRIC_READ_AGAIN + (int)(which)-ATS_POSITION_PAST_END] = {                          \
        "attestream_inputs_read_again_total", "counter",                                           \
        "Times a partition of an input was read again from its first record, by why its "          \
        "committed offset did not hold; what was decided before is not decided again.",            \
        "reason=\"" text "\"", false}

static const struct row table[ATS_METRIC_COUNT] = {
    [ATS_METRIC_RECORDS] = {"attestream_records_total", "counter",
                            "Input records whose transaction was committed: decided, duplicate and "
                            "dead letter together.",
                            NULL, false},
    [ATS_METRIC_DECIDED] = {"attestream_events_decided_total", "counter",
                            "Admitted events with a committed decision.", NULL, false},
    [ATS_METRIC_DUPLICATES] = {"attestream_events_duplicate_total", "counter",
                               "Records that a gate had sent before (gate, journal, position).",
                               NULL, false},
    DEAD_LETTER(ATS_DEAD_LETTER_HEADERS, "headers"),
    DEAD_LETTER(ATS_DEAD_LETTER_UNKNOWN_GATE, "unknown-gate"),
    DEAD_LETTER(ATS_DEAD_LETTER_SEAL, "seal"),
    DEAD_LETTER(ATS_DEAD_LETTER_PARTITION, "partition"),
    DEAD_LETTER(ATS_DEAD_LETTER_UNKNOWN_SCHEMA, "unknown-schema"),
    DEAD_LETTER(ATS_DEAD_LETTER_UNDECODABLE, "undecodable"),
    DEAD_LETTER(ATS_DEAD_LETTER_SIZE, "size"),
    [ATS_METRIC_LATE] = {"attestream_events_late_total", "counter",
                         "Events older than their device's watermark: decided, but changing no "
                         "window.",
                         NULL, false},
    [ATS_METRIC_EPISODES_OPENED] = {"attestream_episodes_opened_total", "counter",
                                    "Episodes opened.", NULL, false},
    [ATS_METRIC_EPISODES_CLOSED] = {"attestream_episodes_closed_total", "counter",
                                    "Episodes closed.", NULL, false},
    [ATS_METRIC_COMMITS] = {"attestream_transactions_committed_total", "counter",
                            "Transactions committed.", NULL, false},
    [ATS_METRIC_ABORTS] = {"attestream_transactions_aborted_total", "counter",
                           "Transactions aborted; what was in them is processed again.", NULL,
                           false},
    [ATS_METRIC_COMMIT_US] = {"attestream_commit_seconds_total", "counter",
                              "Time spent committing; divided by the transactions, the mean.", NULL,
                              true},
    [ATS_METRIC_RESTARTS] = {"attestream_worker_restarts_total", "counter",
                             "Times a worker left the group and began anew after an error.", NULL,
                             false},
    [ATS_METRIC_RESTORED] = {"attestream_state_restored_total", "counter",
                             "State entries read from the changelog.", NULL, false},
    [ATS_METRIC_RESTORE_US] = {"attestream_state_restore_seconds_total", "counter",
                               "Time spent reading the changelog.", NULL, true},
    [ATS_METRIC_FOREIGN_STATE] = {"attestream_state_foreign_total", "counter",
                                  "Changelog records ignored because their tag does not hold, or "
                                  "because they are copies of old ones.",
                                  NULL, false},
    [ATS_METRIC_WAITS] = {"attestream_control_waits_total", "counter",
                          "Times a task waited for control records that a gate had seen before.",
                          NULL, false},
    [ATS_METRIC_MISSED] = {"attestream_records_missed_total", "counter",
                           "Input records that retention deleted before they were read.", NULL,
                           false},
    READ_AGAIN(ATS_POSITION_PAST_END, "past-end"),
    READ_AGAIN(ATS_POSITION_OVERWRITTEN, "overwritten"),
    READ_AGAIN(ATS_POSITION_FOREIGN, "foreign"),
    READ_AGAIN(ATS_POSITION_GONE, "gone"),
    REJECTED(ATS_CONTROL_MALFORMED, "malformed"),
    REJECTED(ATS_CONTROL_FOREIGN_FLEET, "foreign-fleet"),
    REJECTED(ATS_CONTROL_UNKNOWN_SIGNER, "unknown-signer"),
    REJECTED(ATS_CONTROL_BAD_SIGNATURE, "bad-signature"),
    REJECTED(ATS_CONTROL_OUT_OF_SCOPE, "out-of-scope"),
    REJECTED(ATS_CONTROL_WRONG_REVISION, "wrong-revision"),
    REJECTED(ATS_CONTROL_WRONG_PREDECESSOR, "wrong-predecessor"),
    REJECTED(ATS_CONTROL_ILLEGAL_BODY, "illegal-body"),
    REJECTED(ATS_CONTROL_LATE_CHECKPOINT, "late-checkpoint"),
    REJECTED(ATS_CONTROL_WRONG_CHECKPOINT, "wrong-checkpoint"),
    REJECTED(ATS_CONTROL_UNAPPROVED, "unapproved"),
    [ATS_METRIC_HEARTBEATS_REFUSED] = {"attestream_control_heartbeats_refused_total", "counter",
                                       "Heartbeats that did not count: none, forged, of nobody "
                                       "who may sign one, or ahead of the clock.",
                                       NULL, false},
    [ATS_METRIC_TASKS] = {"attestream_tasks", "gauge", "Tasks (partitions) that this process runs.",
                          NULL, false},
    [ATS_METRIC_TASKS_WAITING] = {"attestream_tasks_waiting", "gauge",
                                  "Tasks that do not go on: a record waits for the control log, "
                                  "transactions keep failing, or the state is full.",
                                  NULL, false},
    [ATS_METRIC_WORKERS_HELD_UP] = {"attestream_workers_held_up", "gauge",
                                    "Workers that wait for the end of a transaction that is open "
                                    "in the changelog.",
                                    NULL, false},
    [ATS_METRIC_INPUTS_LEFT_OUT] = {"attestream_inputs_left_out", "gauge",
                                    "Input topics of contracts that are not read: not there, with "
                                    "another number of partitions, or too many.",
                                    NULL, false},
    [ATS_METRIC_CONTROL_COUNT] = {"attestream_control_records", "gauge",
                                  "Control records accepted into the local copy.", NULL, false},
    [ATS_METRIC_CONTROL_COPY] = {"attestream_control_copy_bytes", "gauge",
                                 "How large the local copy of the control log is.", NULL, false},
    [ATS_METRIC_CONTROL_COPY_FREE] = {"attestream_control_copy_free_bytes", "gauge",
                                      "What it can still grow by: room on its disk. A record that "
                                      "undoes others may take twice the copy.",
                                      NULL, false},
    [ATS_METRIC_CONTROL_AGE_US] = {"attestream_control_age_seconds", "gauge",
                                   "How old the local copy may be: since the newest heartbeat that "
                                   "it bears out, at most.",
                                   NULL, true},
    [ATS_METRIC_CONTROL_TIME_AGE_US] =
        {"attestream_control_time_age_seconds", "gauge",
         "How far the control log's time, by which operators, tokens and proposals end, is "
         "behind the clock: an hour and a little while all is well.",
         NULL, true},
    [ATS_METRIC_CONTROL_STALE] = {"attestream_control_stale", "gauge",
                                  "1: the local copy is older than control_max_age.", NULL, false},
    [ATS_METRIC_CONTROL_WITHHELD] = {"attestream_control_withheld", "gauge",
                                     "1: another member has read control records that this one "
                                     "does not get, or another log.",
                                     NULL, false},
};

static const struct row partition_table[ATS_PARTITION_METRICS] = {
    [ATS_PARTITION_LAG] = {"attestream_input_lag", "gauge",
                           "Records of the partition that are not processed yet, of all input "
                           "topics together of which Kafka has told where they end.",
                           "partition=\"...\"", false},
    [ATS_PARTITION_LAG_UNKNOWN] = {"attestream_input_lag_unknown", "gauge",
                                   "Input topics that attestream_input_lag leaves out: it is not "
                                   "known yet where their partition ends.",
                                   "partition=\"...\"", false},
    [ATS_PARTITION_STATE_BYTES] = {"attestream_state_bytes", "gauge",
                                   "Bytes of the partition's state; state_max bounds them.",
                                   "partition=\"...\"", false},
};
static const struct row build_row = {"attestream_build_info", "gauge",
                                     "1; the labels tell what runs.",
                                     "version=\"...\", librdkafka=\"...\"", false};

void ats_metrics_set_partition(struct ats_metrics *metrics, enum ats_partition_metric metric,
                               int32_t partition, int64_t value)
{
    if (partition >= 0 && partition < ATS_METRICS_PARTITIONS)
        atomic_store_explicit(&metrics->partitions[metric][partition], value + 1,
                              memory_order_relaxed);
}

int64_t ats_metrics_clock_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void print_head(const struct row *row, struct ats_buf *out)
{
    ats_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help, row->name, row->type);
}

static void print_value(const struct row *row, uint64_t value, struct ats_buf *out)
{
    ats_buf_append_text(out, row->name);
    if (row->labels)
        ats_buf_printf(out, "{%s}", row->labels);
    if (row->is_time)
        ats_buf_printf(out, " %" PRIu64 ".%06" PRIu64 "\n", value / 1000000, value % 1000000);
    else
        ats_buf_printf(out, " %" PRIu64 "\n", value);
}

static bool begins_name(int metric)
{
    return metric == 0 || strcmp(table[metric].name, table[metric - 1].name) != 0;
}

static void print_partitions(struct ats_metrics *metrics, enum ats_partition_metric metric,
                             struct ats_buf *out)
{
    print_head(&partition_table[metric], out);
    for (int i = 0; i < ATS_METRICS_PARTITIONS; i++) {
        int64_t value =
            atomic_load_explicit(&metrics->partitions[metric][i], memory_order_relaxed) - 1;
        if (value >= 0)
            ats_buf_printf(out, "%s{partition=\"%d\"} %" PRId64 "\n", partition_table[metric].name,
                           i, value);
    }
}

void ats_metrics_print(struct ats_metrics *metrics, struct ats_buf *out)
{
    for (int i = 0; i < ATS_METRIC_COUNT; i++) {
        if (begins_name(i))
            print_head(&table[i], out);
        print_value(&table[i], atomic_load_explicit(&metrics->values[i], memory_order_relaxed),
                    out);
    }
    for (int i = 0; i < ATS_PARTITION_METRICS; i++)
        print_partitions(metrics, (enum ats_partition_metric)i, out);
    print_head(&build_row, out);
    ats_buf_printf(out, "%s{version=\"" ATS_VERSION "\",librdkafka=\"%s\"} 1\n", build_row.name,
                   rd_kafka_version_str());
}

static void print_reference(const struct row *row, struct ats_buf *out)
{
    ats_buf_printf(out, "| `%s` | %s | %s |\n", row->name, row->type, row->help);
}

void ats_metrics_print_reference(struct ats_buf *out)
{
    ats_buf_append_text(out, "| name | type | what |\n|---|---|---|\n");
    for (int i = 0; i < ATS_METRIC_COUNT; i++) {
        if (begins_name(i))
            print_reference(&table[i], out);
    }
    for (int i = 0; i < ATS_PARTITION_METRICS; i++)
        print_reference(&partition_table[i], out);
    print_reference(&build_row, out);
}
