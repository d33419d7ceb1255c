/* SPDX-License-Identifier: Apache-2.0 */
/* attestream device report. Thread: one. */
#ifndef ATS_CLI_DEVICE_REPORT_H
#define ATS_CLI_DEVICE_REPORT_H

#include "cli/command.h"

extern const struct ats_flag ats_device_report_flags[];

int ats_device_report(const struct ats_cli *cli, const struct ats_arguments *arguments);

#endif
