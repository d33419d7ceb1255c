/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thread: read the log from where the registry stands, apply, tell. Each trouble is said once, when it begins and
 * when it ends, not at each try:
 *
 *   any --brokers down--> UNAVAILABLE    any --topic unknown--> MISSING
 *   any --anything else--> BROKEN: the reader is closed and opened anew at intervals
 *   any --no room for the copy--> NO_ROOM: likewise; what did not fit is read again each time, and taken once there is room
 *   any --a record, or the log's end--> FOLLOWING
 *
 * BROKEN is also what another fleet's topic leads to, or one that was deleted and made anew: it does not hold the record that
 * the registry read last, be it that another stands there or that it ends before. Each reader that is opened is held to that
 * anew. The registry never goes below what it holds and stays in force; only a person can say which of the two is right.
 */
#include "common/control/follower.h"

#include "common/base/limits.h"
#include "common/control/import.h"
#include "common/control/mend.h"
#include "common/control/pull.h"
#include "common/control/room.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum condition { STARTING, FOLLOWING, UNAVAILABLE, MISSING, BROKEN, NO_ROOM };

struct change {
    enum ats_control_kind kind;
    char name[ATS_NAME_MAX + 1];
};

struct ats_control_follower {
    struct ats_control_follower_options options;
    char topic[ATS_KAFKA_TOPIC_MAX + 1];
    struct ats_kafka_reader *reader;
    struct ats_control_mend mend;
    struct ats_control_room room;
    enum condition condition;
    struct change changes[ATS_CONTROL_GROUP_MAX]; /* accepted in the group that is open */
    size_t change_count;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping;     /* under `lock` */
    char *import_path; /* under `lock`: to be taken, or NULL */
    atomic_bool stop;
    atomic_bool caught_up;
    atomic_bool following;
    /* Who waits for the log's end asks for it by number. That the reader has come to an end says nothing: it may have been a
       fetch that began long before. So the brokers are asked where the end is, after the question, and the questions up to
       that one are answered when the reader's position is there. */
    _Atomic uint64_t asked;    /* questions so far */
    _Atomic uint64_t answered; /* of them, those whose end has been read */
    uint64_t asking; /* the newest of those that `end` answers; as `answered`: none is open */
    int64_t end;
    int64_t saved_offset; /* what was stored last without an accepted record */
    int64_t next_save_ms;
    _Atomic uint64_t rejected[ATS_CONTROL_OUTCOME_COUNT];
    _Atomic uint64_t imports[ATS_CONTROL_IMPORT_COUNT];
};

static void enter(struct ats_control_follower *follower, enum condition condition,
                  const struct ats_error *err)
{
    static const char *const events[] = {
        [FOLLOWING] = "control.following",   [UNAVAILABLE] = "control.unavailable",
        [MISSING] = "control.topic-missing", [BROKEN] = "control.broken",
        [NO_ROOM] = "control.no-room",
    };
    if (follower->condition == condition)
        return;
    follower->condition = condition;
    atomic_store(&follower->following, condition == FOLLOWING);
    if (condition == FOLLOWING)
        ats_log_event(follower->options.log, ATS_LOG_INFO, events[condition], "topic=%s",
                      follower->topic);
    else
        ats_log_event(follower->options.log, ATS_LOG_WARNING, events[condition],
                      "topic=%s records=%" PRIu64 " reason=\"%s\"", follower->topic,
                      ats_registry_count(follower->options.registry), err->text);
}

/* Waits before the next try, or until stop. */
static void pause_before_retry(struct ats_control_follower *follower)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ATS_CONTROL_RETRY_INTERVAL_MS / 1000;
    (void)pthread_mutex_lock(&follower->lock);
    while (!follower->stopping && !follower->import_path &&
           pthread_cond_timedwait(&follower->wake, &follower->lock, &until) != ETIMEDOUT)
        ;
    (void)pthread_mutex_unlock(&follower->lock);
}

static void note_rejected(struct ats_control_follower *follower, int64_t offset,
                          enum ats_control_outcome outcome, const struct ats_error *reason)
{
    atomic_fetch_add(&follower->rejected[outcome], 1);
    /* Another writer's moment is no attack, and nothing that anybody has to do something about; it is counted. */
    enum ats_log_level level =
        outcome == ATS_CONTROL_LATE_CHECKPOINT ? ATS_LOG_DEBUG : ATS_LOG_WARNING;
    ats_log_event(follower->options.log, level, "control.rejected",
                  "offset=%" PRId64 " outcome=%s reason=\"%s\"", offset,
                  ats_control_outcome_name(outcome), reason->text);
}

