/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/topics_owned.h"

#include "cli/cli.h"
#include "cli/output.h"
#include "common/base/limits.h"
#include "common/base/utf8.h"
#include "common/control/seniority.h"

#include <stdlib.h>

/* A reason inside a sentence, in bytes: the sentence's end must still fit. */
#define WHY_MAX 256

/* The first failure of several is the one that is told at the end; the others at once. */
static void keep_first(const struct ats_error *why, struct ats_error *first)
{
    if (first->status == ATS_OK)
        *first = *why;
    else
        ats_cli_note("%s", why->text);
}

void ats_topics_mark(const struct ats_cli *cli, struct ats_topic_list *list,
                     const struct ats_topic_owner *owners, size_t count, struct ats_error *err)
{
    for (size_t i = 0; i < count; i++) {
        char name[ATS_KAFKA_TOPIC_MAX + 1];
        struct ats_topic *topic = NULL;
        struct ats_error why = {0};
        if (ats_topics_find_owned(cli, list, &owners[i], name, &topic, &why) != ATS_OK)
            keep_first(&why, err);
        else if (topic)
            topic->own = true;
    }
}

static bool is_same_name(const struct ats_topic_owner *a, const struct ats_topic_owner *b)
{
    return a->kind == b->kind && strcmp(a->name, b->name) == 0;
}

enum ats_status ats_topics_keep_new(struct ats_store_view *view, struct ats_topic_owner *owners,
                                    size_t *count)
{
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        struct ats_topic_owner owner = owners[i];
        uint64_t first;
        bool again = false;
        if (owner.kind == ATS_CONTROL_CONTRACT)
            owner.name[strcspn(owner.name, "@")] = '\0';
        enum ats_status status = ats_control_seniority(view, owner.kind, owner.name, &first);
        if (status != ATS_OK && status != ATS_ERR_NOT_FOUND)
            return status;
        for (size_t k = 0; k < kept; k++)
            again = again || is_same_name(&owners[k], &owner);
        if (status == ATS_ERR_NOT_FOUND && !again)
            owners[kept++] = owner;
    }
    *count = kept;
    return ATS_OK;
}

/* One that is there is as good as one that is made. */
static enum ats_status check_is_there(struct ats_kafka_admin *admin, const char *name,
                                      struct ats_error *err)
{
    struct ats_topic_shape shape;
    enum ats_status status = ats_kafka_admin_describe(admin, name, ATS_CLI_KAFKA_TIMEOUT_MS,
                                                      &shape.partitions, &shape.replication, err);
    if (status != ATS_ERR_NOT_FOUND)
        return status;
    return ats_error_set(err, ATS_ERR_REFUSED,
                         "%s is not there, and contracts and groups before it have all %d topics: "
                         "nothing was published",
                         name, ATS_TOPICS_MAX);
}

/* Of those that are new; the first ones among them have the places that are left. */
static enum ats_status check_room(const struct ats_cli *cli, const struct ats_topic_list *list,
                                  const struct ats_topic_owner *owners, size_t count,
                                  struct ats_error *err)
{
    size_t places = list->count + list->beyond;
    struct ats_kafka_admin *admin = NULL;
    enum ats_status status = ATS_OK;
    if (places + count > ATS_TOPICS_MAX)
        status = ats_kafka_admin_open(&cli->kafka, &admin, err);
    for (size_t i = 0; i < count && status == ATS_OK; i++) {
        char name[ATS_KAFKA_TOPIC_MAX + 1];
        struct ats_topic *topic;
        status = ats_topics_find_owned(cli, list, &owners[i], name, &topic, err);
        if (status == ATS_OK && ++places > ATS_TOPICS_MAX)
            status = check_is_there(admin, name, err);
    }
    ats_kafka_admin_close(admin);
    return status;
}

static enum ats_status check_room_of_new(const struct ats_cli *cli, struct ats_store_view *view,
                                         struct ats_topic_owner *owners, size_t count,
                                         struct ats_error *err)
{
    struct ats_topic_list list;
    enum ats_status status = ats_topics_keep_new(view, owners, &count);
    if (status != ATS_OK)
        return ats_error_set(err, status, "the local copy cannot be read: %s",
                             ats_status_name(status));
    if (count == 0)
        return ATS_OK;
    status = ats_topics_list(cli, view, false, &list, err);
    if (status != ATS_OK)
        return status;
    status = check_room(cli, &list, owners, count, err);
    ats_topics_fini(&list);
    return status;
}

