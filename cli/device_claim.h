/* SPDX-License-Identifier: Apache-2.0 */
/* attestream device claim: tokens with which devices enrol themselves. Thread: one. */
#ifndef ATS_CLI_DEVICE_CLAIM_H
#define ATS_CLI_DEVICE_CLAIM_H

#include "cli/command.h"

extern const struct ats_flag ats_device_claim_flags[];

int ats_device_claim_run(const struct ats_cli *cli, const struct ats_arguments *arguments);

#endif
