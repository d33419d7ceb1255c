/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Another writer's record may come between what is counted here and its place in the log; the checkpoint is then refused as late
 * by everybody, and the next try follows. One record is under way at a time: while Kafka is away nothing piles up.
 */
#include "processor/runtime/checkpoint.h"

#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/control/checkpoint.h"
#include "common/kafka/producer.h"
#include "common/record/cloudevents.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define STEP_MS 200

/* What a record was sent with. */
enum { TO_CONTROL, TO_HEARTBEAT, TOPICS };

struct ats_checkpointer {
    struct ats_checkpointer_options options;
    struct ats_key_pair pair;
    char key_id[ATS_KEY_ID_SIZE];
    char control_topic[ATS_KAFKA_TOPIC_MAX + 1];
    char heartbeat_topic[ATS_KAFKA_TOPIC_MAX + 1];
    struct ats_kafka_producer *producer;
    size_t under_way;
    bool said_unsent;
    bool said_undelivered[TOPICS];
    struct ats_store_view *view;
    uint64_t generation; /* of the view */
    int turn;            /* negative: no scope */
    struct ats_registry_checkpoint last;
    int64_t log_time_ms; /* wall */
    bool said_behind;
    int64_t new_since_ms; /* monotonic; 0: nothing new since the last checkpoint */
    int64_t next_try_ms;  /* monotonic */
    int64_t
        tried_since_ms; /* monotonic, since when none of its checkpoints was taken; 0: none is awaited */
    int64_t tried_after_ms; /* the time of the newest one then */
    bool said_held_up;
    int64_t next_heartbeat_ms;
    pthread_t thread;
    atomic_bool stop;
};

static struct ats_registry *registry_of(const struct ats_checkpointer *checkpointer)
{
    return ats_control_registry(checkpointer->options.control);
}

static struct ats_checkpoint_signer signer_of(const struct ats_checkpointer *checkpointer)
{
    return (struct ats_checkpoint_signer){.fleet = checkpointer->options.fleet,
                                          .group = checkpointer->options.group,
                                          .member = checkpointer->options.member,
                                          .pair = &checkpointer->pair};
}

static bool read_group(const struct ats_checkpointer *checkpointer,
                       struct ats_body_processor *ret_body)
{
    struct ats_control_record record;
    return ats_registry_find(checkpointer->view, ATS_CONTROL_PROCESSOR,
                             ats_span_text(checkpointer->options.group), &record) == ATS_OK &&
           ats_body_processor_parse(record.body, ret_body) == ATS_OK;
}

/* Its place among those of the group that have the scope; negative without it, or under another key. */
static int find_turn(const struct ats_checkpointer *checkpointer)
{
    struct ats_body_processor body;
    uint8_t key[ATS_PUBLIC_KEY_SIZE];
    int turn = 0;
    const char *name = checkpointer->options.member;
    if (ats_heartbeat_find_signer(checkpointer->view, checkpointer->options.group, name,
                                  checkpointer->key_id, key) != ATS_OK ||
        !read_group(checkpointer, &body))
        return -1;
    for (size_t i = 0; i < body.member_count && strcmp(body.members[i].name, name) != 0; i++)
        turn += body.members[i].may_checkpoint ? 1 : 0;
    return turn < ATS_CONTROL_CHECKPOINT_TURNS ? turn : ATS_CONTROL_CHECKPOINT_TURNS;
}

/* With this key, whether or not it has the scope. */
static bool is_member(const struct ats_checkpointer *checkpointer)
{
    struct ats_body_processor body;
    if (!read_group(checkpointer, &body))
        return false;
    for (size_t i = 0; i < body.member_count; i++)
        if (strcmp(body.members[i].name, checkpointer->options.member) == 0)
            return memcmp(body.members[i].signing_key, checkpointer->pair.public_key,
                          ATS_PUBLIC_KEY_SIZE) == 0;
    return false;
}

