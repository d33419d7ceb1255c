/* SPDX-License-Identifier: Apache-2.0 */
/* attestream device rules: whose events rules kept out or warned of, out of the files of gates' state folders. Thread: one. */
#ifndef ATS_CLI_DEVICE_RULES_H
#define ATS_CLI_DEVICE_RULES_H

#include "cli/command.h"

extern const struct ats_flag ats_device_rules_flags[];

int ats_device_rules(const struct ats_cli *cli, const struct ats_arguments *arguments);

#endif
