/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/plugin/gate_fixture.h"

static void setup(void)
{
    fixture_open(NULL, NULL, NULL);
}

TestSuite(admit, .init = setup, .fini = fixture_end);

static uint64_t count(const ats_counter *counter)
{
    return ats_counter_get(counter);
}

Test(admit, admits_what_device_and_contract_allow)
{
    connect_with_token();
    struct ats_gate_client client = device_client();
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_PASS, "%s", fix.log);
    struct ats_event event = last_event();
    cr_assert_eq(event.kind, ATS_EVENT_ADMITTED);
    cr_assert(ats_span_is(event.device, DEVICE));
    cr_assert(ats_span_is(event.asset, DEVICE));
    cr_assert(ats_span_is(event.contract, "env-sensor"));
    cr_assert(ats_span_is(event.topic, TOPIC));
    cr_assert_eq(event.proof, ATS_EVENT_PROOF_CONNECTION);
    cr_assert_eq(event.received_ms, fix.wall_ms);
    cr_assert_eq(event.control_count, ats_registry_count(fix.gate->registry));
    cr_assert_gt(event.value.len, 5);
    cr_assert_eq(event.payload.len, 0);
    cr_assert_eq(fix.receipt_count, 0);
}

Test(admit, quarantines_poison_with_path_reason_and_original_bytes)
{
    connect_with_token();
    struct ats_gate_client client = device_client();
    cr_assert_eq(publish_as(&client, TOPIC, BAD_PAYLOAD), ATS_GATE_REJECT);
    struct ats_event event = last_event();
    cr_assert_eq(event.kind, ATS_EVENT_QUARANTINED);
    cr_assert(ats_span_is(event.payload, BAD_PAYLOAD));
    cr_assert(ats_span_is(event.reason_class, "quality"));
    cr_assert(ats_span_is(event.reason_path, "data.temp"));
    cr_assert(ats_span_is(event.reason_rule, "range"));
    cr_assert_eq(count(&fix.gate->metrics.quarantined), 1);
    cr_assert_eq(fix.receipt_count, 1);
    cr_assert_not_null(strstr(fix.receipts[0], DEVICE " ats/receipts/" DEVICE " {"), "%s",
                       fix.receipts[0]);
    cr_assert_not_null(strstr(fix.receipts[0], "\"path\":\"data.temp\""), "%s", fix.receipts[0]);
}

Test(admit, quarantines_malformed_empty_and_oversized_payloads)
{
    static const char not_utf8[] = "{\"device_id\":\"\xff\"}";
    connect_with_token();
    struct ats_gate_client client = device_client();
    cr_assert_eq(publish_as(&client, TOPIC, "{"), ATS_GATE_REJECT);
    cr_assert_eq(publish_as(&client, TOPIC, ""), ATS_GATE_REJECT);
    cr_assert_eq(publish_as(&client, TOPIC, not_utf8), ATS_GATE_REJECT);
    char *large = calloc(1, ATS_PAYLOAD_MAX + 2);
    memset(large, ' ', ATS_PAYLOAD_MAX + 1);
    cr_assert_eq(publish_as(&client, TOPIC, large), ATS_GATE_REJECT);
    free(large);
    struct ats_event event = last_event();
    cr_assert(ats_span_is(event.reason_rule, "size"));
    cr_assert_eq(event.payload.len, ATS_PAYLOAD_MAX + 1);
    cr_assert_eq(count(&fix.gate->metrics.quarantined), 4);
}

static struct ats_span blanks(size_t len)
{
    char *bytes = malloc(len);
    cr_assert_not_null(bytes);
    memset(bytes, ' ', len);
    return ats_span_of(bytes, len);
}

static void publish_blanks(size_t len)
{
    struct ats_gate_client client = device_client();
    struct ats_gate_publish publish = publish_of(TOPIC, "");
    client.mqtt5 = false;
    publish.payload = blanks(len);
    cr_assert_eq(ats_gate_publish(fix.gate, &client, &publish), ATS_GATE_REJECT, "acknowledged");
    free((void *)(uintptr_t)publish.payload.data);
}

