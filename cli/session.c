/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/session.h"

#include "cli/append.h"
#include "cli/cli.h"
#include "cli/fleet_copy.h"
#include "cli/kafka.h"
#include "cli/pending.h"
#include "cli/proposal.h"
#include "cli/topics.h"
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/base/utf8.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* A reason inside a sentence, in bytes: what to do must still fit. */
#define REASON_MAX 100

struct ats_session {
    const struct ats_cli *cli;
    struct ats_registry_pins pins;
    struct ats_store *store;
    struct ats_registry *registry;
    struct ats_kafka_reader *reader;
    struct ats_store_view *view;
    struct ats_signer signer;
    bool has_signer;
    const char *root; /* which one signs in the operator's place; NULL: none */
    bool synced;
    size_t foreign; /* records of other fleets that the last reading of the log met */
    char topic[ATS_KAFKA_TOPIC_MAX + 1];
};

struct ats_append_target ats_session_target(const struct ats_session *session)
{
    return (struct ats_append_target){.kafka = &session->cli->kafka,
                                      .topic = session->topic,
                                      .reader = session->reader,
                                      .registry = session->registry};
}

/* With a key of its own, made with the store; whoever has opened the store is alone here. */
static enum ats_status seal_store(struct ats_session *session, struct ats_error *err)
{
    struct ats_path path;
    struct ats_fleet_key key = {0};
    enum ats_status status = ats_fleet_path(session->cli, &path, err, "store.key.pem");
    if (status == ATS_OK)
        status = ats_fleet_key_open(&path, ATS_KEY_AGREEMENT, &key, err);
    if (status == ATS_OK)
        status = ats_fleet_key_write(&key, err);
    if (status == ATS_OK)
        ats_store_seal(session->store, key.pair.seed);
    ats_fleet_key_fini(&key);
    return status;
}

/* Two commands of one fleet take turns. */
static enum ats_status open_store(struct ats_session *session, struct ats_error *err)
{
    struct ats_path path;
    enum ats_status status = ats_fleet_path(session->cli, &path, err, "store");
    if (status != ATS_OK)
        return status;
    status = ats_fleet_store_open(path.text, ATS_CLI_STORE_TIMEOUT_MS, &session->store, err);
    if (status == ATS_ERR_EXISTS)
        return ats_error_set(err, ATS_ERR_UNAVAILABLE,
                             "another attestream command has had %s for %d s", path.text,
                             ATS_CLI_STORE_TIMEOUT_MS / 1000);
    if (status != ATS_OK)
        return status;
    status = seal_store(session, err);
    if (status != ATS_OK)
        return status;
    status = ats_registry_open(session->store, &session->pins, &session->registry, err);
    if (status == ATS_OK && ats_registry_was_emptied(session->registry))
        ats_cli_note("the copy in %s was altered, sealed with another key or made by an older "
                     "version: it is read from the control log again",
                     path.text);
    return status;
}

static enum ats_status open_reader(struct ats_session *session, struct ats_error *err)
{
    enum ats_status status =
        ats_kafka_topic_name(&session->cli->kafka, "control", session->topic, err);
    if (status != ATS_OK)
        return ats_cli_unusable(status, err);
    return ats_control_reader_open(&session->cli->kafka, session->topic, session->registry,
                                   &session->reader, err);
}

/* What a person can do about a log that cannot be read. */
static enum ats_status explain(struct ats_session *session, enum ats_status status,
                               struct ats_error *err)
{
    uint64_t count = ats_registry_count(session->registry);
    char why[REASON_MAX + 1];
    (void)snprintf(why, sizeof(why), "%.*s", ats_utf8_cut(err->text, REASON_MAX), err->text);
    if (status == ATS_ERR_INVALID)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "the topic %s does not continue this fleet's copy of %" PRIu64
                             " records (%s). Is this the right cluster and --topic-prefix? If so, "
                             "the topic has lost records, revocations included, that only copies "
                             "still hold: compare with another operator's (without Kafka, lists "
                             "show the copy), move %s/store away to have it read anew, and repeat "
                             "the commands for what is missing",
                             session->topic, count, why, session->cli->fleet);
    if (status == ATS_ERR_CORRUPT)
        return ats_error_set(err, status,
                             "the copy in %s/store was altered on disk (%s): remove that folder, "
                             "and the next command reads the log again",
                             session->cli->fleet, why);
    if (status != ATS_ERR_NOT_FOUND)
        return status;
    if (count > 0)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "the topic %s is not there, but this fleet's copy holds %" PRIu64
                             " records of it: is this the right cluster and --topic-prefix?",
                             session->topic, count);
    return ats_error_set(err, ATS_ERR_CONFIG,
                         "there is no control log: the topic %s is not there. Is this the right "
                         "cluster and --topic-prefix? A new fleet's is made by `attestream topics "
                         "create`",
                         session->topic);
}

