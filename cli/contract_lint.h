/* SPDX-License-Identifier: Apache-2.0 */
/* attestream contract lint: a contract's folder, or an ODCS document by itself. Thread: one. */
#ifndef ATS_CLI_CONTRACT_LINT_H
#define ATS_CLI_CONTRACT_LINT_H

#include "cli/command.h"

/* Positional: the folder, or the file. */
int ats_contract_lint(const struct ats_cli *cli, const struct ats_arguments *arguments);

#endif
