/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens over TLS and without it, for one connection, and to their end; client certificates; the device's least proof. */
#include "tests/unit/plugin/gate_fixture.h"

#include "common/identity/x509.h"

static void setup(void)
{
    fixture_open(NULL, NULL, NULL);
}

TestSuite(tokens, .init = setup, .fini = fixture_end);

static enum ats_gate_access connect_with(const struct ats_jwt *jwt)
{
    struct ats_gate_client client = device_client();
    return ats_gate_connect(fix.gate, &client, token(jwt, &fix.device_key));
}

static struct ats_jwt single_use(const char *id)
{
    struct ats_jwt jwt = good_claims();
    (void)snprintf(jwt.token_id, sizeof(jwt.token_id), "%s", id);
    return jwt;
}

/* --- TLS --- */

static enum ats_gate_access connect_by_port(unsigned port)
{
    struct ats_gate_client client = device_client();
    client.port = port;
    return ats_gate_connect(fix.gate, &client, good_token());
}

Test(tokens, come_over_tls_alone_unless_the_gate_allows_plain_ones)
{
    close_gate();
    write_text(fix.rules_file,
               "listener 1883\nplugin attestream.so\nlistener 8883\ncertfile c.pem\n"
               "keyfile k.pem\nallow_anonymous true\n");
    open_gate(NULL, NULL);
    fix.gate->options.allow_plain_tokens = false;
    cr_assert_eq(connect_by_port(1883), ATS_GATE_DENY);
    cr_assert_eq(connect_by_port(0), ATS_GATE_DENY, "what is unknown counts as plain");
    cr_assert_eq(connections_refused(ATS_REASON_TOKEN_PLAIN), 2);
    cr_assert_eq(connect_by_port(8883), ATS_GATE_ALLOW, "%s", fix.log);
    fix.gate->options.allow_plain_tokens = true;
    cr_assert_eq(connect_by_port(1883), ATS_GATE_ALLOW);
}

Test(tokens, a_gate_that_can_take_none_says_so_at_its_start)
{
    cr_assert_not_null(strstr(fix.log, "warning gate.tokens-refused"), "%s", fix.log);
    close_gate();
    fix.log[0] = '\0';
    open_gate("allow_plain_tokens", "true");
    cr_assert_null(strstr(fix.log, "gate.tokens-refused"), "%s", fix.log);
}

Test(tokens, a_reload_makes_no_listener_one_of_tls)
{
    fix.gate->options.allow_plain_tokens = false;
    write_text(fix.rules_file,
               "listener 1883\nplugin attestream.so\ncertfile c.pem\nkeyfile k.pem\n");
    ats_gate_reload(fix.gate);
    ats_gate_tick(fix.gate);
    cr_assert_eq(connect_by_port(1883), ATS_GATE_DENY);
}

/* --- jti --- */

Test(tokens, with_an_id_opens_one_connection_also_after_a_restart)
{
    struct ats_jwt jwt = single_use("4f1c");
    cr_assert_eq(connect_with(&jwt), ATS_GATE_ALLOW, "%s", fix.log);
    cr_assert_eq(connect_with(&jwt), ATS_GATE_DENY);
    close_gate();
    open_gate(NULL, NULL);
    cr_assert_eq(connect_with(&jwt), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_TOKEN_REPLAYED), 1);
    jwt = single_use("4f1d");
    cr_assert_eq(connect_with(&jwt), ATS_GATE_ALLOW, "%s", fix.log);
}

Test(tokens, with_an_id_is_not_used_up_by_a_client_id_for_which_there_is_no_room)
{
    char id[64];
    struct ats_jwt jwt = single_use("4f1c");
    struct ats_gate_client client = device_client();
    client.id = id;
    for (int i = 0; i < ATS_GATE_DEVICE_NAMES_MAX; i++) {
        (void)snprintf(id, sizeof(id), DEVICE "/%d", i);
        cr_assert_eq(ats_lasting_client_id(fix.gate, DEVICE, &client), ATS_REASON_NONE);
    }
    client.id = DEVICE "/one-more";
    cr_assert_eq(ats_gate_connect(fix.gate, &client, token(&jwt, &fix.device_key)), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_BUSY_DEVICE), 1, "%s", fix.log);
    cr_assert_eq(connect_with(&jwt), ATS_GATE_ALLOW, "%s", fix.log);
}

