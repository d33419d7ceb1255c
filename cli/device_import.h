/* SPDX-License-Identifier: Apache-2.0 */
/* attestream device import. Thread: one. */
#ifndef ATS_CLI_DEVICE_IMPORT_H
#define ATS_CLI_DEVICE_IMPORT_H

#include "cli/command.h"

int ats_device_import(const struct ats_cli *cli, const struct ats_arguments *arguments);

#endif
