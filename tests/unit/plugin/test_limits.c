/* SPDX-License-Identifier: Apache-2.0 */
/* Messages and bytes a second, of a device and of a contract, by a clock set by hand. */
#include "tests/unit/plugin/gate_fixture.h"

TestSuite(limits, .fini = fixture_end);

/* Two messages a second, four at once. */
#define TWO_A_SECOND "connection\n      limits: {messagesPerSecond: 2, burst: 2s}"

static struct ats_gate_client old_client(void)
{
    return client_at(0, DEVICE, DEVICE, false); /* MQTT 3.1.1 */
}

static int admitted_of(int count, const struct ats_gate_client *client, const char *payload)
{
    int passed = 0;
    for (int i = 0; i < count; i++)
        passed += publish_as(client, TOPIC, payload) == ATS_GATE_PASS;
    return passed;
}

static void disconnect(void)
{
    ats_gate_disconnected(fix.gate, &handles[0]);
}

static enum ats_gate_access connect_old(void)
{
    struct ats_gate_client client = old_client();
    return ats_gate_connect(fix.gate, &client, good_token());
}

Test(limits, without_any_nothing_is_refused)
{
    struct ats_gate_client client = device_client();
    fixture_open(NULL, NULL, NULL);
    connect_with_token();
    cr_assert_eq(admitted_of(2000, &client, GOOD_PAYLOAD), 2000);
}

Test(limits, of_a_contract_hold_its_rate_and_tell_the_device)
{
    struct ats_gate_client client = device_client();
    fixture_open(TWO_A_SECOND, NULL, NULL);
    connect_with_token();
    cr_assert_eq(admitted_of(10, &client, GOOD_PAYLOAD), 4, "%s", fix.log);
    cr_assert_eq(refused(ATS_REASON_RATE_CONTRACT), 6);
    cr_assert_eq(journal_count(), 4);
    cr_assert_not_null(strstr(fix.receipts[0], "\"code\":144,\"reason\":\"rate-contract\""), "%s",
                       fix.receipts[0]);
    cr_assert_not_null(strstr(fix.log, "reason=rate-contract"), "%s", fix.log);
    fix.monotonic_ms += 1000;
    cr_assert_eq(admitted_of(10, &client, GOOD_PAYLOAD), 2);
}

Test(limits, of_a_device_count_bytes_of_payload)
{
    struct ats_gate_client client = device_client();
    int in_all = 0;
    fixture_open(NULL, "device_bytes_per_second", "1KiB");
    connect_with_token();
    for (int second = 0; second < 100; second++) {
        in_all += admitted_of(50, &client, GOOD_PAYLOAD);
        fix.monotonic_ms += 1000;
    }
    int bytes = in_all * (int)strlen(GOOD_PAYLOAD);
    cr_assert_leq(bytes, (100 + 10) * 1024);
    cr_assert_geq(bytes, (100 + 8) * 1024);
    cr_assert_gt(refused(ATS_REASON_RATE_DEVICE), 0);
}

Test(limits, are_not_filled_by_connecting_again)
{
    struct ats_gate_client client = device_client();
    fixture_open(TWO_A_SECOND, NULL, NULL);
    connect_with_token();
    cr_assert_eq(admitted_of(10, &client, GOOD_PAYLOAD), 4);
    disconnect();
    connect_with_token();
    cr_assert_eq(admitted_of(10, &client, GOOD_PAYLOAD), 0);
}

