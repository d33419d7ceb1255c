/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a command is: words, flags, help, and a function. Each cmd_NAME.c owns the commands of one group; commands.c lists
 * the groups. Parser, help and the reference page (docs/cli.md) all work on these tables.
 */
#ifndef ATS_CLI_COMMAND_H
#define ATS_CLI_COMMAND_H

#include "common/base/error.h"
#include "common/kafka/config.h"

#include <stdbool.h>
#include <stddef.h>

/* Exit codes. */
#define ATS_EXIT_DONE 0
#define ATS_EXIT_NO 1      /* the answer is no */
#define ATS_EXIT_USAGE 2   /* usage or configuration */
#define ATS_EXIT_MISSING 3 /* a service that is needed does not answer */

struct ats_flag {
    const char *name;  /* "--site"; NULL ends the table */
    const char *value; /* what it takes, for the help; NULL: nothing */
    const char *help;  /* one sentence */
    bool repeats;
};

struct ats_given {
    const struct ats_flag *flag;
    const char *value; /* "" for a flag that takes none */
};

/* What stood on the command line; texts are borrowed from argv. */
struct ats_arguments {
    const char **positional;
    size_t positional_count;
    struct ats_given *given;
    size_t given_count;
};

/* The value of a flag, or NULL. */
const char *ats_argument_find(const struct ats_arguments *arguments, const char *flag);
bool ats_argument_has(const struct ats_arguments *arguments, const char *flag);

struct ats_cli {
    struct ats_kafka_config kafka;
    const char *command;       /* its words, "operator add" */
    const char *fleet;         /* folder */
    const char *operator_name; /* NULL: the only one that the folder has */
    const char *propose; /* a file for the next person, in place of the control log; NULL: none */
    bool *proposed;      /* set once that file was written */
    const char *schema_registry;        /* URLs, or "none"; NULL: not given */
    const char *schema_registry_config; /* a file; NULL: not given */
    bool json;
    const struct ats_error *prefix_fault; /* see ats_cli_check_prefix() */
};

struct ats_command {
    const char *name; /* second word; "" where the group is the command; NULL ends the table */
    const char *positional;       /* for the help: "NAME", "DIR [FILE...]" */
    const char *help;             /* one sentence */
    const char *detail;           /* more for `help COMMAND`, or NULL */
    const struct ats_flag *flags; /* ends with a NULL name; NULL: none */
    size_t positional_min;
    size_t positional_max;
    int (*run)(const struct ats_cli *cli, const struct ats_arguments *arguments);
};

struct ats_command_group {
    const char *name; /* first word; NULL ends the table */
    const char *help;
    const struct ats_command *commands;
};

#define ATS_POSITIONAL_ANY 100000

extern const struct ats_command_group ats_command_groups[];
extern const struct ats_flag ats_global_flags[];

extern const struct ats_command ats_init_commands[];
extern const struct ats_command ats_status_commands[];
extern const struct ats_command ats_gate_commands[];
extern const struct ats_command ats_processor_commands[];
extern const struct ats_command ats_root_commands[];
extern const struct ats_command ats_policy_commands[];
extern const struct ats_command ats_approve_commands[];
extern const struct ats_command ats_operator_commands[];
extern const struct ats_command ats_device_commands[];
extern const struct ats_command ats_contract_commands[];
extern const struct ats_command ats_registry_commands[];
extern const struct ats_command ats_docs_commands[];
extern const struct ats_command ats_usecase_commands[];
extern const struct ats_command ats_topics_commands[];
extern const struct ats_command ats_control_commands[];
extern const struct ats_command ats_watch_commands[];
extern const struct ats_command ats_quarantine_commands[];
extern const struct ats_command ats_verify_commands[];
extern const struct ats_command ats_help_commands[];

#endif
