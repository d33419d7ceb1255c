/* SPDX-License-Identifier: Apache-2.0 */
/* The command line against the command tables. Thread: one. */
#ifndef ATS_CLI_ARGUMENTS_H
#define ATS_CLI_ARGUMENTS_H

#include "cli/command.h"

struct ats_invocation {
    const struct ats_command_group *group; /* NULL: no word was given */
    const struct ats_command *command;     /* NULL: the group alone, where it needs a second word */
    struct ats_arguments arguments;        /* flags, global ones included, and positionals */
    bool help;
    bool version;
};

/* CONFIG: the text names the nearest known word or flag. Options may stand before and after the command. */
ATS_MUST_USE enum ats_status ats_invocation_parse(const struct ats_command_group *groups, int argc,
                                                  char *const *argv,
                                                  struct ats_invocation *ret_invocation,
                                                  struct ats_error *err);
void ats_invocation_fini(struct ats_invocation *invocation);
const struct ats_command_group *ats_command_group_find(const struct ats_command_group *groups,
                                                       const char *name, struct ats_error *err);
const struct ats_command *ats_command_find(const struct ats_command_group *group, const char *name,
                                           struct ats_error *err);

#endif
