/* SPDX-License-Identifier: Apache-2.0 */
/* Wills: what the broker sends when a device's connection has ended. */
#include "plugin/wills.h"

#include "tests/unit/plugin/gate_fixture.h"

static struct ats_device device;
static uint8_t sealed[1024];

static void setup_with(const char *proof)
{
    fixture_open(proof, NULL, NULL);
    cr_assert_eq(ats_device_init(&device, DEVICE, GATE, fix.device_key.seed, fleet.id,
                                 (const uint8_t(*)[32])fleet.root.public_key, 1),
                 ATS_DEVICE_OK);
    ats_gate_tick(fix.gate);
}

static void setup(void)
{
    setup_with(NULL);
}

static void setup_signed(void)
{
    fixture_end();
    setup_with("signature");
}

TestSuite(wills, .init = setup, .fini = fixture_end);

static void setup_limited(void)
{
    fixture_end();
    fixture_open(
        "connection\n      limits: {messagesPerSecond: 100, bytesPerSecond: 500, burst: 2s}",
        "device_messages_per_second", "1");
    cr_assert_eq(ats_device_init(&device, DEVICE, GATE, fix.device_key.seed, fleet.id,
                                 (const uint8_t(*)[32])fleet.root.public_key, 1),
                 ATS_DEVICE_OK);
    ats_gate_tick(fix.gate);
}

/* --- what devices and broker do --- */

static void connect_in_session(uint64_t counter, int handle)
{
    uint8_t data[ATS_DEVICE_CONNECT_DATA_MAX];
    uint8_t answer[ATS_GATE_DATA_MAX];
    size_t len = 0;
    struct ats_gate_client client = client_at(handle, DEVICE, DEVICE, true);
    cr_assert_eq(ats_device_connect(&device, counter, DEVICE, DEVICE, data, sizeof(data), &len),
                 ATS_DEVICE_OK);
    cr_assert_eq(ats_gate_connect_with(fix.gate, &client, ATS_DEVICE_METHOD, ats_span_of(data, len),
                                       answer, &len),
                 ATS_GATE_ALLOW, "%s", fix.log);
    cr_assert_eq(ats_device_accept(&device, answer, len, (uint64_t)fix.wall_ms), ATS_DEVICE_OK);
}

static struct ats_gate_publish plain_will(void)
{
    struct ats_gate_publish will = publish_of(TOPIC, GOOD_PAYLOAD);
    will.properties = NULL;
    return will;
}

static struct ats_gate_publish signed_will(uint64_t counter)
{
    struct ats_gate_publish will = plain_will();
    struct ats_device_publish publish = {.topic = TOPIC,
                                         .qos = 1,
                                         .time_ms = 1,
                                         .payload = (const uint8_t *)GOOD_PAYLOAD,
                                         .payload_len = strlen(GOOD_PAYLOAD)};
    size_t len = 0;
    cr_assert_eq(ats_device_will(&device, counter, &publish, sealed, sizeof(sealed), &len),
                 ATS_DEVICE_OK);
    will.payload = ats_span_of(sealed, len);
    return will;
}

static enum ats_gate_access ask(int handle, const struct ats_gate_publish *will)
{
    struct ats_gate_client client = client_at(handle, DEVICE, DEVICE, true);
    return ats_gate_may_publish(fix.gate, &client, will);
}

/* The connection breaks, and the broker sends the will at once. */
static enum ats_gate_access die(int handle, const struct ats_gate_publish *will)
{
    ats_gate_disconnected(fix.gate, &handles[handle]);
    return ask(handle, will);
}

/* The same with a will delay in between. */
static enum ats_gate_access die_slowly(int handle, const struct ats_gate_publish *will)
{
    ats_gate_disconnected(fix.gate, &handles[handle]);
    fix.monotonic_ms += 60000;
    fix.wall_ms += 60000;
    ats_gate_tick(fix.gate);
    return ask(handle, will);
}

/* --- the connection's proof --- */