static void assert_beginning_kept(size_t len, const char *sha256)
{
    char size[32];
    struct ats_event event = last_event();
    char text[ATS_VERDICT_TEXT_MAX];
    (void)snprintf(size, sizeof(size), "%zu bytes", len);
    (void)snprintf(text, sizeof(text), "%.*s", ATS_SPAN_ARGS(event.reason_text));
    cr_assert_eq(event.kind, ATS_EVENT_QUARANTINED);
    cr_assert(ats_span_is(event.reason_class, "malformed"));
    cr_assert(ats_span_is(event.reason_rule, "size"));
    cr_assert_eq(event.payload.len, ATS_QUARANTINE_BEGINNING);
    cr_assert_eq(strncmp(text, size, strlen(size)), 0, "%s", text);
    cr_assert_not_null(strstr(text, sha256), "%s", text);
}

/* A refusal would make a stock client of MQTT 3.1.1 send it again for ever. */
Test(admit, quarantines_the_beginning_and_hash_of_what_no_record_holds)
{
    static const char hash_of_three_million_blanks[] =
        "a9e3e71129a2f957c2add87fe2f9a8513d3e2dbe6f7ce478e65d4eb6803a6d8f";
    static const size_t largest = 8 * 1024 * 1024 / ATS_GATE_QUARANTINE_SHARE - 8192;
    connect_with_token();
    publish_blanks(3000000);
    assert_beginning_kept(3000000, hash_of_three_million_blanks);
    cr_assert_not_null(strstr(fix.receipts[0], hash_of_three_million_blanks));
    publish_blanks(largest + 1);
    assert_beginning_kept(largest + 1, "SHA-256");
    close_gate();
    open_gate("journal_size", "64MiB");
    connect_with_token();
    publish_blanks(ATS_RECORD_MAX - 8192);
    cr_assert_eq(last_event().payload.len, ATS_RECORD_MAX - 8192);
    publish_blanks(ATS_RECORD_MAX - 8191);
    assert_beginning_kept(ATS_RECORD_MAX - 8191, "SHA-256");
    cr_assert_eq(count(&fix.gate->metrics.quarantined), 2);
    cr_assert_eq(ats_metrics_refused(&fix.gate->metrics), 0);
}

/* "site/hh...h/DEVICE/env" of `len` bytes. */
static const char *topic_of_length(size_t len)
{
    static char topic[ATS_TOPIC_MAX + 2];
    static const char end[] = "/" DEVICE "/env";
    cr_assert_lt(len, sizeof(topic));
    memset(topic, 'h', len);
    memcpy(topic, "site/", 5);
    memcpy(topic + len - strlen(end), end, sizeof(end));
    return topic;
}

/* The processor's records end at the same length: what is admitted is decided. */
Test(admit, quarantines_topics_longer_than_a_record_may_carry)
{
    connect_with_token();
    struct ats_gate_client client = device_client();
    cr_assert_eq(publish_as(&client, topic_of_length(ATS_TOPIC_MAX), GOOD_PAYLOAD), ATS_GATE_PASS);
    cr_assert_eq(publish_as(&client, topic_of_length(ATS_TOPIC_MAX + 1), GOOD_PAYLOAD),
                 ATS_GATE_REJECT);
    struct ats_event event = last_event();
    cr_assert_eq(event.kind, ATS_EVENT_QUARANTINED);
    cr_assert(ats_span_is(event.reason_rule, "size"));
    cr_assert_eq(event.topic.len, ATS_TOPIC_MAX);
    cr_assert(ats_span_is(event.payload, GOOD_PAYLOAD));
}

Test(admit, leaves_topics_of_no_contract_alone)
{
    struct ats_gate_client client = client_at(1, "scada", NULL, true);
    cr_assert_eq(publish_as(&client, "plant/line", "x"), ATS_GATE_PASS);
    cr_assert_eq(count(&fix.gate->metrics.published), 0);
}

