/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/topics.h"

#include "cli/cli.h"
#include "cli/output.h"
#include "common/base/limits.h"
#include "common/base/parse.h"
#include "common/base/utf8.h"

#include <stdio.h>
#include <stdlib.h>

/* Small segments, because the active one is never compacted; 50 MiB. */
#define CHANGELOG_SEGMENT "52428800"

/* A reason inside a sentence, in bytes: the sentence's end must still fit. */
#define WHY_MAX 256

/* What cleans a topic up. */
enum cleanup { KEPT_FOR_EVER, BY_AGE, LATEST_PER_KEY_AND_AGE, LATEST_PER_KEY };

static const struct ats_kafka_topic_setting cleanups[][ATS_TOPIC_SETTINGS_MAX] = {
    [KEPT_FOR_EVER] = {{"cleanup.policy", "delete"},
                       {"retention.ms", "-1"},
                       {"retention.bytes", "-1"}},
    [BY_AGE] = {{"cleanup.policy", "delete"}},
    [LATEST_PER_KEY_AND_AGE] = {{"cleanup.policy", "compact,delete"}},
    [LATEST_PER_KEY] = {{"cleanup.policy", "compact"}, {"segment.bytes", CHANGELOG_SEGMENT}},
};

/* What every topic has. The broker's clock, since a record's time decides how long the broker remembers its producer's sequence
   and the record itself: a writer whose clock is wrong must lose neither, nor be refused for it (docs/adr/0008). */
static const struct ats_kafka_topic_setting everywhere[] = {
    {"unclean.leader.election.enable", "false"},
    {"message.timestamp.type", "LogAppendTime"},
};

static const struct {
    const char *short_name; /* what `watch` takes */
    const char *suffix;
    enum cleanup cleanup;
    bool single;
} fixed_topics[] = {
    {"control", "control", KEPT_FOR_EVER, true},
    {"quarantine", "quarantine", BY_AGE, false},
    {"decisions", "decisions", BY_AGE, false},
    {"alerts", "alerts", LATEST_PER_KEY_AND_AGE, false},
    {"erp", "erp.requests", BY_AGE, false},
    {"twin", "twin", BY_AGE, false},
    {"evidence", "evidence", BY_AGE, false},
    {"heartbeat", "heartbeat", LATEST_PER_KEY, true},
};

#define FIXED_COUNT (sizeof(fixed_topics) / sizeof(fixed_topics[0]))

const char *const ats_topic_short_names[] = {"control",   "quarantine", "decisions", "alerts",
                                             "erp",       "telemetry.", "twin",      "evidence",
                                             "heartbeat", NULL};

const char *ats_topics_find_suffix(const char *short_name)
{
    for (size_t i = 0; i < FIXED_COUNT; i++)
        if (strcmp(fixed_topics[i].short_name, short_name) == 0 ||
            strcmp(fixed_topics[i].suffix, short_name) == 0)
            return fixed_topics[i].suffix;
    return NULL;
}

enum ats_status ats_topics_resolve(const struct ats_cli *cli, const char *topic,
                                   char ret_name[ATS_KAFKA_TOPIC_MAX + 1], struct ats_error *err)
{
    const char *known = ats_topics_find_suffix(topic);
    const char *prefix = cli->kafka.topic_prefix;
    bool whole = strncmp(topic, prefix, strlen(prefix)) == 0;
    const char *suffix = whole ? topic + strlen(prefix) : known ? known : topic;
    return ats_cli_unusable(ats_kafka_topic_name(&cli->kafka, suffix, ret_name, err), err);
}

enum ats_status ats_topics_missing(const char *given, const char *name, struct ats_error *err)
{
    const char *near = ats_nearest_name(given, ats_topic_short_names);
    return ats_error_set(err, ATS_ERR_CONFIG, "there is no topic %s%s%s%s", name,
                         near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

struct gather {
    const struct ats_cli *cli;
    struct ats_topic_list *list;
    struct ats_error *err;
};

static void set_settings(struct ats_topic *topic, enum cleanup cleanup)
{
    size_t count = 0;
    memcpy(topic->settings, cleanups[cleanup], sizeof(topic->settings));
    while (topic->settings[count].name)
        count++;
    memcpy(&topic->settings[count], everywhere, sizeof(everywhere));
}

static enum ats_status add(struct gather *gather, const char *suffix, enum cleanup cleanup,
                           bool single)
{
    struct ats_topic_list *list = gather->list;
    struct ats_topic topic = {.single = single};
    enum ats_status status =
        ats_kafka_topic_name(&gather->cli->kafka, suffix, topic.name, gather->err);
    if (status != ATS_OK)
        return status;
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->topics[i].name, topic.name) == 0)
            return ATS_OK;
    if (list->count == ATS_TOPICS_MAX)
        return ats_error_set(gather->err, ATS_ERR_LIMIT, "more than %d topics", ATS_TOPICS_MAX);
    set_settings(&topic, cleanup);
    list->topics[list->count++] = topic;
    return ATS_OK;
}

