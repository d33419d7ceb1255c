/* SPDX-License-Identifier: Apache-2.0 */
#include "common/control/outcomes.h"

/* clang-format off */
static const char *const texts[ATS_CONTROL_OUTCOME_COUNT] = {
    [ATS_CONTROL_MALFORMED] = "it cannot be read, or is a tombstone, or a file has nothing at its offset",
    [ATS_CONTROL_FOREIGN_FLEET] = "it is another fleet's",
    [ATS_CONTROL_UNKNOWN_SIGNER] = "nobody of that name and key is in office at its place in the log: never stated, revoked, not yet or no longer",
    [ATS_CONTROL_BAD_SIGNATURE] = "its signature, or that of who approved it, does not hold",
    [ATS_CONTROL_OUT_OF_SCOPE] = "its signer may not state this kind or name, is a gate that may not take claims, or is not the owner whose signature the contract asks for",
    [ATS_CONTROL_WRONG_REVISION] = "its revision is not the next one of its kind and name: another came first, or it is one again",
    [ATS_CONTROL_WRONG_PREDECESSOR] = "it does not follow the accepted record before it",
    [ATS_CONTROL_ILLEGAL_BODY] = "its body does not fit its kind, or states what may not follow: an illegal change of state, a key that is another's, a used claim",
    [ATS_CONTROL_LATE_CHECKPOINT] = "another record came between the checkpoint and what it counts: its writer's moment, and no attack",
    [ATS_CONTROL_WRONG_CHECKPOINT] = "the checkpoint tells of another log: records were taken out, reordered or rolled back, or its time goes back",
    [ATS_CONTROL_UNAPPROVED] = "it takes two persons, and no second one has approved it, or its proposal had expired",
};
/* clang-format on */

void ats_control_outcomes_print(struct ats_buf *out)
{
    ats_buf_append_text(out, "| outcome | what is wrong with the record |\n|---|---|\n");
    for (int i = ATS_CONTROL_ACCEPTED + 1; i < ATS_CONTROL_OUTCOME_COUNT; i++)
        ats_buf_printf(out, "| `%s` | %s |\n",
                       ats_control_outcome_name((enum ats_control_outcome)i), texts[i]);
}