static bool renew(struct ats_checkpointer *checkpointer)
{
    uint64_t generation = ats_registry_generation(registry_of(checkpointer));
    enum ats_status status = ATS_OK;
    const bool first = !checkpointer->view;
    if (checkpointer->view && generation == checkpointer->generation)
        return true;
    if (checkpointer->view)
        status = ats_store_view_renew(checkpointer->view);
    else
        status = ats_registry_view_open(registry_of(checkpointer), &checkpointer->view);
    if (status != ATS_OK)
        return false;
    checkpointer->generation = generation;
    if (ats_registry_checkpoint(checkpointer->view, &checkpointer->last) != ATS_OK)
        checkpointer->last = (struct ats_registry_checkpoint){0};
    if (ats_registry_log_time_ms(checkpointer->view, &checkpointer->log_time_ms) != ATS_OK)
        checkpointer->log_time_ms = 0;
    int turn = find_turn(checkpointer);
    /* At the start it may be one that has never had the scope. */
    if (turn < 0 && (first ? !is_member(checkpointer) : checkpointer->turn >= 0))
        ats_log_event(checkpointer->options.log, ATS_LOG_WARNING, "checkpoint.stopped",
                      "reason=\"the control log has another key of this member, not the scope "
                      "checkpoint, or the member no more\" hint=\"it signs no checkpoint and no "
                      "heartbeat: after `processor rotate-key` start it with the new folder, after "
                      "`processor remove` stop it\"");
    checkpointer->turn = turn;
    return true;
}

static const char *topic_of(const struct ats_checkpointer *checkpointer, uint64_t tag)
{
    return tag == TO_CONTROL ? checkpointer->control_topic : checkpointer->heartbeat_topic;
}

/* Once, until one is delivered; what was not is made anew, with a newer time. */
static void tell_undelivered(struct ats_checkpointer *checkpointer, uint64_t tag,
                             enum ats_status status)
{
    const struct ats_kafka_failure *failure = ats_kafka_producer_failure(checkpointer->producer);
    const char *topic = topic_of(checkpointer, tag);
    bool told = checkpointer->said_undelivered[tag];
    checkpointer->said_undelivered[tag] = true;
    if (!told)
        ats_log_event(checkpointer->options.log, ATS_LOG_WARNING, "checkpoint.undelivered",
                      "topic=%s reason=\"%s\" hint=\"a member with the scope checkpoint needs the "
                      "right to write there\"",
                      topic,
                      strcmp(failure->topic, topic) == 0 ? failure->text : ats_status_name(status));
}

static void on_delivered(void *ctx, uint64_t tag, enum ats_status status)
{
    struct ats_checkpointer *checkpointer = ctx;
    checkpointer->under_way--;
    if (status == ATS_OK)
        checkpointer->said_undelivered[tag] = false;
    else if (ats_status_class(status) != ATS_CLASS_RETRY)
        tell_undelivered(checkpointer, tag, status);
}

static enum ats_status open_producer(struct ats_checkpointer *checkpointer, struct ats_error *err)
{
    if (checkpointer->producer && ats_kafka_producer_failed(checkpointer->producer, NULL)) {
        ats_kafka_producer_close(checkpointer->producer);
        checkpointer->producer = NULL;
        checkpointer->under_way = 0;
    }
    if (checkpointer->producer)
        return ATS_OK;
    return ats_kafka_producer_open(checkpointer->options.kafka, on_delivered, NULL, checkpointer,
                                   &checkpointer->producer, err);
}