Test(limits, of_one_device_leave_the_others_theirs)
{
    struct ats_gate_client client = device_client();
    struct ats_gate_client other = client_at(1, "press-18", "press-18", true);
    fixture_open(TWO_A_SECOND, NULL, NULL);
    connect_with_token();
    struct ats_jwt jwt = good_claims();
    struct ats_key_pair pair;
    struct ats_body_device body = {.state = ATS_DEVICE_ACTIVE, .key_count = 1};
    ats_key_pair_generate(&pair, ATS_KEY_SIGNING);
    memcpy(body.keys[0].key, pair.public_key, ATS_PUBLIC_KEY_SIZE);
    ats_key_id(pair.public_key, body.keys[0].id);
    cr_assert_eq(apply_device("press-18", &body), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    (void)snprintf(jwt.subject, sizeof(jwt.subject), "press-18");
    cr_assert_eq(ats_gate_connect(fix.gate, &other, token(&jwt, &pair)), ATS_GATE_ALLOW, "%s",
                 fix.log);
    cr_assert_eq(admitted_of(10, &client, GOOD_PAYLOAD), 4);
    cr_assert_eq(publish_as(&other, "site/hall/press-18/env", "{}"), ATS_GATE_REJECT);
    cr_assert_eq(ats_counter_get(&fix.gate->metrics.quarantined), 1);
}

/* Who is not proven, and what the contract does not govern for this device, uses up nobody's. */
Test(limits, are_not_used_up_by_strangers)
{
    struct ats_gate_client client = device_client();
    struct ats_gate_client stranger = client_at(2, "someone", DEVICE, true);
    fixture_open(TWO_A_SECOND, NULL, NULL);
    connect_with_token();
    cr_assert_eq(admitted_of(100, &stranger, GOOD_PAYLOAD), 0);
    for (int i = 0; i < 100; i++)
        cr_assert_eq(publish_as(&client, "site/hall/press-99/env", GOOD_PAYLOAD), ATS_GATE_REJECT);
    cr_assert_eq(admitted_of(10, &client, GOOD_PAYLOAD), 4);
}

Test(limits, a_client_that_cannot_be_told_is_closed_and_held_off_for_longer_each_time)
{
    static const int seconds[] = {1, 2, 4, 8, 16, 32, 60, 60};
    struct ats_gate_client client = old_client();
    fixture_open(TWO_A_SECOND, NULL, NULL);
    for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
        cr_assert_eq(connect_old(), ATS_GATE_ALLOW, "%s", fix.log);
        cr_assert_gt(admitted_of(4, &client, GOOD_PAYLOAD), 0, "it comes on at last");
        while (publish_as(&client, TOPIC, GOOD_PAYLOAD) != ATS_GATE_CLOSE)
            ;
        disconnect();
        fix.monotonic_ms += seconds[i] * 1000 - 1;
        cr_assert_eq(connect_old(), ATS_GATE_DENY, "after %d s", seconds[i]);
        fix.monotonic_ms += 1;
    }
    cr_assert_eq(connections_refused(ATS_REASON_HELD_OFF), 8);
    cr_assert_not_null(strstr(fix.log, "device.held-off device=\"press-17\" reason=rate-contract "
                                       "seconds=60"),
                       "%s", fix.log);
}

Test(limits, a_device_that_kept_to_them_begins_anew_with_a_second)
{
    struct ats_gate_client client = old_client();
    fixture_open(TWO_A_SECOND, NULL, NULL);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(connect_old(), ATS_GATE_ALLOW);
        (void)admitted_of(10, &client, GOOD_PAYLOAD);
        disconnect();
        fix.monotonic_ms += 200 * 1000;
    }
    cr_assert_null(strstr(fix.log, "seconds=2"), "%s", fix.log);
}

Test(limits, at_qos_0_what_is_too_much_is_dropped_and_counted)
{
    struct ats_gate_client client = old_client();
    struct ats_gate_publish publish = publish_of(TOPIC, GOOD_PAYLOAD);
    publish.qos = 0;
    fixture_open(TWO_A_SECOND, NULL, NULL);
    cr_assert_eq(connect_old(), ATS_GATE_ALLOW);
    for (int i = 0; i < 10; i++)
        cr_assert_eq(ats_gate_publish(fix.gate, &client, &publish),
                     i < 4 ? ATS_GATE_PASS : ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_RATE_CONTRACT), 6);
    cr_assert_eq(connect_old(), ATS_GATE_ALLOW, "it is not held off");
}

Test(limits, observed_are_counted_and_close_nothing)
{
    struct ats_gate_client client = old_client();
    fixture_open(TWO_A_SECOND, "mode", "observe");
    (void)connect_old();
    cr_assert_eq(admitted_of(10, &client, GOOD_PAYLOAD), 10, "all pass");
    cr_assert_eq(refused(ATS_REASON_RATE_CONTRACT), 6);
    cr_assert_eq(connections_refused(ATS_REASON_HELD_OFF), 0);
    cr_assert_null(strstr(fix.log, "device.held-off"));
}

Test(limits, are_not_used_up_where_the_gate_has_no_room)
{
    struct ats_gate_client client = device_client();
    char *large = calloc(1, 200 * 1024 + 1);
    memset(large, ' ', 200 * 1024);
    fixture_open("connection\n      limits: {messagesPerSecond: 1, burst: 6s}", NULL, NULL);
    connect_with_token();
    for (int i = 0; i < 20; i++)
        cr_assert_eq(publish_as(&client, TOPIC, large), ATS_GATE_REJECT);
    cr_assert_eq(ats_counter_get(&fix.gate->metrics.quarantined), 4);
    cr_assert_eq(refused(ATS_REASON_QUARANTINE_FULL), 16);
    cr_assert_eq(admitted_of(10, &client, GOOD_PAYLOAD), 2);
    free(large);
}

/* A verification is work: it costs the device that asks for it. */
Test(limits, are_used_up_by_proofs_that_do_not_hold)
{
    struct ats_gate_client client = device_client();
    fixture_open(TWO_A_SECOND, NULL, NULL);
    connect_with_token();
    (void)snprintf(fix.properties.proof, sizeof(fix.properties.proof), "garbage");
    for (int i = 0; i < 10; i++)
        cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_PROOF_MALFORMED), 4);
    cr_assert_eq(refused(ATS_REASON_RATE_CONTRACT), 6);
}