/* What is in the log already cannot be refused here: one name that makes no topic, under this prefix or at all, does not keep
   the others from theirs. */
static enum ats_status add_named(struct gather *gather, const char *suffix, enum cleanup cleanup)
{
    enum ats_status status = add(gather, suffix, cleanup, false);
    if (status != ATS_ERR_INVALID && status != ATS_ERR_LIMIT)
        return status;
    gather->list->beyond += status == ATS_ERR_LIMIT;
    ats_cli_note("passed over: %s", gather->err->text);
    *gather->err = (struct ats_error){0};
    return ATS_OK;
}

/* "name@version": all versions share one topic. */
static enum ats_status add_contract_name(void *ctx, const char *name)
{
    char suffix[ATS_NAME_MAX + 16];
    (void)snprintf(suffix, sizeof(suffix), "telemetry.%.*s", (int)strcspn(name, "@"), name);
    return add_named(ctx, suffix, BY_AGE);
}

static enum ats_status add_contract(void *ctx, const struct ats_control_record *record)
{
    return add_contract_name(ctx, record->name);
}

static enum ats_status add_group(void *ctx, const struct ats_control_record *record)
{
    char suffix[ATS_NAME_MAX + 16];
    (void)snprintf(suffix, sizeof(suffix), "state.%s", record->name);
    return add_named(ctx, suffix, LATEST_PER_KEY);
}

enum ats_status ats_topics_list(const struct ats_cli *cli, struct ats_store_view *view,
                                bool with_void, struct ats_topic_list *ret_list,
                                struct ats_error *err)
{
    struct gather gather = {cli, ret_list, err};
    enum ats_status status = ATS_OK;
    *ret_list = (struct ats_topic_list){.topics = calloc(ATS_TOPICS_MAX, sizeof(struct ats_topic))};
    if (!ret_list->topics)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < FIXED_COUNT && status == ATS_OK; i++)
        status =
            add(&gather, fixed_topics[i].suffix, fixed_topics[i].cleanup, fixed_topics[i].single);
    if (status == ATS_OK)
        status = ats_registry_walk(view, ATS_CONTROL_CONTRACT, add_contract, &gather);
    if (status == ATS_OK)
        status = ats_registry_walk(view, ATS_CONTROL_PROCESSOR, add_group, &gather);
    /* What a gate took under a contract that is void since waits for its topic, and holds up what lies behind it. */
    if (status == ATS_OK && with_void)
        status = ats_registry_walk_void(view, ATS_CONTROL_CONTRACT, add_contract_name, &gather);
    if (status != ATS_OK)
        ats_topics_fini(ret_list);
    return status;
}

void ats_topics_fini(struct ats_topic_list *list)
{
    free(list->topics);
    *list = (struct ats_topic_list){0};
}

const char *ats_topics_min_insync(int replication)
{
    return replication >= ATS_TOPIC_REPLICATION_DEFAULT ? "2" : "1";
}

static enum ats_status create(struct ats_kafka_admin *admin, const struct ats_topic *topic,
                              const struct ats_topic_shape *shape, struct ats_error *err)
{
    struct ats_kafka_topic_setting settings[ATS_TOPIC_SETTINGS_MAX + 2] = {
        {"min.insync.replicas", ats_topics_min_insync(shape->replication)}};
    struct ats_kafka_topic_spec spec = {.topic = topic->name,
                                        .partitions = topic->single ? 1 : shape->partitions,
                                        .replication = shape->replication,
                                        .settings = settings};
    memcpy(&settings[1], topic->settings, sizeof(topic->settings));
    return ats_kafka_admin_create(admin, &spec, ATS_CLI_KAFKA_TIMEOUT_MS, err);
}

enum ats_status ats_topics_create_one(struct ats_kafka_admin *admin, const struct ats_topic *topic,
                                      struct ats_topic_shape *shape, struct ats_error *err)
{
    if (shape->replication != ATS_TOPIC_REPLICATION_ANY)
        return create(admin, topic, shape, err);
    shape->replication = ATS_TOPIC_REPLICATION_DEFAULT;
    enum ats_status status = create(admin, topic, shape, err);
    if (status != ATS_ERR_LIMIT)
        return status;
    ats_cli_note(
        "one replica only, and no record survives the loss of its broker: this cluster has "
        "too few brokers for %d replicas",
        ATS_TOPIC_REPLICATION_DEFAULT);
    shape->replication = 1;
    return create(admin, topic, shape, err);
}