Test(wills, a_plain_one_is_a_publish_of_its_connection)
{
    struct ats_gate_publish will = plain_will();
    connect_with_token();
    cr_assert_eq(die(0, &will), ATS_GATE_ALLOW, "%s", fix.log);
    struct ats_event event = last_event();
    cr_assert_eq(event.kind, ATS_EVENT_ADMITTED);
    cr_assert_eq(event.proof, ATS_EVENT_PROOF_CONNECTION);
    cr_assert(ats_span_is(event.device, DEVICE));
    cr_assert_eq(ats_counter_get(&fix.gate->metrics.admitted), 1);
}

Test(wills, a_plain_one_is_good_once)
{
    struct ats_gate_publish will = plain_will();
    connect_with_token();
    cr_assert_eq(die(0, &will), ATS_GATE_ALLOW);
    cr_assert_eq(ask(0, &will), ATS_GATE_DENY);
    cr_assert_eq(journal_count(), 1);
}

Test(wills, a_plain_one_of_a_connection_that_was_taken_over_is_its_own)
{
    struct ats_gate_publish will = plain_will();
    struct ats_gate_client new = client_at(1, DEVICE, DEVICE, true);
    connect_with_token();
    cr_assert_eq(ats_gate_connect(fix.gate, &new, good_token()), ATS_GATE_ALLOW);
    cr_assert_eq(ask(0, &will), ATS_GATE_ALLOW, "%s", fix.log);
    cr_assert_eq(journal_count(), 1);
}

Test(wills, a_plain_one_is_not_enough_for_a_contract_that_asks_for_more, .init = setup_signed)
{
    struct ats_gate_publish will = plain_will();
    connect_with_token();
    cr_assert_eq(die(0, &will), ATS_GATE_DENY);
    cr_assert_eq(refused(ATS_REASON_PROOF_WEAK), 1);
}

Test(wills, a_plain_one_is_not_enough_for_a_session_of_attestream_1)
{
    struct ats_gate_publish will = plain_will();
    connect_in_session(5, 0);
    cr_assert_eq(die(0, &will), ATS_GATE_DENY);
    cr_assert_eq(refused(ATS_REASON_PROOF_WEAK), 1);
}

Test(wills, a_plain_one_is_refused_when_it_comes_later)
{
    struct ats_gate_publish will = plain_will();
    connect_with_token();
    cr_assert_eq(die_slowly(0, &will), ATS_GATE_DENY);
    cr_assert_eq(refused(ATS_REASON_WILL), 1);
}

/* A plugin in front of ours may let in whom it likes, at the place in memory of one who has gone. */
Test(wills, a_stranger_where_the_broker_does_not_tick_is_no_will)
{
    struct ats_gate_publish publish = plain_will();
    connect_with_token();
    fix.gate->turn.ticked = false;
    cr_assert_eq(die(0, &publish), ATS_GATE_DENY);
    cr_assert_eq(journal_count(), 0);
}

Test(wills, one_that_is_poison_is_kept_and_reaches_nobody)
{
    struct ats_gate_publish will = publish_of(TOPIC, BAD_PAYLOAD);
    will.properties = NULL;
    connect_with_token();
    cr_assert_eq(die(0, &will), ATS_GATE_DENY);
    cr_assert_eq(last_event().kind, ATS_EVENT_QUARANTINED);
}

Test(wills, one_of_a_client_that_is_no_device_is_refused)
{
    struct ats_gate_client client = client_at(0, "scada", "scada", true);
    struct ats_gate_publish will = plain_will();
    ats_gate_disconnected(fix.gate, client.handle);
    cr_assert_eq(ats_gate_may_publish(fix.gate, &client, &will), ATS_GATE_DENY);
    cr_assert_eq(refused(ATS_REASON_WILL), 1);
}

Test(wills, one_whose_token_has_expired_is_refused)
{
    struct ats_gate_publish will = plain_will();
    connect_with_token();
    fix.wall_ms += 3600 * 1000;
    cr_assert_eq(die(0, &will), ATS_GATE_DENY);
    cr_assert_eq(refused(ATS_REASON_SESSION_EXPIRED), 1);
}

