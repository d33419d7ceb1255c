/* SPDX-License-Identifier: Apache-2.0 */
/* Nobody's refusals hide those of others from the log, and what had no line is told. */
#include "plugin/log_shares.h"
#include "tests/unit/plugin/gate_fixture.h"

#define LINES ATS_GATE_LOG_LINES_PER_DEVICE
#define MORE ATS_GATE_LOG_REASONS_PER_DEVICE
#define OTHERS_TOPIC "site/hall/press-18/env" /* topic-device */

static void setup(void)
{
    fixture_open(NULL, NULL, NULL);
}

TestSuite(log_shares, .init = setup, .fini = fixture_end);

static void refuse_connects(int count, const char *client_id, const char *address)
{
    struct ats_gate_client client = client_at(1, client_id, DEVICE, true);
    client.address = address;
    for (int i = 0; i < count; i++)
        cr_assert_eq(ats_gate_connect(fix.gate, &client, "no token"), ATS_GATE_DENY);
}

static void refuse_publishes(int count)
{
    struct ats_gate_client client = device_client();
    for (int i = 0; i < count; i++)
        cr_assert_eq(publish_as(&client, OTHERS_TOPIC, GOOD_PAYLOAD), ATS_GATE_REJECT);
}

static uint64_t not_logged(void)
{
    return ats_counter_get(&fix.gate->metrics.refusals_not_logged);
}

static void tick_after(int64_t ms)
{
    fix.monotonic_ms += ms;
    ats_gate_tick(fix.gate);
}

Test(log_shares, an_addresss_refused_connections_leave_others_their_lines)
{
    refuse_connects(60, "loud", "192.0.2.1");
    refuse_connects(1, "quiet", "192.0.2.2");
    cr_assert_eq(lines_with("connect.refused"), LINES + 1);
    cr_assert_not_null(strstr(fix.log, "client=\"quiet\""), "%s", fix.log);
    cr_assert_eq(not_logged(), 60 - LINES);
    fix.monotonic_ms += 1000;
    refuse_connects(1, "loud", "192.0.2.1");
    cr_assert_not_null(strstr(fix.log, "address=\"192.0.2.1\" not_logged=50\n"), "%s", fix.log);
    refuse_connects(1, "loud", "192.0.2.1");
    cr_assert_not_null(strstr(fix.log, "address=\"192.0.2.1\" not_logged=0\n"), "%s", fix.log);
}

Test(log_shares, a_network_of_ipv6_has_one_share)
{
    char address[64];
    for (int i = 0; i < 60; i++) {
        (void)snprintf(address, sizeof(address), "2001:db8::%x", i + 1);
        refuse_connects(1, "loud", address);
    }
    refuse_connects(1, "quiet", "2001:db8:0:1::1");
    cr_assert_eq(lines_with("connect.refused"), LINES + 1);
}

/* Who has a site has all of its networks. */
Test(log_shares, the_networks_of_a_site_have_two_shares_together)
{
    char address[64];
    for (int i = 0; i < 600; i++) {
        (void)snprintf(address, sizeof(address), "2001:db8:1:%x::1", i);
        refuse_connects(1, "loud", address);
    }
    cr_assert_eq(lines_with("connect.refused"), 2 * LINES);
    cr_assert_eq(not_logged(), 600 - 2 * LINES);
    refuse_connects(1, "quiet", "2001:db8:2:1::1");
    refuse_connects(1, "quiet", "192.0.2.2");
    cr_assert_eq(lines_with("client=\"quiet\""), 2, "%s", fix.log);
    fix.monotonic_ms += 1000;
    refuse_connects(1, "loud", "2001:db8:1:ffff::1");
    cr_assert_not_null(strstr(fix.log, "address=\"2001:db8:1:ffff::1\" not_logged=580\n"));
    cr_assert_eq(lines_with("refusals.not-logged"), 0, "nobody lost his place");
}

Test(log_shares, of_a_site_that_stays_away_a_tick_tells_what_had_no_line)
{
    char address[64];
    for (int i = 0; i < 2 * LINES + 3; i++) {
        (void)snprintf(address, sizeof(address), "2001:db8:1:%x::1", i);
        refuse_connects(1, "loud", address);
    }
    tick_after(ATS_GATE_LOG_QUIET_MS);
    cr_assert_not_null(strstr(fix.log, "warning refusals.not-logged of=connections "
                                       "address=\"2001:db8:1::/48\" not_logged=3\n"),
                       "%s", fix.log);
}

/* It uses up its own share, and not its site's. */
Test(log_shares, one_network_leaves_the_others_of_its_site_a_share)
{
    refuse_connects(60, "loud", "2001:db8:1:1::1");
    refuse_connects(1, "quiet", "2001:db8:1:2::1");
    cr_assert_eq(lines_with("connect.refused"), LINES + 1);
    cr_assert_not_null(strstr(fix.log, "client=\"quiet\""), "%s", fix.log);
}

