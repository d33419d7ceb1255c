/* SPDX-License-Identifier: Apache-2.0 */
/* attestream device sessions: who is connected to gates, and who is not, out of the files of their state folders. Thread: one. */
#ifndef ATS_CLI_DEVICE_SESSIONS_H
#define ATS_CLI_DEVICE_SESSIONS_H

#include "cli/command.h"

extern const struct ats_flag ats_device_sessions_flags[];

int ats_device_sessions(const struct ats_cli *cli, const struct ats_arguments *arguments);

#endif
