/* SPDX-License-Identifier: Apache-2.0 */
/* attestream-gate-config: prints the gate's options from their table, as a page or as lines for mosquitto.conf. */
#include "common/base/limits.h"
#include "plugin/options.h"

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
    } else {
        (void)fprintf(stderr, "usage: attestream-gate-config reference|example\n");
        return 2;
    }
    (void)fwrite(text.data, 1, text.len, stdout);
    ats_buf_fini(&text);
    return 0;
}