/* Altered on its way, mistyped, or before its contract: a device that proves a publish must not take it for kept. */
Test(admit, refuses_a_proof_on_a_topic_of_no_contract)
{
    static const char *const proofs[] = {"m1.x", "s1.x", "no proof at all"};
    struct ats_gate_client stranger = client_at(9, "scada", NULL, true);
    connect_with_token();
    struct ats_gate_client client = device_client();
    cr_assert_eq(publish_as(&client, "plant/line", "x"), ATS_GATE_PASS);
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(fix.properties.proof, sizeof(fix.properties.proof), "%s", proofs[i]);
        cr_assert_eq(publish_as(&client, "plant/line", "x"), ATS_GATE_REJECT);
        cr_assert_eq(publish_as(&stranger, "plant/line", "x"), ATS_GATE_PASS);
    }
    memset(&fix.properties, 0, sizeof(fix.properties));
    fix.properties.proof_too_long = true;
    cr_assert_eq(publish_as(&client, "plant/line", "x"), ATS_GATE_REJECT);
    fix.properties.proof_too_long = false;
    cr_assert_eq(publish_as(&client, "plant/line", "\xc1\x01 an envelope"), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_TOPIC_UNKNOWN), 5);
    cr_assert_eq(count(&fix.gate->metrics.published), 5);
}

Test(admit, an_exclusive_gate_refuses_topics_of_no_contract)
{
    fix.gate->options.exclusive = true;
    connect_with_token();
    struct ats_gate_client client = device_client();
    cr_assert_eq(publish_as(&client, "plant/line", "x"), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_TOPIC_UNKNOWN), 1);
}

Test(admit, refuses_whoever_is_not_proven)
{
    struct ats_gate_client client = client_at(1, "scada", NULL, true);
    struct ats_gate_publish publish = publish_of(TOPIC, GOOD_PAYLOAD);
    cr_assert_eq(ats_gate_may_publish(fix.gate, &client, &publish), ATS_GATE_DENY);
    cr_assert_eq(ats_gate_publish(fix.gate, &client, &publish), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_UNPROVEN), 2);
    cr_assert_eq(journal_count(), 0);
}

/* A bridge would come back with the same publish for ever, and its other topics would starve. */
Test(admit, keeps_the_connection_of_an_mqtt_3_1_1_client_that_is_no_device)
{
    struct ats_gate_client bridge = client_at(1, "bridge", "bridge", false);
    struct ats_gate_publish publish = publish_of(TOPIC, GOOD_PAYLOAD);
    cr_assert_eq(ats_gate_may_publish(fix.gate, &bridge, &publish), ATS_GATE_DENY);
    cr_assert_eq(ats_gate_publish(fix.gate, &bridge, &publish), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_UNPROVEN), 2);
}

/* It would be acknowledged, and is good once the device has connected again. */
Test(admit, closes_the_connection_of_a_device_that_lost_its_session)
{
    struct ats_gate_client client = device_client();
    struct ats_gate_publish publish = publish_of(TOPIC, GOOD_PAYLOAD);
    client.mqtt5 = false;
    cr_assert_eq(ats_gate_may_publish(fix.gate, &client, &publish), ATS_GATE_DENY_CLOSE);
    cr_assert_eq(ats_gate_publish(fix.gate, &client, &publish), ATS_GATE_CLOSE);
    cr_assert_eq(refused(ATS_REASON_SESSION_LOST), 2);
}

Test(admit, refuses_another_client_at_the_handle_of_a_session)
{
    connect_with_token();
    struct ats_gate_client other_id = client_at(0, "scada", DEVICE, true);
    struct ats_gate_client other_user = client_at(0, DEVICE, "scada", true);
    cr_assert_eq(publish_as(&other_id, TOPIC, GOOD_PAYLOAD), ATS_GATE_REJECT);
    cr_assert_eq(publish_as(&other_user, TOPIC, GOOD_PAYLOAD), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_SESSION_LOST), 1);
    cr_assert_eq(refused(ATS_REASON_UNPROVEN), 1);
}

