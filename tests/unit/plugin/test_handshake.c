/* SPDX-License-Identifier: Apache-2.0 */
/* ATTESTREAM-1 and proofs on publishes, with the device library at the other end. */
#include "plugin/counters.h"
#include "plugin/numbers.h"
#include "tests/unit/plugin/gate_fixture.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static struct ats_device device;

static void setup_with(const char *proof)
{
    fixture_open(proof, NULL, NULL);
    uint8_t roots[1][32];
    memcpy(roots[0], fleet.root.public_key, sizeof(roots[0]));
    cr_assert_eq(ats_device_init(&device, DEVICE, GATE, fix.device_key.seed, fleet.id,
                                 (const uint8_t(*)[32])roots, 1),
                 ATS_DEVICE_OK);
}

static void setup(void)
{
    setup_with(NULL);
}

TestSuite(handshake, .init = setup, .fini = fixture_end);

struct hello {
    uint8_t data[ATS_DEVICE_CONNECT_DATA_MAX];
    size_t len;
};

static struct hello hello_with(uint64_t counter, const char *client_id, const char *user_name)
{
    struct hello hello = {.len = 0};
    cr_assert_eq(ats_device_connect(&device, counter, client_id, user_name, hello.data,
                                    sizeof(hello.data), &hello.len),
                 ATS_DEVICE_OK);
    return hello;
}

static enum ats_gate_access answer_at(int handle, const struct hello *hello, const char *client_id,
                                      const char *user_name, uint8_t *ret_data, size_t *ret_len)
{
    struct ats_gate_client client = client_at(handle, client_id, user_name, true);
    return ats_gate_connect_with(fix.gate, &client, ATS_DEVICE_METHOD,
                                 ats_span_of(hello->data, hello->len), ret_data, ret_len);
}

static enum ats_gate_access shake_hands(uint64_t counter, const char *client_id,
                                        const char *user_name)
{
    uint8_t data[ATS_GATE_DATA_MAX];
    size_t len = 0;
    struct hello hello = hello_with(counter, client_id, user_name);
    enum ats_gate_access access = answer_at(0, &hello, client_id, user_name, data, &len);
    if (access == ATS_GATE_ALLOW)
        cr_assert_eq(ats_device_accept(&device, data, len, (uint64_t)fix.wall_ms), ATS_DEVICE_OK);
    return access;
}

static void connect_device_now(void)
{
    cr_assert_eq(shake_hands(1, DEVICE, ""), ATS_GATE_ALLOW, "%s", fix.log);
}

/* The next proof of the device over this publish goes along with the next publish of the fixture. */
static void prove(enum ats_proof_kind kind, const char *topic, const char *payload)
{
    struct ats_device_publish publish = {.topic = topic,
                                         .qos = 1,
                                         .time_ms = (uint64_t)fix.wall_ms,
                                         .payload = (const uint8_t *)payload,
                                         .payload_len = strlen(payload)};
    enum ats_device_result result =
        kind == ATS_PROOF_MAC ? ats_device_prove_mac(&device, &publish, fix.properties.proof)
                              : ats_device_prove_signature(&device, &publish, fix.properties.proof);
    cr_assert_eq(result, ATS_DEVICE_OK);
}

static enum ats_gate_answer publish_proven(enum ats_proof_kind kind)
{
    struct ats_gate_client client = device_client();
    prove(kind, TOPIC, GOOD_PAYLOAD);
    return publish_as(&client, TOPIC, GOOD_PAYLOAD);
}

Test(handshake, takes_one_round_trip_and_names_the_user)
{
    cr_assert_eq(shake_hands(1, DEVICE, ""), ATS_GATE_ALLOW, "%s", fix.log);
    cr_assert_str_eq(fix.user_name, DEVICE);
    cr_assert_eq(ats_sessions_count(fix.gate->sessions), 1);
    cr_assert(device.has_session);
}

Test(handshake, uses_ready_made_ephemeral_keys)
{
    struct ats_key_pair pair;
    ats_key_pair_generate(&pair, ATS_KEY_AGREEMENT);
    cr_assert(ats_ring_push(&fix.gate->ephemeral_keys, &pair));
    connect_device_now();
    cr_assert_eq(ats_ring_count(&fix.gate->ephemeral_keys), 0);
}

