/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/topics.h"

#include "cli/cli.h"
#include "common/base/limits.h"
#include "common/base/parse.h"
#include "common/control/seniority.h"

#include <stdio.h>
#include <stdlib.h>

/* Small segments, because the active one is never compacted; 50 MiB. */
#define CHANGELOG_SEGMENT "52428800"

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
    bool begins = near && near[strlen(near) - 1] == '.'; /* each contract has its own */
    return ats_error_set(err, ATS_ERR_CONFIG, "there is no topic %s%s%s%s%s", name,
                         near ? " (did you mean '" : "", near ? near : "", begins ? "CONTRACT" : "",
                         near ? "'?)" : "");
}

struct gather {
    const struct ats_cli *cli;
    struct ats_store_view *view;
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

struct ats_topic *ats_topics_find(const struct ats_topic_list *list, const char *name)
{
    for (size_t i = 0; i < list->count + list->beyond; i++)
        if (strcmp(list->topics[i].name, name) == 0)
            return &list->topics[i];
    return NULL;
}

static enum ats_status append(struct ats_topic_list *list, const struct ats_topic *topic)
{
    if (list->count == list->room) {
        size_t room = list->room + ATS_TOPICS_MAX;
        struct ats_topic *grown = realloc(list->topics, room * sizeof(*grown));
        if (!grown)
            return ATS_ERR_MEMORY;
        list->topics = grown;
        list->room = room;
    }
    list->topics[list->count++] = *topic;
    return ATS_OK;
}

static enum ats_status add_fixed(struct gather *gather, size_t i)
{
    struct ats_topic topic = {.single = fixed_topics[i].single};
    enum ats_status status =
        ats_kafka_topic_name(&gather->cli->kafka, fixed_topics[i].suffix, topic.name, gather->err);
    set_settings(&topic, fixed_topics[i].cleanup);
    return status == ATS_OK ? append(gather->list, &topic) : status;
}

/* The name of what has the topic, as the log's order knows it, and the topic's without the prefix. */
struct names {
    char owner[ATS_NAME_MAX + 1];
    char suffix[ATS_NAME_MAX + 16];
};

/* All versions of a contract, "name@version", share one topic. */
static void name_of(enum ats_control_kind kind, const char *name, struct names *ret_names)
{
    bool contract = kind == ATS_CONTROL_CONTRACT;
    size_t len = contract ? strcspn(name, "@") : strlen(name);
    (void)snprintf(ret_names->owner, sizeof(ret_names->owner), "%.*s", (int)len, name);
    (void)snprintf(ret_names->suffix, sizeof(ret_names->suffix), "%s%s",
                   contract ? "telemetry." : "state.", ret_names->owner);
}

/* What is in the log already cannot be refused here: one name that makes no topic, under this prefix or at all, does not keep
   the others from theirs. */
static enum ats_status pass_over(struct gather *gather, enum ats_status status)
{
    if (status != ATS_ERR_INVALID && status != ATS_ERR_LIMIT)
        return status;
    ats_cli_note("passed over: %s", gather->err->text);
    *gather->err = (struct ats_error){0};
    return ATS_OK;
}

static enum ats_status add_named(struct gather *gather, enum ats_control_kind kind,
                                 const char *name)
{
    struct names names;
    struct ats_topic topic = {.first = 0};
    name_of(kind, name, &names);
    enum ats_status status =
        ats_kafka_topic_name(&gather->cli->kafka, names.suffix, topic.name, gather->err);
    if (status != ATS_OK)
        return pass_over(gather, status);
    if (ats_topics_find(gather->list, topic.name))
        return ATS_OK;
    status = ats_control_seniority(gather->view, kind, names.owner, &topic.first);
    if (status == ATS_ERR_NOT_FOUND)
        topic.first = UINT64_MAX; /* void */
    else if (status != ATS_OK)
        return status;
    set_settings(&topic, kind == ATS_CONTROL_CONTRACT ? BY_AGE : LATEST_PER_KEY);
    return append(gather->list, &topic);
}

static enum ats_status add_void_contract(void *ctx, const char *name)
{
    return add_named(ctx, ATS_CONTROL_CONTRACT, name);
}

static enum ats_status add_record(void *ctx, const struct ats_control_record *record)
{
    return add_named(ctx, record->kind, record->name);
}

static int compare(const void *a, const void *b)
{
    const struct ats_topic *first = a;
    const struct ats_topic *second = b;
    if (first->first != second->first)
        return first->first < second->first ? -1 : 1;
    return strcmp(first->name, second->name);
}

enum ats_status ats_topics_list(const struct ats_cli *cli, struct ats_store_view *view,
                                bool with_void, struct ats_topic_list *ret_list,
                                struct ats_error *err)
{
    struct gather gather = {cli, view, ret_list, err};
    enum ats_status status = ATS_OK;
    *ret_list = (struct ats_topic_list){0};
    for (size_t i = 0; i < FIXED_COUNT && status == ATS_OK; i++)
        status = add_fixed(&gather, i);
    if (status == ATS_OK)
        status = ats_registry_walk(view, ATS_CONTROL_CONTRACT, add_record, &gather);
    if (status == ATS_OK)
        status = ats_registry_walk(view, ATS_CONTROL_PROCESSOR, add_record, &gather);
    /* What a gate took under a contract that is void since waits for its topic, and holds up what lies behind it. */
    if (status == ATS_OK && with_void)
        status = ats_registry_walk_void(view, ATS_CONTROL_CONTRACT, add_void_contract, &gather);
    if (status != ATS_OK) {
        ats_topics_fini(ret_list);
        return err->status != ATS_OK ? status
                                     : ats_error_set(err, status,
                                                     "the local copy of the control log cannot be "
                                                     "read: %s",
                                                     ats_status_name(status));
    }
    qsort(ret_list->topics + FIXED_COUNT, ret_list->count - FIXED_COUNT, sizeof(struct ats_topic),
          compare);
    if (ret_list->count > ATS_TOPICS_MAX)
        ret_list->beyond = ret_list->count - ATS_TOPICS_MAX;
    ret_list->count -= ret_list->beyond;
    return ATS_OK;
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

struct ats_topic_owner ats_topic_owner(enum ats_control_kind kind, const char *name)
{
    struct ats_topic_owner owner = {.kind = kind};
    (void)snprintf(owner.name, sizeof(owner.name), "%s", name);
    return owner;
}

enum ats_status ats_topics_find_owned(const struct ats_cli *cli, const struct ats_topic_list *list,
                                      const struct ats_topic_owner *owner,
                                      char ret_name[ATS_KAFKA_TOPIC_MAX + 1],
                                      struct ats_topic **ret_topic, struct ats_error *err)
{
    struct names names;
    *ret_topic = NULL;
    name_of(owner->kind, owner->name, &names);
    enum ats_status status = ats_kafka_topic_name(&cli->kafka, names.suffix, ret_name, err);
    if (status == ATS_OK)
        *ret_topic = ats_topics_find(list, ret_name);
    return status;
}
