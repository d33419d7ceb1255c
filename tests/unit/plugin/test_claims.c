/* SPDX-License-Identifier: Apache-2.0 */
/* Claims at a gate without Kafka: what is refused and in which words, what a claim's connection may do, and the budget. */
#include "common/control/body_policy.h"
#include "common/control/claim.h"
#include "tests/unit/plugin/gate_fixture.h"

#include <sodium.h>

#define NAME "press-18"
#define CLAIM_ID NAME "/claim"

static struct ats_key_pair new_key;
static struct ats_claim_token token_of_op;
static struct ats_device_claim_answer said;
static const char *address = "192.0.2.1";

static void apply_claiming_gate(bool claims)
{
    struct ats_body_gate body = {.claims = claims};
    struct ats_buf text;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    memcpy(body.signing_key, fix.gate_key.public_key, sizeof(body.signing_key));
    memcpy(body.agreement_key, fix.agreement.public_key, sizeof(body.agreement_key));
    make_certificate(ATS_CERTIFICATE_GATE, GATE, fix.gate_key.public_key, &fleet.operator_,
                     body.certificate, &body.certificate_len);
    apply_text_of(ATS_CONTROL_GATE, GATE, ats_body_gate_format(&body, &text), &text);
}

static void setup(void)
{
    fixture_open(NULL, NULL, NULL);
    apply_claiming_gate(true);
    ats_key_pair_generate(&new_key, ATS_KEY_SIGNING);
    token_of_op = (struct ats_claim_token){.id = {1},
                                           .signer = "op",
                                           .device = NAME,
                                           .not_after_ms = TEST_TIME_MS + 1000,
                                           .body = {.state = ATS_DEVICE_ACTIVE}};
    memcpy(token_of_op.fleet, fleet.id, sizeof(token_of_op.fleet));
}

TestSuite(claims, .init = setup, .fini = fixture_end);

struct claim_bytes {
    uint8_t data[ATS_DEVICE_CLAIM_DATA_MAX];
    size_t len;
};

static struct claim_bytes claim_to(const char *gate)
{
    struct claim_bytes bytes = {.len = 0};
    uint8_t token_data[ATS_DEVICE_CLAIM_TOKEN_MAX];
    struct ats_claim claim = {.token = token_data};
    cr_assert_eq(ats_claim_token_sign(&token_of_op, &fleet.operator_, token_data,
                                      sizeof(token_data), &claim.token_len),
                 ATS_OK);
    (void)snprintf(claim.gate, sizeof(claim.gate), "%s", gate);
    memcpy(claim.key, new_key.public_key, sizeof(claim.key));
    cr_assert_eq(
        ats_claim_sign(&claim, new_key.secret_key, bytes.data, sizeof(bytes.data), &bytes.len),
        ATS_DEVICE_OK);
    return bytes;
}

static enum ats_gate_access hand_in(const struct claim_bytes *bytes, int handle, const char *name)
{
    char client_id[ATS_CLIENT_ID_MAX + 1];
    (void)snprintf(client_id, sizeof(client_id), "%s/claim", name);
    struct ats_gate_client client = client_at(handle, client_id, name, true);
    client.address = address;
    uint8_t data[ATS_GATE_DATA_MAX];
    size_t len = 0;
    said = (struct ats_device_claim_answer){0};
    enum ats_gate_access access =
        ats_gate_connect_with(fix.gate, &client, ATS_DEVICE_CLAIM_METHOD,
                              ats_span_of(bytes->data, bytes->len), data, &len);
    if (access == ATS_GATE_ALLOW)
        cr_assert_eq(ats_device_claim_answer(data, len, &said), ATS_DEVICE_OK);
    return access;
}

static void expect_silence(const struct claim_bytes *bytes, enum ats_reason reason)
{
    uint64_t before = connections_refused(reason);
    cr_assert_eq(hand_in(bytes, 3, NAME), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(reason), before + 1, "%s", fix.log);
}

static void expect_said(const struct claim_bytes *bytes, enum ats_device_claim_result result,
                        enum ats_reason reason)
{
    cr_assert_eq(hand_in(bytes, 3, NAME), ATS_GATE_ALLOW, "%s", fix.log);
    cr_assert_eq(said.result, result);
    cr_assert_eq(said.code, (uint32_t)ats_reason_info(reason)->code);
}

