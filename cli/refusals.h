/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that a command with many did not take: which, and why. Thread: one. Owns: copies of what it is given. */
#ifndef ATS_CLI_REFUSALS_H
#define ATS_CLI_REFUSALS_H

#include "cli/command.h"

struct ats_refusal {
    size_t line; /* 0: not of a file */
    char *name;
    char *reason;
};

struct ats_refusals {
    struct ats_refusal *items;
    size_t count;
};

/* MEMORY. */
ATS_MUST_USE enum ats_status ats_refusals_add(struct ats_refusals *refusals, size_t line,
                                              const char *name, const char *reason,
                                              struct ats_error *err);
/* A table, or an object for each, in the order of their lines; nothing where there is none. */
void ats_refusals_print(struct ats_refusals *refusals, const struct ats_cli *cli);
void ats_refusals_fini(struct ats_refusals *refusals);

#endif
