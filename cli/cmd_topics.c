/* SPDX-License-Identifier: Apache-2.0 */
/* attestream topics create | check | delete */
#include "cli/cli.h"
#include "cli/kafka.h"
#include "cli/output.h"
#include "cli/topics_create.h"
#include "cli/topics_owned.h"
#include "common/base/limits.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- check ---- */

struct check {
    struct ats_kafka_admin *admin;
    struct ats_topic_shape shape; /* of the fleet's topics; 0 where none is there */
    struct ats_output *output;
    bool all_well;
};

static enum ats_status compare_setting(const struct check *check, const struct ats_topic *topic,
                                       const char *name, const char *wanted, struct ats_buf *found,
                                       struct ats_error *err)
{
    char value[256];
    enum ats_status status = ats_kafka_admin_setting(
        check->admin, topic->name, name, ATS_CLI_KAFKA_TIMEOUT_MS, value, sizeof(value), err);
    if (status == ATS_OK && strcmp(value, wanted) != 0)
        ats_buf_printf(found, "%s%s is %s, not %s", found->len > 0 ? "; " : "", name, value,
                       wanted);
    return status;
}

static enum ats_status compare_settings(const struct check *check, const struct ats_topic *topic,
                                        int replication, struct ats_buf *found,
                                        struct ats_error *err)
{
    enum ats_status status = compare_setting(check, topic, "min.insync.replicas",
                                             ats_topics_min_insync(replication), found, err);
    for (size_t i = 0; status == ATS_OK && topic->settings[i].name; i++)
        status = compare_setting(check, topic, topic->settings[i].name, topic->settings[i].value,
                                 found, err);
    return status;
}

/* One replica may be what was asked for: it is told, and differs only where the other topics have more. */
static void compare_shape(const struct check *check, const struct ats_topic *topic,
                          const struct ats_topic_shape *own, struct ats_buf *found)
{
    int partitions = topic->single ? 1 : check->shape.partitions;
    if (own->partitions != partitions)
        ats_buf_printf(found, "it has %d %s, not %d", own->partitions,
                       ats_output_word((uint64_t)own->partitions, "partition", "partitions"),
                       partitions);
    if (own->replication < check->shape.replication)
        ats_buf_printf(found, "%sit has %d %s, not %d", found->len > 0 ? "; " : "",
                       own->replication,
                       ats_output_word((uint64_t)own->replication, "replica", "replicas"),
                       check->shape.replication);
}

static const char *remark(const struct ats_topic_shape *own)
{
    return own->replication < 2 ? "no record survives the loss of its broker" : "";
}

static enum ats_status check_one(struct check *check, const struct ats_topic *topic, bool beyond,
                                 struct ats_error *err)
{
    struct ats_buf found;
    struct ats_topic_shape own = {0};
    ats_buf_init(&found, 4096);
    enum ats_status status =
        ats_kafka_admin_describe(check->admin, topic->name, ATS_CLI_KAFKA_TIMEOUT_MS,
                                 &own.partitions, &own.replication, err);
    const char *verdict = status == ATS_ERR_NOT_FOUND ? "missing" : "ok";
    if (status == ATS_OK) {
        compare_shape(check, topic, &own, &found);
        status = compare_settings(check, topic, own.replication, &found, err);
        if (found.len > 0)
            verdict = "differs";
    } else if (status == ATS_ERR_NOT_FOUND) {
        status = ATS_OK;
        if (beyond)
            ats_buf_printf(&found,
                           "none is made for it: others before it in the control log have "
                           "all %d",
                           ATS_TOPICS_MAX);
    }
    bool is_well = strcmp(verdict, "ok") == 0;
    const char *text = is_well ? remark(&own) : ats_buf_text(&found);
    check->all_well = check->all_well && is_well;
    if (status == ATS_OK)
        ats_output_row(check->output,
                       json_pack("{s:s, s:s, s:i, s:i, s:s}", "topic", topic->name, "verdict",
                                 verdict, "partitions", own.partitions, "replication",
                                 own.replication, "text", text ? text : ""));
    ats_buf_fini(&found);
    return status;
}

static enum ats_status check_all(const struct ats_cli *cli, struct ats_session *session,
                                 struct check *check, struct ats_error *err)
{
    struct ats_topic_list list;
    enum ats_status status = ats_topics_list(cli, ats_session_view(session), true, &list, err);
    if (status != ATS_OK)
        return status;
    status = ats_kafka_admin_open(&cli->kafka, &check->admin, err);
    if (status == ATS_OK)
        status = ats_topics_find_shape(check->admin, &list, &check->shape, err);
    if (status == ATS_ERR_NOT_FOUND)
        status = ATS_OK;
    for (size_t i = 0; i < list.count + list.beyond && status == ATS_OK; i++)
        status = check_one(check, &list.topics[i], i >= list.count, err);
    ats_kafka_admin_close(check->admin);
    ats_topics_fini(&list);
    return status;
}

