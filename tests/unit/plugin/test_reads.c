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

/* --- the broker's own topics --- */

Test(reads, a_device_publishes_to_no_topic_of_the_broker)
{
    struct ats_gate_client client = device_client();
    struct ats_gate_client other = client_at(1, "scada", NULL, true);
    struct ats_gate_publish publish = publish_of("$CONTROL/dynamic-security/v1", "{}");
    connect_with_token();
    cr_assert_eq(ats_gate_may_publish(fix.gate, &client, &publish), ATS_GATE_DENY);
    cr_assert_eq(refused(ATS_REASON_TOPIC_SYSTEM), 1);
    fix.gate->rules.open_access = false;
    cr_assert_eq(ats_gate_may_publish(fix.gate, &other, &publish), ATS_GATE_DEFER);
}