static enum ats_status sync_log(struct ats_session *session, int64_t timeout_ms,
                                struct ats_error *err)
{
    struct ats_append_target target = ats_session_target(session);
    enum ats_status status = ats_append_sync(&target, timeout_ms, &session->foreign, err);
    session->synced = status == ATS_OK;
    return status;
}

/* The topic was made a moment ago: a reader that has just seen it missing asks again at its next probe, and may ask a broker
   that has not heard of the topic yet. */
static enum ats_status sync_new_log(struct ats_session *session, struct ats_error *err)
{
    int64_t deadline_ms = ats_clock_monotonic_ms(&ats_clock_system) + ATS_CLI_KAFKA_TIMEOUT_MS;
    enum ats_status status;
    do
        status = sync_log(session, ATS_CLI_KAFKA_TIMEOUT_MS, err);
    while (status == ATS_ERR_NOT_FOUND && ats_clock_monotonic_ms(&ats_clock_system) < deadline_ms);
    return status;
}

/* The pending records that the log does not have: a command that was killed may have left the first ones there. Borrowed. */
static enum ats_status find_missing(struct ats_session *session, const struct ats_pending *pending,
                                    struct ats_buf ret_values[ATS_PENDING_MAX], size_t *ret_count,
                                    struct ats_error *err)
{
    struct ats_store_view *view = NULL;
    enum ats_status status = ats_registry_view_open(session->registry, &view);
    if (status != ATS_OK)
        return ats_error_set(err, status, "the local copy cannot be read: %s",
                             ats_status_name(status));
    for (size_t i = 0; i < pending->count && status == ATS_OK; i++) {
        struct ats_control_record record;
        struct ats_control_record known;
        if (ats_control_record_decode(ats_buf_span(&pending->values[i]), &record) != ATS_OK)
            status =
                ats_error_set(err, ATS_ERR_CORRUPT, "pending record %zu cannot be read", i + 1);
        else if (ats_registry_find(view, record.kind, ats_span_text(record.name), &known) != ATS_OK)
            ret_values[(*ret_count)++] = pending->values[i];
    }
    ats_store_view_close(view);
    return status;
}

/* A fleet begins in a log of its own: two would make each other's records garbage for ever. */
static enum ats_status check_own_log(const struct ats_session *session, struct ats_error *err)
{
    if (ats_registry_count(session->registry) > 0 || session->foreign == 0)
        return ATS_OK;
    return ats_error_set(
        err, ATS_ERR_CONFIG,
        "the topic %s holds records of another fleet and none of this one: give this fleet's own "
        "--topic-prefix; a fleet that has just been made begins anew with topics of its own "
        "(remove "
        "its folder, then `attestream --topic-prefix PREFIX init`)",
        session->topic);
}

static enum ats_status publish_pending(struct ats_session *session,
                                       const struct ats_pending *pending, struct ats_error *err)
{
    struct ats_append_target target = ats_session_target(session);
    struct ats_buf missing[ATS_PENDING_MAX];
    size_t count = 0;
    enum ats_status status = find_missing(session, pending, missing, &count, err);
    if (status == ATS_OK && count > 0)
        status = ats_append(&target, missing, count, err);
    if (status == ATS_OK)
        ats_pending_remove(session->cli);
    return status;
}