Test(tokens, without_an_id_opens_many)
{
    struct ats_jwt jwt = good_claims();
    cr_assert_eq(connect_with(&jwt), ATS_GATE_ALLOW);
    cr_assert_eq(connect_with(&jwt), ATS_GATE_ALLOW);
}

Test(tokens, must_have_an_id_where_the_gate_takes_single_use_alone)
{
    struct ats_jwt jwt = good_claims();
    fix.gate->options.token_single_use = true;
    cr_assert_eq(connect_with(&jwt), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_TOKEN_ID), 1);
    jwt = single_use("1");
    cr_assert_eq(connect_with(&jwt), ATS_GATE_ALLOW, "%s", fix.log);
}

Test(tokens, that_are_refused_are_not_used_up)
{
    struct ats_jwt jwt = single_use("1");
    struct ats_gate_client client = client_at(0, "somebody", DEVICE, true);
    cr_assert_eq(ats_gate_connect(fix.gate, &client, token(&jwt, &fix.device_key)), ATS_GATE_DENY);
    cr_assert_eq(connect_with(&jwt), ATS_GATE_ALLOW, "%s", fix.log);
}

Test(tokens, a_reload_uses_none_up)
{
    struct ats_jwt jwt = single_use("1");
    cr_assert_eq(connect_with(&jwt), ATS_GATE_ALLOW);
    ats_gate_tick(fix.gate);
    ats_gate_reload(fix.gate);
    cr_assert_eq(connect_with(&jwt), ATS_GATE_ALLOW, "the broker asks for a live connection");
}

/* --- the end --- */

Test(tokens, a_silent_connection_is_closed_when_its_token_expires)
{
    connect_with_token();
    fix.wall_ms += 599 * 1000;
    ats_gate_tick(fix.gate);
    fix.monotonic_ms += 1000;
    ats_gate_tick(fix.gate);
    cr_assert_str_empty(fix.kicked);
    fix.wall_ms += 1000;
    fix.monotonic_ms += 1000;
    ats_gate_tick(fix.gate);
    fix.monotonic_ms += ATS_GATE_EXPIRED_GRACE_MS;
    ats_gate_tick(fix.gate);
    cr_assert_str_eq(fix.kicked, DEVICE);
    cr_assert_eq(sessions_closed(ATS_REASON_SESSION_EXPIRED), 1);
    cr_assert(strstr(fix.log, "session.expired device=\"" DEVICE "\" client=\"" DEVICE
                              "\" reason=session-expired"),
              "%s", fix.log);
}

Test(tokens, one_that_lives_longer_than_another_is_closed_in_its_turn)
{
    struct ats_jwt longer = good_claims();
    longer.expires_s += 600;
    struct ats_gate_client second = client_at(1, DEVICE "/b", DEVICE, true);
    connect_with_token();
    cr_assert_eq(ats_gate_connect(fix.gate, &second, token(&longer, &fix.device_key)),
                 ATS_GATE_ALLOW);
    for (int i = 0; i < 2; i++) {
        fix.wall_ms += 600 * 1000;
        fix.monotonic_ms += 600 * 1000;
        ats_gate_tick(fix.gate);
        fix.monotonic_ms += ATS_GATE_EXPIRED_GRACE_MS;
        ats_gate_tick(fix.gate);
        cr_assert_str_eq(i == 0 ? fix.kicked_client : fix.kicked, DEVICE);
        if (i == 0)
            ats_gate_disconnected(fix.gate, &handles[0]);
    }
}

/* --- certificates --- */

static struct ats_x509 certificate;

static enum ats_gate_access connect_by_certificate(const char *password)
{
    struct ats_gate_client client = device_client();
    client.certificate = &certificate;
    return ats_gate_connect(fix.gate, &client, password);
}

static void bind_certificate(void)
{
    memset(certificate.spki, 7, sizeof(certificate.spki));
    certificate.not_before_ms = fix.wall_ms - 1000;
    certificate.not_after_ms = fix.wall_ms + 60000;
    struct ats_device_key *key = &fix.body.keys[fix.body.key_count++];
    key->is_spki = true;
    memcpy(key->key, certificate.spki, sizeof(key->key));
    ats_spki_id(certificate.spki, key->id);
    apply_device_now(DEVICE, ATS_DEVICE_ACTIVE);
}

