/* SPDX-License-Identifier: Apache-2.0 */
/* An entry that the judge alone reads, altered on disk or gone: the copy is made anew from the log, and the follower goes on. */
#include "tests/unit/common/control/fleet.h"
#include "tests/unit/common/kafka/mock.h"

#include "common/control/body_policy.h"
#include "common/control/checkpoint.h"
#include "common/control/follower.h"
#include "common/control/store_key.h"
#include "common/kafka/producer.h"

#include <sched.h>
#include <stdatomic.h>

#define RECORDS 11
/* What the copy has read before it is altered; the rest is read after. */
#define KNOWN 7

static const uint8_t secret[ATS_STORE_SECRET_SIZE] = {7};
static struct ats_buf values[RECORDS];
static struct ats_key_pair member;
static struct ats_body_device d1;
static struct ats_body_processor group;
static atomic_uint rebuilt;

static void open_sealed(void)
{
    cr_assert_eq(ats_store_open(fleet.folder, TEST_MAP_SIZE, &fleet.store, &fleet.err), ATS_OK);
    ats_store_seal(fleet.store, secret);
    cr_assert_eq(ats_registry_open(fleet.store, &fleet.pins, &fleet.registry, &fleet.err), ATS_OK,
                 "%s", fleet.err.text);
}

