/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/plugin/gate_fixture.h"

static void setup(void)
{
    fixture_open(NULL, NULL, NULL);
}

TestSuite(connect, .init = setup, .fini = fixture_end);

static enum ats_gate_access connect_as(const char *id, const char *user_name, const char *password)
{
    struct ats_gate_client client = client_at(0, id, user_name, true);
    return ats_gate_connect(fix.gate, &client, password);
}

static enum ats_gate_access connect_with_claims(const struct ats_jwt *jwt)
{
    return connect_as(DEVICE, DEVICE, token(jwt, &fix.device_key));
}

Test(connect, lets_a_device_in_with_its_token)
{
    cr_assert_eq(connect_as(DEVICE, DEVICE, good_token()), ATS_GATE_ALLOW, "%s", fix.log);
    cr_assert_eq(ats_sessions_count(fix.gate->sessions), 1);
}

Test(connect, takes_client_ids_that_begin_with_the_devices_name)
{
    static const char *const ids[] = {(DEVICE "/a"), (DEVICE ".a"), (DEVICE "-a"), (DEVICE "/a/b")};
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
        cr_assert_eq(connect_as(ids[i], DEVICE, good_token()), ATS_GATE_ALLOW, "%s", ids[i]);
}

Test(connect, refuses_client_ids_of_others)
{
    static const char *const ids[] = {"press-1", (DEVICE "8"), (DEVICE "-"), ("x" DEVICE),
                                      "auto-123"};
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
        cr_assert_eq(connect_as(ids[i], DEVICE, good_token()), ATS_GATE_DENY, "%s", ids[i]);
    cr_assert_eq(connections_refused(ATS_REASON_CLIENT_ID), 5);
}

Test(connect, refuses_a_client_id_that_is_a_longer_devices)
{
    cr_assert_eq(connect_as(DEVICE "-2.x", DEVICE, good_token()), ATS_GATE_ALLOW);
    apply_other_device(DEVICE "-2");
    cr_assert_eq(connect_as(DEVICE "-2.x", DEVICE, good_token()), ATS_GATE_DENY);
    cr_assert_eq(connect_as(DEVICE "-2", DEVICE, good_token()), ATS_GATE_DENY);
}

Test(connect, refuses_a_device_without_a_token)
{
    cr_assert_eq(connect_as(DEVICE, DEVICE, NULL), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_TOKEN_MISSING), 1);
    cr_assert_eq(connect_as(DEVICE, DEVICE, "secret"), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_TOKEN_MALFORMED), 1);
}

Test(connect, refuses_another_algorithm_than_eddsa)
{
    /* {"alg":"none"} and {"alg":"HS256","kid":"0123456789abcdef"}, claims of the device, any signature. */
    static const char *const tokens[] = {
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJwcmVzcy0xNyIsImV4cCI6MTk5OTk5OTk5OX0.AA",
        "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxMjM0NTY3ODlhYmNkZWYifQ."
        "eyJzdWIiOiJwcmVzcy0xNyIsImV4cCI6MTk5OTk5OTk5OX0.AAAA"};
    for (size_t i = 0; i < 2; i++)
        cr_assert_eq(connect_as(DEVICE, DEVICE, tokens[i]), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_TOKEN_MALFORMED), 2, "%s", fix.log);
}

Test(connect, refuses_a_token_of_another_device)
{
    struct ats_jwt jwt = good_claims();
    (void)snprintf(jwt.subject, sizeof(jwt.subject), "press-18");
    cr_assert_eq(connect_with_claims(&jwt), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_TOKEN_SUBJECT), 1);
}

Test(connect, refuses_a_token_for_another_gate_or_none_and_takes_one_for_the_fleet_where_it_may)
{
    struct ats_jwt jwt = good_claims();
    (void)snprintf(jwt.audience, sizeof(jwt.audience), "gate-2");
    cr_assert_eq(connect_with_claims(&jwt), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_TOKEN_AUDIENCE), 1);
    jwt.audience[0] = '\0';
    cr_assert_eq(connect_with_claims(&jwt), ATS_GATE_DENY, "it must say whom it is for");
    (void)snprintf(jwt.audience, sizeof(jwt.audience), "%s", fix.gate->fleet.fleet_hex);
    cr_assert_eq(connect_with_claims(&jwt), ATS_GATE_DENY, "unless the gate allows that");
    cr_assert_eq(connections_refused(ATS_REASON_TOKEN_AUDIENCE), 3);
    fix.gate->options.token_audience = ATS_GATE_AUDIENCE_FLEET;
    cr_assert_eq(connect_with_claims(&jwt), ATS_GATE_ALLOW);
}

