/* SPDX-License-Identifier: Apache-2.0 */
/* Who may publish where no contract governs: the broker's own rules decide, but for a device only while it is what it was let in as. */
#include "tests/unit/plugin/gate_fixture.h"

#define ELSEWHERE "office/lamp"

static void setup(void)
{
    fixture_open(NULL, NULL, NULL);
    ats_gate_tick(fix.gate);
}

TestSuite(access, .init = setup, .fini = fixture_end);

static enum ats_gate_access ask(int handle, bool mqtt5, const char *topic)
{
    struct ats_gate_client client = client_at(handle, DEVICE, DEVICE, mqtt5);
    struct ats_gate_publish publish = publish_of(topic, "1");
    return ats_gate_may_publish(fix.gate, &client, &publish);
}

/* The connection breaks, and the broker sends the will. */
static enum ats_gate_access die(const char *topic)
{
    ats_gate_disconnected(fix.gate, &handles[0]);
    return ask(0, true, topic);
}

Test(access, by_the_brokers_rules_a_device_publishes_elsewhere_and_leaves_its_will_there)
{
    connect_with_token();
    cr_assert_eq(ask(0, true, ELSEWHERE), ATS_GATE_ALLOW);
    cr_assert_eq(die(ELSEWHERE), ATS_GATE_ALLOW);
    fix.gate->rules.open_access = false;
    connect_with_token();
    cr_assert_eq(ask(0, true, ELSEWHERE), ATS_GATE_DEFER);
    cr_assert_eq(die(ELSEWHERE), ATS_GATE_DEFER);
}

Test(access, a_device_that_is_not_active_any_more_is_refused_everywhere_told_and_closed)
{
    connect_with_token();
    apply_device_now(DEVICE, ATS_DEVICE_SUSPENDED);
    cr_assert_eq(ask(0, true, ELSEWHERE), ATS_GATE_DENY, "%s", fix.log);
    cr_assert_eq(refused(ATS_REASON_DEVICE_SUSPENDED), 1);
    cr_assert(strstr(fix.receipts[0], "\"reason\":\"device-suspended\""), "%s", fix.receipts[0]);
    fix.monotonic_ms += ATS_GATE_RECEIPT_GRACE_MS;
    ats_gate_tick(fix.gate);
    cr_assert_str_eq(fix.kicked, DEVICE);
    cr_assert_eq(ask(0, false, ELSEWHERE), ATS_GATE_DENY_CLOSE, "what MQTT 3.1.1 has");
}

Test(access, a_device_that_is_not_active_any_more_leaves_no_will_anywhere)
{
    connect_with_token();
    apply_device_now(DEVICE, ATS_DEVICE_REVOKED);
    cr_assert_eq(die(ELSEWHERE), ATS_GATE_DENY);
    cr_assert_eq(refused(ATS_REASON_DEVICE_REVOKED), 1);
    cr_assert_eq(fix.receipt_count, 0);
}

Test(access, a_will_whose_device_is_revoked_in_the_delay_is_sent_nowhere)
{
    connect_with_token();
    ats_gate_disconnected(fix.gate, &handles[0]);
    apply_device_now(DEVICE, ATS_DEVICE_REVOKED);
    ats_gate_tick(fix.gate);
    cr_assert_eq(ask(0, true, ELSEWHERE), ATS_GATE_DENY);
    cr_assert_eq(refused(ATS_REASON_DEVICE_REVOKED), 1);
}

Test(access, a_token_that_has_expired_and_a_key_that_is_retired_publish_nowhere)
{
    connect_with_token();
    fix.wall_ms += 3600 * 1000;
    cr_assert_eq(ask(0, true, ELSEWHERE), ATS_GATE_DENY);
    cr_assert_eq(refused(ATS_REASON_SESSION_EXPIRED), 1);
    fix.wall_ms = TEST_TIME_MS;
    (void)apply_second_key(0, 0);
    apply_first_key_retired();
    cr_assert_eq(ask(0, true, ELSEWHERE), ATS_GATE_DENY);
    cr_assert_eq(refused(ATS_REASON_SESSION_KEY), 1);
}