Test(admit, refuses_the_topic_of_another_device)
{
    connect_with_token();
    struct ats_gate_client client = device_client();
    cr_assert_eq(publish_as(&client, "site/hall/press-18/env", GOOD_PAYLOAD), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_TOPIC_DEVICE), 1);
}

Test(admit, refuses_the_gates_own_topics)
{
    connect_with_token();
    struct ats_gate_client client = device_client();
    cr_assert_eq(publish_as(&client, "ats/receipts/" DEVICE, "x"), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_TOPIC_UNKNOWN), 1);
}

Test(admit, refuses_a_contract_that_the_device_may_not_use)
{
    (void)snprintf(fix.body.contracts[0], sizeof(fix.body.contracts[0]), "machine-temp");
    fix.body.contract_count = 1;
    apply_device_now(DEVICE, ATS_DEVICE_ACTIVE);
    connect_with_token();
    struct ats_gate_client client = device_client();
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_CONTRACT), 1);
}

Test(admit, refuses_the_first_publish_after_a_revocation_and_closes_the_connection)
{
    connect_with_token();
    struct ats_gate_client client = device_client();
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_PASS);
    apply_device_now(DEVICE, ATS_DEVICE_REVOKED);
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_DEVICE_REVOKED), 1);
    cr_assert_not_null(strstr(fix.receipts[0], "\"reason\":\"device-revoked\""), "%s",
                       fix.receipts[0]);
    cr_assert_eq(journal_count(), 1);
    ats_gate_tick(fix.gate);
    cr_assert_str_empty(fix.kicked, "its receipt has not left yet");
    fix.monotonic_ms += ATS_GATE_RECEIPT_GRACE_MS + 1;
    ats_gate_tick(fix.gate);
    cr_assert_str_eq(fix.kicked, DEVICE);
    cr_assert_eq(sessions_closed(ATS_REASON_DEVICE_REVOKED), 1);
}

Test(admit, tells_whose_key_is_retired_why)
{
    connect_with_token();
    struct ats_gate_client client = device_client();
    (void)apply_second_key(0, 0);
    apply_first_key_retired();
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_SESSION_KEY), 1);
    cr_assert_eq(fix.receipt_count, 1);
    cr_assert_not_null(strstr(fix.receipts[0], "\"reason\":\"session-key\""), "%s",
                       fix.receipts[0]);
}

Test(admit, a_revoked_gate_says_so_once_and_takes_nothing)
{
    static const char said[] = "error gate.revoked gate=" GATE;
    connect_with_token();
    struct ats_gate_client client = device_client();
    apply_gate_as(true);
    for (int i = 0; i < 2; i++)
        cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_GATE_REVOKED), 2);
    cr_assert_not_null(strstr(fix.receipts[0], "\"reason\":\"gate-revoked\""), "%s",
                       fix.receipts[0]);
    const char *line = strstr(fix.log, said);
    cr_assert_not_null(line, "%s", fix.log);
    cr_assert_null(strstr(line + 1, said));
    fix.monotonic_ms += ATS_GATE_RECEIPT_GRACE_MS + 1;
    ats_gate_tick(fix.gate);
    cr_assert_str_eq(fix.kicked, DEVICE);
}

Test(admit, closes_the_connection_of_a_revoked_device_that_is_silent)
{
    connect_with_token();
    apply_device_now(DEVICE, ATS_DEVICE_SUSPENDED);
    char name[ATS_NAME_MAX + 1] = DEVICE;
    cr_assert(ats_ring_push(&fix.gate->changed_devices, name));
    ats_gate_tick(fix.gate);
    cr_assert_str_empty(fix.kicked, "it may still hear why at its next publish");
    cr_assert_eq(sessions_closed(ATS_REASON_DEVICE_SUSPENDED), 1);
    fix.monotonic_ms += ATS_GATE_REVOKED_GRACE_MS + 1;
    ats_gate_tick(fix.gate);
    cr_assert_str_eq(fix.kicked, DEVICE);
}