Test(claims, without_kafka_it_is_told_to_come_again)
{
    struct claim_bytes bytes = claim_to(GATE);
    expect_said(&bytes, ATS_DEVICE_CLAIM_LATER, ATS_REASON_CLAIM_LATER);
}

Test(claims, its_connection_may_do_nothing_and_is_closed)
{
    struct claim_bytes bytes = claim_to(GATE);
    struct ats_gate_client client = client_at(3, CLAIM_ID, CLAIM_ID, true);
    struct ats_gate_publish elsewhere = publish_of("elsewhere", "x");
    cr_assert_eq(hand_in(&bytes, 3, NAME), ATS_GATE_ALLOW);
    cr_assert_str_eq(fix.user_name, CLAIM_ID);
    cr_assert_eq(ats_gate_may_publish(fix.gate, &client, &elsewhere), ATS_GATE_DENY);
    cr_assert_eq(ats_gate_may_subscribe(fix.gate, &client, "elsewhere"), ATS_GATE_DENY);
    cr_assert_eq(ats_gate_may_subscribe(fix.gate, &client, "ats/receipts/" NAME), ATS_GATE_DENY);
    cr_assert_eq(ats_gate_may_read(fix.gate, &client, "elsewhere"), ATS_GATE_DENY);
    /* Nor once the registry has the device with that very key. */
    struct ats_body_device body = {.state = ATS_DEVICE_ACTIVE, .key_count = 1};
    memcpy(body.keys[0].key, new_key.public_key, sizeof(body.keys[0].key));
    ats_key_id(new_key.public_key, body.keys[0].id);
    cr_assert_eq(apply_device(NAME, &body), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(publish_as(&client, "site/hall/" NAME "/env", GOOD_PAYLOAD), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_CLAIM_CONNECTION), 2);
    fix.monotonic_ms += ATS_GATE_CLAIM_GRACE_MS;
    ats_gate_tick(fix.gate);
    cr_assert_str_eq(fix.kicked, CLAIM_ID);
}

Test(claims, other_connections_are_judged_as_before)
{
    struct claim_bytes bytes = claim_to(GATE);
    struct ats_gate_client other = client_at(1, "somebody", NULL, true);
    struct ats_gate_publish elsewhere = publish_of("elsewhere", "x");
    cr_assert_eq(hand_in(&bytes, 3, NAME), ATS_GATE_ALLOW);
    cr_assert_eq(ats_gate_may_publish(fix.gate, &other, &elsewhere), ATS_GATE_ALLOW);
    connect_with_token();
    struct ats_gate_client client = device_client();
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_PASS);
}

Test(claims, what_cannot_be_read_is_refused_without_a_word)
{
    struct claim_bytes bytes = claim_to(GATE);
    for (bytes.len--; bytes.len > 0; bytes.len -= bytes.len > 7 ? 7 : 1)
        cr_assert_eq(hand_in(&bytes, 3, NAME), ATS_GATE_DENY);
    cr_assert_geq(connections_refused(ATS_REASON_CLAIM_MALFORMED), 10);
}

Test(claims, a_signature_that_does_not_hold_is_refused_without_a_word)
{
    struct claim_bytes bytes = claim_to(GATE);
    bytes.data[bytes.len - 1] ^= 1;
    expect_silence(&bytes, ATS_REASON_CLAIM_WRONG);
    bytes = claim_to(GATE);
    (void)snprintf(token_of_op.gate, sizeof(token_of_op.gate), "%s", GATE);
    struct claim_bytes signed_other = claim_to(GATE);
    token_of_op.id[0] ^= 2;
    struct claim_bytes forged = claim_to(GATE);
    /* The signatures of another token. */
    memcpy(forged.data + forged.len - 32 - 8 - 64 - 64 - 4 - strlen(GATE),
           signed_other.data + signed_other.len - 32 - 8 - 64 - 64 - 4 - strlen(GATE), 64);
    expect_silence(&forged, ATS_REASON_CLAIM_WRONG);
}

Test(claims, gate_names_scope_and_standing_are_checked_first)
{
    struct claim_bytes bytes = claim_to("another");
    expect_silence(&bytes, ATS_REASON_CLAIM_GATE);
    (void)snprintf(token_of_op.gate, sizeof(token_of_op.gate), "another");
    bytes = claim_to(GATE);
    expect_silence(&bytes, ATS_REASON_CLAIM_GATE);
    token_of_op.gate[0] = '\0';
    token_of_op.fleet[0] ^= 1;
    bytes = claim_to(GATE);
    expect_silence(&bytes, ATS_REASON_CLAIM_GATE);
    token_of_op.fleet[0] ^= 1;
    bytes = claim_to(GATE);
    apply_claiming_gate(false);
    expect_silence(&bytes, ATS_REASON_CLAIM_SCOPE);
    apply_gate_as(true);
    expect_silence(&bytes, ATS_REASON_GATE_REVOKED);
}