/* The records of init go first. Where the topic is not there yet either, this is a new fleet, which makes it. */
static enum ats_status sync_for_writing(struct ats_session *session, struct ats_error *err)
{
    struct ats_pending pending;
    enum ats_status status = ats_pending_read(session->cli, &pending, err);
    if (status == ATS_OK)
        status = sync_log(session, ATS_CLI_KAFKA_TIMEOUT_MS, err);
    bool is_new = pending.count > 0 && ats_registry_count(session->registry) == 0;
    if (status == ATS_ERR_NOT_FOUND && is_new) {
        status = ats_topics_create_control(session->cli, err);
        if (status == ATS_OK)
            status = sync_new_log(session, err);
    }
    if (status != ATS_OK)
        status = explain(session, status, err);
    else
        status = check_own_log(session, err);
    if (status == ATS_OK && pending.count > 0)
        status = publish_pending(session, &pending, err);
    ats_pending_fini(&pending);
    return status;
}

/* Without a topic and without a copy there is nothing to show: most likely the prefix is another's. */
static bool has_nothing(const struct ats_session *session, enum ats_session_need need,
                        enum ats_status status)
{
    return status == ATS_ERR_NOT_FOUND && need == ATS_SESSION_READ &&
           ats_registry_count(session->registry) == 0 && !ats_pending_any(session->cli);
}

static enum ats_status sync_for_reading(struct ats_session *session, enum ats_session_need need,
                                        struct ats_error *err)
{
    enum ats_status status = sync_log(session, ATS_CLI_KAFKA_TIMEOUT_READ_MS, err);
    if (has_nothing(session, need, status))
        return explain(session, status, err);
    if (status != ATS_OK && status != ATS_ERR_UNAVAILABLE && status != ATS_ERR_NOT_FOUND)
        return explain(session, status, err);
    if (status != ATS_OK)
        ats_cli_note("shown as of control record %" PRIu64 ": %s",
                     ats_registry_count(session->registry), err->text);
    return check_own_log(session, err);
}

/* Kafka is awaited before the store is locked: a command that only reads does not wait behind one that waits for Kafka. */
static enum ats_status open_all(struct ats_session *session, enum ats_session_need need,
                                struct ats_error *err)
{
    enum ats_status status = ats_fleet_pins(session->cli, &session->pins, err);
    if (status == ATS_OK && need == ATS_SESSION_WRITE && session->cli->propose)
        status = ats_proposal_check_place(session->cli->propose, err);
    if (status == ATS_OK && need != ATS_SESSION_READ)
        status = ats_cli_await_kafka(session->cli, err);
    if (status == ATS_OK)
        status = open_store(session, err);
    if (status != ATS_OK)
        return status;
    status = open_reader(session, err);
    if (status != ATS_OK && need == ATS_SESSION_READ &&
        !ats_kafka_is_configured(&session->cli->kafka)) {
        ats_cli_note("shown as of control record %" PRIu64 ": %s",
                     ats_registry_count(session->registry), err->text);
        return ATS_OK;
    }
    if (status != ATS_OK)
        return status;
    return need == ATS_SESSION_WRITE ? sync_for_writing(session, err)
                                     : sync_for_reading(session, need, err);
}

static enum ats_status open_view(struct ats_session *session, struct ats_error *err)
{
    enum ats_status status = ats_registry_view_open(session->registry, &session->view);
    if (status != ATS_OK)
        return ats_error_set(err, status, "the local copy cannot be read: %s",
                             ats_status_name(status));
    return ATS_OK;
}

enum ats_status ats_session_open(const struct ats_cli *cli, enum ats_session_need need,
                                 struct ats_session **ret_session, struct ats_error *err)
{
    struct ats_session *session = calloc(1, sizeof(*session));
    if (!session)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    session->cli = cli;
    enum ats_status status = open_all(session, need, err);
    if (status == ATS_OK)
        status = open_view(session, err);
    if (status != ATS_OK) {
        ats_session_close(session);
        return status;
    }
    *ret_session = session;
    return ATS_OK;
}