Test(admit, looks_at_every_session_when_changes_were_lost)
{
    connect_with_token();
    apply_device_now(DEVICE, ATS_DEVICE_SUSPENDED);
    atomic_store(&fix.gate->changes_lost, true);
    ats_gate_tick(fix.gate);
    fix.monotonic_ms += ATS_GATE_REVOKED_GRACE_MS + 1;
    ats_gate_tick(fix.gate);
    cr_assert_str_eq(fix.kicked, DEVICE);
}

Test(admit, the_connection_is_closed_within_200_ms_of_the_refused_publish_and_a_tick_of_100_ms)
{
    connect_with_token();
    struct ats_gate_client client = device_client();
    apply_device_now(DEVICE, ATS_DEVICE_SUSPENDED);
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_REJECT);
    int64_t from_ms = fix.monotonic_ms;
    while (!*fix.kicked && fix.monotonic_ms - from_ms < 1000) {
        fix.monotonic_ms += 100; /* an idle broker's tick */
        ats_gate_tick(fix.gate);
    }
    cr_assert_str_eq(fix.kicked, DEVICE);
    cr_assert_leq(fix.monotonic_ms - from_ms, 200);
}

static char many_handles[5 * ATS_GATE_RECHECKS_MAX];
static size_t kicks;

static size_t kicks_by_name;

/* As the broker does, with a name or client id of add_sessions(). */
static void kick_one(void *ctx, const char *name)
{
    (void)ctx;
    kicks++;
    ats_gate_disconnected(fix.gate, &many_handles[strtoul(name + sizeof("gone-") - 1, NULL, 10)]);
}

static void kick_by_name(void *ctx, const char *user_name)
{
    kicks_by_name++;
    kick_one(ctx, user_name);
}

static void add_sessions(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char name[32];
        struct ats_session *session = NULL;
        (void)snprintf(name, sizeof(name), "gone-%zu", i);
        cr_assert_eq(ats_sessions_add(fix.gate->sessions, &many_handles[i], name, name, &session),
                     ATS_OK);
    }
}

static size_t to_be_closed(void)
{
    size_t count = 0;
    for (size_t i = 0; i < fix.gate->closing.list_count; i++)
        for (const struct ats_session *session = fix.gate->closing.lists[i].first; session;
             session = session->closing.next)
            count++;
    return count;
}

Test(admit, looks_at_so_many_sessions_at_a_tick_when_changes_were_lost_and_at_all_in_the_end)
{
    const size_t all = sizeof(many_handles);
    add_sessions(all);
    atomic_store(&fix.gate->changes_lost, true);
    ats_gate_tick(fix.gate);
    cr_assert_eq(to_be_closed(), ATS_GATE_RECHECKS_MAX);
    /* The one that is next goes, and another change comes. */
    ats_sessions_remove(fix.gate->sessions, &many_handles[ATS_GATE_RECHECKS_MAX]);
    atomic_store(&fix.gate->changes_lost, true);
    for (int i = 0; i < 4; i++)
        ats_gate_tick(fix.gate);
    cr_assert_eq(to_be_closed(), all - 1);
    cr_assert(atomic_load(&fix.gate->changes_lost), "another pass is to come");
    ats_gate_tick(fix.gate);
    cr_assert_not(atomic_load(&fix.gate->changes_lost));
}

