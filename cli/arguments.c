/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/arguments.h"

#include "common/base/parse.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Names of one table, for ats_nearest_name(); more would mean that a table grew beyond what a person reads. */
#define NAMES_MAX 64

const struct ats_flag ats_global_flags[] = {
    {"--fleet", "DIR", "The fleet's folder of keys and pins; $ATS_FLEET, else ./fleet.", false},
    {"--operator", "NAME",
     "Who signs; by default the only operator whose key the folder has and is good. Refused where "
     "the root signs (`init` names the first operator by it), without effect where no operator "
     "does.",
     false},
    {"--propose", "FILE",
     "Leave what would be written to the control log in the file, for another operator to approve.",
     false},
    {"--kafka-config", "FILE", "librdkafka properties; $ATS_KAFKA_CONFIG.", false},
    {"--kafka-bootstrap", "LIST", "host:port,... of the brokers; $ATS_KAFKA_BOOTSTRAP.", false},
    {"--topic-prefix", "P",
     "What every topic's name starts with; $ATS_TOPIC_PREFIX, else what init was given, or "
     "\"ats.\". Gates and processors have it in their folders.",
     false},
    {"--schema-registry", "URL",
     "A Schema Registry of the site's own, where schemas are registered and whose ids records have "
     "(`registry`), or \"none\"; $ATS_SCHEMA_REGISTRY.",
     false},
    {"--schema-registry-config", "FILE",
     "Its properties, secrets among them; $ATS_SCHEMA_REGISTRY_CONFIG, else "
     "schema-registry.properties in the fleet's folder.",
     false},
    {"--json", NULL, "One JSON object a line instead of text.", false},
    {"--help", NULL, "Say how a command is used.", false},
    {"--version", NULL, "Say which version this is.", false},
    {0},
};

const char *ats_argument_find(const struct ats_arguments *arguments, const char *flag)
{
    for (size_t i = 0; i < arguments->given_count; i++) {
        assert(arguments->given[i].flag);
        if (strcmp(arguments->given[i].flag->name, flag) == 0)
            return arguments->given[i].value;
    }
    return NULL;
}

bool ats_argument_has(const struct ats_arguments *arguments, const char *flag)
{
    return ats_argument_find(arguments, flag) != NULL;
}

struct names {
    const char *list[NAMES_MAX + 1];
    size_t count;
};

static void add_name(struct names *names, const char *name)
{
    if (names->count < NAMES_MAX)
        names->list[names->count++] = name;
}

static void add_flags(struct names *names, const struct ats_flag *flags)
{
    for (; flags && flags->name; flags++)
        add_name(names, flags->name);
}

static enum ats_status unknown(const char *what, const char *word, const struct names *names,
                               struct ats_error *err)
{
    const char *nearest = ats_nearest_name(word, names->list);
    if (nearest)
        return ats_error_set(err, ATS_ERR_CONFIG, "unknown %s '%.64s' (did you mean '%s'?)", what,
                             word, nearest);
    return ats_error_set(err, ATS_ERR_CONFIG, "unknown %s '%.64s' (see `attestream help`)", what,
                         word);
}

const struct ats_command_group *ats_command_group_find(const struct ats_command_group *groups,
                                                       const char *name, struct ats_error *err)
{
    struct names names = {0};
    for (const struct ats_command_group *group = groups; group->name; group++) {
        if (strcmp(group->name, name) == 0)
            return group;
        add_name(&names, group->name);
    }
    (void)unknown("command", name, &names, err);
    return NULL;
}

const struct ats_command *ats_command_find(const struct ats_command_group *group, const char *name,
                                           struct ats_error *err)
{
    struct names names = {0};
    char what[64];
    for (const struct ats_command *command = group->commands; command->name; command++) {
        if (strcmp(command->name, name) == 0)
            return command;
        add_name(&names, command->name);
    }
    (void)snprintf(what, sizeof(what), "command of '%s':", group->name);
    (void)unknown(what, name, &names, err);
    return NULL;
}

static const struct ats_flag *find_flag(const struct ats_flag *flags, const char *name, size_t len)
{
    for (; flags && flags->name; flags++)
        if (strlen(flags->name) == len && memcmp(flags->name, name, len) == 0)
            return flags;
    return NULL;
}

struct parser {
    const struct ats_command_group *groups;
    int argc;
    char *const *argv;
    int at;
    bool flags_ended; /* after "--" */
    struct ats_invocation *invocation;
};

static enum ats_status unknown_flag(const struct parser *parser, const char *word, size_t len,
                                    struct ats_error *err)
{
    struct names names = {0};
    char name[64];
    (void)snprintf(name, sizeof(name), "%.*s", (int)(len < sizeof(name) ? len : sizeof(name) - 1),
                   word);
    if (parser->invocation->command)
        add_flags(&names, parser->invocation->command->flags);
    add_flags(&names, ats_global_flags);
    return unknown("option", name, &names, err);
}

