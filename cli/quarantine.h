/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of `attestream quarantine`, a file each. Thread: the CLI's only one. */
#ifndef ATS_CLI_QUARANTINE_H
#define ATS_CLI_QUARANTINE_H

#include "cli/command.h"

int ats_quarantine_list(const struct ats_cli *cli, const struct ats_arguments *arguments);
extern const struct ats_flag ats_quarantine_list_flags[];
int ats_quarantine_show(const struct ats_cli *cli, const struct ats_arguments *arguments);
int ats_quarantine_replay(const struct ats_cli *cli, const struct ats_arguments *arguments);
extern const struct ats_flag ats_quarantine_replay_flags[];

#endif