Test(wills, nobody_is_sent_a_receipt_or_closed_for_one)
{
    struct ats_gate_publish will = plain_will();
    connect_with_token();
    apply_device_now(DEVICE, ATS_DEVICE_REVOKED);
    cr_assert_eq(die(0, &will), ATS_GATE_DENY);
    cr_assert_eq(refused(ATS_REASON_DEVICE_REVOKED), 1);
    cr_assert_eq(fix.receipt_count, 0);
    cr_assert_eq(fix.gate->closing.list_count, 0);
    cr_assert_eq(journal_count(), 0);
}

/* --- the signed envelope --- */

Test(wills, a_signed_one_is_good_for_its_connection, .init = setup_signed)
{
    connect_in_session(5, 0);
    struct ats_gate_publish will = signed_will(5);
    cr_assert_eq(die(0, &will), ATS_GATE_ALLOW, "%s", fix.log);
    struct ats_event event = last_event();
    cr_assert_eq(event.proof, ATS_EVENT_PROOF_SIGNATURE);
    cr_assert_eq(event.sequence, ATS_DEVICE_WILL_FIRST + 5);
    cr_assert(ats_span_is(event.payload, GOOD_PAYLOAD));
}

Test(wills, a_signed_one_may_come_later, .init = setup_signed)
{
    connect_in_session(5, 0);
    struct ats_gate_publish will = signed_will(5);
    cr_assert_eq(die_slowly(0, &will), ATS_GATE_ALLOW, "%s", fix.log);
}

Test(wills, a_signed_one_leaves_the_window_of_publishes_alone, .init = setup_signed)
{
    connect_in_session(5, 0);
    struct ats_gate_publish will = signed_will(5);
    cr_assert_eq(die(0, &will), ATS_GATE_ALLOW);
    connect_in_session(6, 0);
    cr_assert_eq(device.sequence, 0, "the gate tells the highest publish");
    will = signed_will(6);
    cr_assert_eq(die(0, &will), ATS_GATE_ALLOW);
}

Test(wills, a_signed_one_of_another_connect_is_refused, .init = setup_signed)
{
    connect_in_session(5, 0);
    struct ats_gate_publish old = signed_will(5);
    ats_gate_disconnected(fix.gate, &handles[0]);
    connect_in_session(6, 0);
    cr_assert_eq(die(0, &old), ATS_GATE_DENY);
    cr_assert_eq(refused(ATS_REASON_WILL_REPLAYED), 1);
}

Test(wills, a_signed_one_is_good_after_a_reauthentication_of_its_connection, .init = setup_signed)
{
    connect_in_session(5, 0);
    struct ats_gate_publish will = signed_will(5);
    connect_in_session(6, 0);
    connect_in_session(7, 0);
    cr_assert_eq(die(0, &will), ATS_GATE_ALLOW, "%s", fix.log);
    cr_assert_eq(last_event().sequence, ATS_DEVICE_WILL_FIRST + 5);
}

Test(wills, a_reauthentication_makes_no_other_one_good, .init = setup_signed)
{
    connect_in_session(5, 0);
    connect_in_session(6, 0);
    struct ats_gate_publish will = signed_will(6);
    cr_assert_eq(die(0, &will), ATS_GATE_DENY);
    connect_in_session(7, 0);
    will = signed_will(5);
    cr_assert_eq(die(0, &will), ATS_GATE_DENY, "of a connection that has ended");
    cr_assert_eq(refused(ATS_REASON_WILL_REPLAYED), 2);
}

Test(wills, a_signed_one_of_a_token_is_above_each_before, .init = setup_signed)
{
    connect_with_token();
    struct ats_gate_publish will = signed_will(9);
    cr_assert_eq(die(0, &will), ATS_GATE_ALLOW, "%s", fix.log);
    connect_with_token();
    cr_assert_eq(die(0, &will), ATS_GATE_DENY);
    cr_assert_eq(ats_counter_get(&fix.gate->metrics.duplicates), 1);
    connect_with_token();
    will = signed_will(8);
    cr_assert_eq(die(0, &will), ATS_GATE_DENY);
    cr_assert_eq(refused(ATS_REASON_WILL_REPLAYED), 1);
    cr_assert_eq(journal_count(), 1);
}

