/* SPDX-License-Identifier: Apache-2.0 */
/* What clients may subscribe to, and what reaches them. */
#include "plugin/reads.h"
#include "tests/unit/plugin/gate_fixture.h"

static void setup(void)
{
    fixture_open(NULL, NULL, NULL);
}

static void setup_broker_rules(void)
{
    fixture_end();
    fixture_open(NULL, "device_reads", "broker_rules");
}

TestSuite(reads, .init = setup, .fini = fixture_end);

static enum ats_gate_access subscribe(const char *filter)
{
    struct ats_gate_client client = device_client();
    return ats_gate_may_subscribe(fix.gate, &client, filter);
}

static enum ats_gate_access receive(const char *topic)
{
    struct ats_gate_client client = device_client();
    return ats_gate_may_read(fix.gate, &client, topic);
}

Test(reads, a_device_gets_its_own_receipts_and_commands_alone)
{
    connect_with_token();
    cr_assert_eq(subscribe("ats/receipts/" DEVICE), ATS_GATE_ALLOW);
    cr_assert_eq(subscribe("commands/" DEVICE "/#"), ATS_GATE_ALLOW);
    cr_assert_eq(subscribe("commands/" DEVICE "/+/set"), ATS_GATE_ALLOW);
    cr_assert_eq(receive("commands/" DEVICE "/speed/set"), ATS_GATE_ALLOW);
    static const char *const others[] = {"ats/receipts/press-18",
                                         "ats/receipts/+",
                                         "commands/+/#",
                                         "commands/press-18/#",
                                         "#",
                                         "commands/" DEVICE "8/x",
                                         "commands/#",
                                         TOPIC,
                                         "$SYS/#",
                                         "$share/g/commands/" DEVICE "/#",
                                         "$share/g/ats/receipts/" DEVICE,
                                         "$share/g/" TOPIC};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        cr_assert_eq(subscribe(others[i]), ATS_GATE_DENY, "%s", others[i]);
    cr_assert_eq(receive(TOPIC), ATS_GATE_DENY);
    cr_assert_eq(receive("commands/press-18/x"), ATS_GATE_DENY);
}

Test(reads, a_device_gives_up_what_it_likes_and_others_by_the_brokers_rules)
{
    struct ats_gate_client client = device_client();
    struct ats_gate_client other = client_at(1, "scada", NULL, true);
    connect_with_token();
    cr_assert_eq(ats_gate_may_unsubscribe(fix.gate, &other), ATS_GATE_ALLOW);
    fix.gate->rules.open_access = false;
    cr_assert_eq(ats_gate_may_unsubscribe(fix.gate, &client), ATS_GATE_ALLOW);
    cr_assert_eq(ats_gate_may_unsubscribe(fix.gate, &other), ATS_GATE_DEFER);
}

Test(reads, its_commands_are_subject_to_the_brokers_rules)
{
    connect_with_token();
    fix.gate->rules.open_access = false;
    cr_assert_eq(subscribe("commands/" DEVICE "/#"), ATS_GATE_DEFER);
    cr_assert_eq(subscribe("ats/receipts/" DEVICE), ATS_GATE_ALLOW);
}

Test(reads, the_brokers_rules_may_give_a_device_more, .init = setup_broker_rules)
{
    connect_with_token();
    cr_assert_eq(subscribe(TOPIC), ATS_GATE_ALLOW);
    cr_assert_eq(subscribe("$share/g/" TOPIC), ATS_GATE_ALLOW);
    cr_assert_eq(receive(TOPIC), ATS_GATE_ALLOW);
    cr_assert_eq(subscribe("ats/receipts/press-18"), ATS_GATE_DENY);
    cr_assert_eq(subscribe("$share/g/ats/receipts/" DEVICE), ATS_GATE_DENY);
}

Test(reads, nobody_shares_receipts_or_duplicates)
{
    struct ats_gate_client other = client_at(1, "scada", NULL, true);
    static const char *const filters[] = {"$share/g/ats/#", ("$share/g/ats/receipts/" DEVICE),
                                          "$share/g/$ats-duplicate", "$share/g", "$share/g/"};
    for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
        cr_assert_eq(ats_gate_may_subscribe(fix.gate, &other, filters[i]), ATS_GATE_DENY, "%s",
                     filters[i]);
    cr_assert_eq(ats_gate_may_subscribe(fix.gate, &other, "$share/g/plant/#"), ATS_GATE_ALLOW);
}

Test(reads, a_revoked_device_gets_nothing_more, .init = setup_broker_rules)
{
    connect_with_token();
    apply_device_now(DEVICE, ATS_DEVICE_REVOKED);
    char name[ATS_NAME_MAX + 1] = DEVICE;
    cr_assert(ats_ring_push(&fix.gate->changed_devices, name));
    ats_gate_tick(fix.gate);
    cr_assert_eq(receive("commands/" DEVICE "/x"), ATS_GATE_DENY);
    cr_assert_eq(subscribe("plant/#"), ATS_GATE_DENY);
    cr_assert_eq(receive("ats/receipts/" DEVICE), ATS_GATE_ALLOW, "why it is closed");
    cr_assert_eq(
        ats_counter_get(&fix.gate->metrics.subscriptions_refused[ATS_REASON_DEVICE_REVOKED]), 1);
}

