/* SPDX-License-Identifier: Apache-2.0 */
/* attestream device add: one, or names of a file, with keys that are given or made here. Thread: one. */
#ifndef ATS_CLI_DEVICE_ADD_H
#define ATS_CLI_DEVICE_ADD_H

#include "cli/command.h"

extern const struct ats_flag ats_device_add_flags[];

int ats_device_add(const struct ats_cli *cli, const struct ats_arguments *arguments);

#endif