enum ats_status ats_session_open_for_root(const struct ats_cli *cli, const char *root,
                                          struct ats_session **ret_session, struct ats_error *err)
{
    if (cli->operator_name)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "'%s' is signed by the %s, not by an operator: leave --operator out",
                             cli->command, root);
    if (cli->propose)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "--propose: what a root signs takes no second person");
    enum ats_status status = ats_session_open(cli, ATS_SESSION_WRITE, ret_session, err);
    if (status == ATS_OK)
        (*ret_session)->root = root;
    return status;
}

void ats_session_close(struct ats_session *session)
{
    if (!session)
        return;
    if (session->has_signer)
        ats_key_pair_fini(&session->signer.pair);
    if (session->view)
        ats_store_view_close(session->view);
    ats_kafka_reader_close(session->reader);
    ats_registry_close(session->registry);
    ats_store_close(session->store);
    free(session);
}

struct ats_store_view *ats_session_view(const struct ats_session *session)
{
    return session->view;
}

enum ats_status ats_session_renew(struct ats_session *session, struct ats_error *err)
{
    enum ats_status status = ats_store_view_renew(session->view);
    if (status != ATS_OK)
        return ats_error_set(err, status, "the local copy cannot be read: %s",
                             ats_status_name(status));
    return ATS_OK;
}

const struct ats_registry *ats_session_registry(const struct ats_session *session)
{
    return session->registry;
}

const struct ats_registry_pins *ats_session_pins(const struct ats_session *session)
{
    return &session->pins;
}

const struct ats_cli *ats_session_cli(const struct ats_session *session)
{
    return session->cli;
}

bool ats_session_is_synced(const struct ats_session *session)
{
    return session->synced;
}

enum ats_status ats_session_signer(struct ats_session *session,
                                   const struct ats_signer **ret_signer, struct ats_error *err)
{
    if (!session->has_signer) {
        enum ats_status status =
            ats_signer_open(session->cli, session->view, &session->signer, err);
        if (status != ATS_OK)
            return status;
        session->has_signer = true;
    }
    *ret_signer = &session->signer;
    return ATS_OK;
}

enum ats_status ats_session_sign_as_root(struct ats_session *session, const char *key_file,
                                         const struct ats_signer **ret_signer,
                                         struct ats_error *err)
{
    struct ats_path path;
    const char *name = session->root;
    assert(name);
    enum ats_status status = key_file
                                 ? ats_path_format(&path, err, "%s", key_file)
                                 : ats_fleet_path(session->cli, &path, err, "%s.key.pem", name);
    if (status == ATS_OK)
        status = ats_cli_unusable(
            ats_key_pair_read(path.text, ATS_KEY_SIGNING, &session->signer.pair, err), err);
    if (status != ATS_OK)
        return status;
    (void)snprintf(session->signer.name, sizeof(session->signer.name), "%s", name);
    session->has_signer = true;
    *ret_signer = &session->signer;
    return ATS_OK;
}

enum ats_status ats_session_find(struct ats_session *session, enum ats_control_kind kind,
                                 const char *name, struct ats_control_record *ret_record,
                                 struct ats_error *err)
{
    enum ats_status status =
        ats_registry_find(ats_session_view(session), kind, ats_span_text(name), ret_record);
    if (status == ATS_ERR_NOT_FOUND && kind == ATS_CONTROL_POLICY)
        return ats_error_set(err, ATS_ERR_REFUSED,
                             "there is no policy: one operator is enough for each act");
    if (status == ATS_ERR_NOT_FOUND)
        return ats_error_set(err, ATS_ERR_REFUSED, "there is no %s%s '%.128s'",
                             ats_control_kind_name(kind),
                             kind == ATS_CONTROL_PROCESSOR ? " group" : "", name);
    if (status == ATS_ERR_CORRUPT)
        return ats_error_set(err, status,
                             "the entry of %s '%.128s' was altered on disk: remove the folder "
                             "'store' of the fleet's, and the next command reads the log again",
                             ats_control_kind_name(kind), name);
    if (status != ATS_OK)
        return ats_error_set(err, status, "the local copy cannot be read: %s",
                             ats_status_name(status));
    return ATS_OK;
}
