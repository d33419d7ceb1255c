/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/common/control/fleet.h"
#include "tests/unit/common/kafka/mock.h"

#include "common/control/follower.h"
#include "common/kafka/producer.h"

#include <pthread.h>
#include <sched.h>

struct sink {
    pthread_mutex_t lock;
    pthread_cond_t said;
    unsigned following;
    unsigned unavailable;
    unsigned broken;
};

static struct sink sink = {.lock = PTHREAD_MUTEX_INITIALIZER, .said = PTHREAD_COND_INITIALIZER};

TestSuite(follower, .init = fleet_begin, .fini = fleet_end);
TestSuite(follower_with_copy, .init = fleet_begin_with_operator, .fini = fleet_end);

static void note(void *ctx, enum ats_log_level level, const char *line)
{
    (void)ctx;
    (void)level;
    (void)pthread_mutex_lock(&sink.lock);
    sink.following += strncmp(line, "control.following ", 18) == 0;
    sink.unavailable += strncmp(line, "control.unavailable ", 20) == 0;
    sink.broken += strncmp(line, "control.broken ", 15) == 0;
    (void)pthread_cond_signal(&sink.said);
    (void)pthread_mutex_unlock(&sink.lock);
}

static void wait_for(const unsigned *count)
{
    (void)pthread_mutex_lock(&sink.lock);
    while (*count == 0)
        (void)pthread_cond_wait(&sink.said, &sink.lock);
    (void)pthread_mutex_unlock(&sink.lock);
}

/* Port 1 of the loopback has no listener. */
Test(follower, says_once_that_kafka_is_down_and_stops_when_told)
{
    const struct ats_kafka_config kafka = {.bootstrap = "127.0.0.1:1"};
    struct ats_log *log = ats_log_new(note, NULL, ATS_LOG_INFO, &ats_clock_system);
    struct ats_control_follower *follower = NULL;
    struct ats_control_follower_options options = {
        .kafka = &kafka, .registry = fleet.registry, .log = log};
    struct ats_error err = {0};
    cr_assert_eq(ats_control_follower_start(&options, &follower, &err), ATS_OK, "%s", err.text);
    wait_for(&sink.unavailable);
    cr_assert_not(ats_control_follower_caught_up(follower));
    cr_assert_eq(ats_control_follower_rejected(follower, ATS_CONTROL_MALFORMED), 0);
    ats_control_follower_stop(follower);
    cr_assert_eq(sink.unavailable, 1);
    ats_log_free(log);
}

static void ignore_delivery(void *ctx, uint64_t tag, enum ats_status status)
{
    (void)ctx;
    (void)tag;
    (void)status;
}

/* A log in librdkafka's mock broker, a producer that writes to it, and a follower that has not begun. */
struct world {
    struct mock_kafka mock;
    struct ats_log *log;
    struct ats_kafka_producer *producer;
    struct ats_control_follower_options options;
    struct ats_control_follower *follower;
};

static void world_begin(struct world *world)
{
    struct ats_error err = {0};
    *world = (struct world){.log = ats_log_new(note, NULL, ATS_LOG_INFO, &ats_clock_system)};
    mock_kafka_begin(&world->mock, "ats.control");
    world->options = (struct ats_control_follower_options){
        .kafka = &world->mock.config, .registry = fleet.registry, .log = world->log};
    cr_assert_eq(ats_kafka_producer_open(&world->mock.config, ignore_delivery, NULL, NULL,
                                         &world->producer, &err),
                 ATS_OK, "%s", err.text);
}

static void world_follow(struct world *world)
{
    struct ats_error err = {0};
    cr_assert_eq(ats_control_follower_start(&world->options, &world->follower, &err), ATS_OK, "%s",
                 err.text);
}

static void world_catch_up(struct world *world)
{
    uint64_t question = ats_control_follower_ask(world->follower);
    while (ats_control_follower_read(world->follower) < question)
        (void)sched_yield();
}

static void world_end(struct world *world)
{
    ats_kafka_producer_close(world->producer);
    ats_log_free(world->log);
    mock_kafka_end(&world->mock);
}

/* The record is one that cannot hold, so that it shows in a counter. */
static void send_garbage(struct ats_kafka_producer *producer)
{
    const struct ats_kafka_record record = {.topic = "ats.control", .value = ats_span_text("x")};
    struct ats_error err = {0};
    cr_assert_eq(ats_kafka_producer_send(producer, &record, 0, &err), ATS_OK, "%s", err.text);
    cr_assert_eq(ats_kafka_producer_flush(producer, 30000), ATS_OK);
}

Test(follower, has_applied_what_was_in_the_log_at_a_question_when_it_answers, .timeout = 60)
{
    struct world world;
    world_begin(&world);
    world_follow(&world);
    for (uint64_t i = 1; i <= 5; i++) {
        send_garbage(world.producer);
        world_catch_up(&world);
        cr_assert_eq(ats_control_follower_rejected(world.follower, ATS_CONTROL_MALFORMED), i);
    }
    ats_control_follower_stop(world.follower);
    world_end(&world);
}

