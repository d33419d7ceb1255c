/* SPDX-License-Identifier: Apache-2.0 */
/* attestream contract versions */
#ifndef ATS_CLI_CONTRACT_LOG_H
#define ATS_CLI_CONTRACT_LOG_H

#include "cli/command.h"

int ats_contract_run_versions(const struct ats_cli *cli, const struct ats_arguments *arguments);

#endif
