/* SPDX-License-Identifier: Apache-2.0 */
/* A token of a device, from its key and, where need be, what the registry says of it. Thread: one. */
#ifndef ATS_CLI_DEVICE_TOKEN_H
#define ATS_CLI_DEVICE_TOKEN_H

#include "cli/command.h"

extern const struct ats_flag ats_token_flags[];
int ats_device_token(const struct ats_cli *cli, const struct ats_arguments *arguments);

#endif