static void note_accepted(struct ats_control_follower *follower, struct ats_span value)
{
    struct ats_control_record record;
    if (ats_control_record_decode(value, &record) != ATS_OK)
        return;
    struct change *change = &follower->changes[follower->change_count++];
    change->kind = record.kind;
    memcpy(change->name, record.name, sizeof(change->name));
}

static void note_pulled(void *ctx, const struct ats_kafka_record *record,
                        enum ats_control_outcome outcome, const struct ats_error *reason)
{
    struct ats_control_follower *follower = ctx;
    if (outcome == ATS_CONTROL_ACCEPTED)
        note_accepted(follower, record->value);
    else
        note_rejected(follower, record->offset, outcome, reason);
}

static void tell_changes(struct ats_control_follower *follower)
{
    for (size_t i = 0; i < follower->change_count; i++) {
        const struct change *change = &follower->changes[i];
        ats_log_event(follower->options.log, ATS_LOG_DEBUG, "control.accepted",
                      "kind=%s name=\"%s\"", ats_control_kind_name(change->kind), change->name);
        if (follower->options.changed)
            follower->options.changed(follower->options.ctx, change->kind,
                                      ats_span_text(change->name));
    }
    if (follower->change_count > 0 && follower->options.changed_all)
        follower->options.changed_all(follower->options.ctx);
}

/* Gives the reader up; it is opened anew after a pause. */
static void break_off(struct ats_control_follower *follower, enum condition condition,
                      const struct ats_error *err)
{
    enter(follower, condition, err);
    atomic_store(&follower->caught_up, false);
    ats_kafka_reader_close(follower->reader);
    follower->reader = NULL;
    follower->asking = atomic_load(&follower->answered);
    pause_before_retry(follower);
}

/* So that what was read and not taken is not read again after a restart. Where it cannot be stored it is. */
static void save_offset(struct ats_control_follower *follower, bool now)
{
    struct ats_error ignored = {0};
    int64_t offset = ats_registry_next_offset(follower->options.registry);
    int64_t now_ms = ats_clock_monotonic_ms(&ats_clock_system);
    if (offset == follower->saved_offset || (!now && now_ms < follower->next_save_ms))
        return;
    follower->next_save_ms = now_ms + ATS_CONTROL_SAVE_INTERVAL_MS;
    if (ats_registry_save_offset(follower->options.registry, &ignored) == ATS_OK)
        follower->saved_offset = offset;
}

/* The log's end says that the log is followed only if the log is ours. */
static void note_end(struct ats_control_follower *follower)
{
    struct ats_error err = {0};
    if (ats_registry_check_log(follower->options.registry, &err) != ATS_OK) {
        break_off(follower, BROKEN, &err);
        return;
    }
    enter(follower, FOLLOWING, NULL);
    atomic_store(&follower->caught_up, true);
    save_offset(follower, false);
}

/* What the reader says when it has no record. */
static void note_reader(struct ats_control_follower *follower, enum ats_status status,
                        const struct ats_error *err)
{
    switch (status) {
    case ATS_OK:
        enter(follower, FOLLOWING, NULL);
        break;
    case ATS_ERR_AGAIN:
        if (ats_kafka_reader_at_end(follower->reader))
            note_end(follower);
        break;
    case ATS_ERR_UNAVAILABLE:
        enter(follower, UNAVAILABLE, err);
        break;
    case ATS_ERR_NOT_FOUND:
        enter(follower, MISSING, err);
        break;
    default:
        break_off(follower, BROKEN, err);
    }
}

/* Only while the log can be read: else the question would use up its time each time. */
static void answer_questions(struct ats_control_follower *follower)
{
    uint64_t answered = atomic_load(&follower->answered);
    uint64_t asked = atomic_load(&follower->asked); /* before Kafka is asked */
    if (follower->condition != FOLLOWING || !follower->reader)
        return;
    if (follower->asking == answered && asked > answered &&
        ats_kafka_reader_ask_end(follower->reader, ATS_CONTROL_QUESTION_MS, &follower->end, NULL) ==
            ATS_OK)
        follower->asking = asked;
    if (follower->asking > answered && ats_kafka_reader_position(follower->reader) >= follower->end)
        atomic_store(&follower->answered, follower->asking);
}

