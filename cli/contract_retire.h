/* SPDX-License-Identifier: Apache-2.0 */
/* attestream contract retire */
#ifndef ATS_CLI_CONTRACT_RETIRE_H
#define ATS_CLI_CONTRACT_RETIRE_H

#include "cli/command.h"

extern const struct ats_flag ats_contract_retire_flags[];
int ats_contract_run_retire(const struct ats_cli *cli, const struct ats_arguments *arguments);

#endif
