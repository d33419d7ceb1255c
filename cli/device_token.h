/* SPDX-License-Identifier: Apache-2.0 */
/* The one command on devices that touches no log: a token from a key that the fleet's folder has. Thread: one. */
#ifndef ATS_CLI_DEVICE_TOKEN_H
#define ATS_CLI_DEVICE_TOKEN_H

#include "cli/command.h"

extern const struct ats_flag ats_token_flags[];
int ats_device_token(const struct ats_cli *cli, const struct ats_arguments *arguments);

#endif