enum ats_status ats_topics_check_room(const struct ats_cli *cli, struct ats_session *session,
                                      const struct ats_topic_owner *owners, size_t count,
                                      struct ats_error *err)
{
    if (count == 0)
        return ATS_OK;
    struct ats_topic_owner *copy = calloc(count, sizeof(*copy));
    if (!copy)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    memcpy(copy, owners, count * sizeof(*copy));
    enum ats_status status = check_room_of_new(cli, ats_session_view(session), copy, count, err);
    free(copy);
    return status;
}

static enum ats_status create_if_missing(struct ats_kafka_admin *admin,
                                         const struct ats_topic *topic, bool has_room,
                                         struct ats_topic_shape *shape, size_t *beyond,
                                         struct ats_error *err)
{
    struct ats_topic_shape own;
    enum ats_status status = ats_kafka_admin_describe(admin, topic->name, ATS_CLI_KAFKA_TIMEOUT_MS,
                                                      &own.partitions, &own.replication, err);
    if (status != ATS_ERR_NOT_FOUND)
        return status;
    *err = (struct ats_error){0};
    *beyond += !has_room;
    status = has_room ? ats_topics_create_one(admin, topic, shape, err) : ATS_OK;
    return status == ATS_ERR_EXISTS ? ATS_OK : status;
}

/* Those that are marked, and no other: what somebody else named is not this command's. One that fails keeps no other from being made.
   What is in `err` before is told first. */
static enum ats_status create_missing(struct ats_kafka_admin *admin,
                                      const struct ats_topic_list *list, struct ats_error *err)
{
    struct ats_topic_shape shape = {0};
    struct ats_error why = {0};
    size_t beyond = 0;
    enum ats_status status = ats_topics_find_shape(admin, list, &shape, &why);
    if (status == ATS_ERR_NOT_FOUND) {
        ats_cli_note("its topic is not there yet: `attestream topics create` makes all topics");
        return err->status;
    }
    if (status != ATS_OK) {
        keep_first(&why, err);
        return err->status;
    }
    for (size_t i = 0; i < list->count + list->beyond && status != ATS_ERR_UNAVAILABLE; i++) {
        why = (struct ats_error){0};
        status = list->topics[i].own ? create_if_missing(admin, &list->topics[i], i < list->count,
                                                         &shape, &beyond, &why)
                                     : ATS_OK;
        if (status != ATS_OK)
            keep_first(&why, err);
    }
    if (err->status != ATS_OK)
        return err->status;
    return ats_topics_check_beyond(beyond, err);
}

enum ats_status ats_topics_check_beyond(size_t beyond, struct ats_error *err)
{
    if (beyond == 0)
        return ATS_OK;
    return ats_error_set(
        err, ATS_ERR_REFUSED,
        "%zu %s no topic, since others that were before in the control log have all %d; `topics "
        "create TOPIC` makes one by its name",
        beyond, ats_output_word(beyond, "contract or group has", "contracts or groups have"),
        ATS_TOPICS_MAX);
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
                                const struct ats_topic_owner *owners, size_t count,
                                struct ats_error *err)
{
    struct ats_topic_list list;
    struct ats_kafka_admin *admin = NULL;
    enum ats_status status = ats_topics_list(cli, ats_session_view(session), false, &list, err);
    if (status != ATS_OK)
        return status;
    status = ats_kafka_admin_open(&cli->kafka, &admin, err);
    if (status == ATS_OK) {
        *err = (struct ats_error){0};
        ats_topics_mark(cli, &list, owners, count, err);
        status = create_missing(admin, &list, err);
    }
    ats_kafka_admin_close(admin);
    ats_topics_fini(&list);
    return status;
}

enum ats_status ats_topics_complete(const struct ats_cli *cli, struct ats_session *session,
                                    const char *what, const struct ats_topic_owner *owners,
                                    size_t count, struct ats_error *err)
{
    if (cli->propose)
        return ATS_OK;
    enum ats_status status = complete(cli, session, owners, count, err);
    return status == ATS_OK ? ATS_OK : ats_topics_not_made(cli, what, err);
}