Test(handshake, refuses_a_replayed_connect_and_leaves_the_live_session_alone)
{
    uint8_t data[ATS_GATE_DATA_MAX];
    size_t len = 0;
    struct hello hello = hello_with(7, DEVICE, "");
    cr_assert_eq(answer_at(0, &hello, DEVICE, NULL, data, &len), ATS_GATE_ALLOW);
    cr_assert_eq(ats_device_accept(&device, data, len, (uint64_t)fix.wall_ms), ATS_DEVICE_OK);
    cr_assert_eq(answer_at(1, &hello, DEVICE, NULL, data, &len), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_CONNECT_REPLAYED), 1);
    cr_assert_eq(publish_proven(ATS_PROOF_MAC), ATS_GATE_PASS);
}

/* The device goes on with its other key, as after a rotation. */
static void take_up(const struct ats_key_pair *pair)
{
    uint8_t roots[1][32];
    uint64_t sequence = device.sequence;
    memcpy(roots[0], fleet.root.public_key, sizeof(roots[0]));
    cr_assert_eq(ats_device_init(&device, DEVICE, GATE, pair->seed, fleet.id,
                                 (const uint8_t(*)[32])roots, 1),
                 ATS_DEVICE_OK);
    device.sequence = sequence;
}

Test(handshake, rotates_a_key_without_a_gap)
{
    connect_device_now();
    struct ats_key_pair second = apply_second_key(0, 0);
    cr_assert_eq(publish_proven(ATS_PROOF_MAC), ATS_GATE_PASS, "the old key opened it");
    cr_assert_eq(publish_proven(ATS_PROOF_SIGNATURE), ATS_GATE_PASS);
    take_up(&second);
    cr_assert_eq(shake_hands(2, DEVICE, ""), ATS_GATE_ALLOW, "%s", fix.log);
    cr_assert_eq(publish_proven(ATS_PROOF_SIGNATURE), ATS_GATE_PASS);
    apply_first_key_retired();
    cr_assert_eq(publish_proven(ATS_PROOF_SIGNATURE), ATS_GATE_PASS);
    cr_assert_eq(publish_proven(ATS_PROOF_MAC), ATS_GATE_PASS);
    cr_assert_eq(ats_counter_get(&fix.gate->metrics.admitted), 5);
    take_up(&fix.device_key);
    cr_assert_eq(shake_hands(3, DEVICE, ""), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_KEY_UNKNOWN), 1);
}

/* As whoever has stolen it could: a CONNECT and a publish with the last numbers that there are. */
static void use_up_the_key(void)
{
    cr_assert_eq(shake_hands(ATS_DEVICE_WILL_FIRST - 1, DEVICE, ""), ATS_GATE_ALLOW, "%s", fix.log);
    device.sequence = ATS_DEVICE_WILL_FIRST - 2;
    cr_assert_eq(publish_proven(ATS_PROOF_MAC), ATS_GATE_PASS);
    device.sequence = 5;
}

Test(handshake, begins_anew_with_the_next_key_where_a_thief_has_used_up_the_numbers_of_one)
{
    uint8_t data[ATS_GATE_DATA_MAX];
    size_t len = 0;
    use_up_the_key();
    struct ats_key_pair second = apply_second_key(0, 0);
    take_up(&second);
    struct hello hello = hello_with(1, DEVICE, "");
    cr_assert_eq(answer_at(0, &hello, DEVICE, NULL, data, &len), ATS_GATE_ALLOW);
    cr_assert_eq(ats_device_accept(&device, data, len, (uint64_t)fix.wall_ms),
                 ATS_DEVICE_SEQUENCE_JUMP, "the stolen key is still good");
    apply_first_key_retired();
    for (uint64_t counter = 2; counter < 4; counter++) {
        cr_assert_eq(shake_hands(counter, DEVICE, ""), ATS_GATE_ALLOW, "%s", fix.log);
        cr_assert_eq(device.sequence, 3 + counter);
        cr_assert_eq(publish_proven(ATS_PROOF_MAC), ATS_GATE_PASS, "%s", fix.log);
        close_gate();
        open_gate(NULL, NULL);
    }
    cr_assert_eq(shake_hands(3, DEVICE, ""), ATS_GATE_DENY, "its own counters stay used");
}