static void send_value(struct ats_checkpointer *checkpointer, uint64_t tag, const char *key,
                       const struct ats_buf *value)
{
    struct ats_error err = {0};
    const char *topic = topic_of(checkpointer, tag);
    struct ats_kafka_record record = {
        .topic = topic, .key = ats_span_text(key), .value = ats_buf_span(value)};
    ats_kafka_record_add_text(&record, "content-type", ATS_CONTENT_TYPE_AVRO);
    enum ats_status status = open_producer(checkpointer, &err);
    if (status == ATS_OK)
        status = ats_kafka_producer_send(checkpointer->producer, &record, tag, &err);
    bool told = checkpointer->said_unsent;
    checkpointer->said_unsent = status != ATS_OK;
    if (status == ATS_OK)
        checkpointer->under_way++;
    else if (!told)
        ats_log_event(checkpointer->options.log, ATS_LOG_WARNING, "checkpoint.unsent",
                      "topic=%s reason=\"%s\"", topic, err.text);
}

static void send_checkpoint(struct ats_checkpointer *checkpointer)
{
    char key[ATS_NAME_MAX + 16];
    struct ats_buf value;
    const struct ats_checkpoint_signer signer = signer_of(checkpointer);
    (void)snprintf(key, sizeof(key), "checkpoint/%s", signer.group);
    ats_buf_init(&value, ATS_CONTROL_RECORD_MAX);
    if (ats_checkpoint_write(&signer, registry_of(checkpointer),
                             ats_clock_wall_ms(&ats_clock_system), &value) == ATS_OK)
        send_value(checkpointer, TO_CONTROL, key, &value);
    ats_buf_fini(&value);
}

static void send_heartbeat(struct ats_checkpointer *checkpointer)
{
    char key[2 * ATS_NAME_MAX + 2];
    struct ats_buf value;
    const struct ats_checkpoint_signer signer = signer_of(checkpointer);
    (void)snprintf(key, sizeof(key), "%s/%s", signer.group, signer.member);
    ats_buf_init(&value, ATS_CONTROL_RECORD_MAX);
    if (ats_heartbeat_write(&signer, registry_of(checkpointer),
                            ats_clock_wall_ms(&ats_clock_system), &value) == ATS_OK)
        send_value(checkpointer, TO_HEARTBEAT, key, &value);
    ats_buf_fini(&value);
}

/* A time before the log's would be refused by everybody, and again each second. */
static bool is_clock_behind(struct ats_checkpointer *checkpointer)
{
    int64_t behind_ms = checkpointer->log_time_ms - ats_clock_wall_ms(&ats_clock_system);
    bool told = checkpointer->said_behind;
    checkpointer->said_behind = behind_ms > 0;
    if (behind_ms > 0 && !told)
        ats_log_event(checkpointer->options.log, ATS_LOG_WARNING, "checkpoint.clock-behind",
                      "by=%lldms hint=\"this machine's clock is behind the control log's time: no "
                      "checkpoints until it has caught up\"",
                      (long long)behind_ms);
    return behind_ms > 0;
}

/* Whether there are new records, or none for an hour, and its turn has come. */
static bool is_due(struct ats_checkpointer *checkpointer, int64_t now_ms)
{
    int64_t wait_ms = (int64_t)(checkpointer->turn + 1) * ATS_CONTROL_CHECKPOINT_TURN_MS;
    bool is_new = ats_registry_count(registry_of(checkpointer)) > checkpointer->last.count;
    if (!is_new)
        checkpointer->new_since_ms = 0;
    else if (checkpointer->new_since_ms == 0)
        checkpointer->new_since_ms = now_ms;
    if (now_ms < checkpointer->next_try_ms || is_clock_behind(checkpointer))
        return false;
    if (is_new)
        return now_ms - checkpointer->new_since_ms >= wait_ms;
    return ats_clock_wall_ms(&ats_clock_system) - checkpointer->last.time_ms >=
           ATS_CONTROL_CHECKPOINT_MS + wait_ms;
}

/* Whoever writes records that are accepted, one after the other, leaves no place for a checkpoint, and Kafka may keep them back: the log's
   time stands still then, and with it what expires by it. */