static void tell_rebuilt(struct ats_control_follower *follower)
{
    if (follower->options.changed)
        follower->options.changed(follower->options.ctx, ATS_CONTROL_CONTRACT, ats_span_text(""));
    if (follower->options.changed_all)
        follower->options.changed_all(follower->options.ctx);
}

/* Nothing of the group was stored. Where the copy itself stands in the way, it is made anew and read on from where it is. */
static void note_failure(struct ats_control_follower *follower, enum ats_status status,
                         const struct ats_error *err)
{
    bool no_room = status == ATS_ERR_DISK || status == ATS_ERR_LIMIT;
    if (status != ATS_ERR_CORRUPT || !ats_control_mend_corrupt(&follower->mend, err)) {
        break_off(follower, no_room ? NO_ROOM : BROKEN, err);
        return;
    }
    ats_kafka_reader_close(follower->reader);
    follower->reader = NULL;
    follower->asking = atomic_load(&follower->answered);
    tell_rebuilt(follower);
}

static void follow_step(struct ats_control_follower *follower)
{
    struct ats_error err = {0};
    enum ats_status reader_status = ATS_OK;
    follower->change_count = 0;
    enum ats_status status =
        ats_control_pull(follower->reader, follower->options.registry, ATS_CONTROL_POLL_TIMEOUT_MS,
                         note_pulled, follower, &reader_status, &err);
    if (status != ATS_OK) {
        note_failure(follower, status, &err);
        return;
    }
    tell_changes(follower);
    note_reader(follower, reader_status, &err);
    answer_questions(follower);
    if (follower->condition == FOLLOWING && ats_control_mend(&follower->mend))
        tell_rebuilt(follower);
}

static void note_group(void *ctx)
{
    struct ats_control_follower *follower = ctx;
    tell_changes(follower);
    follower->change_count = 0;
}

static enum ats_control_import came_of(enum ats_status status, const struct ats_import *import)
{
    if (status != ATS_OK)
        return ATS_CONTROL_IMPORT_REFUSED;
    return import->left > 0 ? ATS_CONTROL_IMPORT_STOPPED : ATS_CONTROL_IMPORT_TAKEN;
}

static void tell_import(struct ats_control_follower *follower, const char *path,
                        enum ats_status status, const struct ats_import *import,
                        const struct ats_error *err)
{
    struct ats_log *log = follower->options.log;
    atomic_fetch_add(&follower->imports[came_of(status, import)], 1);
    if (status == ATS_OK)
        ats_log_event(log, ATS_LOG_INFO, "control.imported",
                      "file=%s records=%" PRIu64 " accepted=%" PRIu64 " next=%" PRId64,
                      ats_log_quote(path).text, import->taken, import->accepted,
                      ats_registry_next_offset(follower->options.registry));
    else
        ats_log_event(log, ATS_LOG_ERROR, "control.import-refused", "file=%s reason=\"%s\"",
                      ats_log_quote(path).text, err->text);
    if (status == ATS_OK && import->left > 0)
        ats_log_event(log, ATS_LOG_ERROR, "control.import-stopped",
                      "file=%s left=%" PRIu64 " offset=%" PRId64 " outcome=%s reason=\"%s\"",
                      ats_log_quote(path).text, import->left, import->stopped_at,
                      ats_control_outcome_name(import->outcome), import->reason.text);
}

/* The registry has moved: the reader is opened anew where it stands. */
static void import(struct ats_control_follower *follower)
{
    struct ats_import import = {0};
    struct ats_error err = {0};
    (void)pthread_mutex_lock(&follower->lock);
    char *path = follower->import_path;
    follower->import_path = NULL;
    (void)pthread_mutex_unlock(&follower->lock);
    if (!path)
        return;
    follower->change_count = 0;
    enum ats_status status = ats_control_import(follower->options.registry, path, note_pulled,
                                                note_group, follower, &import, &err);
    tell_import(follower, path, status, &import, &err);
    free(path);
    ats_kafka_reader_close(follower->reader);
    follower->reader = NULL;
    follower->asking = atomic_load(&follower->answered);
}