static void append(enum ats_control_kind kind, const char *name, const char *signer,
                   const struct ats_key_pair *pair, struct ats_buf *body)
{
    struct ats_buf *value = &values[fleet.offset];
    struct ats_control_record record = next_record(kind, name, signer, ats_buf_span(body));
    encode(&record, pair, value);
    cr_assert_eq(apply_value(ats_buf_span(value)), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_buf_fini(body);
}

#define BODY(kind, body, text)                                                                     \
    do {                                                                                           \
        ats_buf_init(text, ATS_CONTROL_RECORD_MAX);                                                \
        cr_assert_eq(ats_body_##kind##_format(body, text), ATS_OK);                                \
    } while (0)

static void append_device(const char *name, const struct ats_body_device *device)
{
    struct ats_buf text;
    BODY(device, device, &text);
    append(ATS_CONTROL_DEVICE, name, "op", &fleet.operator_, &text);
}

static void append_group(void)
{
    struct ats_buf text;
    BODY(processor, &group, &text);
    append(ATS_CONTROL_PROCESSOR, "g", "op", &fleet.operator_, &text);
}

static void append_operator(const struct ats_body_operator *body)
{
    struct ats_buf text;
    BODY(operator, body, &text);
    append(ATS_CONTROL_OPERATOR, "op", "root", &fleet.root, &text);
}

static void make_group(void)
{
    struct ats_key_pair agreement;
    ats_key_pair_generate(&agreement, ATS_KEY_AGREEMENT);
    ats_key_pair_generate(&member, ATS_KEY_SIGNING);
    group = (struct ats_body_processor){.member_count = 1};
    memcpy(group.agreement_key, agreement.public_key, sizeof(group.agreement_key));
    (void)snprintf(group.members[0].name, sizeof(group.members[0].name), "m1");
    memcpy(group.members[0].signing_key, member.public_key, ATS_PUBLIC_KEY_SIZE);
    group.members[0].may_checkpoint = true;
}

/* Root, operator, policy, group, d1, d2, a checkpoint. */
static void append_known(void)
{
    struct ats_body_root root = {0};
    struct ats_body_policy policy = {.hourly = 5};
    struct ats_body_operator op = operator_body("op", &fleet.operator_);
    struct ats_body_device d2 = device_body(ATS_DEVICE_ACTIVE);
    memcpy(root.root, fleet.root.public_key, sizeof(root.root));
    memcpy(root.successor, fleet.successor.public_key, sizeof(root.successor));
    struct ats_buf text;
    BODY(root, &root, &text);
    append(ATS_CONTROL_ROOT, "root", "root", &fleet.root, &text);
    append_operator(&op);
    BODY(policy, &policy, &text);
    append(ATS_CONTROL_POLICY, "policy", "root", &fleet.root, &text);
    append_group();
    append_device("d1", &d1);
    append_device("d2", &d2);
    struct ats_body_checkpoint place = {.count = ats_registry_count(fleet.registry)};
    ats_registry_chain(fleet.registry, place.chain);
    BODY(checkpoint, &place, &text);
    append(ATS_CONTROL_CHECKPOINT, "g", "m1", &member, &text);
    cr_assert_eq(fleet.offset, KNOWN);
}

/* Between them they make the judge read each class of entries: d1 twice, the group, and a revocation that reaches back to d2. */
static void append_rest(const struct ats_body_place *place)
{
    struct ats_body_operator op = operator_body("op", &fleet.operator_);
    append_device("d1", &d1);
    d1.state = ATS_DEVICE_SUSPENDED;
    append_device("d1", &d1);
    append_group();
    op.revoked = true;
    op.stands_until = *place;
    append_operator(&op);
    cr_assert_eq(fleet.offset, RECORDS);
}

/* Writes the whole log down, and leaves a copy that has read KNOWN of it. */
static void begin(void)
{
    struct ats_body_place place = {.count = 5};
    struct ats_store_view *view = NULL;
    struct ats_control_act act;
    fleet_begin();
    close_registry();
    open_sealed();
    d1 = device_body(ATS_DEVICE_ACTIVE);
    make_group();
    append_known();
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    cr_assert_eq(ats_control_act_get(view, place.count, &act), ATS_OK);
    ats_store_view_close(view);
    memcpy(place.chain, act.chain, sizeof(place.chain));
    append_rest(&place);
    close_registry();
    remove_store();
    open_sealed();
    fleet.offset = 0;
    for (size_t i = 0; i < KNOWN; i++)
        cr_assert_eq(apply_value(ats_buf_span(&values[i])), ATS_CONTROL_ACCEPTED);
}

static void end(void)
{
    for (size_t i = 0; i < RECORDS; i++)
        ats_buf_fini(&values[i]);
    fleet_end();
}

TestSuite(mend, .init = begin, .fini = end, .timeout = 120);

/* As somebody with access to the disk: without the seal's key. */
static void tamper(const char *key, bool remove_it)
{
    struct ats_store_batch *batch = NULL;
    struct ats_span value;
    close_registry();
    cr_assert_eq(ats_store_open(fleet.folder, TEST_MAP_SIZE, &fleet.store, &fleet.err), ATS_OK);
    cr_assert_eq(ats_store_batch_begin(fleet.store, &batch), ATS_OK);
    cr_assert_eq(ats_store_batch_get(batch, ats_span_text(key), &value), ATS_OK, "%s", key);
    if (remove_it)
        cr_assert_eq(ats_store_batch_delete(batch, ats_span_text(key)), ATS_OK);
    else
        cr_assert_eq(ats_store_batch_put(batch, ats_span_text(key),
                                         ats_span_text("altered, and not sealed by the process")),
                     ATS_OK);
    cr_assert_eq(ats_store_batch_commit(batch), ATS_OK);
    ats_store_close(fleet.store);
    open_sealed();
    cr_assert_eq(ats_registry_count(fleet.registry), KNOWN);
}

static void note(void *ctx, enum ats_log_level level, const char *line)
{
    (void)ctx;
    (void)level;
    if (strncmp(line, "control.copy-rebuilt ", 21) == 0)
        atomic_fetch_add(&rebuilt, 1);
}

static void ignore_delivery(void *ctx, uint64_t tag, enum ats_status status)
{
    (void)ctx;
    (void)tag;
    (void)status;
}

static void send_log(const struct ats_kafka_config *kafka)
{
    struct ats_kafka_producer *producer = NULL;
    struct ats_error err = {0};
    cr_assert_eq(ats_kafka_producer_open(kafka, ignore_delivery, NULL, NULL, &producer, &err),
                 ATS_OK, "%s", err.text);
    for (size_t i = 0; i < RECORDS; i++) {
        const struct ats_kafka_record record = {.topic = "ats.control",
                                                .value = ats_buf_span(&values[i])};
        cr_assert_eq(ats_kafka_producer_send(producer, &record, 0, &err), ATS_OK, "%s", err.text);
    }
    cr_assert_eq(ats_kafka_producer_flush(producer, 30000), ATS_OK);
    ats_kafka_producer_close(producer);
}

static void follow_to_the_end(void)
{
    struct mock_kafka mock;
    struct ats_control_follower *follower = NULL;
    struct ats_error err = {0};
    mock_kafka_begin(&mock, "ats.control");
    struct ats_log *log = ats_log_new(note, NULL, ATS_LOG_INFO, &ats_clock_system);
    const struct ats_control_follower_options options = {
        .kafka = &mock.config, .registry = fleet.registry, .log = log};
    send_log(&mock.config);
    cr_assert_eq(ats_control_follower_start(&options, &follower, &err), ATS_OK, "%s", err.text);
    uint64_t question = ats_control_follower_ask(follower);
    while (ats_control_follower_read(follower) < question)
        (void)sched_yield();
    ats_control_follower_stop(follower);
    ats_log_free(log);
    mock_kafka_end(&mock);
}

static void expect_mended(const char *key, bool remove_it)
{
    struct ats_store_view *view = NULL;
    struct ats_control_record record;
    atomic_store(&rebuilt, 0);
    tamper(key, remove_it);
    follow_to_the_end();
    cr_expect_eq(atomic_load(&rebuilt), 1, "%s", key);
    cr_expect_eq(ats_registry_count(fleet.registry), RECORDS, "%s", key);
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    cr_expect_eq(ats_registry_find(view, ATS_CONTROL_DEVICE, ats_span_text("d2"), &record),
                 ATS_ERR_NOT_FOUND, "the revocation holds: %s", key);
    ats_store_view_close(view);
}

Test(mend, an_operator_that_was_altered_is_made_anew_and_the_log_goes_on)
{
    expect_mended("r/operator/op", false);
}

Test(mend, a_policy_that_was_altered_is_made_anew_and_the_log_goes_on)
{
    expect_mended("r/policy/policy", false);
}

Test(mend, a_device_that_was_altered_is_made_anew_and_the_log_goes_on)
{
    expect_mended("r/device/d1", false);
}

Test(mend, the_time_that_was_altered_is_made_anew_and_the_log_goes_on)
{
    expect_mended(ATS_STORE_KEY_CHECKPOINT, false);
}

Test(mend, a_devices_key_that_was_altered_is_made_anew_and_the_log_goes_on)
{
    struct ats_store_key key = ats_store_key_device(d1.keys[0].id);
    expect_mended(key.text, false);
}

Test(mend, a_members_key_that_was_altered_is_made_anew_and_the_log_goes_on)
{
    char id[ATS_KEY_ID_SIZE];
    ats_key_id(member.public_key, id);
    struct ats_store_key key = ats_store_key_principal(id);
    expect_mended(key.text, false);
}

Test(mend, an_act_that_was_altered_is_made_anew_and_the_log_goes_on)
{
    struct ats_store_key key = ats_store_key_act(6);
    expect_mended(key.text, false);
}

Test(mend, an_act_that_is_gone_is_made_anew_and_the_log_goes_on)
{
    struct ats_store_key key = ats_store_key_act(6);
    expect_mended(key.text, true);
}

Test(mend, a_revision_that_was_altered_is_made_anew_and_the_log_goes_on)
{
    struct ats_store_key key = ats_store_key_revision(ATS_CONTROL_DEVICE, "d1", 1);
    expect_mended(key.text, false);
}

Test(mend, a_revision_that_is_gone_is_made_anew_and_the_log_goes_on)
{
    struct ats_store_key key = ats_store_key_revision(ATS_CONTROL_DEVICE, "d2", 1);
    expect_mended(key.text, true);
}
