/* SPDX-License-Identifier: Apache-2.0 */
/* What one device may leave in the broker for good, whatever it does with its connections. */
#include "plugin/lasting.h"
#include "tests/unit/plugin/gate_fixture.h"

#define RETAINED 64 /* the default of device_retained_topics */

static void setup(void)
{
    fixture_open(NULL, NULL, NULL);
    connect_with_token();
}

TestSuite(lasting, .init = setup, .fini = fixture_end);

static enum ats_gate_access subscribe(const char *filter)
{
    struct ats_gate_client client = device_client();
    return ats_gate_may_subscribe(fix.gate, &client, filter);
}

static int granted(int count, const char *format)
{
    int sum = 0;
    for (int i = 0; i < count; i++) {
        char filter[128];
        (void)snprintf(filter, sizeof(filter), "%s/%d", format, i);
        sum += subscribe(filter) == ATS_GATE_ALLOW;
    }
    return sum;
}

static void come_back(void)
{
    ats_gate_disconnected(fix.gate, &handles[0]);
    ats_gate_tick(fix.gate);
    connect_with_token();
}

Test(lasting, a_device_has_so_many_subscriptions_and_the_same_again_after_a_reconnect)
{
    cr_assert_eq(granted(1000, "commands/" DEVICE), ATS_GATE_DEVICE_NAMES_MAX);
    come_back();
    cr_assert_eq(granted(1000, "commands/" DEVICE), ATS_GATE_DEVICE_NAMES_MAX);
    cr_assert_eq(granted(1000, "commands/" DEVICE "/new"), 0);
    cr_assert_eq(subscribe("ats/receipts/" DEVICE), ATS_GATE_ALLOW);
    cr_assert_gt(
        ats_counter_get(&fix.gate->metrics.subscriptions_refused[ATS_REASON_SUBSCRIPTIONS_FULL]),
        1000);
}

Test(lasting, no_subscription_has_levels_or_bytes_without_end)
{
    char filter[2048] = "commands/" DEVICE;
    for (int i = 0; i < 7; i++)
        (void)strncat(filter, "/a", sizeof(filter) - strlen(filter) - 1);
    cr_assert_eq(subscribe(filter), ATS_GATE_ALLOW);
    for (int i = 0; i < 4; i++)
        (void)strncat(filter, "/a", sizeof(filter) - strlen(filter) - 1);
    cr_assert_eq(subscribe(filter), ATS_GATE_DENY);
    (void)snprintf(filter, sizeof(filter), "commands/" DEVICE "/%01000d", 1);
    cr_assert_eq(subscribe(filter), ATS_GATE_DENY);
    cr_assert_eq(subscribe("commands/" DEVICE "/#"), ATS_GATE_ALLOW);
}

Test(lasting, where_the_brokers_rules_decide_they_do)
{
    fixture_end();
    fixture_open(NULL, "device_reads", "broker_rules");
    connect_with_token();
    cr_assert_eq(granted(100, "plant"), 100);
}

static enum ats_gate_access publish_elsewhere(const char *topic, bool retain)
{
    struct ats_gate_client client = device_client();
    struct ats_gate_publish publish = {
        .topic = topic, .payload = ats_span_text("x"), .qos = 0, .retain = retain};
    return ats_gate_may_publish(fix.gate, &client, &publish);
}

Test(lasting, a_device_leaves_so_many_retained_messages)
{
    int sum = 0;
    char topic[64];
    for (int round = 0; round < 2; round++) {
        sum = 0;
        for (int i = 0; i < 1000; i++) {
            (void)snprintf(topic, sizeof(topic), "office/%d", i);
            cr_assert_eq(publish_elsewhere(topic, false), ATS_GATE_ALLOW);
            sum += publish_elsewhere(topic, true) == ATS_GATE_ALLOW;
            if (sum == RETAINED && i > 100)
                break; /* the connection is to be closed by then, on MQTT 3.1.1 */
        }
        cr_assert_eq(sum, RETAINED);
        come_back();
    }
    cr_assert_gt(refused(ATS_REASON_RETAINED_FULL), 0);
    struct ats_gate_client client = device_client();
    struct ats_gate_publish away = {.topic = "office/never", .retain = true};
    cr_assert_eq(ats_gate_may_publish(fix.gate, &client, &away), ATS_GATE_ALLOW, "it frees room");
}

static int retained(int tries)
{
    int sum = 0;
    char topic[64];
    for (int i = 0; i < tries; i++) {
        (void)snprintf(topic, sizeof(topic), "office/%d", i);
        sum += publish_elsewhere(topic, true) == ATS_GATE_ALLOW;
    }
    return sum;
}

Test(lasting, how_many_retained_messages_a_device_leaves_is_an_option)
{
    fixture_end();
    fixture_open(NULL, "device_retained_topics", "3");
    connect_with_token();
    cr_assert_eq(retained(8), 3);
    cr_assert_gt(refused(ATS_REASON_RETAINED_FULL), 0);
}

Test(lasting, with_0_retained_topics_have_no_limit)
{
    fixture_end();
    fixture_open(NULL, "device_retained_topics", "0");
    connect_with_token();
    cr_assert_eq(retained(1000), 1000);
}

