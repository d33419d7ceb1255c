/* SPDX-License-Identifier: Apache-2.0 */
/* attestream contract infer: a contract's folder drafted from payloads in files. Thread: one. */
#ifndef ATS_CLI_CONTRACT_INFER_H
#define ATS_CLI_CONTRACT_INFER_H

#include "cli/command.h"

extern const struct ats_flag ats_infer_flags[];
/* Positionals: files; "-": standard input. */
int ats_contract_infer_run(const struct ats_cli *cli, const struct ats_arguments *arguments);

#endif
