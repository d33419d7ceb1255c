/* SPDX-License-Identifier: Apache-2.0 */
/* attestream contract diff: what a newer version of a contract changes, and for whom. Thread: one. */
#ifndef ATS_CLI_CONTRACT_CHANGES_H
#define ATS_CLI_CONTRACT_CHANGES_H

#include "cli/command.h"

#define ATS_CONCERNED_TEXT_MAX 64

int ats_contract_diff(const struct ats_cli *cli, const struct ats_arguments *arguments);
/* "old-readers, devices"; "nobody's programs". */
void ats_contract_changes_concerned(unsigned concerned, char ret_text[ATS_CONCERNED_TEXT_MAX]);

#endif
