/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verify_totals.h"

#include "cli/output.h"

#include <inttypes.h>

void ats_verify_totals_add(struct ats_verify_totals *totals, enum ats_message_verdict verdict)
{
    totals->judged++;
    totals->of[verdict]++;
}

void ats_verify_totals_format(const struct ats_verify_totals *totals, struct ats_buf *out)
{
    const char *before = ": ";
    ats_buf_printf(out, "%" PRIu64 " %s", totals->judged,
                   ats_output_word(totals->judged, "record", "records"));
    for (size_t i = 0; i < ATS_MESSAGE_VERDICT_COUNT; i++) {
        if (totals->of[i] == 0)
            continue;
        ats_buf_printf(out, "%s%" PRIu64 " %s", before, totals->of[i],
                       ats_message_verdict_name((enum ats_message_verdict)i));
        before = ", ";
    }
}