/* Governed ones count as well, once they are admitted. */
Test(lasting, a_retained_publish_under_a_contract_counts_too)
{
    struct ats_gate_client client = device_client();
    struct ats_gate_publish publish = {
        .topic = TOPIC, .payload = ats_span_text(GOOD_PAYLOAD), .qos = 1, .retain = true};
    for (int i = 0; i < RETAINED - 1; i++) {
        char topic[64];
        (void)snprintf(topic, sizeof(topic), "office/%d", i);
        cr_assert_eq(publish_elsewhere(topic, true), ATS_GATE_ALLOW);
    }
    publish.payload = ats_span_text("poison");
    cr_assert_eq(ats_gate_publish(fix.gate, &client, &publish), ATS_GATE_REJECT);
    publish.payload = ats_span_text(GOOD_PAYLOAD);
    cr_assert_eq(ats_gate_publish(fix.gate, &client, &publish), ATS_GATE_PASS, "%s", fix.log);
    cr_assert_eq(publish_elsewhere("office/last", true), ATS_GATE_DENY);
    cr_assert_eq(ats_gate_publish(fix.gate, &client, &publish), ATS_GATE_PASS);
}

static enum ats_reason connects_as(const char *client_id)
{
    struct ats_gate_client client = client_at(1, client_id, DEVICE, true);
    return ats_lasting_client_id(fix.gate, DEVICE, &client);
}

Test(lasting, a_device_has_a_few_client_ids_and_now_and_then_a_new_one)
{
    char id[64];
    for (int i = 0; i < ATS_GATE_DEVICE_NAMES_MAX; i++) {
        (void)snprintf(id, sizeof(id), DEVICE "/%d", i);
        cr_assert_eq(connects_as(id), ATS_REASON_NONE, "%s", id);
    }
    cr_assert_eq(connects_as(DEVICE "/one-more"), ATS_REASON_BUSY_DEVICE);
    for (int i = 0; i < 100; i++)
        cr_assert_eq(connects_as(DEVICE "/3"), ATS_REASON_NONE, "it is known");
    cr_assert_eq(connects_as(DEVICE), ATS_REASON_NONE);
    come_back();
    cr_assert_eq(connects_as(DEVICE "/one-more"), ATS_REASON_BUSY_DEVICE);
    fix.monotonic_ms += ATS_GATE_DEVICE_NEW_NAME_MS + 1;
    cr_assert_eq(connects_as(DEVICE "/one-more"), ATS_REASON_NONE);
    cr_assert_eq(connects_as(DEVICE "/0"), ATS_REASON_BUSY_DEVICE, "the oldest was given up");
    cr_assert_eq(connects_as(DEVICE "/1"), ATS_REASON_NONE);
}

Test(lasting, a_session_that_the_broker_keeps_nothing_of_may_have_any_client_id)
{
    char id[64];
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(id, sizeof(id), DEVICE "-%d", i);
        struct ats_gate_client client = client_at(1, id, DEVICE, false);
        client.leaves_nothing = true;
        cr_assert_eq(ats_lasting_client_id(fix.gate, DEVICE, &client), ATS_REASON_NONE);
    }
}

Test(lasting, a_device_gets_another_subscription_in_a_while)
{
    cr_assert_eq(granted(100, "commands/" DEVICE "/job"), ATS_GATE_DEVICE_NAMES_MAX);
    cr_assert_eq(subscribe("commands/" DEVICE "/next"), ATS_GATE_DENY);
    fix.monotonic_ms += ATS_GATE_DEVICE_NEW_NAME_MS + 1;
    cr_assert_eq(subscribe("commands/" DEVICE "/next"), ATS_GATE_ALLOW);
    cr_assert_eq(subscribe("commands/" DEVICE "/other"), ATS_GATE_DENY);
}

/* On connections without end. */
Test(lasting, one_devices_refusals_leave_others_their_receipts_and_lines)
{
    static const char *const ids[] = {DEVICE "/a", DEVICE "/b", DEVICE "/c"};
    for (int i = 0; i < 3; i++) {
        struct ats_gate_client client = client_at(i + 1, ids[i], DEVICE, true);
        cr_assert_eq(ats_gate_connect(fix.gate, &client, good_token()), ATS_GATE_ALLOW, "%s",
                     fix.log);
        for (int j = 0; j < 100; j++)
            cr_assert_eq(publish_as(&client, "site/hall/press-18/env", GOOD_PAYLOAD),
                         ATS_GATE_REJECT);
    }
    cr_assert_eq(fix.receipt_count, ATS_GATE_RECEIPTS_PER_DEVICE);
    cr_assert_eq(lines_with("publish.refused"), ATS_GATE_LOG_LINES_PER_DEVICE);
    fix.monotonic_ms += 1000;
    connect_with_token();
    struct ats_gate_client client = device_client();
    (void)publish_as(&client, "site/hall/press-18/env", GOOD_PAYLOAD);
    cr_assert_not_null(strstr(fix.log, "not_logged=290"), "%s", fix.log);
}