static int run_check(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_session *session = NULL;
    struct ats_error err = {0};
    struct ats_output output;
    struct check check = {.output = &output, .all_well = true};
    (void)arguments;
    enum ats_status status = ats_session_open(cli, ATS_SESSION_COMPARE, &session, &err);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    ats_output_begin(&output, cli);
    status = check_all(cli, session, &check, &err);
    ats_output_end(&output);
    ats_session_close(session);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    return check.all_well ? ATS_EXIT_DONE : ATS_EXIT_NO;
}

/* ---- delete ---- */

struct found {
    char (*names)[ATS_KAFKA_TOPIC_MAX + 1];
    size_t count;
    size_t missed;
};

static void note_topic(void *ctx, const char *topic)
{
    struct found *found = ctx;
    if (found->count == ATS_TOPICS_MAX) {
        found->missed++;
        return;
    }
    (void)snprintf(found->names[found->count++], ATS_KAFKA_TOPIC_MAX + 1, "%s", topic);
}

static enum ats_status delete_each(struct ats_kafka_admin *admin, const struct found *found,
                                   struct ats_output *output, struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    for (size_t i = 0; i < found->count && status == ATS_OK; i++) {
        status = ats_kafka_admin_delete(admin, found->names[i], ATS_CLI_KAFKA_TIMEOUT_MS, err);
        if (status == ATS_OK)
            ats_output_row(output,
                           json_pack("{s:s, s:s}", "topic", found->names[i], "verdict", "deleted"));
    }
    if (status == ATS_OK && found->missed > 0)
        return ats_error_set(err, ATS_ERR_INVALID, "%zu %s left: run it again", found->missed,
                             ats_output_word(found->missed, "topic is", "topics are"));
    return status;
}

/* Says what --yes would delete. */
static int ask_for_yes(const struct ats_cli *cli, const struct found *found, const char *prefix)
{
    for (size_t i = 0; i < found->count; i++)
        ats_output_done(
            cli, json_pack("{s:s, s:s}", "topic", found->names[i], "verdict", "would be deleted"),
            "%s", found->names[i]);
    ats_cli_note(
        "%zu %s with '%s' would be deleted, with all records and the fleet's control log: "
        "repeat with --yes",
        found->count,
        ats_output_word(found->count, "topic whose name begins", "topics whose names begin"),
        prefix);
    return ATS_EXIT_USAGE;
}

static int delete_with(const struct ats_cli *cli, struct ats_kafka_admin *admin, bool yes,
                       struct found *found)
{
    const char *prefix = cli->kafka.topic_prefix;
    struct ats_error err = {0};
    struct ats_output output;
    enum ats_status status =
        ats_kafka_admin_list(admin, prefix, ATS_CLI_KAFKA_TIMEOUT_MS, note_topic, found, &err);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    if (!yes)
        return ask_for_yes(cli, found, prefix);
    ats_output_begin(&output, cli);
    status = delete_each(admin, found, &output, &err);
    ats_output_end(&output);
    if (status == ATS_OK && found->count == 0)
        ats_cli_note("no topic's name begins with '%s': nothing was deleted", prefix);
    return status == ATS_OK ? ATS_EXIT_DONE : ats_cli_fail(&err);
}

static int run_delete(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_kafka_admin *admin = NULL;
    struct ats_error err = {0};
    struct found found = {.names = calloc(ATS_TOPICS_MAX, sizeof(*found.names))};
    enum ats_status status = ATS_OK;
    if (!found.names)
        status = ats_error_set(&err, ATS_ERR_MEMORY, "out of memory");
    else if (cli->kafka.topic_prefix[0] == '\0')
        status = ats_error_set(&err, ATS_ERR_CONFIG,
                               "without a topic prefix every topic of the cluster would go");
    else
        status = ats_cli_await_kafka(cli, &err);
    if (status == ATS_OK)
        status = ats_kafka_admin_open(&cli->kafka, &admin, &err);
    int code = status == ATS_OK
                   ? delete_with(cli, admin, ats_argument_has(arguments, "--yes"), &found)
                   : ats_cli_fail(&err);
    ats_kafka_admin_close(admin);
    free(found.names);
    return code;
}

static const struct ats_flag delete_flags[] = {
    {"--yes", NULL, "Do it; without it the topics are only named.", false},
    {0},
};

const struct ats_command ats_topics_commands[] = {
    {"create", "[TOPIC...]",
     "Make the fleet's topics that are missing, and publish the record schemas.",
     "There is one topic per contract and one per processor group; those of later ones are made "
     "when they are published. A fleet has at most 512: those past them, which came last in the "
     "control log, have the verdict left-out. With a TOPIC those that are named are made and no "
     "other, wherever they stand: a gate that has taken a message for one waits for it, and all "
     "behind that message does.",
     ats_topics_create_flags, 0, ATS_POSITIONAL_ANY, ats_topics_create},
    {"check", "",
     "Compare each topic with what it must be; exit code 1 if one is missing or differs.", NULL,
     NULL, 0, 0, run_check},
    {"delete", "", "Delete every topic that starts with the prefix, the control log included.",
     "The fleet's folder stays, but its copy of the log has then no log to follow: make a new "
     "fleet.",
     delete_flags, 0, 0, run_delete},
    {0},
};
