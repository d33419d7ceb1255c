/* SPDX-License-Identifier: Apache-2.0 */
/* attestream-gate-config: prints the gate's options and reasons, and the outcomes of control records, from their tables, as pages or as lines for mosquitto.conf. */
#include "common/base/limits.h"
#include "common/control/outcomes.h"
#include "plugin/options.h"
#include "plugin/reasons.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    struct ats_buf text;
    const char *what = argc == 2 ? argv[1] : "";
    ats_buf_init(&text, ATS_DOCUMENT_MAX);
    if (strcmp(what, "reference") == 0) {
        ats_config_print_reference(ats_gate_properties_table, &text);
    } else if (strcmp(what, "example") == 0) {
        ats_config_print_example(ats_gate_properties_table, "plugin_opt_", " ", &text);
    } else if (strcmp(what, "reasons") == 0) {
        ats_reasons_print(&text);
    } else if (strcmp(what, "outcomes") == 0) {
        ats_control_outcomes_print(&text);
    } else {
        (void)fprintf(stderr, "usage: attestream-gate-config reference|example|reasons|outcomes\n");
        return 2;
    }
    (void)fwrite(text.data, 1, text.len, stdout);
    ats_buf_fini(&text);
    return 0;
}