Test(log_shares, who_has_no_address_shares_one)
{
    refuse_connects(60, "loud", NULL);
    refuse_connects(1, "quiet", "192.0.2.2");
    cr_assert_eq(lines_with("connect.refused"), LINES + 1);
}

/* One of them is refused what is cheap to bring about, to hide what is not. */
Test(log_shares, a_reason_that_had_no_line_in_this_second_has_one)
{
    struct ats_gate_client client = device_client();
    connect_with_token();
    refuse_publishes(60);
    (void)snprintf(fix.properties.proof, sizeof(fix.properties.proof), "no proof");
    for (int i = 0; i < 60; i++)
        (void)publish_as(&client, TOPIC, GOOD_PAYLOAD);
    cr_assert_eq(lines_with("reason=topic-device"), LINES);
    cr_assert_eq(lines_with("reason=proof-malformed"), 1, "%s", fix.log);
}

Test(log_shares, however_many_reasons_there_are_a_share_has_an_end)
{
    unsigned long before;
    int lines = 0;
    for (int i = 0; i < 2 * ATS_REASON_COUNT; i++)
        lines += ats_log_share_take(fix.gate, ATS_LOG_SHARE_DEVICE, "x",
                                    (enum ats_reason)(i % ATS_REASON_COUNT), &before);
    cr_assert_eq(lines, LINES + MORE);
    cr_assert_lt((LINES + MORE) * 3, ATS_LOG_LINES_PER_SECOND_MAX, "less than a third");
}

Test(log_shares, of_a_device_that_has_gone_a_tick_tells_what_had_no_line)
{
    connect_with_token();
    refuse_publishes(60);
    ats_gate_disconnected(fix.gate, &handles[0]);
    tick_after(ATS_GATE_LOG_QUIET_MS - 1);
    cr_assert_eq(lines_with("refusals.not-logged"), 0, "its next line would");
    tick_after(1000);
    cr_assert_not_null(
        strstr(fix.log, "refusals.not-logged of=publishes device=\"" DEVICE "\" not_logged=50\n"),
        "%s", fix.log);
    tick_after(ATS_GATE_LOG_QUIET_MS);
    cr_assert_eq(lines_with("refusals.not-logged"), 1, "once");
}

Test(log_shares, of_an_address_that_stays_away_a_tick_tells_what_had_no_line)
{
    refuse_connects(11, "loud", "192.0.2.1");
    tick_after(ATS_GATE_LOG_QUIET_MS);
    cr_assert_not_null(strstr(fix.log, "warning refusals.not-logged of=connections "
                                       "address=\"192.0.2.1\" not_logged=1\n"),
                       "%s", fix.log);
}

Test(log_shares, deliveries_have_a_share_of_their_own)
{
    struct ats_gate_client client = device_client();
    struct ats_gate_client other = client_at(2, "press-18", "press-18", true);
    apply_other_device("press-18");
    connect_with_token();
    for (int i = 0; i < 60; i++)
        cr_assert_eq(ats_gate_may_read(fix.gate, &client, "office/lamp"), ATS_GATE_DENY);
    cr_assert_eq(ats_gate_may_read(fix.gate, &other, "office/lamp"), ATS_GATE_DENY);
    cr_assert_eq(lines_with("delivery.refused"), LINES + 1);
    refuse_publishes(1);
    cr_assert_eq(lines_with("publish.refused"), 1, "what others send it hides nothing of its own");
    tick_after(ATS_GATE_LOG_QUIET_MS);
    cr_assert_not_null(strstr(fix.log, "of=deliveries device=\"" DEVICE "\" not_logged=50\n"), "%s",
                       fix.log);
}

Test(log_shares, what_is_given_up_for_others_is_told_and_what_is_left_at_the_end)
{
    unsigned long before;
    char name[32];
    for (int i = 0; i < 2 * ATS_GATE_LOG_SHARES; i++) {
        (void)snprintf(name, sizeof(name), "device-%d", i);
        for (int j = 0; j <= LINES; j++)
            (void)ats_log_share_take(fix.gate, ATS_LOG_SHARE_DEVICE, name, ATS_REASON_CONTRACT,
                                     &before);
    }
    cr_assert_gt(lines_with("refusals.not-logged"), 0);
    cr_assert_eq(not_logged(), 2 * ATS_GATE_LOG_SHARES);
    fix.log[0] = '\0';
    fix.monotonic_ms += 1000;
    close_gate();
    cr_assert_gt(lines_with("refusals.not-logged"), 0);
    open_gate(NULL, NULL);
}
