/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/arguments.h"
#include "cli/cli.h"
#include "cli/help.h"

#include <stdio.h>

#define HELP_MAX (256 * 1024)

static enum ats_status write_help(const struct ats_arguments *arguments, struct ats_buf *out,
                                  struct ats_error *err)
{
    if (ats_argument_has(arguments, "--markdown")) {
        ats_help_reference(ats_command_groups, out);
        return out->status;
    }
    if (arguments->positional_count == 0) {
        ats_help_overview(ats_command_groups, out);
        return out->status;
    }
    const struct ats_command_group *group =
        ats_command_group_find(ats_command_groups, arguments->positional[0], err);
    if (!group)
        return err->status;
    if (arguments->positional_count == 1) {
        ats_help_group(group, out);
        return out->status;
    }
    const struct ats_command *command = ats_command_find(group, arguments->positional[1], err);
    if (!command)
        return err->status;
    ats_help_command(group, command, out);
    return out->status;
}

static int run(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_buf text;
    struct ats_error err = {0};
    (void)cli;
    ats_buf_init(&text, HELP_MAX);
    enum ats_status status = write_help(arguments, &text, &err);
    if (status == ATS_OK)
        (void)fwrite(text.data, 1, text.len, stdout);
    ats_buf_fini(&text);
    return status == ATS_OK ? ATS_EXIT_DONE : ats_cli_fail(&err);
}

static const struct ats_flag flags[] = {
    {"--markdown", NULL, "Print the reference page of every command (docs/cli.md).", false},
    {0},
};

const struct ats_command ats_help_commands[] = {
    {"", "[COMMAND [WORD]]", "Say how commands are used.", NULL, flags, 0, 2, run},
    {0},
};
