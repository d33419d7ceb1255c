/* SPDX-License-Identifier: Apache-2.0 */
/* The command line's frame: from argv to an exit code, and how every command says that something went wrong. */
#ifndef ATS_CLI_CLI_H
#define ATS_CLI_CLI_H

#include "cli/command.h"

/* Everything but main(). */
int ats_cli_main(int argc, char *const *argv);
/* Prints "attestream: TEXT" to stderr; the exit code that fits the error. */
int ats_cli_fail(const struct ats_error *err);
/* What a person gave and cannot be used, such as a key file or a name, is a matter of usage whatever is wrong with it: CONFIG
   in place of a status that would read as the answer no. Returns it; others pass through. */
enum ats_status ats_cli_unusable(enum ats_status status, struct ats_error *err);
/* Whether kafka.topic_prefix is the fleet's; CONFIG. For whoever opens the fleet or Kafka, before that: a command that works on
   files alone does not care. */
ATS_MUST_USE enum ats_status ats_cli_check_prefix(const struct ats_cli *cli, struct ats_error *err);
/* Prints "attestream: TEXT" to stderr: what a person should know, but no failure. */
void ats_cli_note(const char *format, ...) ATS_PRINTF(1, 2);

#endif
