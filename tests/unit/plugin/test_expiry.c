/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions that say nothing, when what they rest on ends: the key that opened them, or the gate's own good standing. */
#include "tests/unit/plugin/gate_fixture.h"

#define MINUTE_MS 60000

static struct ats_device device;

static void setup(void)
{
    fixture_open(NULL, NULL, NULL);
    ats_gate_tick(fix.gate);
}

TestSuite(expiry, .init = setup, .fini = fixture_end);

static void connect_with(const struct ats_key_pair *key)
{
    struct ats_gate_client client = device_client();
    struct ats_jwt jwt = good_claims();
    cr_assert_eq(ats_gate_connect(fix.gate, &client, token(&jwt, key)), ATS_GATE_ALLOW, "%s",
                 fix.log);
}

static void connect_in_session_with(const struct ats_key_pair *key)
{
    uint8_t data[ATS_DEVICE_CONNECT_DATA_MAX];
    uint8_t answer[ATS_GATE_DATA_MAX];
    size_t len = 0;
    struct ats_gate_client client = device_client();
    cr_assert_eq(ats_device_init(&device, DEVICE, GATE, key->seed, fleet.id,
                                 (const uint8_t(*)[32])fleet.root.public_key, 1),
                 ATS_DEVICE_OK);
    cr_assert_eq(ats_device_connect(&device, (uint64_t)fix.wall_ms, DEVICE, DEVICE, data,
                                    sizeof(data), &len),
                 ATS_DEVICE_OK);
    cr_assert_eq(ats_gate_connect_with(fix.gate, &client, ATS_DEVICE_METHOD, ats_span_of(data, len),
                                       answer, &len),
                 ATS_GATE_ALLOW, "%s", fix.log);
}

/* Nobody says anything, and nothing is published. */
static void pass(int64_t ms)
{
    int64_t until_ms = fix.wall_ms + ms;
    while (fix.wall_ms < until_ms) {
        fix.wall_ms += 500;
        fix.monotonic_ms += 500;
        ats_gate_tick(fix.gate);
    }
}

Test(expiry, a_session_ends_with_the_key_that_opened_it)
{
    struct ats_key_pair key = apply_second_key(0, fix.wall_ms + MINUTE_MS);
    connect_in_session_with(&key);
    pass(MINUTE_MS - 1000);
    cr_assert_str_eq(fix.kicked, "");
    pass(5000);
    cr_assert_str_eq(fix.kicked, DEVICE, "%s", fix.log);
    cr_assert_eq(sessions_closed(ATS_REASON_SESSION_KEY), 1);
}

Test(expiry, a_tokens_connection_ends_with_its_key_where_that_ends_before)
{
    struct ats_key_pair key = apply_second_key(0, fix.wall_ms + MINUTE_MS);
    connect_with(&key);
    pass(MINUTE_MS + 5000);
    cr_assert_str_eq(fix.kicked, DEVICE, "%s", fix.log);
    cr_assert_eq(sessions_closed(ATS_REASON_SESSION_KEY), 1);
}

Test(expiry, one_of_a_key_without_an_end_stays)
{
    connect_in_session_with(&fix.device_key);
    (void)apply_second_key(0, fix.wall_ms + MINUTE_MS);
    pass(10 * (int64_t)MINUTE_MS);
    cr_assert_str_eq(fix.kicked, "", "%s", fix.log);
}

/* What the follower tells when a record has come. */
static void told_of_the_record(void)
{
    char name[ATS_NAME_MAX + 1] = DEVICE;
    cr_assert(ats_ring_push(&fix.gate->changed_devices, name));
    ats_gate_tick(fix.gate);
}

Test(expiry, a_key_whose_record_gives_it_an_end_later_ends_the_session_too)
{
    connect_in_session_with(&fix.device_key);
    fix.body.keys[0].not_after_ms = fix.wall_ms + MINUTE_MS;
    apply_device_now(DEVICE, ATS_DEVICE_ACTIVE);
    told_of_the_record();
    pass(MINUTE_MS - 1000);
    cr_assert_str_eq(fix.kicked, "");
    pass(5000);
    cr_assert_str_eq(fix.kicked, DEVICE, "%s", fix.log);
}

/* It publishes nothing, and its record cannot be read at the moment. */
Test(expiry, a_silent_sessions_change_that_could_not_be_looked_at_is_looked_at_again)
{
    static const uint8_t other_secret[ATS_STORE_SECRET_SIZE] = {7};
    connect_in_session_with(&fix.device_key);
    apply_device_now(DEVICE, ATS_DEVICE_REVOKED);
    cr_assert_not_null(ats_gate_view(fix.gate));
    ats_store_seal(fix.gate->control_store, other_secret);
    told_of_the_record();
    pass(MINUTE_MS);
    cr_assert_str_eq(fix.kicked, "", "%s", fix.log);
    ats_store_seal(fix.gate->control_store, fix.gate->fleet.identity.signing.seed);
    pass(1000);
    pass(ATS_GATE_REVOKED_GRACE_MS);
    cr_assert_str_eq(fix.kicked, DEVICE, "%s", fix.log);
    cr_assert_eq(sessions_closed(ATS_REASON_DEVICE_REVOKED), 1);
}

Test(expiry, a_key_whose_end_is_put_off_keeps_its_session)
{
    struct ats_key_pair key = apply_second_key(0, fix.wall_ms + MINUTE_MS);
    connect_in_session_with(&key);
    fix.body.keys[1].not_after_ms = fix.wall_ms + 2 * MINUTE_MS;
    apply_device_now(DEVICE, ATS_DEVICE_ACTIVE);
    told_of_the_record();
    pass(MINUTE_MS + 5000);
    cr_assert_str_eq(fix.kicked, "", "%s", fix.log);
    pass(MINUTE_MS);
    cr_assert_str_eq(fix.kicked, DEVICE, "%s", fix.log);
}

Test(expiry, sessions_end_with_the_gates_own_record)
{
    struct ats_gate_client client = device_client();
    connect_in_session_with(&fix.device_key);
    apply_gate_as(true);
    cr_assert_eq(ats_gate_may_read(fix.gate, &client, "commands/" DEVICE "/x"), ATS_GATE_DENY);
    pass(5000);
    cr_assert_str_eq(fix.kicked, DEVICE, "%s", fix.log);
    cr_assert_eq(sessions_closed(ATS_REASON_GATE_REVOKED), 1);
}

Test(expiry, sessions_end_with_the_gates_own_keys)
{
    connect_in_session_with(&fix.device_key);
    fix.gate->fleet.not_after_ms = fix.wall_ms + MINUTE_MS;
    pass(MINUTE_MS - 1000);
    cr_assert_str_eq(fix.kicked, "", "%s", fix.log);
    pass(5000);
    cr_assert_str_eq(fix.kicked, DEVICE, "%s", fix.log);
    cr_assert_eq(sessions_closed(ATS_REASON_GATE_REVOKED), 1);
}
