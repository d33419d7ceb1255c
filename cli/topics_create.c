/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/topics_create.h"

#include "cli/cli.h"
#include "cli/output.h"
#include "cli/record_schemas.h"
#include "cli/topics_owned.h"
#include "common/base/limits.h"
#include "common/base/parse.h"
#include "common/base/utf8.h"
#include "common/control/allowance.h"

#include <stdlib.h>

#define PARTITIONS_MAX 4096
#define REPLICATION_MAX 32
/* Of a reason inside a sentence, in bytes: what to do must still fit. */
#define WHY_MAX 200

/* The number of a flag between 1 and `max`; 0 where it is not given. */
static enum ats_status number_of(const struct ats_arguments *arguments, const char *flag, int max,
                                 int *ret_number, struct ats_error *err)
{
    const char *text = ats_argument_find(arguments, flag);
    int64_t number = 0;
    *ret_number = 0;
    if (!text)
        return ATS_OK;
    if (ats_parse_int64(text, &number) != ATS_OK || number < 1 || number > max)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "option '%s': '%.32s' is not allowed (allowed: 1 "
                             "to %d)",
                             flag, text, max);
    *ret_number = (int)number;
    return ATS_OK;
}

struct creation {
    struct ats_kafka_admin *admin;
    struct ats_topic_shape shape; /* 0: not given */
    struct ats_output *output;
    size_t left_out; /* past the limit, and not there */
};

/* What was given must be what is there: partitions are fixed for ever, and topics of two shapes are no fleet's. */
static enum ats_status settle(const char *flag, int given, int present, int otherwise,
                              int *ret_number, struct ats_error *err)
{
    if (given != 0 && present != 0 && given != present)
        return ats_error_set(err, ATS_ERR_REFUSED,
                             "%s %d: the fleet's topics are there and have %d, which stays", flag,
                             given, present);
    *ret_number = given != 0 ? given : present != 0 ? present : otherwise;
    return ATS_OK;
}

static enum ats_status settle_shape(struct creation *creation, const struct ats_topic_list *list,
                                    struct ats_error *err)
{
    struct ats_topic_shape *shape = &creation->shape;
    struct ats_topic_shape present = {0};
    enum ats_status status = ats_topics_find_shape(creation->admin, list, &present, err);
    if (status != ATS_OK && status != ATS_ERR_NOT_FOUND)
        return status;
    status = settle("--partitions", shape->partitions, present.partitions,
                    ATS_TOPIC_PARTITIONS_DEFAULT, &shape->partitions, err);
    if (status != ATS_OK)
        return status;
    return settle("--replication", shape->replication, present.replication,
                  ATS_TOPIC_REPLICATION_ANY, &shape->replication, err);
}

static enum ats_status create_one(struct creation *creation, const struct ats_topic *topic,
                                  struct ats_error *err)
{
    /* What the cluster gave the last one holds for the next. One that exists says nothing about that. */
    struct ats_topic_shape shape = creation->shape;
    enum ats_status status = ats_topics_create_one(creation->admin, topic, &shape, err);
    if (status != ATS_OK && status != ATS_ERR_EXISTS)
        return status;
    ats_output_row(creation->output, json_pack("{s:s, s:s}", "topic", topic->name, "verdict",
                                               status == ATS_OK ? "created" : "exists"));
    if (status == ATS_OK)
        creation->shape = shape;
    return ATS_OK;
}

/* Past the limit none is made; one may be there all the same. */
static enum ats_status tell_beyond(struct creation *creation, const struct ats_topic_list *list,
                                   struct ats_error *err)
{
    for (size_t i = list->count; i < list->count + list->beyond; i++) {
        const char *name = list->topics[i].name;
        struct ats_topic_shape own;
        enum ats_status status =
            ats_kafka_admin_describe(creation->admin, name, ATS_CLI_KAFKA_TIMEOUT_MS,
                                     &own.partitions, &own.replication, err);
        if (status != ATS_OK && status != ATS_ERR_NOT_FOUND)
            return status;
        creation->left_out += status == ATS_ERR_NOT_FOUND;
        ats_output_row(creation->output, json_pack("{s:s, s:s}", "topic", name, "verdict",
                                                   status == ATS_OK ? "exists" : "left-out"));
    }
    return ATS_OK;
}

static enum ats_status create_each(struct creation *creation, const struct ats_topic_list *list,
                                   struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    for (size_t i = 0; i < list->count && status == ATS_OK; i++)
        status = create_one(creation, &list->topics[i], err);
    return status == ATS_OK ? tell_beyond(creation, list, err) : status;
}

static enum ats_status mark_named(const struct ats_cli *cli, struct ats_topic_list *list,
                                  const struct ats_arguments *names, struct ats_error *err)
{
    for (size_t i = 0; i < names->positional_count; i++) {
        char name[ATS_KAFKA_TOPIC_MAX + 1];
        enum ats_status status = ats_topics_resolve(cli, names->positional[i], name, err);
        if (status != ATS_OK)
            return status;
        struct ats_topic *topic = ats_topics_find(list, name);
        if (!topic)
            return ats_error_set(err, ATS_ERR_CONFIG,
                                 "%s is no topic of this fleet: nothing in the control log has it",
                                 name);
        topic->own = true;
    }
    return ATS_OK;
}

/* Whatever their places are: a gate may wait for one past the limit. All are known before one is made. */
static enum ats_status create_named(const struct ats_cli *cli, struct creation *creation,
                                    struct ats_topic_list *list, const struct ats_arguments *names,
                                    struct ats_error *err)
{
    enum ats_status status = mark_named(cli, list, names, err);
    for (size_t i = 0; i < list->count + list->beyond && status == ATS_OK; i++)
        if (list->topics[i].own)
            status = create_one(creation, &list->topics[i], err);
    return status;
}