static enum ats_status take_value(struct parser *parser, const struct ats_flag *flag,
                                  const char *inline_value, const char **ret_value,
                                  struct ats_error *err)
{
    *ret_value = inline_value;
    if (!flag->value) {
        if (inline_value)
            return ats_error_set(err, ATS_ERR_CONFIG, "option '%s' takes no value", flag->name);
        *ret_value = "";
        return ATS_OK;
    }
    if (!inline_value && parser->at < parser->argc)
        *ret_value = parser->argv[parser->at++];
    if (!*ret_value)
        return ats_error_set(err, ATS_ERR_CONFIG, "option '%s' needs a value: %s %s", flag->name,
                             flag->name, flag->value);
    return ATS_OK;
}

static enum ats_status take_flag(struct parser *parser, const char *word, struct ats_error *err)
{
    struct ats_invocation *invocation = parser->invocation;
    struct ats_arguments *arguments = &invocation->arguments;
    const char *equals = strchr(word, '=');
    size_t len = equals ? (size_t)(equals - word) : strlen(word);
    const struct ats_flag *flag =
        find_flag(invocation->command ? invocation->command->flags : NULL, word, len);
    if (!flag)
        flag = find_flag(ats_global_flags, word, len);
    if (!flag)
        return unknown_flag(parser, word, len, err);
    if (!flag->repeats && ats_argument_has(arguments, flag->name))
        return ats_error_set(err, ATS_ERR_CONFIG, "option '%s' is given twice", flag->name);
    const char *value = NULL;
    enum ats_status status = take_value(parser, flag, equals ? equals + 1 : NULL, &value, err);
    if (status != ATS_OK)
        return status;
    arguments->given[arguments->given_count++] = (struct ats_given){flag, value};
    invocation->help = invocation->help || strcmp(flag->name, "--help") == 0;
    invocation->version = invocation->version || strcmp(flag->name, "--version") == 0;
    return ATS_OK;
}

/* A word: the group, its command, or a positional. */
static enum ats_status take_word(struct parser *parser, const char *word, struct ats_error *err)
{
    struct ats_invocation *invocation = parser->invocation;
    struct ats_arguments *arguments = &invocation->arguments;
    if (!invocation->group) {
        invocation->group = ats_command_group_find(parser->groups, word, err);
        if (!invocation->group)
            return ATS_ERR_CONFIG;
        if (invocation->group->commands[0].name[0] == '\0')
            invocation->command = &invocation->group->commands[0];
        return ATS_OK;
    }
    if (!invocation->command) {
        invocation->command = ats_command_find(invocation->group, word, err);
        return invocation->command ? ATS_OK : ATS_ERR_CONFIG;
    }
    if (arguments->positional_count == invocation->command->positional_max)
        return ats_error_set(err, ATS_ERR_CONFIG, "'%.64s' is one argument too many", word);
    arguments->positional[arguments->positional_count++] = word;
    return ATS_OK;
}

static bool is_flag(const struct parser *parser, const char *word)
{
    return !parser->flags_ended && word[0] == '-' && word[1] != '\0';
}

static enum ats_status check_complete(const struct ats_invocation *invocation,
                                      struct ats_error *err)
{
    const struct ats_command *command = invocation->command;
    if (invocation->help || invocation->version || !invocation->group)
        return ATS_OK;
    if (!command)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "'%s' needs a second word (see `attestream help %s`)",
                             invocation->group->name, invocation->group->name);
    if (invocation->arguments.positional_count < command->positional_min)
        return ats_error_set(err, ATS_ERR_CONFIG, "arguments are missing: attestream %s%s%s %s",
                             invocation->group->name, command->name[0] != '\0' ? " " : "",
                             command->name, command->positional);
    return ATS_OK;
}

enum ats_status ats_invocation_parse(const struct ats_command_group *groups, int argc,
                                     char *const *argv, struct ats_invocation *ret_invocation,
                                     struct ats_error *err)
{
    struct parser parser = {
        .groups = groups, .argc = argc, .argv = argv, .at = 1, .invocation = ret_invocation};
    enum ats_status status = ATS_OK;
    *ret_invocation = (struct ats_invocation){0};
    ret_invocation->arguments.positional = calloc((size_t)argc + 1, sizeof(const char *));
    ret_invocation->arguments.given = calloc((size_t)argc + 1, sizeof(struct ats_given));
    if (!ret_invocation->arguments.positional || !ret_invocation->arguments.given)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    while (parser.at < argc && status == ATS_OK) {
        const char *word = argv[parser.at++];
        if (!parser.flags_ended && strcmp(word, "--") == 0)
            parser.flags_ended = true;
        else if (is_flag(&parser, word))
            status = take_flag(&parser, word, err);
        else
            status = take_word(&parser, word, err);
    }
    return status == ATS_OK ? check_complete(ret_invocation, err) : status;
}

void ats_invocation_fini(struct ats_invocation *invocation)
{
    free(invocation->arguments.positional);
    free(invocation->arguments.given);
    *invocation = (struct ats_invocation){0};
}