Test(admit, a_receipt_goes_before_a_fleet_that_is_silent)
{
    const size_t all = 3 * ATS_GATE_KICKS_MAX;
    fix.gate->broker.kick = kick_by_name;
    fix.gate->broker.kick_client = kick_one;
    add_sessions(all);
    atomic_store(&fix.gate->changes_lost, true);
    ats_gate_tick(fix.gate);
    fix.monotonic_ms += ATS_GATE_REVOKED_GRACE_MS;
    ats_gate_close_later(fix.gate,
                         ats_sessions_find_client(fix.gate->sessions, &many_handles[all - 1]),
                         ATS_GATE_RECEIPT_GRACE_MS);
    fix.monotonic_ms += ATS_GATE_RECEIPT_GRACE_MS;
    ats_gate_tick(fix.gate);
    cr_assert_eq(kicks, ATS_GATE_KICKS_MAX);
    cr_assert_eq(kicks_by_name, ATS_GATE_KICKS_BY_NAME,
                 "the broker walks all connections for each");
    cr_assert_null(ats_sessions_find_client(fix.gate->sessions, &many_handles[all - 1]));
    for (int i = 0; i < 3; i++) {
        ats_gate_tick(fix.gate);
        cr_assert_eq(kicks, (size_t)(i + 1) * ATS_GATE_KICKS_MAX, "no two looks at once");
        fix.monotonic_ms += ATS_GATE_KICK_INTERVAL_MS;
    }
    cr_assert_eq(to_be_closed(), 0);
}

static void lose_one(void *ctx, const char *client_id)
{
    if (strcmp(client_id, "gone-7") == 0)
        kicks++; /* it has fallen out of the broker's index */
    else
        kick_one(ctx, client_id);
}

Test(admit, who_is_not_found_by_its_client_id_is_closed_by_name_at_the_next_look)
{
    const size_t all = 10;
    fix.gate->broker.kick = kick_by_name;
    fix.gate->broker.kick_client = lose_one;
    add_sessions(all);
    atomic_store(&fix.gate->changes_lost, true);
    ats_gate_tick(fix.gate);
    fix.monotonic_ms += ATS_GATE_REVOKED_GRACE_MS;
    ats_gate_tick(fix.gate);
    cr_assert_eq(ats_sessions_count(fix.gate->sessions), 1);
    fix.monotonic_ms += ATS_GATE_KICK_INTERVAL_MS;
    ats_gate_tick(fix.gate);
    cr_assert_eq(ats_sessions_count(fix.gate->sessions), 0);
    cr_assert_eq(kicks_by_name, ATS_GATE_KICKS_BY_NAME + 1);
}

Test(admit, a_session_ends_when_its_token_expires)
{
    connect_with_token();
    struct ats_gate_client client = device_client();
    fix.wall_ms += 599 * 1000;
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_PASS);
    fix.wall_ms += 1000;
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_SESSION_EXPIRED), 1);
}

Test(admit, tells_mqtt_5_by_puback_and_closes_3_1_1_where_success_would_be_a_lie)
{
    cr_assert_eq(ats_reason_answer(ATS_REASON_JOURNAL_FULL, true, 1), ATS_GATE_REJECT);
    cr_assert_eq(ats_reason_answer(ATS_REASON_JOURNAL_FULL, false, 1), ATS_GATE_CLOSE);
    cr_assert_eq(ats_reason_answer(ATS_REASON_JOURNAL_FULL, false, 0), ATS_GATE_REJECT);
    cr_assert_eq(ats_reason_answer(ATS_REASON_QUALITY, false, 1), ATS_GATE_REJECT);
    cr_assert_eq(ats_reason_answer(ATS_REASON_DUPLICATE, false, 1), ATS_GATE_DIVERT);
    cr_assert_eq(ats_reason_answer(ATS_REASON_DUPLICATE, true, 2), ATS_GATE_PASS);
}

/* It would take the PUBACK for success. */
Test(admit, acknowledges_to_a_device_of_3_1_1_only_what_is_kept)
{
    for (int i = 0; i < ATS_REASON_COUNT; i++) {
        enum ats_reason reason = (enum ats_reason)i;
        bool no_device = reason == ATS_REASON_UNPROVEN || reason == ATS_REASON_WILL;
        if (ats_reason_info(reason)->kind == ATS_REFUSED)
            cr_expect_eq(ats_reason_answer(reason, false, 1),
                         no_device ? ATS_GATE_REJECT : ATS_GATE_CLOSE, "%s",
                         ats_reason_info(reason)->name);
    }
}

