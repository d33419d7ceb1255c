/* SPDX-License-Identifier: Apache-2.0 */
/* A member's checkpoints against a cluster that does not take them. */
#include "processor/runtime/checkpoint.h"
#include "tests/unit/common/control/fleet.h"
#include "tests/unit/common/kafka/mock.h"

#include "common/kafka/producer.h"

#include <pthread.h>
#include <sched.h>

#define GROUP "line-1"
#define MEMBER "m1"
#define PRODUCE 0 /* Kafka's number of that request */

static struct {
    struct mock_kafka mock;
    struct ats_kafka_producer *producer;
    struct ats_key_pair member;
    struct ats_key_pair group;
    char folder[64];
    char key_path[96];
    struct ats_log *log;
    struct ats_control *control;
    _Atomic int undelivered;
    _Atomic int others;
} the;

static void note(void *ctx, enum ats_log_level level, const char *line)
{
    (void)ctx;
    (void)level;
    if (strncmp(line, "checkpoint.undelivered ", 23) != 0)
        return;
    bool whole = strstr(line, "topic=ats.control ") && strstr(line, "uthoriz");
    atomic_fetch_add(whole ? &the.undelivered : &the.others, 1);
}

static void ignore_delivery(void *ctx, uint64_t tag, enum ats_status status)
{
    (void)ctx;
    (void)tag;
    (void)status;
}

static void append(enum ats_control_kind kind, const char *name, const char *signer,
                   const struct ats_key_pair *pair, struct ats_buf *text)
{
    struct ats_buf value;
    struct ats_error err = {0};
    struct ats_control_record record = next_record(kind, name, signer, ats_buf_span(text));
    encode(&record, pair, &value);
    cr_assert_eq(apply_value(ats_buf_span(&value)), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    const struct ats_kafka_record sent = {.topic = "ats.control", .value = ats_buf_span(&value)};
    cr_assert_eq(ats_kafka_producer_send(the.producer, &sent, 0, &err), ATS_OK, "%s", err.text);
    cr_assert_eq(ats_kafka_producer_flush(the.producer, 30000), ATS_OK);
    ats_buf_clear(text);
    ats_buf_fini(&value);
}

/* Root, operator, and a group whose member has the scope. */
static void fill_log(void)
{
    struct ats_buf text;
    struct ats_body_root root = {0};
    struct ats_body_operator op = operator_body("op", &fleet.operator_);
    struct ats_body_processor group = {.member_count = 1};
    memcpy(root.root, fleet.root.public_key, sizeof(root.root));
    memcpy(root.successor, fleet.successor.public_key, sizeof(root.successor));
    memcpy(group.agreement_key, the.group.public_key, sizeof(group.agreement_key));
    (void)snprintf(group.members[0].name, sizeof(group.members[0].name), MEMBER);
    memcpy(group.members[0].signing_key, the.member.public_key, ATS_PUBLIC_KEY_SIZE);
    group.members[0].may_checkpoint = true;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_root_format(&root, &text), ATS_OK);
    append(ATS_CONTROL_ROOT, "root", "root", &fleet.root, &text);
    cr_assert_eq(ats_body_operator_format(&op, &text), ATS_OK);
    append(ATS_CONTROL_OPERATOR, "op", "root", &fleet.root, &text);
    cr_assert_eq(ats_body_processor_format(&group, &text), ATS_OK);
    append(ATS_CONTROL_PROCESSOR, GROUP, "op", &fleet.operator_, &text);
    ats_buf_fini(&text);
}

static void begin(void)
{
    struct ats_error err = {0};
    fleet_begin();
    ats_key_pair_generate(&the.member, ATS_KEY_SIGNING);
    ats_key_pair_generate(&the.group, ATS_KEY_AGREEMENT);
    (void)snprintf(the.folder, sizeof(the.folder), "/tmp/ats-checkpoint-XXXXXX");
    cr_assert_not_null(mkdtemp(the.folder));
    (void)snprintf(the.key_path, sizeof(the.key_path), "%s/processor.key.pem", the.folder);
    cr_assert_eq(ats_key_pair_write(&the.member, the.key_path, &err), ATS_OK, "%s", err.text);
    mock_kafka_begin(&the.mock, "ats.control");
    (void)rd_kafka_mock_topic_create(the.mock.cluster, "ats.heartbeat", 1, 1);
    cr_assert_eq(
        ats_kafka_producer_open(&the.mock.config, ignore_delivery, NULL, NULL, &the.producer, &err),
        ATS_OK, "%s", err.text);
    fill_log();
    the.log = ats_log_new(note, NULL, ATS_LOG_INFO, &ats_clock_system);
    const struct ats_control_options options = {.kafka = &the.mock.config,
                                                .pins = &fleet.pins,
                                                .state_folder = the.folder,
                                                .group = GROUP,
                                                .group_key = &the.group,
                                                .log = the.log};
    cr_assert_eq(ats_control_open(&options, &the.control, &err), ATS_OK, "%s", err.text);
    cr_assert_eq(ats_control_follow(the.control, &err), ATS_OK, "%s", err.text);
}

static void end(void)
{
    static const char *const names[] = {"control/lock", "control/data.mdb", "control/lock.mdb",
                                        "processor.key.pem"};
    char path[128];
    ats_control_close(the.control);
    ats_kafka_producer_close(the.producer);
    mock_kafka_end(&the.mock);
    ats_log_free(the.log);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", the.folder, names[i]);
        (void)unlink(path);
    }
    (void)snprintf(path, sizeof(path), "%s/control", the.folder);
    (void)rmdir(path);
    (void)rmdir(the.folder);
    fleet_end();
}

TestSuite(checkpointer, .init = begin, .fini = end, .timeout = 60);

Test(checkpointer, says_why_kafka_does_not_take_a_checkpoint_and_goes_on_once_it_does)
{
    struct ats_checkpointer *checkpointer = NULL;
    struct ats_error err = {0};
    uint64_t count = ats_registry_count(fleet.registry);
    const struct ats_checkpointer_options options = {.kafka = &the.mock.config,
                                                     .control = the.control,
                                                     .fleet = fleet.id,
                                                     .group = GROUP,
                                                     .member = MEMBER,
                                                     .key_path = the.key_path,
                                                     .log = the.log};
    while (ats_registry_count(ats_control_registry(the.control)) < count)
        (void)sched_yield();
    cr_assert_eq(ats_checkpointer_start(&options, &checkpointer, &err), ATS_OK, "%s", err.text);
    /* Its first record is a heartbeat, as its turn for a checkpoint comes later. */
    while (!ats_control_caught_up(the.control))
        (void)sched_yield();
    rd_kafka_mock_push_request_errors(
        the.mock.cluster, PRODUCE, 3, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
        RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    while (ats_registry_count(ats_control_registry(the.control)) == count)
        (void)sched_yield();
    ats_checkpointer_stop(checkpointer);
    cr_assert_eq(atomic_load(&the.undelivered), 1);
    cr_assert_leq(atomic_load(&the.others), 1);
}
