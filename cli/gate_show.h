/* SPDX-License-Identifier: Apache-2.0 */
/* attestream gate list | show: a gate with its certificate and a rotation that is under way. Thread: one. */
#ifndef ATS_CLI_GATE_SHOW_H
#define ATS_CLI_GATE_SHOW_H

#include "cli/command.h"

int ats_gate_run_list(const struct ats_cli *cli, const struct ats_arguments *arguments);
int ats_gate_run_show(const struct ats_cli *cli, const struct ats_arguments *arguments);

#endif