Test(admit, refuses_when_the_journal_is_full_and_takes_again_nothing_silently)
{
    connect_with_token();
    struct ats_gate_client client = device_client();
    uint64_t published = 0;
    enum ats_gate_answer answer = ATS_GATE_PASS;
    while (answer == ATS_GATE_PASS && published < 100000) {
        answer = publish_as(&client, TOPIC, GOOD_PAYLOAD);
        published++;
        cr_assert_eq(ats_journal_maintain(fix.gate->journal, fix.monotonic_ms, NULL), ATS_OK);
    }
    cr_assert_eq(answer, ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_JOURNAL_FULL), 1, "%s", fix.log);
    cr_assert_eq(journal_count(), published - 1);
    cr_assert_not_null(strstr(fix.receipts[0], "\"reason\":\"journal-full\""));
}

Test(admit, quarantine_may_fill_a_tenth_of_the_journal_only)
{
    connect_with_token();
    struct ats_gate_client client = device_client();
    char *large = calloc(1, 200 * 1024 + 1);
    memset(large, ' ', 200 * 1024);
    for (int i = 0; i < 4; i++)
        cr_assert_eq(publish_as(&client, TOPIC, large), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_QUARANTINE_FULL), 0);
    cr_assert_eq(publish_as(&client, TOPIC, large), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_QUARANTINE_FULL), 1);
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_PASS, "good data still goes");
    free(large);
}

Test(admit, counts_add_up)
{
    connect_with_token();
    struct ats_gate_client client = device_client();
    (void)publish_as(&client, TOPIC, GOOD_PAYLOAD);
    (void)publish_as(&client, TOPIC, BAD_PAYLOAD);
    (void)publish_as(&client, "ats/x", "x");
    const struct ats_gate_metrics *metrics = &fix.gate->metrics;
    cr_assert_eq(count(&metrics->published), 3);
    cr_assert_eq(count(&metrics->published),
                 count(&metrics->admitted) + count(&metrics->quarantined) +
                     count(&metrics->duplicates) + ats_metrics_refused(metrics));
}

Test(admit, a_receipt_is_bounded_whatever_the_topic)
{
    connect_with_token();
    struct ats_gate_client client = device_client();
    char topic[ATS_GATE_RECEIPT_MAX + 8];
    memset(topic, 'x', sizeof(topic) - 1);
    memcpy(topic, "ats/", 4);
    topic[sizeof(topic) - 1] = '\0';
    (void)publish_as(&client, topic, "x");
    (void)publish_as(&client, "ats/x", "x");
    cr_assert_eq(fix.receipt_count, 2);
    cr_assert_not_null(strstr(fix.receipts[0], "\"topic\":\"\""), "%s", fix.receipts[0]);
    cr_assert_not_null(strstr(fix.receipts[0], "\"sequence\":0}"), "%s", fix.receipts[0]);
    cr_assert_not_null(strstr(fix.receipts[1], "\"topic\":\"ats/x\""), "%s", fix.receipts[1]);
}

Test(admit, receipts_have_a_budget)
{
    connect_with_token();
    struct ats_gate_client client = device_client();
    for (int i = 0; i < ATS_GATE_RECEIPTS_PER_DEVICE + 5; i++)
        (void)publish_as(&client, TOPIC, "{");
    cr_assert_eq(fix.receipt_count, ATS_GATE_RECEIPTS_PER_DEVICE);
    cr_assert_eq(count(&fix.gate->metrics.receipts_dropped), 5);
    fix.monotonic_ms += 1000;
    (void)publish_as(&client, TOPIC, "{");
    cr_assert_eq(fix.receipt_count, ATS_GATE_RECEIPTS_PER_DEVICE + 1);
}

