/* SPDX-License-Identifier: Apache-2.0 */
/* attestream gate renew | set | rotate-key | revoke */
#ifndef ATS_CLI_GATE_CHANGE_H
#define ATS_CLI_GATE_CHANGE_H

#include "cli/command.h"

extern const struct ats_flag ats_gate_renew_flags[];
extern const struct ats_flag ats_gate_set_flags[];
extern const struct ats_flag ats_gate_rotate_flags[];

int ats_gate_run_renew(const struct ats_cli *cli, const struct ats_arguments *arguments);
int ats_gate_run_set(const struct ats_cli *cli, const struct ats_arguments *arguments);
int ats_gate_run_rotate(const struct ats_cli *cli, const struct ats_arguments *arguments);
int ats_gate_run_revoke(const struct ats_cli *cli, const struct ats_arguments *arguments);

#endif