static void send_root(struct ats_kafka_producer *producer)
{
    struct ats_body_root body = {0};
    struct ats_buf text, value;
    struct ats_error err = {0};
    memcpy(body.root, fleet.root.public_key, sizeof(body.root));
    memcpy(body.successor, fleet.successor.public_key, sizeof(body.successor));
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_root_format(&body, &text), ATS_OK);
    struct ats_control_record record =
        next_record(ATS_CONTROL_ROOT, "root", "root", ats_buf_span(&text));
    encode(&record, &fleet.root, &value);
    const struct ats_kafka_record sent = {.topic = "ats.control", .value = ats_buf_span(&value)};
    cr_assert_eq(ats_kafka_producer_send(producer, &sent, 0, &err), ATS_OK, "%s", err.text);
    cr_assert_eq(ats_kafka_producer_flush(producer, 30000), ATS_OK);
    ats_buf_fini(&value);
    ats_buf_fini(&text);
}

struct told {
    unsigned changes;
    unsigned groups;
};

static void count_change(void *ctx, enum ats_control_kind kind, struct ats_span name)
{
    struct told *told = ctx;
    (void)kind;
    (void)name;
    told->changes++;
}

static void count_group(void *ctx)
{
    struct told *told = ctx;
    told->groups++;
}

static void send_operators(struct ats_kafka_producer *producer, int count)
{
    struct ats_body_operator body = operator_body("op", &fleet.operator_);
    struct ats_buf text, value;
    struct ats_error err = {0};
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    body.kinds = 1U << ATS_CONTROL_CONTRACT;
    body.certificate_len = 0;
    for (int i = 0; i < count; i++) {
        char name[16];
        struct ats_key_pair pair;
        ats_key_pair_generate(&pair, ATS_KEY_SIGNING);
        memcpy(body.key, pair.public_key, sizeof(body.key));
        ats_buf_clear(&text);
        cr_assert_eq(ats_body_operator_format(&body, &text), ATS_OK);
        (void)snprintf(name, sizeof(name), "op-%d", i);
        struct ats_control_record record =
            next_record(ATS_CONTROL_OPERATOR, name, "root", ats_buf_span(&text));
        encode(&record, &fleet.root, &value);
        const struct ats_kafka_record sent = {.topic = "ats.control",
                                              .value = ats_buf_span(&value)};
        cr_assert_eq(ats_kafka_producer_send(producer, &sent, 0, &err), ATS_OK, "%s", err.text);
        ats_buf_fini(&value);
    }
    cr_assert_eq(ats_kafka_producer_flush(producer, 30000), ATS_OK);
    ats_buf_fini(&text);
}

Test(follower, tells_of_a_group_of_records_once, .timeout = 60)
{
    struct world world;
    struct told told = {0};
    world_begin(&world);
    world.options.changed = count_change;
    world.options.changed_all = count_group;
    world.options.ctx = &told;
    send_root(world.producer);
    send_operators(world.producer, 100);
    world_follow(&world);
    while (ats_registry_count(fleet.registry) < 101)
        (void)sched_yield();
    ats_control_follower_stop(world.follower);
    cr_assert_eq(told.changes, 101);
    cr_assert_geq(told.groups, 1);
    cr_assert_lt(told.groups, 50, "%u", told.groups);
    world_end(&world);
}

Test(follower, does_not_read_again_what_nobody_took, .timeout = 60)
{
    struct world world;
    world_begin(&world);
    send_root(world.producer);
    world_follow(&world);
    for (int i = 0; i < 3; i++) {
        send_garbage(world.producer);
        world_catch_up(&world);
    }
    ats_control_follower_stop(world.follower);
    close_registry();
    open_registry();
    cr_assert_eq(ats_registry_count(fleet.registry), 1);
    cr_assert_eq(ats_registry_next_offset(fleet.registry), 4);
    world_end(&world);
}

/* The copy holds two records, the log one: what the copy read last is gone. */
Test(follower_with_copy, does_not_follow_a_log_that_ends_before_what_the_copy_read, .timeout = 60)
{
    struct world world;
    world_begin(&world);
    send_garbage(world.producer);
    world_follow(&world);
    wait_for(&sink.broken);
    cr_assert_not(ats_control_follower_caught_up(world.follower));
    ats_control_follower_stop(world.follower);
    cr_assert_eq(sink.following, 0);
    cr_assert_eq(ats_registry_count(fleet.registry), 2);
    world_end(&world);
}

Test(follower, refuses_to_start_without_a_place_to_look_for_kafka)
{
    const struct ats_kafka_config kafka = {.config_file = "/nowhere/kafka.properties"};
    struct ats_control_follower *follower = NULL;
    struct ats_control_follower_options options = {.kafka = &kafka, .registry = fleet.registry};
    struct ats_error err = {0};
    cr_assert_neq(ats_control_follower_start(&options, &follower, &err), ATS_OK);
    cr_assert_not_null(strstr(err.text, "/nowhere/kafka.properties"));
}

Test(follower, refuses_a_topic_prefix_that_kafka_does_not_take)
{
    const struct ats_kafka_config kafka = {.bootstrap = "127.0.0.1:1", .topic_prefix = "a b/"};
    struct ats_control_follower *follower = NULL;
    struct ats_control_follower_options options = {.kafka = &kafka, .registry = fleet.registry};
    struct ats_error err = {0};
    cr_assert_neq(ats_control_follower_start(&options, &follower, &err), ATS_OK);
    cr_assert_str_not_empty(err.text);
}