Test(wills, the_highest_is_known_after_a_restart, .init = setup_signed)
{
    connect_with_token();
    struct ats_gate_publish will = signed_will(9);
    cr_assert_eq(die(0, &will), ATS_GATE_ALLOW, "%s", fix.log);
    close_gate();
    open_gate(NULL, NULL);
    ats_gate_tick(fix.gate);
    connect_with_token();
    cr_assert_eq(die(0, &will), ATS_GATE_DENY);
    cr_assert_eq(ats_counter_get(&fix.gate->metrics.duplicates), 1);
    connect_with_token();
    will = signed_will(8);
    cr_assert_eq(die(0, &will), ATS_GATE_DENY);
    cr_assert_eq(refused(ATS_REASON_WILL_REPLAYED), 1);
}

Test(wills, begin_anew_with_the_next_key_where_a_thief_has_used_the_last_of_one,
     .init = setup_signed)
{
    connect_in_session(ATS_DEVICE_WILL_FIRST - 1, 0);
    struct ats_gate_publish last = signed_will(ATS_DEVICE_WILL_FIRST - 1);
    cr_assert_eq(die(0, &last), ATS_GATE_ALLOW, "%s", fix.log);
    struct ats_key_pair second = apply_second_key(0, 0);
    apply_first_key_retired();
    cr_assert_eq(ats_device_init(&device, DEVICE, GATE, second.seed, fleet.id,
                                 (const uint8_t(*)[32])fleet.root.public_key, 1),
                 ATS_DEVICE_OK);
    for (int restart = 0; restart < 2; restart++) {
        uint64_t counter = 7 + (uint64_t)restart;
        connect_in_session(counter, 1);
        struct ats_gate_publish will = signed_will(counter);
        cr_assert_eq(die(1, &will), ATS_GATE_ALLOW, "%s", fix.log);
        close_gate();
        open_gate(NULL, NULL);
    }
}

Test(wills, an_altered_one_is_refused, .init = setup_signed)
{
    connect_in_session(5, 0);
    struct ats_gate_publish will = signed_will(5);
    sealed[will.payload.len - 2] ^= 1;
    cr_assert_eq(die(0, &will), ATS_GATE_DENY);
    cr_assert_eq(refused(ATS_REASON_PROOF_WRONG), 1);
}

Test(wills, a_publish_with_a_wills_sequence_is_refused)
{
    struct ats_gate_client client = device_client();
    connect_with_token();
    struct ats_gate_publish will = signed_will(5);
    cr_assert_eq(ats_gate_publish(fix.gate, &client, &will), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_SEQUENCE_SPACE), 1);
    cr_assert_eq(die(0, &will), ATS_GATE_ALLOW, "the will itself is still good: %s", fix.log);
}

Test(wills, one_with_a_publishs_sequence_is_refused)
{
    struct ats_device_publish publish = {.topic = TOPIC,
                                         .qos = 1,
                                         .payload = (const uint8_t *)GOOD_PAYLOAD,
                                         .payload_len = strlen(GOOD_PAYLOAD)};
    struct ats_gate_publish will = plain_will();
    size_t len = 0;
    cr_assert_eq(ats_device_prove_envelope(&device, &publish, sealed, sizeof(sealed), &len),
                 ATS_DEVICE_OK);
    will.payload = ats_span_of(sealed, len);
    connect_with_token();
    cr_assert_eq(die(0, &will), ATS_GATE_DENY);
    cr_assert_eq(refused(ATS_REASON_SEQUENCE_SPACE), 1);
}