/* The broker asks for who is not connected too, before it queues a message. */
Test(reads, the_queue_of_a_device_that_is_away_gets_what_the_device_may_have)
{
    cr_assert_eq(receive("commands/" DEVICE "/x"), ATS_GATE_ALLOW);
    cr_assert_eq(receive("office/lamp"), ATS_GATE_DENY);
    apply_device_now(DEVICE, ATS_DEVICE_SUSPENDED);
    cr_assert_eq(receive("commands/" DEVICE "/x"), ATS_GATE_DENY);
}

Test(reads, a_device_whose_name_is_a_wildcard_has_no_commands)
{
    cr_assert_not(ats_reads_own_command("commands/{device}/#", "+", "commands/+/x"));
    cr_assert_not(ats_reads_own_command("commands/{device}/#", "a/b", "commands/a/b/x"));
}

Test(reads, a_template_names_the_device_as_one_level)
{
    static const char *const good[] = {"", "commands/{device}", "plant/{device}/cmd/#"};
    static const char *const bad[] = {"commands/#",     "{device}/#",      "a/x{device}/#",
                                      "a/{device}x",    "a/+/{device}",    "a/{device}/+/x",
                                      "ats/{device}/#", "$SYS/{device}/#", "a/{device}/{device}",
                                      "a/{device}/x#"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        cr_assert(ats_reads_template_valid(good[i]), "%s", good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        cr_assert_not(ats_reads_template_valid(bad[i]), "%s", bad[i]);
    cr_assert(ats_reads_own_command("p/{device}/cmd", "d", "p/d/cmd"));
    cr_assert_not(ats_reads_own_command("p/{device}/cmd", "d", "p/d/cmd/x"));
    cr_assert_not(ats_reads_own_command("p/{device}/cmd/#", "d", "p/d/cmdx"));
    cr_assert_not(ats_reads_own_command("", "d", "p/d"));
}

Test(reads, nobody_reads_where_duplicates_go)
{
    struct ats_gate_client other = client_at(1, "scada", NULL, true);
    static const char *const places[] = {"$ats-duplicate", "$ats", "$"};
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(ats_gate_may_subscribe(fix.gate, &other, places[i]), ATS_GATE_DENY);
        cr_assert_eq(ats_gate_may_read(fix.gate, &other, places[i]), ATS_GATE_DENY);
    }
    cr_assert_eq(ats_gate_may_subscribe(fix.gate, &other, "$SYS/#"), ATS_GATE_ALLOW);
}

Test(reads, others_read_by_the_brokers_rules_but_no_receipt)
{
    struct ats_gate_client other = client_at(1, "scada", NULL, true);
    cr_assert_eq(ats_gate_may_read(fix.gate, &other, "ats/receipts/" DEVICE), ATS_GATE_DENY);
    cr_assert_eq(ats_gate_may_subscribe(fix.gate, &other, "plant/#"), ATS_GATE_ALLOW);
    fix.gate->rules.open_access = false;
    cr_assert_eq(ats_gate_may_subscribe(fix.gate, &other, "plant/#"), ATS_GATE_DEFER);
}

/* --- what is refused is told --- */

static uint64_t subscriptions_refused(enum ats_reason reason)
{
    return ats_counter_get(&fix.gate->metrics.subscriptions_refused[reason]);
}

static uint64_t deliveries_refused(enum ats_reason reason)
{
    return ats_counter_get(&fix.gate->metrics.deliveries_refused[reason]);
}

Test(reads, a_refused_subscription_is_counted_logged_and_told_to_the_device)
{
    connect_with_token();
    cr_assert_eq(subscribe(TOPIC), ATS_GATE_DENY);
    cr_assert_eq(subscriptions_refused(ATS_REASON_READ_OWN), 1);
    cr_assert(strstr(fix.log, "subscribe.refused device=\"" DEVICE "\" client=\"" DEVICE
                              "\" filter=\"" TOPIC "\" reason=read-own"),
              "%s", fix.log);
    cr_assert_eq(fix.receipt_count, 1);
    cr_assert(strstr(fix.receipts[0], DEVICE " ats/receipts/" DEVICE " {\"code\":500"), "%s",
              fix.receipts[0]);
    cr_assert(strstr(fix.receipts[0], "\"topic\":\"" TOPIC "\""), "%s", fix.receipts[0]);
    cr_assert_eq(subscribe("$share/g/" TOPIC), ATS_GATE_DENY);
    cr_assert_eq(subscriptions_refused(ATS_REASON_READ_SHARED), 1);
    cr_assert_eq(subscribe("ats/receipts/press-18"), ATS_GATE_DENY);
    cr_assert_eq(subscriptions_refused(ATS_REASON_READ_RECEIPTS), 1);
    cr_assert_eq(subscribe("$ats-duplicate"), ATS_GATE_DENY);
    cr_assert_eq(subscriptions_refused(ATS_REASON_READ_DUPLICATES), 1);
}

Test(reads, a_strangers_refused_subscription_gets_no_receipt)
{
    struct ats_gate_client other = client_at(1, "scada", NULL, true);
    cr_assert_eq(ats_gate_may_subscribe(fix.gate, &other, "ats/#"), ATS_GATE_DENY);
    cr_assert_eq(subscriptions_refused(ATS_REASON_READ_RECEIPTS), 1);
    cr_assert(strstr(fix.log, "subscribe.refused device=\"\" client=\"scada\""), "%s", fix.log);
    cr_assert_eq(fix.receipt_count, 0);
}

Test(reads, refused_deliveries_are_counted_give_no_receipt_and_do_not_flood_the_log)
{
    connect_with_token();
    for (int i = 0; i < 1000; i++)
        cr_assert_eq(receive(TOPIC), ATS_GATE_DENY);
    cr_assert_eq(deliveries_refused(ATS_REASON_READ_OWN), 1000);
    cr_assert_eq(lines_with("delivery.refused"), ATS_GATE_LOG_LINES_PER_DEVICE);
    cr_assert_eq(fix.receipt_count, 0);
}

Test(reads, subscriptions_without_end_give_receipts_within_their_budget_alone)
{
    connect_with_token();
    for (int i = 0; i < 1000; i++)
        cr_assert_eq(subscribe(TOPIC), ATS_GATE_DENY);
    cr_assert_eq(subscriptions_refused(ATS_REASON_READ_OWN), 1000);
    cr_assert_eq(fix.receipt_count, ATS_GATE_RECEIPTS_PER_DEVICE);
    cr_assert_eq(lines_with("subscribe.refused"), ATS_GATE_LOG_LINES_PER_DEVICE);
}

Test(reads, a_suspended_devices_state_is_the_reason)
{
    apply_device_now(DEVICE, ATS_DEVICE_SUSPENDED);
    cr_assert_eq(receive("commands/" DEVICE "/x"), ATS_GATE_DENY);
    cr_assert_eq(deliveries_refused(ATS_REASON_DEVICE_SUSPENDED), 1);
}

/* From the record on, before anything has looked at its session. */
Test(reads, a_live_session_of_a_revoked_device_gets_its_receipts_and_nothing_else)
{
    connect_with_token();
    cr_assert_eq(receive("commands/" DEVICE "/x"), ATS_GATE_ALLOW);
    apply_device_now(DEVICE, ATS_DEVICE_REVOKED);
    cr_assert_eq(receive("commands/" DEVICE "/x"), ATS_GATE_DENY);
    cr_assert_eq(deliveries_refused(ATS_REASON_DEVICE_REVOKED), 1, "%s", fix.log);
    cr_assert_eq(subscribe("commands/" DEVICE "/#"), ATS_GATE_DENY);
    cr_assert_eq(subscriptions_refused(ATS_REASON_DEVICE_REVOKED), 1);
    cr_assert_eq(receive("ats/receipts/" DEVICE), ATS_GATE_ALLOW);
}

Test(reads, a_session_that_has_expired_gets_nothing)
{
    connect_with_token();
    fix.wall_ms += 3600 * 1000;
    cr_assert_eq(receive("commands/" DEVICE "/x"), ATS_GATE_DENY);
    cr_assert_eq(deliveries_refused(ATS_REASON_SESSION_EXPIRED), 1);
}

/* --- the broker's own topics --- */

Test(reads, a_device_publishes_to_no_topic_of_the_broker)
{
    struct ats_gate_client client = device_client();
    struct ats_gate_client other = client_at(1, "scada", NULL, true);
    struct ats_gate_publish publish = publish_of("$CONTROL/dynamic-security/v1", "{}");
    connect_with_token();
    cr_assert_eq(ats_gate_may_publish(fix.gate, &client, &publish), ATS_GATE_DENY);
    cr_assert_eq(refused(ATS_REASON_TOPIC_SYSTEM), 1);
    cr_assert(strstr(fix.log, "publish.refused device=\"" DEVICE "\""), "%s", fix.log);
    cr_assert_eq(fix.receipt_count, 1);
    cr_assert(strstr(fix.receipts[0], "\"reason\":\"topic-system\""), "%s", fix.receipts[0]);
    fix.gate->rules.open_access = false;
    cr_assert_eq(ats_gate_may_publish(fix.gate, &other, &publish), ATS_GATE_DEFER);
}