static void note_try(struct ats_checkpointer *checkpointer, int64_t now_ms)
{
    if (checkpointer->tried_since_ms == 0 ||
        checkpointer->tried_after_ms != checkpointer->last.time_ms) {
        checkpointer->tried_since_ms = now_ms;
        checkpointer->tried_after_ms = checkpointer->last.time_ms;
        checkpointer->said_held_up = false;
    }
    int64_t held_up_ms = now_ms - checkpointer->tried_since_ms;
    if (held_up_ms < ATS_CONTROL_CHECKPOINT_HELD_UP_MS || checkpointer->said_held_up)
        return;
    checkpointer->said_held_up = true;
    ats_log_event(
        checkpointer->options.log, ATS_LOG_WARNING, "checkpoint.held-up",
        "for=%llds hint=\"no checkpoint of this member was taken for so long: other records "
        "come between all the time, or Kafka keeps them back, or does not take them "
        "(checkpoint.undelivered). The control log's time stands "
        "still: operators, tokens and proposals end late\"",
        (long long)(held_up_ms / 1000));
}

static void step(struct ats_checkpointer *checkpointer)
{
    int64_t now_ms = ats_clock_monotonic_ms(&ats_clock_system);
    if (!ats_control_caught_up(checkpointer->options.control) || !renew(checkpointer) ||
        checkpointer->turn < 0 || checkpointer->under_way > 0)
        return;
    if (is_due(checkpointer, now_ms)) {
        checkpointer->next_try_ms = now_ms + ATS_CONTROL_CHECKPOINT_RETRY_MS;
        note_try(checkpointer, now_ms);
        send_checkpoint(checkpointer);
    } else if (now_ms >= checkpointer->next_heartbeat_ms) {
        checkpointer->next_heartbeat_ms = now_ms + ATS_CONTROL_HEARTBEAT_MS;
        send_heartbeat(checkpointer);
    }
}

static void *run(void *arg)
{
    struct ats_checkpointer *checkpointer = arg;
    const struct timespec pause = {.tv_nsec = STEP_MS * 1000000L};
    while (!atomic_load(&checkpointer->stop)) {
        step(checkpointer);
        if (checkpointer->producer)
            (void)ats_kafka_producer_poll(checkpointer->producer, STEP_MS);
        else
            (void)nanosleep(&pause, NULL);
    }
    return NULL;
}

static void free_checkpointer(struct ats_checkpointer *checkpointer)
{
    ats_kafka_producer_close(checkpointer->producer);
    ats_store_view_close(checkpointer->view);
    ats_key_pair_fini(&checkpointer->pair);
    free(checkpointer);
}

enum ats_status ats_checkpointer_start(const struct ats_checkpointer_options *options,
                                       struct ats_checkpointer **ret_checkpointer,
                                       struct ats_error *err)
{
    struct ats_checkpointer *checkpointer = calloc(1, sizeof(*checkpointer));
    if (!checkpointer)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory for the checkpoints");
    checkpointer->options = *options;
    enum ats_status status =
        ats_key_pair_read(options->key_path, ATS_KEY_SIGNING, &checkpointer->pair, err);
    if (status == ATS_OK)
        status = ats_kafka_topic_name(options->kafka, "control", checkpointer->control_topic, err);
    if (status == ATS_OK)
        status =
            ats_kafka_topic_name(options->kafka, "heartbeat", checkpointer->heartbeat_topic, err);
    ats_key_id(checkpointer->pair.public_key, checkpointer->key_id);
    if (status == ATS_OK && pthread_create(&checkpointer->thread, NULL, run, checkpointer) != 0)
        status = ats_error_set(err, ATS_ERR_MEMORY, "cannot start the thread for checkpoints");
    if (status != ATS_OK) {
        free_checkpointer(checkpointer);
        return status;
    }
    *ret_checkpointer = checkpointer;
    return ATS_OK;
}

void ats_checkpointer_stop(struct ats_checkpointer *checkpointer)
{
    if (!checkpointer)
        return;
    atomic_store(&checkpointer->stop, true);
    (void)pthread_join(checkpointer->thread, NULL);
    free_checkpointer(checkpointer);
}