Test(handshake, tells_a_device_with_its_next_key_what_it_sent_under_the_other)
{
    connect_device_now();
    cr_assert_eq(publish_proven(ATS_PROOF_MAC), ATS_GATE_PASS);
    cr_assert_eq(publish_proven(ATS_PROOF_SIGNATURE), ATS_GATE_PASS);
    struct ats_gate_properties last = fix.properties;
    struct ats_key_pair second = apply_second_key(0, 0);
    take_up(&second);
    device.sequence = 0;
    cr_assert_eq(shake_hands(2, DEVICE, ""), ATS_GATE_ALLOW, "%s", fix.log);
    cr_assert_eq(device.sequence, 2);
    struct ats_gate_client client = device_client();
    fix.properties = last;
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_DIVERT, "the same packet");
    cr_assert_eq(ats_counter_get(&fix.gate->metrics.duplicates), 1);
    cr_assert_eq(publish_proven(ATS_PROOF_SIGNATURE), ATS_GATE_PASS);
}

Test(handshake, refuses_what_the_old_key_opened_once_it_is_retired)
{
    connect_device_now();
    (void)apply_second_key(0, 0);
    apply_first_key_retired();
    cr_assert_eq(publish_proven(ATS_PROOF_MAC), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_SESSION_KEY), 1);
    cr_assert_not_null(strstr(fix.receipts[0], "\"reason\":\"session-key\""), "%s",
                       fix.receipts[0]);
    fix.monotonic_ms += ATS_GATE_RECEIPT_GRACE_MS + 1;
    ats_gate_tick(fix.gate);
    cr_assert_str_eq(fix.kicked, DEVICE);
}

Test(handshake, refuses_a_session_and_a_signature_of_a_key_that_has_come_to_its_end)
{
    int64_t end_ms = fix.wall_ms + 5000;
    struct ats_key_pair second = apply_second_key(0, end_ms);
    take_up(&second);
    connect_device_now();
    cr_assert_eq(publish_proven(ATS_PROOF_MAC), ATS_GATE_PASS);
    fix.wall_ms = end_ms;
    cr_assert_eq(publish_proven(ATS_PROOF_MAC), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_SESSION_KEY), 1);
    cr_assert_eq(shake_hands(2, DEVICE, ""), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_KEY_NOT_VALID), 1);
    take_up(&fix.device_key);
    cr_assert_eq(shake_hands(3, DEVICE, ""), ATS_GATE_ALLOW, "%s", fix.log);
    cr_assert_eq(publish_proven(ATS_PROOF_MAC), ATS_GATE_PASS);
    memcpy(device.key_id, fix.body.keys[1].id, sizeof(device.key_id));
    cr_assert_eq(publish_proven(ATS_PROOF_SIGNATURE), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_KEY_NOT_VALID), 1);
}

Test(handshake, remembers_the_counter_after_a_restart)
{
    cr_assert_eq(shake_hands(7, DEVICE, ""), ATS_GATE_ALLOW);
    close_gate();
    open_gate(NULL, NULL);
    cr_assert_eq(shake_hands(7, DEVICE, ""), ATS_GATE_DENY);
    cr_assert_eq(shake_hands(8, DEVICE, ""), ATS_GATE_ALLOW);
}

/* A gate that takes it and is killed before anything else happens. */
static void take_and_die(const struct hello *hello)
{
    uint8_t data[ATS_GATE_DATA_MAX];
    size_t len = 0;
    close_gate();
    pid_t child = fork();
    if (child == 0) {
        if (open_gate_with(NULL, 0) == ATS_OK &&
            answer_at(0, hello, DEVICE, NULL, data, &len) == ATS_GATE_ALLOW)
            (void)kill(getpid(), SIGKILL);
        _exit(1);
    }
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFSIGNALED(status), "the CONNECT was not taken");
    open_gate(NULL, NULL);
}

/* Of the device's key. */
static const char *owner(void)
{
    static char text[ATS_NUMBERS_OWNER_SIZE];
    ats_numbers_owner(DEVICE, device.key_id, text);
    return text;
}

static uint64_t stored_counter(void)
{
    uint64_t counter = 0;
    cr_assert_eq(ats_device_store_get(fix.gate->counter_store, owner(), &counter), ATS_OK);
    return counter;
}

Test(handshake, refuses_a_recorded_one_after_a_kill_before_the_store_has_its_counter)
{
    uint8_t data[ATS_GATE_DATA_MAX];
    size_t len = 0;
    struct hello hello = hello_with(7, DEVICE, "");
    take_and_die(&hello);
    cr_assert_eq(stored_counter(), 0, "nothing has forwarded it");
    cr_assert_eq(answer_at(0, &hello, DEVICE, NULL, data, &len), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_CONNECT_REPLAYED), 1, "%s", fix.log);
    cr_assert_eq(shake_hands(8, DEVICE, ""), ATS_GATE_ALLOW);
}

