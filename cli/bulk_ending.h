/* SPDX-License-Identifier: Apache-2.0 */
/* Why a command with many rows ended before all were reached. Thread: any. */
#ifndef ATS_CLI_BULK_ENDING_H
#define ATS_CLI_BULK_ENDING_H

#include "cli/command.h"

#include <jansson.h>
#include <stdint.h>

enum ats_bulk_ending {
    ATS_BULK_DONE, /* all were reached */
    ATS_BULK_INTERRUPTED,
    ATS_BULK_TAKES_TWO, /* persons, for all */
    ATS_BULK_HOURLY,    /* two persons, for more of this hour */
    ATS_BULK_FULL,      /* the proposal */
    ATS_BULK_TOO_MANY,  /* rows in one call */
    ATS_BULK_FAILED,
};

/* Sets "verdict" in the sums that --json prints: `done` where all were reached, else "incomplete", and "ending" says why. */
void ats_bulk_ending_set(enum ats_bulk_ending ending, const char *done, json_t *sums);
/* Says to people how to go on; nothing where all were reached. `hourly` is how many stops an hour the policy leaves to one operator. */
void ats_bulk_ending_note(const struct ats_cli *cli, enum ats_bulk_ending ending, uint64_t hourly);

#endif
