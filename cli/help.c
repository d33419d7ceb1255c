/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/help.h"

#include <stdio.h>
#include <string.h>

#define LINE_INDENT 34

static const char exit_codes[] = "Exit codes: 0 done; 1 the answer is no; 2 usage or "
                                 "configuration; 3 a service that is needed does not answer.\n";

static void append_usage(const struct ats_command_group *group, const struct ats_command *command,
                         struct ats_buf *out)
{
    ats_buf_append_text(out, group->name);
    if (command->name[0] != '\0')
        ats_buf_printf(out, " %s", command->name);
    if (command->positional[0] != '\0')
        ats_buf_printf(out, " %s", command->positional);
}

static void append_usage_with_flags(const struct ats_command_group *group,
                                    const struct ats_command *command, struct ats_buf *out)
{
    append_usage(group, command, out);
    for (const struct ats_flag *flag = command->flags; flag && flag->name; flag++)
        ats_buf_printf(out, " [%s%s%s]%s", flag->name, flag->value ? " " : "",
                       flag->value ? flag->value : "", flag->repeats ? "..." : "");
}

/* "  LEFT      RIGHT", the right side at a fixed column where LEFT leaves room. */
static void append_line(const char *left, const char *right, struct ats_buf *out)
{
    ats_buf_printf(out, "  %-*s %s\n", LINE_INDENT, left, right);
}

static void append_flags(const struct ats_flag *flags, struct ats_buf *out)
{
    for (; flags && flags->name; flags++) {
        char left[64];
        (void)snprintf(left, sizeof(left), "%s%s%s", flags->name, flags->value ? " " : "",
                       flags->value ? flags->value : "");
        append_line(left, flags->help, out);
    }
}

static void append_commands(const struct ats_command_group *group, struct ats_buf *out)
{
    for (const struct ats_command *command = group->commands; command->name; command++) {
        struct ats_buf left;
        ats_buf_init(&left, 512);
        append_usage(group, command, &left);
        const char *text = ats_buf_text(&left);
        append_line(text ? text : "", command->help, out);
        ats_buf_fini(&left);
    }
}

void ats_help_overview(const struct ats_command_group *groups, struct ats_buf *out)
{
    ats_buf_append_text(out, "attestream: the command line of an Attestream fleet\n\n"
                             "  attestream [OPTION...] COMMAND [ARGUMENT...] [OPTION...]\n\n"
                             "Commands:\n");
    for (; groups->name; groups++)
        append_commands(groups, out);
    ats_buf_append_text(out, "\nOptions of every command:\n");
    append_flags(ats_global_flags, out);
    ats_buf_printf(out, "\n%s`attestream help COMMAND` says more.\n", exit_codes);
}

/* Each of the text's lines. */
static void append_indented(const char *text, struct ats_buf *out)
{
    while (*text) {
        size_t len = strcspn(text, "\n");
        ats_buf_printf(out, "    %.*s\n", (int)len, text);
        text += text[len] == '\n' ? len + 1 : len;
    }
}

void ats_help_command(const struct ats_command_group *group, const struct ats_command *command,
                      struct ats_buf *out)
{
    ats_buf_append_text(out, "attestream ");
    append_usage_with_flags(group, command, out);
    ats_buf_append_byte(out, '\n');
    append_indented(command->help, out);
    if (command->detail)
        append_indented(command->detail, out);
    append_flags(command->flags, out);
}

void ats_help_group(const struct ats_command_group *group, struct ats_buf *out)
{
    for (const struct ats_command *command = group->commands; command->name; command++) {
        if (command != group->commands)
            ats_buf_append_byte(out, '\n');
        ats_help_command(group, command, out);
    }
}

static void append_cell(const char *text, struct ats_buf *out)
{
    for (; *text; text++) {
        if (*text == '|')
            ats_buf_append_byte(out, '\\');
        ats_buf_append_byte(out, (uint8_t)*text);
    }
}

static void append_flag_table(const struct ats_flag *flags, struct ats_buf *out)
{
    ats_buf_append_text(out, "| option | what |\n|---|---|\n");
    for (; flags->name; flags++) {
        ats_buf_printf(out, "| `%s%s%s`%s | ", flags->name, flags->value ? " " : "",
                       flags->value ? flags->value : "", flags->repeats ? " (repeats)" : "");
        append_cell(flags->help, out);
        ats_buf_append_text(out, " |\n");
    }
    ats_buf_append_byte(out, '\n');
}

static void append_reference(const struct ats_command_group *group,
                             const struct ats_command *command, struct ats_buf *out)
{
    ats_buf_append_text(out, "### `attestream ");
    append_usage(group, command, out);
    ats_buf_printf(out, "`\n%s", command->help);
    if (command->detail)
        ats_buf_printf(out, " %s", command->detail);
    ats_buf_append_text(out, "\n\n");
    if (command->flags && command->flags->name)
        append_flag_table(command->flags, out);
}

void ats_help_reference(const struct ats_command_group *groups, struct ats_buf *out)
{
    ats_buf_append_text(
        out,
        "# `attestream`: reference of the command line\n\n"
        "Made from the command tables by `attestream help --markdown`; a test compares the two.\n\n"
        "    attestream [OPTION...] COMMAND [ARGUMENT...] [OPTION...]\n\n");
    ats_buf_printf(out, "%s\n## Options of every command\n", exit_codes);
    append_flag_table(ats_global_flags, out);
    for (; groups->name; groups++) {
        ats_buf_printf(out, "## %s: %s\n\n", groups->name, groups->help);
        for (const struct ats_command *command = groups->commands; command->name; command++)
            append_reference(groups, command, out);
    }
}
