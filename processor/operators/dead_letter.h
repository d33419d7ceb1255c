/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a record becomes a dead letter: one table of class and rule, as in the quarantine's other records, which metrics, log and
 * docs/refusals.md share. Thread: any.
 */
#ifndef ATS_OPERATORS_DEAD_LETTER_H
#define ATS_OPERATORS_DEAD_LETTER_H

#include "common/base/buf.h"

enum ats_dead_letter_rule {
    ATS_DEAD_LETTER_HEADERS,
    ATS_DEAD_LETTER_UNKNOWN_GATE,
    ATS_DEAD_LETTER_SEAL,
    ATS_DEAD_LETTER_PARTITION,
    ATS_DEAD_LETTER_UNKNOWN_SCHEMA,
    ATS_DEAD_LETTER_UNDECODABLE,
    ATS_DEAD_LETTER_SIZE,
    ATS_DEAD_LETTER_RULES,
};

struct ats_dead_letter_info {
    const char *reason_class;
    const char *rule;
    const char *text;
};

const struct ats_dead_letter_info *ats_dead_letter_info(enum ats_dead_letter_rule rule);
/* The table as Markdown. */
void ats_dead_letters_print(struct ats_buf *out);

#endif
