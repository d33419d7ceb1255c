/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/help.h"

#include <criterion/criterion.h>
#include <string.h>

Test(help, each_paragraph_of_a_command_is_indented_as_the_first)
{
    static const struct ats_flag flags[] = {{"--site", "S", "Where.", false}, {0}};
    const struct ats_command command = {.name = "add",
                                        .positional = "NAME",
                                        .help = "Add one.",
                                        .detail = "The first.\nThe second.\nThe third.",
                                        .flags = flags};
    const struct ats_command_group group = {.name = "thing"};
    struct ats_buf text;
    ats_buf_init(&text, 4096);
    ats_help_command(&group, &command, &text);
    const char *said = ats_buf_text(&text);
    cr_assert_not_null(said);
    cr_assert_not_null(strstr(said, "attestream thing add NAME [--site S]\n"
                                    "    Add one.\n"
                                    "    The first.\n"
                                    "    The second.\n"
                                    "    The third.\n"
                                    "  --site S"),
                       "%s", said);
    ats_buf_fini(&text);
}