Test(wills, one_of_a_device_that_is_revoked_in_the_delay_is_refused, .init = setup_signed)
{
    connect_in_session(5, 0);
    struct ats_gate_publish will = signed_will(5);
    ats_gate_disconnected(fix.gate, &handles[0]);
    apply_device_now(DEVICE, ATS_DEVICE_REVOKED);
    cr_assert_eq(ask(0, &will), ATS_GATE_DENY);
    cr_assert_eq(refused(ATS_REASON_DEVICE_REVOKED), 1);
    cr_assert_eq(journal_count(), 0);
}

Test(wills, a_connection_at_the_same_handle_has_none_of_the_last_one, .init = setup_signed)
{
    struct ats_gate_client stranger = client_at(0, "scada", "scada", true);
    connect_in_session(5, 0);
    struct ats_gate_publish will = signed_will(5);
    ats_gate_disconnected(fix.gate, &handles[0]);
    cr_assert_eq(ats_gate_connect(fix.gate, &stranger, "secret"), ATS_GATE_ALLOW);
    cr_assert_eq(ask(0, &will), ATS_GATE_DENY);
    cr_assert_eq(journal_count(), 0);
}

/* --- limits --- */

Test(wills, take_of_what_their_device_may_send, .init = setup_limited)
{
    struct ats_gate_publish will = plain_will();
    int admitted = 0;
    for (int i = 0; i < 50; i++) {
        connect_with_token();
        admitted += die(0, &will) == ATS_GATE_ALLOW;
    }
    cr_assert_eq((uint64_t)admitted, journal_count(), "%s", fix.log);
    cr_assert_gt(admitted, 0);
    cr_assert_leq(admitted * (int)strlen(GOOD_PAYLOAD), 1000, "their bytes count");
    cr_assert_gt(refused(ATS_REASON_RATE_CONTRACT), 0);
}

Test(wills, leave_the_less_for_publishes, .init = setup_limited)
{
    struct ats_gate_client client = device_client();
    struct ats_gate_publish will = plain_will();
    int admitted = 0;
    connect_with_token();
    cr_assert_eq(die(0, &will), ATS_GATE_ALLOW, "%s", fix.log);
    connect_with_token();
    for (int i = 0; i < 50; i++)
        admitted += publish_as(&client, TOPIC, GOOD_PAYLOAD) == ATS_GATE_PASS;
    cr_assert_leq((admitted + 1) * (int)strlen(GOOD_PAYLOAD), 1000);
}

Test(wills, sent_twice_count_as_duplicates, .init = setup_limited)
{
    connect_with_token();
    struct ats_gate_publish will = signed_will(9);
    cr_assert_eq(die(0, &will), ATS_GATE_ALLOW, "%s", fix.log);
    connect_with_token();
    cr_assert_eq(die(0, &will), ATS_GATE_DENY);
    cr_assert_eq(ats_counter_get(&fix.gate->metrics.duplicates), 1, "%s", fix.log);
    cr_assert_eq(journal_count(), 1);
}

/* What is too much of one thing uses up nothing of the other. */
Test(wills, sent_too_often_leave_the_contract_its_rate, .init = setup_limited)
{
    struct ats_gate_publish plain = plain_will();
    connect_with_token();
    struct ats_gate_publish will = signed_will(9);
    cr_assert_eq(die(0, &will), ATS_GATE_ALLOW, "%s", fix.log);
    for (int i = 0; i < 40; i++) {
        connect_with_token();
        cr_assert_eq(die(0, &will), ATS_GATE_DENY);
    }
    cr_assert_gt(refused(ATS_REASON_RATE_DEVICE), 10);
    cr_assert_eq(refused(ATS_REASON_RATE_CONTRACT), 0);
    connect_with_token();
    cr_assert_eq(die(0, &plain), ATS_GATE_ALLOW, "%s", fix.log);
}

/* --- many --- */

static char others[100000]; /* their addresses stand for connections */

static void end_of(const char *name, int handle)
{
    struct ats_session *session = NULL;
    cr_assert_eq(ats_sessions_add(fix.gate->sessions, &others[handle], name, name, &session),
                 ATS_OK);
    ats_gate_disconnected(fix.gate, &others[handle]);
}