Test(access, a_device_has_no_will_on_the_brokers_own_topics)
{
    static const char *const topics[] = {"$SYS/broker/connection/x/state",
                                         "$CONTROL/dynamic-security/v1"};
    for (size_t i = 0; i < 2; i++) {
        connect_with_token();
        cr_assert_eq(die(topics[i]), ATS_GATE_DENY, "%s", topics[i]);
        connect_with_token();
        ats_gate_disconnected(fix.gate, &handles[0]);
        ats_gate_tick(fix.gate);
        cr_assert_eq(ask(0, true, topics[i]), ATS_GATE_DENY, "%s, after a delay", topics[i]);
    }
    cr_assert_eq(refused(ATS_REASON_TOPIC_SYSTEM), 4);
}

static const char *const commands_of_others[] = {"commands/press-99/stop", "commands/press-99",
                                                 "commands/" DEVICE "9/x", "commands//x"};
#define OTHERS (sizeof(commands_of_others) / sizeof(commands_of_others[0]))

Test(access, a_device_commands_no_other_live_or_by_its_will)
{
    for (size_t i = 0; i < OTHERS; i++) {
        connect_with_token();
        cr_assert_eq(ask(0, true, commands_of_others[i]), ATS_GATE_DENY, "%s",
                     commands_of_others[i]);
        cr_assert_eq(die(commands_of_others[i]), ATS_GATE_DENY, "%s", commands_of_others[i]);
    }
    cr_assert_eq(refused(ATS_REASON_TOPIC_DEVICE), 2 * OTHERS);
}

Test(access, what_stands_beside_commands_is_left_to_the_brokers_rules)
{
    static const char *const topics[] = {"commands", ("commands/" DEVICE),
                                         ("commands/" DEVICE "/ack"), "command/press-99/stop",
                                         ELSEWHERE};
    connect_with_token();
    for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++)
        cr_assert_eq(ask(0, true, topics[i]), ATS_GATE_ALLOW, "%s", topics[i]);
}

static void setup_template(void)
{
    fixture_end();
    fixture_open(NULL, "device_commands", "plant/{device}/set");
}

Test(access, commands_are_where_device_commands_says, .init = setup_template)
{
    connect_with_token();
    cr_assert_eq(ask(0, true, "plant/press-99/set"), ATS_GATE_DENY);
    cr_assert_eq(ask(0, true, "plant/press-99/set/more"), ATS_GATE_ALLOW);
    cr_assert_eq(ask(0, true, "plant/press-99/get"), ATS_GATE_ALLOW);
    cr_assert_eq(ask(0, true, "commands/press-99/stop"), ATS_GATE_ALLOW);
}

static void setup_by_broker_rules(void)
{
    fixture_end();
    fixture_open(NULL, "device_reads", "broker_rules");
}

Test(access, where_devices_read_by_the_brokers_rules_they_command_by_them,
     .init = setup_by_broker_rules)
{
    connect_with_token();
    cr_assert_eq(ask(0, true, "commands/press-99/stop"), ATS_GATE_ALLOW);
}

/* A device can make the gate forget its own. */
Test(access, a_will_that_was_forgotten_is_sent_nowhere)
{
    static int others[ATS_GATE_DEPARTED_PER_DEVICE];
    connect_with_token();
    ats_gate_disconnected(fix.gate, &handles[0]);
    for (size_t i = 0; i < ATS_GATE_DEPARTED_PER_DEVICE; i++) {
        struct ats_session *session = NULL;
        cr_assert_eq(ats_sessions_add(fix.gate->sessions, &others[i], DEVICE, DEVICE, &session),
                     ATS_OK);
        ats_gate_disconnected(fix.gate, &others[i]);
    }
    cr_assert_eq(ask(0, true, ELSEWHERE), ATS_GATE_DENY);
    cr_assert_eq(ask(0, true, "$SYS/x"), ATS_GATE_DENY);
    cr_assert_eq(refused(ATS_REASON_SESSION_LOST), 2);
}

Test(access, whoever_is_no_device_publishes_elsewhere_by_the_brokers_rules)
{
    struct ats_gate_client nobody = client_at(1, "scada", NULL, true);
    struct ats_gate_client user = client_at(2, "panel", "panel", false);
    struct ats_gate_publish publish = publish_of("$SYS/x", "1");
    cr_assert_eq(ats_gate_may_publish(fix.gate, &nobody, &publish), ATS_GATE_ALLOW);
    ats_gate_disconnected(fix.gate, &handles[2]);
    cr_assert_eq(ats_gate_may_publish(fix.gate, &user, &publish), ATS_GATE_ALLOW);
    fix.gate->rules.open_access = false;
    cr_assert_eq(ats_gate_may_publish(fix.gate, &user, &publish), ATS_GATE_DEFER);
}
