/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "cli/arguments.h"
#include "cli/fleet.h"
#include "cli/help.h"
#include "cli/output.h"
#include "common/identity/key.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELP_MAX (256 * 1024)
/* The two words of a command, which are the tables' own. */
#define COMMAND_WORDS_SIZE 64

static void print_error(const char *text)
{
    (void)fputs("attestream: ", stderr);
    ats_output_plain(stderr, text);
    (void)fputc('\n', stderr);
}

int ats_cli_fail(const struct ats_error *err)
{
    print_error(err->text);
    switch (err->status) {
    case ATS_ERR_UNAVAILABLE:
    case ATS_ERR_AGAIN:
        return ATS_EXIT_MISSING;
    case ATS_ERR_REFUSED:
    case ATS_ERR_INVALID:
    case ATS_ERR_MALFORMED:
    case ATS_ERR_EXISTS:
        return ATS_EXIT_NO;
    default:
        return ATS_EXIT_USAGE;
    }
}

enum ats_status ats_cli_unusable(enum ats_status status, struct ats_error *err)
{
    if (ats_status_class(status) != ATS_CLASS_DROP)
        return status;
    err->status = ATS_ERR_CONFIG;
    return ATS_ERR_CONFIG;
}

static void ATS_PRINTF(1, 0) print_note(const char *format, va_list args)
{
    char *text = NULL;
    if (vasprintf(&text, format, args) >= 0)
        print_error(text);
    free(text);
}

void ats_cli_note(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_note(format, args);
    va_end(args);
}

static int print_help(const struct ats_invocation *invocation)
{
    struct ats_buf text;
    ats_buf_init(&text, HELP_MAX);
    if (invocation->command)
        ats_help_command(invocation->group, invocation->command, &text);
    else if (invocation->group)
        ats_help_group(invocation->group, &text);
    else
        ats_help_overview(ats_command_groups, &text);
    (void)fwrite(text.data, 1, text.len, stdout);
    ats_buf_fini(&text);
    return ATS_EXIT_DONE;
}

static const char *or_else(const char *first, const char *second)
{
    return first && first[0] != '\0' ? first : second;
}

static struct ats_cli make_context(const struct ats_arguments *arguments)
{
    return (struct ats_cli){
        .kafka = {.config_file = ats_argument_find(arguments, "--kafka-config"),
                  .bootstrap = ats_argument_find(arguments, "--kafka-bootstrap"),
                  .topic_prefix = ats_argument_find(arguments, "--topic-prefix"),
                  .client_id = "attestream-cli",
                  .how_to_set = "give --kafka-bootstrap (host:port,...) or --kafka-config (a file "
                                "of librdkafka properties)"},
        .fleet =
            or_else(ats_argument_find(arguments, "--fleet"), or_else(getenv("ATS_FLEET"), "fleet")),
        .operator_name = ats_argument_find(arguments, "--operator"),
        .propose = ats_argument_find(arguments, "--propose"),
        .schema_registry = or_else(ats_argument_find(arguments, "--schema-registry"),
                                   or_else(getenv("ATS_SCHEMA_REGISTRY"), NULL)),
        .schema_registry_config = or_else(ats_argument_find(arguments, "--schema-registry-config"),
                                          or_else(getenv("ATS_SCHEMA_REGISTRY_CONFIG"), NULL)),
        .json = ats_argument_has(arguments, "--json"),
    };
}

/* The prefix that the fleet was made with stands in for one that is not given. Another is refused: it is a slip, or else
   another fleet's log. `ret_kept` owns what cli->kafka borrows. */
static enum ats_status settle_prefix(struct ats_cli *cli, char **ret_kept, struct ats_error *err)
{
    const char *from = cli->kafka.topic_prefix ? "--topic-prefix" : "$ATS_TOPIC_PREFIX";
    const char *given = cli->kafka.topic_prefix;
    struct ats_path file;
    if (!given)
        given = or_else(getenv("ATS_TOPIC_PREFIX"), NULL);
    enum ats_status status = ats_fleet_prefix_read(cli, &file, ret_kept, err);
    if (status != ATS_OK)
        return status;
    status = ats_kafka_prefix_settle(given, *ret_kept, file.text, &cli->kafka.topic_prefix, err);
    if (status != ATS_OK)
        ats_error_prefix(err, "%s", from);
    return status;
}

enum ats_status ats_cli_check_prefix(const struct ats_cli *cli, struct ats_error *err)
{
    const struct ats_error *fault = cli->prefix_fault;
    return fault ? ats_error_set(err, fault->status, "%s", fault->text) : ATS_OK;
}

static int run_command(const struct ats_invocation *invocation)
{
    struct ats_cli cli = make_context(&invocation->arguments);
    char words[COMMAND_WORDS_SIZE];
    struct ats_error fault = {0};
    char *kept = NULL;
    bool proposed = false;
    const char *second = invocation->command->name;
    (void)snprintf(words, sizeof(words), "%s%s%s", invocation->group->name,
                   second[0] != '\0' ? " " : "", second);
    cli.command = words;
    cli.proposed = &proposed;
    if (settle_prefix(&cli, &kept, &fault) != ATS_OK)
        cli.prefix_fault = &fault;
    int code = invocation->command->run(&cli, &invocation->arguments);
    free(kept);
    return code;
}

static int dispatch(const struct ats_invocation *invocation)
{
    if (invocation->version) {
        (void)printf("attestream %s\n", ATS_VERSION);
        return ATS_EXIT_DONE;
    }
    if (invocation->help)
        return print_help(invocation);
    if (!invocation->command) {
        (void)print_help(invocation);
        return ATS_EXIT_USAGE;
    }
    const char *fleet = ats_argument_find(&invocation->arguments, "--fleet");
    if (fleet && fleet[0] == '\0') {
        ats_cli_note("option '--fleet' needs a folder's name");
        return ATS_EXIT_USAGE;
    }
    return run_command(invocation);
}

/* What was printed counts only once it is out: a full disk must not look like success. */
static int finish_output(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    ats_cli_note("cannot write the output");
    return ATS_EXIT_USAGE;
}

int ats_cli_main(int argc, char *const *argv)
{
    struct ats_invocation invocation;
    struct ats_error err = {0};
    if (ats_identity_init() != ATS_OK) {
        ats_cli_note("libsodium cannot be used on this machine");
        return ATS_EXIT_USAGE;
    }
    enum ats_status status =
        ats_invocation_parse(ats_command_groups, argc, argv, &invocation, &err);
    int code = status == ATS_OK ? dispatch(&invocation) : ats_cli_fail(&err);
    ats_invocation_fini(&invocation);
    return finish_output(code);
}