Test(handshake, takes_no_counter_below_that_of_the_store)
{
    struct ats_store_batch *batch = NULL;
    cr_assert_eq(shake_hands(7, DEVICE, ""), ATS_GATE_ALLOW);
    cr_assert_eq(ats_store_batch_begin(fix.gate->counter_store, &batch), ATS_OK);
    cr_assert_eq(ats_device_store_raise(batch, ats_span_text(owner()), 20), ATS_OK);
    cr_assert_eq(ats_store_batch_commit(batch), ATS_OK);
    cr_assert_eq(shake_hands(20, DEVICE, ""), ATS_GATE_DENY);
    close_gate();
    open_gate(NULL, NULL);
    cr_assert_eq(ats_numbers_counter(fix.gate->numbers, owner()), 0, "the store has a higher one");
    cr_assert_eq(shake_hands(20, DEVICE, ""), ATS_GATE_DENY);
    cr_assert_eq(shake_hands(21, DEVICE, ""), ATS_GATE_ALLOW);
}

/* The last position. */
static uint64_t fill_journal(void)
{
    static uint8_t data[ATS_JOURNAL_RECORD_MAX];
    struct ats_span span = ats_span_of(data, sizeof(data));
    uint64_t position = 0;
    for (; span.len > 0; span.len /= 2)
        while (ats_journal_append(fix.gate->journal, ATS_EVENT_ADMITTED, span, &position) == ATS_OK)
            cr_assert_eq(ats_journal_maintain(fix.gate->journal, 0, NULL), ATS_OK);
    return position;
}

Test(handshake, a_connect_without_room_for_its_client_id_cannot_be_played_again)
{
    char id[64] = "";
    struct ats_gate_client client = client_at(0, id, DEVICE, true);
    for (int i = 0; i < ATS_GATE_DEVICE_NAMES_MAX; i++) {
        (void)snprintf(id, sizeof(id), DEVICE "/%d", i);
        cr_assert_eq(ats_lasting_client_id(fix.gate, DEVICE, &client), ATS_REASON_NONE);
    }
    cr_assert_eq(shake_hands(1, DEVICE "/one-more", ""), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_BUSY_DEVICE), 1, "%s", fix.log);
    cr_assert_eq(shake_hands(1, DEVICE "/0", ""), ATS_GATE_DENY);
    cr_assert_eq(shake_hands(2, DEVICE "/0", ""), ATS_GATE_ALLOW, "%s", fix.log);
}

static enum ats_gate_access connect_by(const char *method)
{
    struct ats_gate_client client = device_client();
    uint8_t answer[ATS_GATE_DATA_MAX];
    size_t len = 0;
    return ats_gate_connect_with(fix.gate, &client, method, ats_span_text("x"), answer, &len);
}

static uint64_t deferred(enum ats_not_ours why)
{
    return ats_counter_get(&fix.gate->metrics.connections_deferred[why]);
}

Test(handshake, other_authentication_methods_are_left_to_others_and_counted)
{
    cr_assert_eq(connect_by("ATESTREAM-1"), ATS_GATE_DEFER);
    cr_assert_eq(connect_by(NULL), ATS_GATE_DEFER);
    cr_assert_eq(deferred(ATS_NOT_OURS_METHOD), 2);
    cr_assert_eq(deferred(ATS_NOT_OURS_USER), 0);
}

Test(handshake, an_exclusive_gate_lets_nobody_in_by_another_method)
{
    fix.gate->options.exclusive = true;
    cr_assert_eq(connect_by("SCRAM-SHA-256"), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_EXCLUSIVE), 1);
    cr_assert_eq(deferred(ATS_NOT_OURS_METHOD), 0);
    cr_assert_not_null(strstr(fix.log, "reason=exclusive"), "%s", fix.log);
}

Test(handshake, a_full_journal_lets_nobody_in_and_uses_up_no_counter)
{
    uint64_t newest = fill_journal();
    cr_assert_eq(shake_hands(1, DEVICE, ""), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_GATE_BUSY), 1);
    cr_assert_not_null(strstr(fix.log, "the journal is full"), "%s", fix.log);
    cr_assert_eq(ats_sessions_count(fix.gate->sessions), 0);
    ats_journal_acknowledge(fix.gate->journal, ats_journal_id(fix.gate->journal), newest);
    cr_assert_eq(ats_journal_maintain(fix.gate->journal, 0, NULL), ATS_OK);
    cr_assert_eq(shake_hands(1, DEVICE, ""), ATS_GATE_ALLOW, "%s", fix.log);
}