Test(wills, a_delayed_one_is_known_when_a_whole_fleet_is_cut_off, .init = setup_signed)
{
    char name[32];
    connect_in_session(5, 0);
    struct ats_gate_publish will = signed_will(5);
    ats_gate_disconnected(fix.gate, &handles[0]);
    for (int i = 0; i < (int)sizeof(others); i++) {
        (void)snprintf(name, sizeof(name), "dev-%06d", i);
        end_of(name, i);
    }
    cr_assert_eq(ask(0, &will), ATS_GATE_ALLOW, "%s", fix.log);
}

Test(wills, of_a_device_that_connects_in_a_loop_only_its_own_are_forgotten, .init = setup_signed)
{
    connect_in_session(5, 0);
    struct ats_gate_publish will = signed_will(5);
    ats_gate_disconnected(fix.gate, &handles[0]);
    for (int i = 0; i < (int)sizeof(others); i++)
        end_of("restless", i);
    int known = 0;
    for (int i = 0; i < (int)sizeof(others); i++)
        known += ats_wills_knows(fix.gate->wills, &others[i]);
    cr_assert_eq(known, ATS_GATE_DEPARTED_PER_DEVICE);
    cr_assert(ats_wills_knows(fix.gate->wills, &others[sizeof(others) - 1]), "the newest");
    cr_assert_eq(ask(0, &will), ATS_GATE_ALLOW, "%s", fix.log);
}

Test(wills, one_that_was_forgotten_is_refused_as_of_a_session_that_is_lost, .init = setup_signed)
{
    connect_in_session(5, 0);
    struct ats_gate_publish will = signed_will(5);
    ats_gate_disconnected(fix.gate, &handles[0]);
    for (int i = 0; i < ATS_GATE_DEPARTED_PER_DEVICE; i++)
        end_of(DEVICE, i);
    cr_assert_eq(ask(0, &will), ATS_GATE_DENY);
    cr_assert_eq(refused(ATS_REASON_SESSION_LOST), 1, "%s", fix.log);
    const char *line = strstr(fix.log, "reason=session-lost");
    cr_assert_not_null(line, "%s", fix.log);
    cr_assert_not_null(strstr(fix.log, "publish.refused device=\"" DEVICE "\""), "%s", fix.log);
}

Test(wills, that_the_store_has_leave_memory_for_those_of_the_next_keys)
{
    struct ats_store_batch *batch = NULL;
    const struct ats_session session = {0};
    const uint64_t sequence = ATS_DEVICE_WILL_FIRST + 1;
    char key[ATS_WILL_KEY_SIZE];
    ats_wills_free(fix.gate->wills);
    cr_assert_eq(ats_wills_new(1, &fix.gate->wills), ATS_OK);
    cr_assert(ats_will_note(fix.gate, "a", sequence, 7));
    cr_assert_not(ats_will_note(fix.gate, "b", sequence, 7), "nobody else knows the first");
    ats_will_key("a", key);
    cr_assert_eq(ats_store_batch_begin(fix.gate->mark_store, &batch), ATS_OK);
    cr_assert_eq(ats_device_store_raise(batch, ats_span_text(key), sequence), ATS_OK);
    cr_assert_eq(ats_store_batch_commit(batch), ATS_OK);
    cr_assert(ats_will_note(fix.gate, "b", sequence, 7));
    cr_assert_eq(ats_will_judge(fix.gate, &session, "a", sequence, 7), ATS_REASON_GATE_BUSY);
    ats_will_key("b", key);
    cr_assert_eq(ats_store_batch_begin(fix.gate->mark_store, &batch), ATS_OK);
    cr_assert_eq(ats_device_store_raise(batch, ats_span_text(key), sequence), ATS_OK);
    cr_assert_eq(ats_store_batch_commit(batch), ATS_OK);
    cr_assert_eq(ats_will_judge(fix.gate, &session, "a", sequence, 7), ATS_REASON_WILL_REPLAYED,
                 "as after a restart");
}
