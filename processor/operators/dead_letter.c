/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/operators/dead_letter.h"

/* clang-format off */
static const struct ats_dead_letter_info table[ATS_DEAD_LETTER_RULES] = {
    [ATS_DEAD_LETTER_HEADERS] = {"headers", "headers", "a header that a gate writes is missing or cannot be read"},
    [ATS_DEAD_LETTER_UNKNOWN_GATE] = {"seal", "unknown-gate", "the gate is not known, revoked, or its keys were not good then"},
    [ATS_DEAD_LETTER_SEAL] = {"seal", "seal", "the gate's seal does not hold for this group: the record was altered, or sealed for another group, which it does not name"},
    [ATS_DEAD_LETTER_PARTITION] = {"seal", "partition", "the record lies in a partition that is not its key's"},
    [ATS_DEAD_LETTER_UNKNOWN_SCHEMA] = {"schema", "unknown-schema", "no contract of its name and version has the record's schema id"},
    [ATS_DEAD_LETTER_UNDECODABLE] = {"malformed", "undecodable", "the value does not fit its schema"},
    [ATS_DEAD_LETTER_SIZE] = {"malformed", "size", "larger than Kafka takes (max.message.bytes)"},
};
/* clang-format on */

const struct ats_dead_letter_info *ats_dead_letter_info(enum ats_dead_letter_rule rule)
{
    return &table[rule];
}

void ats_dead_letters_print(struct ats_buf *out)
{
    ats_buf_append_text(out, "| class | rule | why the record cannot be used |\n|---|---|---|\n");
    for (int i = 0; i < ATS_DEAD_LETTER_RULES; i++)
        ats_buf_printf(out, "| `%s` | `%s` | %s |\n", table[i].reason_class, table[i].rule,
                       table[i].text);
}