enum ats_status ats_topics_create_control(const struct ats_cli *cli, struct ats_error *err)
{
    struct ats_topic topic = {.single = true};
    struct ats_kafka_admin *admin = NULL;
    struct ats_topic_shape shape = {1, ATS_TOPIC_REPLICATION_ANY};
    set_settings(&topic, KEPT_FOR_EVER);
    enum ats_status status = ats_kafka_topic_name(&cli->kafka, "control", topic.name, err);
    if (status == ATS_OK)
        status = ats_kafka_admin_open(&cli->kafka, &admin, err);
    if (status != ATS_OK)
        return status;
    status = ats_topics_create_one(admin, &topic, &shape, err);
    ats_kafka_admin_close(admin);
    return status == ATS_ERR_EXISTS ? ATS_OK : status;
}

enum ats_status ats_topics_find_shape(struct ats_kafka_admin *admin,
                                      const struct ats_topic_list *list,
                                      struct ats_topic_shape *ret_shape, struct ats_error *err)
{
    enum ats_status status = ATS_ERR_NOT_FOUND;
    for (size_t i = 0; i < list->count && status == ATS_ERR_NOT_FOUND; i++)
        if (!list->topics[i].single)
            status = ats_kafka_admin_describe(admin, list->topics[i].name, ATS_CLI_KAFKA_TIMEOUT_MS,
                                              &ret_shape->partitions, &ret_shape->replication, err);
    return status;
}

static enum ats_status create_missing(struct ats_kafka_admin *admin,
                                      const struct ats_topic_list *list, struct ats_error *err)
{
    struct ats_topic_shape shape = {0};
    enum ats_status status = ats_topics_find_shape(admin, list, &shape, err);
    if (status == ATS_ERR_NOT_FOUND) {
        ats_cli_note("its topic is not there yet: `attestream topics create` makes all topics");
        return ATS_OK;
    }
    for (size_t i = 0; i < list->count && status == ATS_OK; i++) {
        struct ats_topic_shape own;
        const struct ats_topic *topic = &list->topics[i];
        status = ats_kafka_admin_describe(admin, topic->name, ATS_CLI_KAFKA_TIMEOUT_MS,
                                          &own.partitions, &own.replication, err);
        if (status == ATS_ERR_NOT_FOUND)
            status = create(admin, topic, &shape, err);
    }
    return status;
}

enum ats_status ats_topics_check_beyond(size_t beyond, struct ats_error *err)
{
    if (beyond == 0)
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_REFUSED,
                         "%zu contracts or groups of the control log have no topic, since there "
                         "are more than %d topics",
                         beyond, ATS_TOPICS_MAX);
}

enum ats_status ats_topics_not_made(const struct ats_cli *cli, const char *what,
                                    struct ats_error *err)
{
    struct ats_error why = *err;
    if (cli->json)
        ats_output_done(cli,
                        json_pack("{s:s, s:o, s:o}", "verdict", "topic-not-made", "name",
                                  ats_output_text(what), "text", ats_output_text(why.text)),
                        "%s", "");
    return ats_error_set(err, why.status,
                         "%.*s is in the control log; its topic was not made (%.*s): run "
                         "`attestream topics create`",
                         ats_utf8_cut(what, ATS_NAME_MAX), what, ats_utf8_cut(why.text, WHY_MAX),
                         why.text);
}

static enum ats_status complete(const struct ats_cli *cli, struct ats_session *session,
                                struct ats_error *err)
{
    struct ats_topic_list list;
    struct ats_kafka_admin *admin = NULL;
    enum ats_status status = ats_topics_list(cli, ats_session_view(session), false, &list, err);
    if (status != ATS_OK)
        return status;
    status = ats_kafka_admin_open(&cli->kafka, &admin, err);
    if (status == ATS_OK)
        status = create_missing(admin, &list, err);
    if (status == ATS_OK)
        status = ats_topics_check_beyond(list.beyond, err);
    ats_kafka_admin_close(admin);
    ats_topics_fini(&list);
    return status;
}

enum ats_status ats_topics_complete(const struct ats_cli *cli, struct ats_session *session,
                                    const char *what, struct ats_error *err)
{
    if (cli->propose)
        return ATS_OK;
    enum ats_status status = complete(cli, session, err);
    return status == ATS_OK ? ATS_OK : ats_topics_not_made(cli, what, err);
}