Test(handshake, a_counter_takes_nothing_of_the_quarantines_part)
{
    cr_assert_eq(shake_hands(1, DEVICE, ""), ATS_GATE_ALLOW);
    close_gate();
    open_gate(NULL, NULL);
    cr_assert_gt(ats_journal_backlog_bytes(fix.gate->journal), 0);
    cr_assert_eq(ats_counter_get(&fix.gate->metrics.quarantine_bytes_in), 0);
}

Test(handshake, binds_client_id_and_user_name)
{
    cr_assert_eq(shake_hands(1, "admin", ""), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_CLIENT_ID), 1);
    cr_assert_eq(shake_hands(2, DEVICE, "admin"), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_USER_NAME), 1);
    cr_assert_eq(shake_hands(3, DEVICE, DEVICE), ATS_GATE_ALLOW);
    struct hello hello = hello_with(4, DEVICE, "");
    uint8_t data[ATS_GATE_DATA_MAX];
    size_t len = 0;
    cr_assert_eq(answer_at(0, &hello, DEVICE "/x", NULL, data, &len), ATS_GATE_DENY,
                 "signed for another client id");
    cr_assert_eq(connections_refused(ATS_REASON_CONNECT_WRONG), 1);
}

Test(handshake, refuses_garbage_and_forged_signatures)
{
    struct hello hello = hello_with(1, DEVICE, "");
    uint8_t data[ATS_GATE_DATA_MAX];
    size_t len = 0;
    hello.data[hello.len - 1] ^= 1;
    cr_assert_eq(answer_at(0, &hello, DEVICE, NULL, data, &len), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_CONNECT_WRONG), 1);
    hello.len--;
    cr_assert_eq(answer_at(0, &hello, DEVICE, NULL, data, &len), ATS_GATE_DENY);
    hello.len = 0;
    cr_assert_eq(answer_at(0, &hello, DEVICE, NULL, data, &len), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_CONNECT_MALFORMED), 2);
    cr_assert_eq(shake_hands(1, DEVICE, ""), ATS_GATE_ALLOW, "a forgery uses up no counter");
}

Test(handshake, a_gate_without_its_own_record_is_not_ready)
{
    fix.gate->fleet.standing = ATS_GATE_UNCERTIFIED;
    cr_assert_eq(shake_hands(1, DEVICE, ""), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_GATE_UNREADY), 1);
}

Test(handshake, a_gate_without_its_own_record_does_not_call_a_device_unknown)
{
    fixture_end();
    fixture_begin();
    open_gate(NULL, NULL);
    cr_assert_eq(shake_hands(1, DEVICE, ""), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_GATE_UNREADY), 1);
}

Test(handshake, a_revoked_gate_shakes_no_hands)
{
    apply_gate_as(true);
    cr_assert_eq(shake_hands(1, DEVICE, ""), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_GATE_REVOKED), 1);
}

Test(handshake, admits_publishes_with_tag_and_signature)
{
    connect_device_now();
    cr_assert_eq(publish_proven(ATS_PROOF_MAC), ATS_GATE_PASS, "%s", fix.log);
    struct ats_event event = last_event();
    cr_assert_eq(event.proof, ATS_EVENT_PROOF_MAC);
    cr_assert_eq(event.sequence, 1);
    cr_assert_eq(event.session.len, ATS_SESSION_ID_SIZE);
    cr_assert_eq(event.payload.len, 0);
    cr_assert_eq(publish_proven(ATS_PROOF_SIGNATURE), ATS_GATE_PASS, "%s", fix.log);
    event = last_event();
    cr_assert_eq(event.proof, ATS_EVENT_PROOF_SIGNATURE);
    cr_assert_eq(event.signature.len, ATS_SIGNATURE_SIZE);
    cr_assert(ats_span_is(event.payload, GOOD_PAYLOAD), "so that anybody can check it later");
}

Test(handshake, refuses_forged_tags)
{
    connect_device_now();
    struct ats_gate_client client = device_client();
    prove(ATS_PROOF_MAC, TOPIC, GOOD_PAYLOAD);
    cr_assert_eq(publish_as(&client, TOPIC, BAD_PAYLOAD), ATS_GATE_REJECT, "other payload");
    cr_assert_eq(publish_as(&client, "site/yard/" DEVICE "/env", GOOD_PAYLOAD), ATS_GATE_REJECT);
    struct ats_gate_publish retained = publish_of(TOPIC, GOOD_PAYLOAD);
    retained.retain = true;
    cr_assert_eq(ats_gate_publish(fix.gate, &client, &retained), ATS_GATE_REJECT, "retain");
    cr_assert_eq(refused(ATS_REASON_PROOF_WRONG), 3);
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_PASS,
                 "refusals leave no trace in the window");
}

