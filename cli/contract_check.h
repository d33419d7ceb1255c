/* SPDX-License-Identifier: Apache-2.0 */
/* attestream contract check: the gate's own code on payloads in files, without a broker. Thread: one. */
#ifndef ATS_CLI_CONTRACT_CHECK_H
#define ATS_CLI_CONTRACT_CHECK_H

#include "cli/command.h"

extern const struct ats_flag ats_check_flags[];
/* Positionals: the contract's folder, then files; none or "-": standard input. */
int ats_contract_check(const struct ats_cli *cli, const struct ats_arguments *arguments);

#endif
