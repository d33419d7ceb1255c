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

/* As a broker does it: the access check, then the message. */
static bool passes(const char *topic, const char *payload, bool retain)
{
    struct ats_gate_client client = device_client();
    struct ats_gate_publish publish = publish_of(topic, payload);
    publish.retain = retain;
    return ats_gate_may_publish(fix.gate, &client, &publish) == ATS_GATE_ALLOW &&
           ats_gate_publish(fix.gate, &client, &publish) == ATS_GATE_PASS;
}

static bool publish_elsewhere(const char *topic, bool retain)
{
    return passes(topic, "x", retain);
}

Test(lasting, a_device_leaves_so_many_retained_messages)
{
    int sum = 0;
    char topic[64];
    for (int round = 0; round < 2; round++) {
        sum = 0;
        for (int i = 0; i < 1000; i++) {
            (void)snprintf(topic, sizeof(topic), "office/%d", i);
            cr_assert(publish_elsewhere(topic, false));
            sum += publish_elsewhere(topic, true);
            if (sum == RETAINED && i > 100)
                break; /* the connection is to be closed by then, on MQTT 3.1.1 */
        }
        cr_assert_eq(sum, RETAINED);
        come_back();
    }
    cr_assert_gt(refused(ATS_REASON_RETAINED_FULL), 0);
    cr_assert(passes("office/never", "", true), "it frees room");
}

static int retained(int tries)
{
    int sum = 0;
    char topic[64];
    for (int i = 0; i < tries; i++) {
        (void)snprintf(topic, sizeof(topic), "office/%d", i);
        sum += publish_elsewhere(topic, true);
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

Test(lasting, an_older_client_is_not_cut_off_for_what_no_contract_governs)
{
    struct ats_gate_client client = device_client();
    struct ats_gate_publish publish = {
        .topic = "office/last", .payload = ats_span_text("x"), .qos = 1, .retain = true};
    client.mqtt5 = false;
    cr_assert_eq(retained(RETAINED), RETAINED);
    cr_assert_eq(ats_gate_publish(fix.gate, &client, &publish), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_RETAINED_FULL), 1);
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
        cr_assert(publish_elsewhere(topic, true));
    }
    publish.payload = ats_span_text("poison");
    cr_assert_eq(ats_gate_publish(fix.gate, &client, &publish), ATS_GATE_REJECT);
    publish.payload = ats_span_text(GOOD_PAYLOAD);
    cr_assert_eq(ats_gate_publish(fix.gate, &client, &publish), ATS_GATE_PASS, "%s", fix.log);
    cr_assert_not(publish_elsewhere("office/last", true));
    cr_assert_eq(ats_gate_publish(fix.gate, &client, &publish), ATS_GATE_PASS);
}

static void refuse_retained(int count, const char *topics, const char *payload)
{
    char topic[64];
    for (int i = 0; i < count; i++) {
        (void)snprintf(topic, sizeof(topic), "%s/%d", topics, i);
        cr_assert_not(passes(topic, payload, true), "%s", topic);
    }
}

Test(lasting, a_retained_publish_that_is_refused_takes_no_place)
{
    (void)snprintf(fix.properties.proof, sizeof(fix.properties.proof), "of another topic");
    refuse_retained(RETAINED + 1, "office", "x"); /* it bears a proof: topic-unknown */
    cr_assert_eq(refused(ATS_REASON_TOPIC_UNKNOWN), RETAINED + 1);
    fix.properties.proof[0] = '\0';
    refuse_retained(RETAINED + 1, "$SYS", "x");
    refuse_retained(RETAINED + 1, "ats", "x");
    cr_assert_eq(retained(RETAINED), RETAINED, "%s", fix.log);
    refuse_retained(1, "full", "x");
    cr_assert_eq(refused(ATS_REASON_RETAINED_FULL), 1);
}

/* The broker asks its own ACL between the access check and the message. */
Test(lasting, a_retained_publish_that_the_brokers_own_rules_deny_takes_no_place)
{
    char topic[64];
    struct ats_gate_client client = device_client();
    for (int i = 0; i < RETAINED; i++) {
        (void)snprintf(topic, sizeof(topic), "denied/%d", i);
        struct ats_gate_publish publish = publish_of(topic, "x");
        publish.retain = true;
        cr_assert_eq(ats_gate_may_publish(fix.gate, &client, &publish), ATS_GATE_ALLOW);
    }
    cr_assert_eq(retained(RETAINED), RETAINED);
}

Test(lasting, a_retained_publish_for_which_the_journal_has_no_room_takes_no_place)
{
    while (passes(TOPIC, GOOD_PAYLOAD, false))
        cr_assert_eq(ats_journal_maintain(fix.gate->journal, fix.monotonic_ms, NULL), ATS_OK);
    cr_assert_eq(refused(ATS_REASON_JOURNAL_FULL), 1, "%s", fix.log);
    cr_assert_eq(retained(RETAINED - 1), RETAINED - 1);
    cr_assert_not(passes(TOPIC, GOOD_PAYLOAD, true));
    cr_assert(publish_elsewhere("office/last", true));
}

/* Of a will the access check is all that the gate sees. */
Test(lasting, a_retained_will_takes_a_place_and_is_refused_where_there_is_none)
{
    struct ats_gate_client client = device_client();
    struct ats_gate_publish will = publish_of("office/will", "gone");
    will.retain = true;
    cr_assert_eq(retained(RETAINED - 1), RETAINED - 1);
    for (int i = 0; i < 2; i++) {
        ats_gate_disconnected(fix.gate, &handles[0]);
        cr_assert_eq(ats_gate_may_publish(fix.gate, &client, &will), ATS_GATE_ALLOW);
        connect_with_token();
    }
    cr_assert_not(publish_elsewhere("office/more", true));
    ats_gate_disconnected(fix.gate, &handles[0]);
    will.topic = "office/other-will";
    cr_assert_eq(ats_gate_may_publish(fix.gate, &client, &will), ATS_GATE_DENY);
    cr_assert_eq(refused(ATS_REASON_RETAINED_FULL), 2);
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

static void refuse_publishes(int count)
{
    struct ats_gate_client client = device_client();
    for (int i = 0; i < count; i++)
        cr_assert_eq(publish_as(&client, "site/hall/press-18/env", GOOD_PAYLOAD), ATS_GATE_REJECT);
}

/* It has no other connection meanwhile. */
Test(lasting, a_device_that_comes_back_has_no_more_receipts_or_lines_in_the_same_second)
{
    for (int i = 0; i < 5; i++) {
        refuse_publishes(10);
        come_back();
    }
    cr_assert_eq(fix.receipt_count, ATS_GATE_RECEIPTS_PER_DEVICE);
    cr_assert_eq(lines_with("publish.refused"), ATS_GATE_LOG_LINES_PER_DEVICE);
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
