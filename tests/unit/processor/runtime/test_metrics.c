/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/runtime/metrics.h"

#include <criterion/criterion.h>

Test(metrics, prints_each_with_help_and_type)
{
    static struct ats_metrics metrics;
    struct ats_buf out;
    ats_buf_init(&out, 65536);
    ats_metrics_add(&metrics, ATS_METRIC_DECIDED, 41);
    ats_metrics_add(&metrics, ATS_METRIC_DECIDED, 1);
    ats_metrics_set(&metrics, ATS_METRIC_CONTROL_COUNT, 7);
    ats_metrics_print(&metrics, &out);
    const char *text = ats_buf_text(&out);
    cr_assert_not_null(strstr(
        text,
        "# TYPE attestream_events_decided_total counter\nattestream_events_decided_total 42\n"));
    cr_assert_not_null(
        strstr(text, "# TYPE attestream_control_records gauge\nattestream_control_records 7\n"));
    ats_buf_fini(&out);
}
