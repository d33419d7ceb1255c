/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/runtime/metrics.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct ats_metrics metrics;
static struct ats_buf out;

static void assert_prints(const char *expected)
{
    ats_buf_init(&out, 1 << 20);
    ats_metrics_print(&metrics, &out);
    const char *text = ats_buf_text(&out);
    cr_assert_not_null(strstr(text, expected), "%s", text);
    ats_buf_fini(&out);
}

Test(metrics, prints_each_with_help_and_type)
{
    ats_metrics_add(&metrics, ATS_METRIC_DECIDED, 41);
    ats_metrics_add(&metrics, ATS_METRIC_DECIDED, 1);
    ats_metrics_set(&metrics, ATS_METRIC_CONTROL_COUNT, 7);
    assert_prints(
        "# TYPE attestream_events_decided_total counter\nattestream_events_decided_total 42\n");
    assert_prints("# TYPE attestream_control_records gauge\nattestream_control_records 7\n");
}

Test(metrics, prints_times_in_seconds)
{
    ats_metrics_add(&metrics, ATS_METRIC_COMMIT_US, 12000345);
    assert_prints("\nattestream_commit_seconds_total 12.000345\n");
}

Test(metrics, has_a_label_for_each_way_to_reject_a_control_record)
{
    for (int i = ATS_CONTROL_ACCEPTED + 1; i < ATS_CONTROL_OUTCOME_COUNT; i++) {
        char line[160];
        enum ats_control_outcome outcome = (enum ats_control_outcome)i;
        ats_metrics_set(&metrics, ats_metric_rejected(outcome), (uint64_t)i + 100);
        (void)snprintf(line, sizeof(line),
                       "\nattestream_control_rejected_total{outcome=\"%s\"} %d\n",
                       ats_control_outcome_name(outcome), i + 100);
        assert_prints(line);
    }
}

Test(metrics, has_a_label_for_each_rule_of_a_dead_letter)
{
    for (int i = 0; i < ATS_DEAD_LETTER_RULES; i++) {
        char line[160];
        ats_metrics_set(&metrics, ATS_METRIC_DEAD_LETTERS + (enum ats_metric)i, (uint64_t)i + 200);
        (void)snprintf(line, sizeof(line),
                       "\nattestream_events_dead_letter_total{rule=\"%s\"} %d\n",
                       ats_dead_letter_info((enum ats_dead_letter_rule)i)->rule, i + 200);
        assert_prints(line);
    }
}

Test(metrics, says_help_and_type_once_for_each_name)
{
    ats_buf_init(&out, 1 << 20);
    ats_metrics_print(&metrics, &out);
    const char *first = strstr(ats_buf_text(&out), "# TYPE attestream_control_rejected_total");
    cr_assert_not_null(first);
    cr_assert_null(strstr(first + 1, "# TYPE attestream_control_rejected_total"));
    ats_buf_fini(&out);
}

Test(metrics, shows_the_lag_of_its_own_partitions_alone)
{
    ats_metrics_set_partition(&metrics, ATS_PARTITION_LAG, 3, 0);
    ats_metrics_set_partition(&metrics, ATS_PARTITION_LAG, 5, 12);
    ats_metrics_set_partition(&metrics, ATS_PARTITION_LAG, 7, 1);
    ats_metrics_set_partition(&metrics, ATS_PARTITION_LAG, 7, ATS_METRIC_UNKNOWN);
    ats_metrics_set_partition(&metrics, ATS_PARTITION_LAG, ATS_METRICS_PARTITIONS, 1);
    assert_prints(
        "# TYPE attestream_input_lag gauge\nattestream_input_lag{partition=\"3\"} "
        "0\nattestream_input_lag{partition=\"5\"} 12\n# HELP attestream_input_lag_unknown");
}

Test(metrics, tells_what_runs)
{
    assert_prints("attestream_build_info{version=\"" ATS_VERSION "\",librdkafka=\"");
}