Test(handshake, refuses_proofs_that_cannot_be_read)
{
    static const char *const texts[] = {"x", "m1", "m1.0.0..", "m1.1.1.AAAA.BBBB", "s1.1.1..x.y"};
    connect_device_now();
    struct ats_gate_client client = device_client();
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        (void)snprintf(fix.properties.proof, sizeof(fix.properties.proof), "%s", texts[i]);
        cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_REJECT);
    }
    fix.properties.proof_too_long = true;
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_PROOF_MALFORMED), 6);
}

Test(handshake, an_identical_packet_is_a_duplicate_and_an_altered_one_is_refused)
{
    connect_device_now();
    struct ats_gate_client client = device_client();
    cr_assert_eq(publish_proven(ATS_PROOF_MAC), ATS_GATE_PASS);
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_DIVERT);
    cr_assert_eq(ats_counter_get(&fix.gate->metrics.duplicates), 1);
    cr_assert_eq(journal_count(), 1);
    device.sequence--; /* the same sequence, properly proven, for other bytes */
    prove(ATS_PROOF_MAC, TOPIC, BAD_PAYLOAD);
    cr_assert_eq(publish_as(&client, TOPIC, BAD_PAYLOAD), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_SEQUENCE_REUSED), 1);
}

Test(handshake, refuses_sequences_below_the_window)
{
    connect_device_now();
    struct ats_gate_client client = device_client();
    prove(ATS_PROOF_MAC, TOPIC, GOOD_PAYLOAD);
    struct ats_gate_properties late = fix.properties;
    for (int i = 0; i < ATS_WINDOW_SIZE; i++)
        cr_assert_eq(publish_proven(ATS_PROOF_MAC), ATS_GATE_PASS);
    fix.properties = late;
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_SEQUENCE_OLD), 1);
}

Test(handshake, knows_a_replay_after_a_restart)
{
    connect_device_now();
    cr_assert_eq(publish_proven(ATS_PROOF_SIGNATURE), ATS_GATE_PASS);
    cr_assert_eq(publish_proven(ATS_PROOF_SIGNATURE), ATS_GATE_PASS);
    close_gate();
    open_gate(NULL, NULL);
    cr_assert_eq(shake_hands(2, DEVICE, ""), ATS_GATE_ALLOW);
    cr_assert_eq(device.sequence, 2, "the gate told the highest sequence seen");
    device.sequence = 1;
    cr_assert_eq(publish_proven(ATS_PROOF_SIGNATURE), ATS_GATE_DIVERT, "%s", fix.log);
    cr_assert_eq(publish_proven(ATS_PROOF_SIGNATURE), ATS_GATE_PASS);
}

Test(handshake, knows_sequences_whose_records_the_journal_has_forgotten)
{
    struct ats_store_batch *batch = NULL;
    cr_assert_eq(ats_store_batch_begin(fix.gate->mark_store, &batch), ATS_OK);
    cr_assert_eq(ats_device_store_raise(batch, ats_span_text(owner()), 100), ATS_OK);
    cr_assert_eq(ats_store_batch_commit(batch), ATS_OK);
    connect_device_now();
    cr_assert_eq(device.sequence, 100);
    device.sequence = 98;
    cr_assert_eq(publish_proven(ATS_PROOF_MAC), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_SEQUENCE_OLD), 1, "perhaps the same packet: no attack");
    device.sequence = 100;
    cr_assert_eq(publish_proven(ATS_PROOF_MAC), ATS_GATE_PASS);
}

Test(handshake, takes_the_previous_sessions_key_for_packets_in_flight)
{
    connect_device_now();
    prove(ATS_PROOF_MAC, TOPIC, GOOD_PAYLOAD);
    struct ats_gate_properties in_flight = fix.properties;
    cr_assert_eq(shake_hands(2, DEVICE, ""), ATS_GATE_ALLOW);
    struct ats_gate_client client = device_client();
    fix.properties = in_flight;
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_PASS, "%s", fix.log);
    cr_assert_eq(shake_hands(3, DEVICE, ""), ATS_GATE_ALLOW);
    cr_assert_eq(shake_hands(4, DEVICE, ""), ATS_GATE_ALLOW);
    fix.properties = in_flight;
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_REJECT, "two sessions ago");
    cr_assert_eq(refused(ATS_REASON_PROOF_SESSION), 1);
}

