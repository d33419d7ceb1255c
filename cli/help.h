/* SPDX-License-Identifier: Apache-2.0 */
/* Usage texts and the reference page, from the command tables. */
#ifndef ATS_CLI_HELP_H
#define ATS_CLI_HELP_H

#include "cli/command.h"
#include "common/base/buf.h"

/* Every command, a line each. */
void ats_help_overview(const struct ats_command_group *groups, struct ats_buf *out);
/* The commands of one group, or one command of it, with their flags. */
void ats_help_group(const struct ats_command_group *group, struct ats_buf *out);
void ats_help_command(const struct ats_command_group *group, const struct ats_command *command,
                      struct ats_buf *out);
/* docs/cli.md */
void ats_help_reference(const struct ats_command_group *groups, struct ats_buf *out);

#endif
