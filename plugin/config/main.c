/* SPDX-License-Identifier: Apache-2.0 */
/* attestream-gate-config: prints the gate's options and reasons from their tables, as pages or as lines for mosquitto.conf. */
#include "common/base/limits.h"
#include "plugin/options.h"
#include "plugin/reasons.h"

#include <stdio.h>
#include <string.h>

/* What a client of that protocol sees, as docs/gate.md words it. */
static const char *answer_text(enum ats_gate_answer answer)
{
    switch (answer) {
    case ATS_GATE_PASS:
    case ATS_GATE_DIVERT:
        return "success";
    case ATS_GATE_REJECT:
        return "denied";
    case ATS_GATE_CLOSE:
        break;
    }
    return "closed";
}

static void print_reasons(struct ats_buf *out)
{
    ats_buf_append_text(
        out,
        "| code | reason | verdict | MQTT 5 | MQTT 3.1.1 | what |\n|--:|---|---|---|---|---|\n");
    for (int i = 0; i < ATS_REASON_COUNT; i++) {
        const struct ats_reason_info *info = ats_reason_info((enum ats_reason)i);
        ats_buf_printf(out, "| %d | `%s` | %s | %s | %s | %s |\n", (int)info->code, info->name,
                       ats_verdict_kind_name(info->kind), answer_text(info->mqtt5),
                       answer_text(info->mqtt3), info->text);
    }
}

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
        print_reasons(&text);
    } else {
        (void)fprintf(stderr, "usage: attestream-gate-config reference|example|reasons\n");
        return 2;
    }
    (void)fwrite(text.data, 1, text.len, stdout);
    ats_buf_fini(&text);
    return 0;
}