Test(tokens, a_certificate_whose_key_is_bound_is_a_proof_of_the_connection)
{
    struct ats_gate_client client = device_client();
    bind_certificate();
    fix.gate->options.allow_plain_tokens = false;
    cr_assert_eq(connect_by_certificate(NULL), ATS_GATE_ALLOW, "%s", fix.log);
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_PASS, "%s", fix.log);
    cr_assert_eq(last_event().proof, ATS_EVENT_PROOF_CONNECTION);
}

Test(tokens, a_certificates_device_that_connects_in_a_loop_is_refused)
{
    close_gate();
    open_gate("connects_per_device", "1");
    bind_certificate();
    const int burst = ATS_GATE_HANDSHAKES_BURST_MS / 1000;
    for (int i = 0; i < burst; i++)
        cr_assert_eq(connect_by_certificate(NULL), ATS_GATE_ALLOW, "%s", fix.log);
    cr_assert_eq(connect_by_certificate(NULL), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_BUSY_DEVICE), 1);
    fix.monotonic_ms += 1000;
    cr_assert_eq(connect_by_certificate(NULL), ATS_GATE_ALLOW, "%s", fix.log);
}

Test(tokens, a_certificate_of_another_key_is_refused)
{
    bind_certificate();
    certificate.spki[31] ^= 1; /* the id, of the first eight bytes, is the same */
    cr_assert_eq(connect_by_certificate(NULL), ATS_GATE_DENY);
    certificate.spki[0] ^= 1;
    cr_assert_eq(connect_by_certificate(NULL), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_CERTIFICATE_UNKNOWN), 2);
    cr_assert_eq(connect_by_certificate(good_token()), ATS_GATE_ALLOW, "a token counts as ever");
}

Test(tokens, a_certificate_of_another_device_is_refused)
{
    bind_certificate();
    apply_other_device("press-18");
    struct ats_gate_client client = client_at(0, "press-18", "press-18", true);
    client.certificate = &certificate;
    cr_assert_eq(ats_gate_connect(fix.gate, &client, NULL), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_CERTIFICATE_UNKNOWN), 1);
}

Test(tokens, a_certificate_is_good_while_it_is_valid_and_its_session_no_longer)
{
    struct ats_gate_client client = device_client();
    bind_certificate();
    cr_assert_eq(connect_by_certificate(NULL), ATS_GATE_ALLOW, "%s", fix.log);
    fix.wall_ms = certificate.not_after_ms;
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_SESSION_EXPIRED), 1);
    cr_assert_eq(connect_by_certificate(NULL), ATS_GATE_DENY);
    fix.wall_ms = certificate.not_before_ms - 1;
    cr_assert_eq(connect_by_certificate(NULL), ATS_GATE_DENY);
    cr_assert_eq(connections_refused(ATS_REASON_CERTIFICATE_EXPIRED), 2);
}

Test(tokens, what_a_certificate_opened_ends_with_its_key)
{
    struct ats_gate_client client = device_client();
    bind_certificate();
    cr_assert_eq(connect_by_certificate(NULL), ATS_GATE_ALLOW, "%s", fix.log);
    fix.body.key_count--;
    apply_device_now(DEVICE, ATS_DEVICE_ACTIVE);
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_SESSION_KEY), 1);
}

Test(tokens, a_certificates_key_signs_nothing)
{
    struct ats_device_facts facts = {0};
    const uint8_t *key = NULL;
    bind_certificate();
    cr_assert_eq(ats_gate_look_up(fix.gate, DEVICE, &facts), ATS_OK);
    cr_assert_eq(ats_gate_device_key(&facts, fix.body.keys[0].id, fix.wall_ms, &key),
                 ATS_REASON_NONE);
    cr_assert_eq(ats_gate_device_key(&facts, fix.body.keys[1].id, fix.wall_ms, &key),
                 ATS_REASON_KEY_UNKNOWN, "it is a hash, and no Ed25519 key");
    ats_device_facts_fini(&facts);
}

/* --- least proof --- */

Test(tokens, a_device_whose_record_asks_for_more_than_the_contract_must_give_it)
{
    struct ats_gate_client client = device_client();
    connect_with_token();
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_PASS);
    fix.body.least_proof = ATS_PROOF_SIGNED;
    apply_device_now(DEVICE, ATS_DEVICE_ACTIVE);
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_REJECT);
    cr_assert_eq(refused(ATS_REASON_PROOF_WEAK), 1);
    fix.body.least_proof = ATS_PROOF_CONNECTION;
    apply_device_now(DEVICE, ATS_DEVICE_ACTIVE);
    cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_PASS);
}