Test(handshake, refuses_the_previous_sessions_key_once_what_opened_it_is_retired)
{
    connect_device_now();
    prove(ATS_PROOF_MAC, TOPIC, GOOD_PAYLOAD);
    struct ats_gate_properties in_flight = fix.properties;
    struct ats_key_pair second = apply_second_key(0, 0);
    take_up(&second);
    cr_assert_eq(shake_hands(2, DEVICE, ""), ATS_GATE_ALLOW, "%s", fix.log);
    apply_first_key_retired();
    struct ats_gate_client client = device_client();
    fix.properties = in_flight;
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_SESSION_KEY), 1);
}

Test(handshake, a_signature_needs_no_session)
{
    connect_with_token();
    cr_assert_eq(publish_proven(ATS_PROOF_SIGNATURE), ATS_GATE_PASS, "%s", fix.log);
    cr_assert_eq(last_event().session.len, 0);
}

static void setup_signed(void)
{
    fixture_end(); /* the suite opened one that asks for no more than a connection */
    setup_with("signature");
}

Test(handshake, a_contract_states_the_least_proof, .init = setup_signed)
{
    connect_device_now();
    struct ats_gate_client client = device_client();
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_REJECT);
    cr_assert_eq(publish_proven(ATS_PROOF_MAC), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_PROOF_WEAK), 2);
    cr_assert_eq(publish_proven(ATS_PROOF_SIGNATURE), ATS_GATE_PASS, "%s", fix.log);
}

/* Else whoever sits between device and gate takes the proof away and writes a payload of his own. */
Test(handshake, a_session_with_keys_must_prove_each_publish_whatever_the_contract_says)
{
    connect_device_now();
    struct ats_gate_client client = device_client();
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_PROOF_WEAK), 1);
    cr_assert_eq(journal_count(), 0);
    cr_assert_eq(publish_proven(ATS_PROOF_MAC), ATS_GATE_PASS, "%s", fix.log);
}

Test(handshake, keeps_the_devices_traceparent)
{
    connect_device_now();
    static const char trace[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    (void)snprintf(fix.properties.traceparent, sizeof(fix.properties.traceparent), "%s", trace);
    cr_assert_eq(publish_proven(ATS_PROOF_MAC), ATS_GATE_PASS);
    cr_assert(ats_span_is(last_event().traceparent, trace));
}

Test(handshake, keeps_the_publishs_content_type)
{
    connect_device_now();
    (void)snprintf(fix.properties.content_type, sizeof(fix.properties.content_type),
                   "application/json");
    cr_assert_eq(publish_proven(ATS_PROOF_MAC), ATS_GATE_PASS);
    cr_assert(ats_span_is(last_event().content_type, "application/json"));
}

/* --- what strangers may cost --- */

static enum ats_gate_access knock(const char *address, uint64_t counter, bool forged)
{
    uint8_t data[ATS_GATE_DATA_MAX];
    size_t len = 0;
    struct ats_gate_client client = client_at(0, DEVICE, NULL, true);
    struct hello hello = hello_with(counter, DEVICE, "");
    client.address = address;
    if (forged)
        hello.data[hello.len - 1] ^= 1; /* the signature stands last */
    return ats_gate_connect_with(fix.gate, &client, ATS_DEVICE_METHOD,
                                 ats_span_of(hello.data, hello.len), data, &len);
}

Test(handshake, forged_ones_are_refused_unverified_past_the_limit_and_the_device_gets_in)
{
    cr_assert_eq(knock("192.0.2.1", 1, false), ATS_GATE_ALLOW);
    for (uint64_t i = 0; i < 5000; i++)
        cr_assert_eq(knock("192.0.2.66", 2 + i, true), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_CONNECT_WRONG), 10, "of its name, ten");
    cr_assert_eq(connections_refused(ATS_REASON_BUSY_DEVICE), 4990);
    cr_assert_eq(knock("192.0.2.1", 2, false), ATS_GATE_ALLOW);
    fix.monotonic_ms += 1000; /* the log takes lines of this event again */
    cr_assert_eq(knock("192.0.2.66", 3, true), ATS_GATE_DENY);
    cr_assert_eq(knock("192.0.2.66", 4, true), ATS_GATE_DENY);
    cr_assert_not_null(strstr(fix.log, "reason=busy-device"), "%s", fix.log);
}