Test(connect, refuses_an_expired_token_and_one_that_lives_too_long)
{
    struct ats_jwt jwt = good_claims();
    jwt.expires_s = fix.wall_ms / 1000;
    cr_assert_eq(connect_with_claims(&jwt), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_TOKEN_EXPIRED), 1);
    jwt.expires_s = jwt.issued_s + 7 * 86400 + 1;
    cr_assert_eq(connect_with_claims(&jwt), ATS_GATE_DENY);
    jwt.expires_s = INT64_MAX;
    cr_assert_eq(connect_with_claims(&jwt), ATS_GATE_DENY, "no sum overflows");
    cr_assert_eq(connections_refused(ATS_REASON_TOKEN_LIFETIME), 2);
}

Test(connect, refuses_a_token_that_another_key_signed)
{
    struct ats_jwt jwt = good_claims();
    struct ats_key_pair other;
    ats_key_pair_generate(&other, ATS_KEY_SIGNING);
    cr_assert_eq(connect_as(DEVICE, DEVICE, token(&jwt, &other)), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_KEY_UNKNOWN), 1);
}

Test(connect, takes_tokens_of_each_key_until_it_is_retired)
{
    struct ats_jwt jwt = good_claims();
    struct ats_key_pair second = apply_second_key(0, 0);
    cr_assert_eq(connect_as(DEVICE, DEVICE, good_token()), ATS_GATE_ALLOW, "%s", fix.log);
    cr_assert_eq(connect_as(DEVICE, DEVICE, token(&jwt, &second)), ATS_GATE_ALLOW, "%s", fix.log);
    apply_first_key_retired();
    cr_assert_eq(connect_as(DEVICE, DEVICE, good_token()), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_KEY_UNKNOWN), 1);
    cr_assert_eq(connect_as(DEVICE, DEVICE, token(&jwt, &second)), ATS_GATE_ALLOW, "%s", fix.log);
}

Test(connect, closes_what_a_retired_key_opened_and_leaves_the_new_connection)
{
    struct ats_jwt jwt = good_claims();
    struct ats_key_pair second = apply_second_key(0, 0);
    struct ats_gate_client old = client_at(1, DEVICE "/old", DEVICE, true);
    struct ats_gate_client new = client_at(2, DEVICE "/new", DEVICE, true);
    cr_assert_eq(ats_gate_connect(fix.gate, &old, good_token()), ATS_GATE_ALLOW, "%s", fix.log);
    cr_assert_eq(ats_gate_connect(fix.gate, &new, token(&jwt, &second)), ATS_GATE_ALLOW);
    apply_first_key_retired();
    cr_assert_eq(publish_as(&old, TOPIC, GOOD_PAYLOAD), ATS_GATE_REJECT);
    cr_assert_eq(publish_as(&new, TOPIC, GOOD_PAYLOAD), ATS_GATE_PASS);
    fix.monotonic_ms += ATS_GATE_RECEIPT_GRACE_MS + 1;
    ats_gate_tick(fix.gate);
    cr_assert_str_eq(fix.kicked_client, DEVICE "/old");
    cr_assert_str_empty(fix.kicked);
    /* A client that the broker does not find by its id is closed by its name. */
    fix.monotonic_ms += ATS_GATE_KICK_INTERVAL_MS + 1;
    ats_gate_tick(fix.gate);
    cr_assert_str_eq(fix.kicked, DEVICE);
}

Test(connect, takes_tokens_of_a_key_only_while_it_is_valid)
{
    struct ats_jwt jwt = good_claims();
    int64_t begin_ms = fix.wall_ms + 10000;
    struct ats_key_pair second = apply_second_key(begin_ms, begin_ms + 1000);
    cr_assert_eq(connect_as(DEVICE, DEVICE, token(&jwt, &second)), ATS_GATE_DENY);
    fix.wall_ms = begin_ms;
    cr_assert_eq(connect_as(DEVICE, DEVICE, token(&jwt, &second)), ATS_GATE_ALLOW, "%s", fix.log);
    fix.wall_ms = begin_ms + 1000;
    cr_assert_eq(connect_as(DEVICE, DEVICE, token(&jwt, &second)), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_KEY_NOT_VALID), 2);
    cr_assert_eq(connect_as(DEVICE, DEVICE, good_token()), ATS_GATE_ALLOW, "the first has no end");
}

