/* SPDX-License-Identifier: Apache-2.0 */
/* attestream operator renew | rotate-key */
#ifndef ATS_CLI_OPERATOR_CHANGE_H
#define ATS_CLI_OPERATOR_CHANGE_H

#include "cli/command.h"

extern const struct ats_flag ats_operator_renew_flags[];
extern const struct ats_flag ats_operator_rotate_flags[];

int ats_operator_run_renew(const struct ats_cli *cli, const struct ats_arguments *arguments);
int ats_operator_run_rotate(const struct ats_cli *cli, const struct ats_arguments *arguments);

#endif