static enum ats_gate_access hand_in_as(const struct claim_bytes *bytes, const char *client_id,
                                       const char *user_name)
{
    struct ats_gate_client client = client_at(3, client_id, user_name, true);
    uint8_t data[ATS_GATE_DATA_MAX];
    size_t len = 0;
    return ats_gate_connect_with(fix.gate, &client, ATS_DEVICE_CLAIM_METHOD,
                                 ats_span_of(bytes->data, bytes->len), data, &len);
}

Test(claims, their_client_id_is_one_that_no_session_has)
{
    static const char *const others[] = {"somebody",      NAME,          NAME "/x",
                                         NAME "/claim/x", NAME "-claim", "press-19/claim"};
    struct claim_bytes bytes = claim_to(GATE);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        cr_assert_eq(hand_in_as(&bytes, others[i], NULL), ATS_GATE_DENY, "%s", others[i]);
    cr_assert_eq(connections_refused(ATS_REASON_CLIENT_ID), 6);
    cr_assert_eq(hand_in_as(&bytes, CLAIM_ID, "somebody"), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_USER_NAME), 1);
    cr_assert_eq(hand_in_as(&bytes, CLAIM_ID, NULL), ATS_GATE_ALLOW);
    struct ats_gate_client device = client_at(0, DEVICE "/claim", DEVICE, true);
    cr_assert_eq(ats_gate_connect(fix.gate, &device, good_token()), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_CLIENT_ID), 7);
}

/* Whoever has recorded a claim, or photographed its token, can hand it in for ever. */
Test(claims, one_again_does_not_reach_the_devices_connection)
{
    struct ats_gate_client client = device_client();
    connect_with_token();
    (void)snprintf(token_of_op.device, sizeof(token_of_op.device), "%s", DEVICE);
    struct claim_bytes bytes = claim_to(GATE);
    cr_assert_eq(hand_in_as(&bytes, DEVICE, DEVICE), ATS_GATE_DENY);
    cr_assert_eq(hand_in_as(&bytes, DEVICE "/kept", DEVICE), ATS_GATE_DENY);
    cr_assert_eq(hand_in(&bytes, 3, DEVICE), ATS_GATE_ALLOW);
    cr_assert_str_eq(fix.user_name, DEVICE "/claim");
    for (int i = 0; i < 10; i++) {
        fix.monotonic_ms += ATS_GATE_CLAIM_GRACE_MS;
        ats_gate_tick(fix.gate);
    }
    cr_assert_str_eq(fix.kicked, DEVICE "/claim", "by the broker's user name");
    cr_assert_str_eq(fix.kicked_client, "", "no device's connection is closed for it");
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_PASS, "%s", fix.log);
}

/* Whatever becomes of its connection: whoever finds a token in the dust bin can hand it in, with a key of his own. */
static enum ats_gate_access will_on(const char *topic)
{
    struct ats_gate_client client = client_at(3, CLAIM_ID, CLAIM_ID, true);
    struct ats_gate_publish will = publish_of(topic, GOOD_PAYLOAD);
    will.properties = NULL;
    return ats_gate_may_publish(fix.gate, &client, &will);
}

Test(claims, one_leaves_no_will_on_any_topic)
{
    static const char *const topics[] = {"site/hall/" NAME "/env", "commands/" DEVICE "/stop",
                                         "elsewhere", "$SYS/broker/connection/x/state"};
    struct claim_bytes bytes = claim_to(GATE);
    ats_gate_tick(fix.gate);
    for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
        cr_assert_eq(hand_in(&bytes, 3, NAME), ATS_GATE_ALLOW, "%s", fix.log);
        ats_gate_disconnected(fix.gate, &handles[3]);
        cr_assert_eq(will_on(topics[i]), ATS_GATE_DENY, "%s", topics[i]);
        ats_gate_tick(fix.gate);
        cr_assert_eq(will_on(topics[i]), ATS_GATE_DENY, "%s, after a delay", topics[i]);
        cr_assert_eq(hand_in(&bytes, 3, NAME), ATS_GATE_ALLOW, "%s", fix.log);
        cr_assert_eq(hand_in(&bytes, 4, NAME), ATS_GATE_ALLOW, "%s", fix.log);
        cr_assert_eq(will_on(topics[i]), ATS_GATE_DENY, "%s, of one taken over", topics[i]);
        fix.monotonic_ms += 60000;
    }
    cr_assert_eq(refused(ATS_REASON_CLAIM_CONNECTION), 12);
    cr_assert_eq(journal_count(), 0);
}

