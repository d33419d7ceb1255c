/* SPDX-License-Identifier: Apache-2.0 */
/* attestream processor set | remove: what a group's record says of a member that it has. */
#ifndef ATS_CLI_PROCESSOR_CHANGE_H
#define ATS_CLI_PROCESSOR_CHANGE_H

#include "cli/command.h"
#include "common/base/span.h"

#define ATS_GROUP_DEFAULT "attestream"

extern const struct ats_flag ats_processor_set_flags[];
extern const struct ats_flag ats_processor_remove_flags[];
int ats_processor_run_set(const struct ats_cli *cli, const struct ats_arguments *arguments);
int ats_processor_run_remove(const struct ats_cli *cli, const struct ats_arguments *arguments);

/* What a group does no more, by that record of it: nobody signs, or there is nobody. Of a proposal, what is once it is approved. */
void ats_processor_tell_what_ends(const char *group, struct ats_span body, bool is_proposal);

#endif