static enum ats_status open_reader(struct ats_control_follower *follower, struct ats_error *err)
{
    return ats_control_reader_open(follower->options.kafka, follower->topic,
                                   follower->options.registry, &follower->reader, err);
}

static void *run(void *arg)
{
    struct ats_control_follower *follower = arg;
    while (!atomic_load(&follower->stop)) {
        struct ats_error err = {0};
        import(follower);
        ats_control_room_look(&follower->room, ats_clock_monotonic_ms(&ats_clock_system));
        if (!follower->reader && open_reader(follower, &err) != ATS_OK)
            break_off(follower, BROKEN, &err);
        else
            follow_step(follower);
    }
    save_offset(follower, true);
    return NULL;
}

static enum ats_status init_sync(struct ats_control_follower *follower)
{
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0)
        return ATS_ERR_MEMORY;
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    int error = pthread_cond_init(&follower->wake, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    if (error != 0)
        return ATS_ERR_MEMORY;
    if (pthread_mutex_init(&follower->lock, NULL) == 0)
        return ATS_OK;
    (void)pthread_cond_destroy(&follower->wake);
    return ATS_ERR_MEMORY;
}

static void free_follower(struct ats_control_follower *follower)
{
    ats_kafka_reader_close(follower->reader);
    free(follower->import_path);
    (void)pthread_mutex_destroy(&follower->lock);
    (void)pthread_cond_destroy(&follower->wake);
    free(follower);
}

enum ats_status ats_control_follower_start(const struct ats_control_follower_options *options,
                                           struct ats_control_follower **ret_follower,
                                           struct ats_error *err)
{
    struct ats_control_follower *follower = calloc(1, sizeof(*follower));
    if (!follower || init_sync(follower) != ATS_OK) {
        free(follower);
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory for the control log's follower");
    }
    follower->options = *options;
    follower->mend = (struct ats_control_mend){.kafka = options->kafka,
                                               .topic = follower->topic,
                                               .registry = options->registry,
                                               .log = options->log,
                                               .stop = &follower->stop};
    follower->room = (struct ats_control_room){.registry = options->registry, .log = options->log};
    enum ats_status status = ats_kafka_topic_name(options->kafka, "control", follower->topic, err);
    /* Opened here so that a bad configuration stops the start. */
    if (status == ATS_OK)
        status = open_reader(follower, err);
    if (status == ATS_OK && pthread_create(&follower->thread, NULL, run, follower) != 0)
        status = ats_error_set(err, ATS_ERR_MEMORY, "cannot start the control log's follower");
    if (status != ATS_OK) {
        free_follower(follower);
        return status;
    }
    *ret_follower = follower;
    return ATS_OK;
}

bool ats_control_follower_caught_up(const struct ats_control_follower *follower)
{
    return atomic_load(&follower->caught_up);
}

bool ats_control_follower_following(const struct ats_control_follower *follower)
{
    return atomic_load(&follower->following);
}

uint64_t ats_control_follower_ask(struct ats_control_follower *follower)
{
    return atomic_fetch_add(&follower->asked, 1) + 1;
}

uint64_t ats_control_follower_read(const struct ats_control_follower *follower)
{
    return atomic_load(&follower->answered);
}

void ats_control_follower_import(struct ats_control_follower *follower, const char *path)
{
    char *copy = strdup(path);
    if (!copy)
        return;
    (void)pthread_mutex_lock(&follower->lock);
    free(follower->import_path);
    follower->import_path = copy;
    (void)pthread_cond_signal(&follower->wake);
    (void)pthread_mutex_unlock(&follower->lock);
}

uint64_t ats_control_follower_rejected(const struct ats_control_follower *follower,
                                       enum ats_control_outcome outcome)
{
    return atomic_load(&follower->rejected[outcome]);
}

uint64_t ats_control_follower_imports(const struct ats_control_follower *follower,
                                      enum ats_control_import import)
{
    return atomic_load(&follower->imports[import]);
}

void ats_control_follower_stop(struct ats_control_follower *follower)
{
    if (!follower)
        return;
    atomic_store(&follower->stop, true);
    (void)pthread_mutex_lock(&follower->lock);
    follower->stopping = true;
    (void)pthread_cond_signal(&follower->wake);
    (void)pthread_mutex_unlock(&follower->lock);
    (void)pthread_join(follower->thread, NULL);
    free_follower(follower);
}