Test(claims, one_that_is_refused_leaves_no_will_either)
{
    struct claim_bytes bytes = claim_to(GATE);
    fix.wall_ms = token_of_op.not_after_ms;
    expect_said(&bytes, ATS_DEVICE_CLAIM_REFUSED, ATS_REASON_CLAIM_EXPIRED);
    ats_gate_disconnected(fix.gate, &handles[3]);
    cr_assert_eq(will_on("commands/" DEVICE "/stop"), ATS_GATE_DENY);
}

Test(claims, a_name_of_the_greatest_length_is_enrolled_too)
{
    char name[ATS_NAME_MAX + 1];
    memset(name, 'x', ATS_NAME_MAX);
    name[ATS_NAME_MAX] = '\0';
    memcpy(token_of_op.device, name, sizeof(name));
    struct claim_bytes bytes = claim_to(GATE);
    cr_assert_eq(hand_in(&bytes, 3, name), ATS_GATE_ALLOW, "%s", fix.log);
}

Test(claims, the_holder_of_a_token_is_told_why)
{
    (void)snprintf(token_of_op.device, sizeof(token_of_op.device), "%s", DEVICE);
    struct claim_bytes taken = claim_to(GATE);
    cr_assert_eq(hand_in(&taken, 3, DEVICE), ATS_GATE_ALLOW, "%s", fix.log);
    cr_assert_eq(said.result, ATS_DEVICE_CLAIM_REFUSED);
    cr_assert_eq(said.code, 456);
    (void)snprintf(token_of_op.device, sizeof(token_of_op.device), "%s", NAME);
    struct claim_bytes bytes = claim_to(GATE);
    fix.wall_ms = token_of_op.not_after_ms;
    expect_said(&bytes, ATS_DEVICE_CLAIM_REFUSED, ATS_REASON_CLAIM_EXPIRED);
    cr_assert_eq(hand_in(&taken, 3, DEVICE), ATS_GATE_ALLOW);
    cr_assert_eq(said.code, 452, "an end is an end, also where the name is taken");
    fix.wall_ms = TEST_TIME_MS;
    struct ats_body_operator body = operator_body("op", &fleet.operator_);
    body.kinds = 1U << ATS_CONTROL_GATE;
    cr_assert_eq(apply_operator("op", &body), ATS_CONTROL_ACCEPTED);
    expect_said(&bytes, ATS_DEVICE_CLAIM_REFUSED, ATS_REASON_CLAIM_OPERATOR);
}

Test(claims, an_unknown_operator_is_refused_without_a_word)
{
    (void)snprintf(token_of_op.signer, sizeof(token_of_op.signer), "nobody");
    struct claim_bytes bytes = claim_to(GATE);
    expect_silence(&bytes, ATS_REASON_CLAIM_OPERATOR);
}

Test(claims, who_is_enrolled_with_that_key_is_told_so)
{
    struct ats_body_device body = {.state = ATS_DEVICE_ACTIVE, .key_count = 1};
    memcpy(body.keys[0].key, new_key.public_key, sizeof(body.keys[0].key));
    ats_key_id(new_key.public_key, body.keys[0].id);
    cr_assert_eq(apply_device(NAME, &body), ATS_CONTROL_ACCEPTED);
    struct claim_bytes bytes = claim_to(GATE);
    expect_said(&bytes, ATS_DEVICE_CLAIM_ENROLLED, ATS_REASON_NONE);
    body.state = ATS_DEVICE_REVOKED;
    cr_assert_eq(apply_device(NAME, &body), ATS_CONTROL_ACCEPTED);
    expect_said(&bytes, ATS_DEVICE_CLAIM_REFUSED, ATS_REASON_DEVICE_REVOKED);
}

static const char *address_of(int i)
{
    static char text[32];
    (void)snprintf(text, sizeof(text), "198.51.100.%d", i);
    return text;
}