Test(connect, refuses_devices_that_are_not_active)
{
    apply_device_now(DEVICE, ATS_DEVICE_SUSPENDED);
    cr_assert_eq(connect_as(DEVICE, DEVICE, good_token()), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_DEVICE_SUSPENDED), 1);
    apply_device_now(DEVICE, ATS_DEVICE_REVOKED);
    cr_assert_eq(connect_as(DEVICE, DEVICE, good_token()), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_DEVICE_REVOKED), 1);
}

Test(connect, a_revoked_gate_lets_no_device_in_and_leaves_others_to_the_broker)
{
    apply_gate_as(true);
    cr_assert_eq(connect_as(DEVICE, DEVICE, good_token()), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_GATE_REVOKED), 1);
    cr_assert_eq(connect_as("scada", "scada", "secret"), ATS_GATE_ALLOW);
}

/* Its seal would convince no processor: what it admitted would all be dead letters. */
Test(connect, a_gate_with_other_keys_than_its_record_lets_no_device_in)
{
    ats_key_pair_generate(&fix.gate_key, ATS_KEY_SIGNING);
    apply_gate();
    cr_assert_eq(connect_as(DEVICE, DEVICE, good_token()), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_GATE_REVOKED), 1);
    cr_assert_not_null(strstr(fix.log, "error gate.keys-differ gate=" GATE), "%s", fix.log);
}

Test(connect, refuses_a_token_of_an_unknown_device)
{
    cr_assert_eq(connect_as("other", "other", good_token()), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_DEVICE_UNKNOWN), 1);
}

/* Three base64url parts are a token only if its header is one of ours. */
Test(connect, leaves_other_users_to_the_broker_whose_password_has_the_shape_of_a_token)
{
    static const char *const passwords[] = {
        "v1.2.3", "a.b.c", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJwYW5lbCIsImV4cCI6MTk5OTk5OTk5OX0.AAAA"};
    for (size_t i = 0; i < 3; i++)
        cr_assert_eq(connect_as("panel", "panel", passwords[i]), ATS_GATE_ALLOW, "%s",
                     passwords[i]);
}

Test(connect, leaves_other_users_to_the_broker)
{
    cr_assert_eq(connect_as("scada", NULL, NULL), ATS_GATE_DEFER);
    /* Without a password file the broker would have let a named user in, had it no plugin. */
    cr_assert_eq(connect_as("scada", "scada", "secret"), ATS_GATE_ALLOW);
    fix.gate->rules.open_names = false;
    cr_assert_eq(connect_as("scada", "scada", "secret"), ATS_GATE_DEFER);
}

Test(connect, refuses_others_the_client_id_of_a_connected_device)
{
    connect_with_token();
    struct ats_gate_client thief = client_at(1, DEVICE, NULL, true);
    cr_assert_eq(ats_gate_connect(fix.gate, &thief, NULL), ATS_GATE_DENY);
    cr_assert_eq(ats_sessions_count(fix.gate->sessions), 1);
}

Test(connect, whom_the_gate_leaves_to_the_broker_is_counted)
{
    struct ats_gate_client scada = client_at(1, "scada", "scada", true);
    (void)ats_gate_connect(fix.gate, &scada, "secret");
    cr_assert_eq(ats_counter_get(&fix.gate->metrics.connections_deferred[ATS_NOT_OURS_USER]), 1);
    ats_gate_reload(fix.gate);
    (void)ats_gate_connect(fix.gate, &scada, "secret");
    cr_assert_eq(ats_counter_get(&fix.gate->metrics.connections_deferred[ATS_NOT_OURS_USER]), 1,
                 "it is asked again for one that is connected");
}

Test(connect, an_exclusive_gate_lets_only_devices_in)
{
    fix.gate->options.exclusive = true;
    cr_assert_eq(connect_as("scada", NULL, NULL), ATS_GATE_DENY);
    cr_assert_eq(connect_as(DEVICE, DEVICE, good_token()), ATS_GATE_ALLOW);
}

/* A gate that has not read the log yet cannot say that a device does not exist. */
Test(connect, an_empty_registry_admits_nobody)
{
    fixture_end();
    fixture_begin();
    open_gate(NULL, NULL);
    ats_key_pair_generate(&fix.device_key, ATS_KEY_SIGNING);
    cr_assert_eq(connect_as(DEVICE, DEVICE, good_token()), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_GATE_UNREADY), 1);
}