Test(handshake, a_replayed_one_is_refused_by_its_counter_and_costs_no_verification)
{
    cr_assert_eq(knock("192.0.2.1", 7, false), ATS_GATE_ALLOW);
    for (int i = 0; i < 5000; i++)
        cr_assert_eq(knock("192.0.2.66", 7, true), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_CONNECT_REPLAYED), 5000);
    cr_assert_eq(knock("192.0.2.66", 8, false), ATS_GATE_ALLOW);
}

Test(handshake, a_key_that_the_device_does_not_have_costs_no_verification)
{
    struct ats_key_pair other;
    ats_key_pair_generate(&other, ATS_KEY_SIGNING);
    take_up(&other);
    for (uint64_t i = 0; i < 5000; i++)
        cr_assert_eq(knock("192.0.2.66", 2 + i, false), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_KEY_UNKNOWN), 5000);
}

/* --- gaps --- */

Test(handshake, counts_gaps_in_the_sequence_and_refuses_nothing_for_them)
{
    const ats_counter *gaps = &fix.gate->metrics.sequence_gaps;
    connect_device_now();
    cr_assert_eq(publish_proven(ATS_PROOF_MAC), ATS_GATE_PASS);
    cr_assert_eq(publish_proven(ATS_PROOF_MAC), ATS_GATE_PASS);
    cr_assert_eq(ats_counter_get(gaps), 0);
    device.sequence += 1000; /* as if so many had been lost on their way */
    cr_assert_eq(publish_proven(ATS_PROOF_MAC), ATS_GATE_PASS);
    cr_assert_eq(ats_counter_get(gaps), 1);
    cr_assert_eq(publish_proven(ATS_PROOF_MAC), ATS_GATE_PASS);
    cr_assert_eq(ats_counter_get(gaps), 1);
    cr_assert_eq(ats_metrics_refused(&fix.gate->metrics), 0);
}

/* --- duplicates under a limit --- */

static enum ats_gate_answer publish_again(void)
{
    struct ats_gate_client client = device_client();
    return publish_as(&client, TOPIC, GOOD_PAYLOAD); /* with the proof that is still there */
}

/* Else a client that was closed could never get past what it sends again. */
Test(handshake, what_was_admitted_before_uses_up_nothing_that_the_rest_needs)
{
    fixture_end();
    setup_with("connection\n      limits: {messagesPerSecond: 2, burst: 2s}");
    connect_device_now();
    for (int i = 0; i < 3; i++)
        cr_assert_eq(publish_proven(ATS_PROOF_MAC), ATS_GATE_PASS);
    for (int i = 0; i < 8; i++)
        cr_assert_eq(publish_again(), ATS_GATE_DIVERT);
    cr_assert_eq(publish_again(), ATS_GATE_REJECT, "of duplicates, twice as many at once");
    cr_assert_eq(refused(ATS_REASON_RATE_CONTRACT), 1);
    cr_assert_eq(publish_proven(ATS_PROOF_MAC), ATS_GATE_PASS, "%s", fix.log);
    cr_assert_eq(publish_proven(ATS_PROOF_MAC), ATS_GATE_REJECT);
    cr_assert_not_null(strstr(fix.log, "reason=rate-contract path=\"\" rule= sequence=5"), "%s",
                       fix.log);
    fix.monotonic_ms += 500;
    cr_assert_eq(publish_again(), ATS_GATE_PASS, "the very same, later");
}

Test(handshake, an_old_packet_of_a_retired_key_does_not_close_the_new_keys_session)
{
    connect_device_now();
    prove(ATS_PROOF_MAC, TOPIC, GOOD_PAYLOAD);
    struct ats_gate_properties in_flight = fix.properties;
    struct ats_key_pair second = apply_second_key(0, 0);
    take_up(&second);
    cr_assert_eq(shake_hands(2, DEVICE, ""), ATS_GATE_ALLOW, "%s", fix.log);
    apply_first_key_retired();
    struct ats_gate_client client = device_client();
    fix.properties = in_flight;
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_REJECT);
    cr_assert_eq(ats_gate_may_read(fix.gate, &client, "commands/" DEVICE "/x"), ATS_GATE_ALLOW,
                 "reads");
    fix.monotonic_ms += ATS_GATE_RECEIPT_GRACE_MS + 1;
    ats_gate_tick(fix.gate);
    cr_assert_str_eq(fix.kicked, "", "closed: %s", fix.kicked);
}