Test(claims, cost_no_more_verifications_than_their_budget)
{
    struct claim_bytes bytes = claim_to(GATE);
    bytes.data[bytes.len - 1] ^= 1;
    for (int i = 0; i < ATS_GATE_CLAIMS_BURST; i++) {
        address = address_of(i);
        expect_silence(&bytes, ATS_REASON_CLAIM_WRONG);
    }
    address = address_of(200);
    expect_silence(&bytes, ATS_REASON_CLAIM_LATER);
    fix.monotonic_ms += 1000 / ATS_GATE_CLAIMS_PER_S;
    expect_silence(&bytes, ATS_REASON_CLAIM_WRONG);
    expect_silence(&bytes, ATS_REASON_CLAIM_LATER);
}

/* Forged ones, under as many names as one likes. */
static enum ats_gate_access hand_in_forged(int i)
{
    (void)snprintf(token_of_op.device, sizeof(token_of_op.device), "forged-%d", i);
    struct claim_bytes bytes = claim_to(GATE);
    bytes.data[bytes.len - 1] ^= 1;
    return hand_in(&bytes, 3, token_of_op.device);
}

Test(claims, of_one_address_leave_the_others_theirs)
{
    for (int i = 0; i < ATS_GATE_CLAIMS_BURST; i++)
        cr_assert_eq(hand_in_forged(i), ATS_GATE_DENY);
    fix.monotonic_ms += 1000;
    for (int i = 0; i < 2 * ATS_GATE_CLAIMS_PER_S; i++)
        cr_assert_eq(hand_in_forged(i + 1000), ATS_GATE_DENY);
    cr_assert_gt(connections_refused(ATS_REASON_BUSY_ADDRESS), 0, "%s", fix.log);
    cr_assert_eq(connections_refused(ATS_REASON_CLAIM_LATER), 0);
    address = address_of(1);
    (void)snprintf(token_of_op.device, sizeof(token_of_op.device), "%s", NAME);
    struct claim_bytes honest = claim_to(GATE);
    expect_said(&honest, ATS_DEVICE_CLAIM_LATER, ATS_REASON_CLAIM_LATER);
}

/* Nor does it cost a look-up then: what would be found there is not told. */
Test(claims, of_an_address_past_its_limit_are_refused_before_anything_is_looked_up)
{
    uint64_t refused_before;
    for (int i = 0; i < ATS_GATE_CLAIMS_BURST; i++)
        cr_assert_eq(hand_in_forged(i), ATS_GATE_DENY);
    refused_before = connections_refused(ATS_REASON_BUSY_ADDRESS);
    (void)snprintf(token_of_op.signer, sizeof(token_of_op.signer), "nobody");
    struct claim_bytes unknown = claim_to(GATE);
    struct claim_bytes elsewhere = claim_to("another");
    cr_assert_eq(hand_in(&unknown, 3, token_of_op.device), ATS_GATE_DENY);
    cr_assert_eq(hand_in(&elsewhere, 3, token_of_op.device), ATS_GATE_DENY);
    cr_assert_eq(hand_in_as(&elsewhere, "somebody", "somebody"), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_BUSY_ADDRESS), refused_before + 2);
    cr_assert_eq(connections_refused(ATS_REASON_CLAIM_OPERATOR), 0);
    cr_assert_eq(connections_refused(ATS_REASON_CLAIM_GATE), 1, "of another address");
}

/* Its signatures hold, for ever. */
Test(claims, a_recorded_one_costs_its_address_as_a_forged_one_does)
{
    (void)snprintf(token_of_op.device, sizeof(token_of_op.device), "%s", DEVICE);
    new_key = fix.device_key;
    struct claim_bytes recorded = claim_to(GATE);
    int answered = 0;
    for (int i = 0; i < ATS_GATE_CLAIMS_BURST; i++)
        answered += hand_in(&recorded, 3, DEVICE) == ATS_GATE_ALLOW;
    cr_assert_leq(answered, 10);
    cr_assert_gt(connections_refused(ATS_REASON_BUSY_DEVICE), 0);
    address = address_of(1);
    cr_assert_eq(hand_in(&recorded, 3, DEVICE), ATS_GATE_ALLOW, "nobody else pays for it");
    cr_assert_eq(said.result, ATS_DEVICE_CLAIM_ENROLLED);
}

Test(claims, a_stale_gate_that_lets_nobody_in_takes_none)
{
    struct claim_bytes bytes = claim_to(GATE);
    fix.gate->options.control_stale = ATS_GATE_STALE_NO_SESSIONS;
    atomic_store(&fix.gate->freshness_report.stale, true);
    expect_silence(&bytes, ATS_REASON_CONTROL_STALE);
}