static enum ats_status create(const struct ats_cli *cli, struct ats_session *session,
                              struct creation *creation, const struct ats_arguments *names,
                              struct ats_error *err)
{
    struct ats_topic_list list;
    enum ats_status status = ats_topics_list(cli, ats_session_view(session), true, &list, err);
    if (status != ATS_OK)
        return status;
    status = ats_kafka_admin_open(&cli->kafka, &creation->admin, err);
    if (status == ATS_OK)
        status = settle_shape(creation, &list, err);
    if (status == ATS_OK)
        status = names->positional_count > 0 ? create_named(cli, creation, &list, names, err)
                                             : create_each(creation, &list, err);
    ats_kafka_admin_close(creation->admin);
    ats_topics_fini(&list);
    return status;
}

/* Who finishes it where the schemas were refused. */
static const char *advice(struct ats_session *session)
{
    struct ats_control_allowance allowance = {0};
    enum ats_status status =
        ats_registry_allowance(ats_session_view(session), "", ATS_CONTROL_SCHEMA, &allowance);
    if (ats_session_cli(session)->propose)
        return "an operator that may sign schemas proposes them with `attestream --operator NAME "
               "--propose FILE topics create`";
    return status == ATS_OK && allowance.takes_two
               ? "two persons finish it: `attestream --operator NAME --propose FILE topics "
                 "create`, and another operator runs `attestream approve FILE`"
               : "an operator that may sign schemas finishes it with `attestream --operator NAME "
                 "topics create`";
}

/* The topics are there all the same. */
static enum ats_status not_published(struct ats_session *session, struct ats_error *err)
{
    const struct ats_cli *cli = ats_session_cli(session);
    struct ats_error why = *err;
    if (why.status == ATS_ERR_REFUSED)
        return ats_error_set(err, why.status,
                             "the topics are there, but record schemas are not published (%.*s): "
                             "%s",
                             ats_utf8_cut(why.text, WHY_MAX), why.text, advice(session));
    return ats_error_set(err, why.status, "the topics are there, but %s: %s",
                         cli->propose ? "record schemas are not proposed"
                                      : "whether all record schemas are is not known",
                         why.text);
}

static void tell_schemas(const struct ats_cli *cli, size_t count)
{
    const char *word = ats_output_word(count, "schema", "schemas");
    if (*cli->proposed)
        ats_cli_note("%zu record %s proposed: another operator runs `attestream approve %s --show`",
                     count, word, cli->propose);
    else if (cli->propose)
        ats_cli_note("nothing was proposed, and %s was not written: all record schemas are there",
                     cli->propose);
    else
        ats_cli_note("%zu record %s published", count, word);
}

/* Who signs the schemas is asked before anything is made. */
static enum ats_status ask_signer(struct ats_session *session, const struct ats_record_ids *ids,
                                  struct ats_error *err)
{
    const struct ats_signer *signer = NULL;
    if (ats_record_schemas_are_stated(session, ids))
        return ATS_OK;
    enum ats_status status = ats_session_signer(session, &signer, err);
    if (status != ATS_OK)
        ats_error_prefix(err, "the record schemas are not published yet");
    return status;
}

/* So is the site's own Schema Registry, if there is one. */
static enum ats_status ask_ids(const struct ats_cli *cli, struct ats_session *session,
                               struct ats_record_ids *ret_ids, struct ats_error *err)
{
    struct ats_schema_registry *registry = NULL;
    enum ats_status status =
        ats_schema_registry_open(cli, ats_session_view(session), NULL, &registry, err);
    if (status == ATS_OK)
        status = ats_record_ids_ask(cli, registry, ret_ids, err);
    ats_schema_registry_free(registry);
    return status == ATS_OK ? ask_signer(session, ret_ids, err) : status;
}

int ats_topics_create(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_session *session = NULL;
    struct ats_error err = {0};
    struct ats_output output;
    struct creation creation = {.output = &output};
    struct ats_record_ids ids;
    size_t schemas = 0;
    bool all = arguments->positional_count == 0;
    enum ats_status status =
        number_of(arguments, "--partitions", PARTITIONS_MAX, &creation.shape.partitions, &err);
    if (status == ATS_OK)
        status = number_of(arguments, "--replication", REPLICATION_MAX, &creation.shape.replication,
                           &err);
    if (status == ATS_OK)
        status = ats_session_open(cli, ATS_SESSION_WRITE, &session, &err);
    if (status == ATS_OK && all)
        status = ask_ids(cli, session, &ids, &err);
    if (status != ATS_OK) {
        ats_session_close(session);
        return ats_cli_fail(&err);
    }
    ats_output_begin(&output, cli);
    status = create(cli, session, &creation, arguments, &err);
    if (status == ATS_OK && all)
        status = ats_record_schemas_state(session, &ids, &schemas, &err);
    if (status != ATS_OK && schemas > 0)
        status = not_published(session, &err);
    ats_output_end(&output);
    ats_session_close(session);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    if (ats_topics_check_beyond(creation.left_out, &err) != ATS_OK)
        ats_cli_note("warning: %s", err.text);
    if (all)
        tell_schemas(cli, schemas);
    return ATS_EXIT_DONE;
}

const struct ats_flag ats_topics_create_flags[] = {
    {"--partitions", "N",
     "Partitions of every topic that is keyed by asset, fixed for ever; 32 by default, or what is "
     "there.",
     false},
    {"--replication", "R",
     "Copies of each topic; 3 by default, or what is there, or 1 where there are too few brokers.",
     false},
    {0},
};