Test(admit, names_that_a_client_chooses_forge_no_field_of_the_log)
{
    struct ats_gate_client client = client_at(1, "x\" reason=admitted device=\"dev-b", NULL, true);
    struct ats_gate_publish publish = publish_of(TOPIC, GOOD_PAYLOAD);
    (void)ats_gate_may_publish(fix.gate, &client, &publish);
    (void)publish_as(&client, TOPIC, GOOD_PAYLOAD);
    unsigned lines = 0;
    for (const char *line = fix.log; (line = strstr(line, "publish.refused")); line++, lines++)
        cr_assert_not_null(strstr(line, "client=\"x\\\" reason=admitted device=\\\"dev-b\" topic="),
                           "%s", line);
    cr_assert_eq(lines, 2, "%s", fix.log);
}

/* A broker that never ticks (2.0.11 with per_listener_settings), and gives the next connection the last one's place. */
Test(admit, a_publish_at_the_handle_of_a_connection_that_is_gone_is_no_will)
{
    struct ats_gate_client client = device_client();
    struct ats_gate_publish publish = publish_of(TOPIC, GOOD_PAYLOAD);
    client.mqtt5 = false;
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(ats_gate_connect(fix.gate, &client, good_token()), ATS_GATE_ALLOW);
        cr_assert_eq(ats_gate_may_publish(fix.gate, &client, &publish), ATS_GATE_ALLOW);
        ats_gate_disconnected(fix.gate, client.handle);
    }
    cr_assert_eq(refused(ATS_REASON_WILL), 0);
}

Test(admit, a_stranger_at_the_handle_of_a_connection_that_is_gone_is_unproven)
{
    struct ats_gate_client stranger = client_at(0, "scada", "scada", false);
    struct ats_gate_publish publish = publish_of(TOPIC, GOOD_PAYLOAD);
    connect_with_token();
    ats_gate_disconnected(fix.gate, stranger.handle);
    cr_assert_eq(ats_gate_connect(fix.gate, &stranger, "secret"), ATS_GATE_ALLOW);
    cr_assert_eq(ats_gate_may_publish(fix.gate, &stranger, &publish), ATS_GATE_DENY);
    cr_assert_eq(refused(ATS_REASON_UNPROVEN), 1);
}

/* Clocks that jump back: order is the sequence's, and closing waits by a clock that does not. */
Test(admit, a_clock_that_goes_back_ends_and_revives_nothing)
{
    connect_with_token();
    struct ats_gate_client client = device_client();
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_PASS);
    apply_device_now(DEVICE, ATS_DEVICE_REVOKED);
    fix.wall_ms -= 3600 * 1000;
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_REJECT);
    fix.monotonic_ms += ATS_GATE_RECEIPT_GRACE_MS + 1;
    ats_gate_tick(fix.gate);
    cr_assert_str_eq(fix.kicked, DEVICE);
}

Test(admit, takes_a_new_set_of_contracts_at_the_next_callback)
{
    struct ats_contract_set *none = NULL;
    cr_assert_eq(ats_contract_set_new(&none), ATS_OK);
    atomic_store(&fix.gate->next_contracts, none);
    struct ats_gate_client client = client_at(1, "scada", NULL, true);
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_PASS, "no longer governed");
}

Test(admit, a_set_of_the_same_contracts_is_no_change_to_tell)
{
    struct ats_contract_set *same = NULL;
    struct ats_contract_set *none = NULL;
    cr_assert_eq(ats_contract_set_copy(fix.gate->contracts, &same), ATS_OK);
    atomic_store(&fix.gate->next_contracts, same);
    ats_gate_begin_turn(fix.gate);
    cr_assert_eq(fix.gate->contracts, same, "taken all the same");
    cr_assert_null(strstr(fix.log, "contracts.changed"), "%s", fix.log);
    cr_assert_eq(ats_contract_set_new(&none), ATS_OK);
    atomic_store(&fix.gate->next_contracts, none);
    ats_gate_begin_turn(fix.gate);
    cr_assert_not_null(strstr(fix.log, "contracts.changed count=0"), "%s", fix.log);
}