Test(connect, recognises_live_sessions_when_the_broker_reloads)
{
    connect_with_token();
    ats_gate_tick(fix.gate);
    ats_gate_reload(fix.gate);
    cr_assert_eq(connect_as(DEVICE, DEVICE, NULL), ATS_GATE_ALLOW);
    cr_assert_eq(ats_sessions_count(fix.gate->sessions), 1);
    ats_gate_tick(fix.gate);
    cr_assert_eq(connect_as(DEVICE, DEVICE, NULL), ATS_GATE_DENY, "only right after a reload");
}

Test(connect, a_websocket_that_connects_in_the_turn_of_a_reload_must_prove_itself)
{
    ats_gate_tick(fix.gate);
    ats_gate_reload(fix.gate);
    struct ats_gate_client offline = device_client();
    cr_assert_eq(ats_gate_connect(fix.gate, &offline, NULL), ATS_GATE_ALLOW);
    struct ats_gate_client websocket = client_at(1, DEVICE, DEVICE, true);
    websocket.websockets = true;
    cr_assert_eq(ats_gate_connect(fix.gate, &websocket, NULL), ATS_GATE_DENY);
}

Test(connect, forged_tokens_are_refused_unverified_past_the_limit_of_their_address)
{
    struct ats_jwt jwt = good_claims();
    struct ats_gate_client client = device_client();
    char forged[ATS_JWT_MAX + 1];
    (void)snprintf(forged, sizeof(forged), "%s", good_token());
    size_t len = strlen(forged);
    forged[len - 5] = forged[len - 5] == 'A' ? 'B' : 'A'; /* in its signature */
    client.address = "192.0.2.66";
    close_gate();
    open_gate("handshakes_per_device", "0");
    for (int i = 0; i < 5000; i++)
        cr_assert_eq(ats_gate_connect(fix.gate, &client, forged), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_TOKEN_WRONG), 100);
    cr_assert_eq(connections_refused(ATS_REASON_BUSY_ADDRESS), 4900);
    client.address = "192.0.2.1";
    cr_assert_eq(ats_gate_connect(fix.gate, &client, token(&jwt, &fix.device_key)), ATS_GATE_ALLOW);
}

Test(connect, a_reload_looks_at_state_and_expiry_again)
{
    connect_with_token();
    ats_gate_tick(fix.gate);
    apply_device_now(DEVICE, ATS_DEVICE_SUSPENDED);
    ats_gate_reload(fix.gate);
    cr_assert_eq(connect_as(DEVICE, DEVICE, NULL), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_DEVICE_SUSPENDED), 1);
    cr_assert_eq(sessions_closed(ATS_REASON_DEVICE_SUSPENDED), 1);
    apply_device_now(DEVICE, ATS_DEVICE_ACTIVE);
    ats_gate_reload(fix.gate);
    cr_assert_eq(connect_as(DEVICE, DEVICE, NULL), ATS_GATE_ALLOW);
    fix.wall_ms += 3600 * 1000;
    ats_gate_reload(fix.gate);
    cr_assert_eq(connect_as(DEVICE, DEVICE, NULL), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_SESSION_EXPIRED), 1);
}

/* The broker keeps subscriptions and a queue for a client id, and gives them to whoever comes with it. */
Test(connect, nobody_takes_the_client_id_of_a_device_that_is_away)
{
    cr_assert_eq(connect_as(DEVICE, "scada", "secret"), ATS_GATE_DENY);
    cr_assert_eq(connect_as(DEVICE "/panel", NULL, NULL), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_CLIENT_ID_RESERVED), 2);
    cr_assert_eq(connect_as(DEVICE "8", "scada", "secret"), ATS_GATE_ALLOW);
}
