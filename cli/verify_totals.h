/* SPDX-License-Identifier: Apache-2.0 */
/* How many records `verify message` judged, and what of them. Thread: one. */
#ifndef ATS_CLI_VERIFY_TOTALS_H
#define ATS_CLI_VERIFY_TOTALS_H

#include "cli/message.h"

/* All zero: none was judged. */
struct ats_verify_totals {
    uint64_t judged;
    uint64_t of[ATS_MESSAGE_VERDICT_COUNT];
};

void ats_verify_totals_add(struct ats_verify_totals *totals, enum ats_message_verdict verdict);
/* "3 records: 2 verified, 1 wrong": only the verdicts that there were. Appended. */
void ats_verify_totals_format(const struct ats_verify_totals *totals, struct ats_buf *out);

#endif