/* Firmware that was copied with its key. */
Test(claims, a_key_that_is_another_devices_enrols_nobody)
{
    new_key = fix.device_key;
    struct claim_bytes bytes = claim_to(GATE);
    expect_said(&bytes, ATS_DEVICE_CLAIM_REFUSED, ATS_REASON_CLAIM_KEY);
}

static void apply_policy(uint32_t critical)
{
    struct ats_body_policy policy = {.critical = critical, .hourly = ATS_POLICY_UNLIMITED};
    struct ats_buf text;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_policy_format(&policy, &text), ATS_OK);
    cr_assert_eq(
        apply_body(ATS_CONTROL_POLICY, ATS_POLICY_NAME, "root", &fleet.root, ats_buf_span(&text)),
        ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_buf_fini(&text);
}

/* Every reader of the log refuses what one signer says of a device then. */
Test(claims, none_is_taken_where_the_policy_takes_two_operators_for_a_device)
{
    struct claim_bytes bytes = claim_to(GATE);
    apply_policy(1U << ATS_CONTROL_GATE);
    expect_said(&bytes, ATS_DEVICE_CLAIM_LATER, ATS_REASON_CLAIM_LATER);
    apply_policy(1U << ATS_CONTROL_GATE | 1U << ATS_CONTROL_DEVICE);
    expect_said(&bytes, ATS_DEVICE_CLAIM_REFUSED, ATS_REASON_CLAIM_POLICY);
    cr_assert_eq(said.code, 460);
    (void)snprintf(token_of_op.device, sizeof(token_of_op.device), "%s", DEVICE);
    new_key = fix.device_key;
    bytes = claim_to(GATE);
    cr_assert_eq(hand_in(&bytes, 3, DEVICE), ATS_GATE_ALLOW);
    cr_assert_eq(said.result, ATS_DEVICE_CLAIM_ENROLLED, "who is enrolled stays so");
}

Test(claims, mqtt_3_1_1_hands_it_in_as_its_password)
{
    struct claim_bytes bytes = claim_to(GATE);
    struct ats_gate_client client = client_at(3, CLAIM_ID, NAME, false);
    char text[ATS_DEVICE_CLAIM_TEXT_SIZE];
    cr_assert_eq(ats_device_claim_text(bytes.data, bytes.len, text, sizeof(text)), ATS_DEVICE_OK);
    cr_assert_eq(ats_gate_connect(fix.gate, &client, text), ATS_GATE_DENY, "without Kafka");
    cr_assert_eq(connections_refused(ATS_REASON_CLAIM_LATER), 1);
    struct ats_body_device body = {.state = ATS_DEVICE_ACTIVE, .key_count = 1};
    memcpy(body.keys[0].key, new_key.public_key, sizeof(body.keys[0].key));
    ats_key_id(new_key.public_key, body.keys[0].id);
    cr_assert_eq(apply_device(NAME, &body), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(ats_gate_connect(fix.gate, &client, text), ATS_GATE_ALLOW, "%s", fix.log);
    cr_assert_eq(ats_gate_connect(fix.gate, &client, "ats-claim:!"), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_CLAIM_MALFORMED), 1);
}

Test(claims, nothing_of_them_is_logged_that_would_be_a_secret)
{
    struct claim_bytes bytes = claim_to(GATE);
    char text[ATS_DEVICE_CLAIM_TEXT_SIZE];
    cr_assert_eq(ats_device_claim_text(bytes.data, bytes.len, text, sizeof(text)), ATS_DEVICE_OK);
    cr_assert_eq(hand_in(&bytes, 3, NAME), ATS_GATE_ALLOW);
    text[40] = '\0';
    cr_assert_null(strstr(fix.log, text + 16));
    cr_assert_not_null(strstr(fix.log, "claim.refused"));
}

Test(claims, refused_ones_of_one_address_leave_others_their_lines)
{
    struct claim_bytes bytes = claim_to(GATE);
    for (int i = 0; i < 60; i++)
        cr_assert_eq(hand_in(&bytes, 3, NAME), ATS_GATE_ALLOW);
    address = address_of(1);
    cr_assert_eq(hand_in(&bytes, 3, NAME), ATS_GATE_ALLOW);
    cr_assert_eq(lines_with("claim.refused"), ATS_GATE_LOG_LINES_PER_DEVICE + 1, "%s", fix.log);
}
