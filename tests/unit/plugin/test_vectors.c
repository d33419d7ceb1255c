/* SPDX-License-Identifier: Apache-2.0 */
/* What a gate answers to each step of each case in tests/vectors/gate.json. */
#include "plugin/control.h"
#include "plugin/properties.h"
#include "tests/unit/common/identity/vectors.h"
#include "tests/unit/plugin/gate_fixture.h"

static json_t *vectors;

/* In place of libc's: some hundred gates are opened here, and none has to outlive a power loss. */
__attribute__((visibility("default"))) int fsync(int fd)
{
    (void)fd;
    return 0;
}

__attribute__((visibility("default"))) int fdatasync(int fd)
{
    (void)fd;
    return 0;
}

static struct ats_key_pair pair_of(const char *name, enum ats_key_kind kind)
{
    struct ats_key_pair pair = {.kind = kind};
    (void)vectors_bytes(vectors, name, pair.seed, sizeof(pair.seed));
    if (kind == ATS_KEY_SIGNING)
        (void)crypto_sign_seed_keypair(pair.public_key, pair.secret_key, pair.seed);
    else
        (void)crypto_scalarmult_base(pair.public_key, pair.seed);
    return pair;
}

/* --- the gate of the vectors --- */

static void write_key(const struct ats_key_pair *pair, const char *name)
{
    (void)unlink(fleet_path(name));
    cr_assert_eq(ats_key_pair_write(pair, fleet_path(name), NULL), ATS_OK);
}

static void write_folder(void)
{
    char text[256];
    struct ats_key_pair gate = pair_of("gate_seed", ATS_KEY_SIGNING);
    struct ats_key_pair agreement = pair_of("gate_agreement_seed", ATS_KEY_AGREEMENT);
    (void)vectors_bytes(vectors, "root_public", fleet.pins.root, ATS_PUBLIC_KEY_SIZE);
    (void)vectors_bytes(vectors, "successor_public", fleet.pins.successor, ATS_PUBLIC_KEY_SIZE);
    cr_assert_eq(
        ats_public_key_write(fleet.pins.root, ATS_KEY_SIGNING, fleet_path("root.pub.pem"), NULL),
        ATS_OK);
    cr_assert_eq(ats_public_key_write(fleet.pins.successor, ATS_KEY_SIGNING,
                                      fleet_path("successor.pub.pem"), NULL),
                 ATS_OK);
    write_key(&gate, "gate.key.pem");
    write_key(&agreement, "gate-agreement.key.pem");
    (void)snprintf(text, sizeof(text), "{\"name\": \"%s\", \"fleet\": \"%s\"}",
                   vectors_text(vectors, "gate"), vectors_text(vectors, "fleet"));
    write_text(fleet_path("gate.json"), text);
}

static void apply_hex(const char *hex)
{
    static uint8_t bytes[ATS_CONTROL_RECORD_MAX];
    size_t len = 0;
    cr_assert_eq(sodium_hex2bin(bytes, sizeof(bytes), hex, strlen(hex), NULL, &len, NULL), 0);
    cr_assert_eq(apply_value(ats_span_of(bytes, len)), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
}

static void begin_case(void)
{
    size_t i;
    json_t *value;
    struct ats_contract_set *contracts = NULL;
    fixture_begin();
    write_folder();
    fix.wall_ms = (int64_t)vectors_number(vectors, "now_ms");
    open_gate(NULL, NULL);
    cr_assert_eq(ats_registry_begin_group(fleet.registry), ATS_OK);
    json_array_foreach(json_object_get(vectors, "log"), i, value)
        apply_hex(json_string_value(value));
    cr_assert_eq(ats_registry_end_group(fleet.registry, NULL), ATS_OK);
    /* As the follower does, of which there is none. */
    cr_assert_eq(ats_gate_contracts(fix.gate, fix.gate->log, &contracts), ATS_OK);
    ats_contract_set_free(atomic_exchange(&fix.gate->next_contracts, contracts));
    ats_gate_tick(fix.gate);
}

/* --- what the gate said --- */

static uint64_t counted[ATS_REASON_COUNT];

static uint64_t count_of(enum ats_reason reason)
{
    if (reason == ATS_REASON_NONE)
        return 0;
    uint64_t more =
        reason == ATS_REASON_DUPLICATE ? ats_counter_get(&fix.gate->metrics.duplicates) : 0;
    return refused(reason) + connections_refused(reason) + more;
}

static void note_counters(void)
{
    for (int reason = 0; reason < ATS_REASON_COUNT; reason++)
        counted[reason] = count_of((enum ats_reason)reason);
}

/* The name of the reason that was counted since; "none". */
static const char *answered(void)
{
    for (int reason = 0; reason < ATS_REASON_COUNT; reason++)
        if (count_of((enum ats_reason)reason) != counted[reason])
            return ats_reason_info((enum ats_reason)reason)->name;
    return "none";
}

/* --- steps --- */

static struct ats_gate_client clients[4]; /* as each connected */

static const char *optional(const json_t *value, const char *name)
{
    return json_string_value(json_object_get(value, name));
}

static void ready_ephemeral(const char *hex)
{
    struct ats_key_pair pair = {.kind = ATS_KEY_AGREEMENT};
    size_t len = 0;
    cr_assert_eq(sodium_hex2bin(pair.seed, sizeof(pair.seed), hex, strlen(hex), NULL, &len, NULL),
                 0);
    (void)crypto_scalarmult_base(pair.public_key, pair.seed);
    memcpy(pair.secret_key, pair.seed, sizeof(pair.seed));
    cr_assert(ats_ring_push(&fix.gate->ephemeral_keys, &pair));
}

static void connect_with_method(const json_t *value, const struct ats_gate_client *client)
{
    uint8_t data[4096];
    uint8_t expected[ATS_GATE_DATA_MAX];
    uint8_t said[ATS_GATE_DATA_MAX];
    size_t said_len = 0;
    size_t len = vectors_bytes(value, "data", data, sizeof(data));
    if (optional(value, "gate_ephemeral_secret"))
        ready_ephemeral(optional(value, "gate_ephemeral_secret"));
    enum ats_gate_access access = ats_gate_connect_with(
        fix.gate, client, vectors_text(value, "method"), ats_span_of(data, len), said, &said_len);
    if (!optional(value, "connack"))
        return;
    cr_assert_eq(access, ATS_GATE_ALLOW, "%s", fix.log);
    cr_assert_eq(said_len, vectors_bytes(value, "connack", expected, sizeof(expected)));
    cr_assert_arr_eq(said, expected, said_len);
}

static void step_connect(const json_t *value)
{
    size_t at = vectors_number(value, "connection");
    cr_assert_lt(at, 4);
    clients[at] = client_at((int)at, vectors_text(value, "client_id"),
                            vectors_text(value, "user_name"), true);
    if (optional(value, "method"))
        connect_with_method(value, &clients[at]);
    else
        (void)ats_gate_connect(fix.gate, &clients[at], vectors_text(value, "password"));
}

static void take_proof(const char *proof)
{
    if (proof)
        ats_properties_take(ATS_DEVICE_PROOF_PROPERTY, proof, &fix.properties);
}

static void step_publish(const json_t *value)
{
    uint8_t payload[1024];
    struct ats_gate_client client = clients[vectors_number(value, "connection")];
    struct ats_gate_publish publish = publish_of(vectors_text(value, "topic"), "");
    publish.qos = (uint8_t)vectors_number(value, "qos");
    publish.retain = json_is_true(json_object_get(value, "retain"));
    publish.payload = ats_span_of(payload, vectors_bytes(value, "payload", payload, 1024));
    client.mqtt5 = vectors_number(value, "mqtt") == 5;
    fix.properties = (struct ats_gate_properties){0};
    take_proof(optional(value, "proof"));
    take_proof(optional(value, "proof_again"));
    if (strcmp(vectors_text(value, "do"), "publish") == 0) {
        (void)ats_gate_publish(fix.gate, &client, &publish);
        return;
    }
    publish.properties = NULL; /* a broker shows none of a will's */
    (void)ats_gate_may_publish(fix.gate, &client, &publish);
}

static void step(const json_t *value)
{
    const char *what = vectors_text(value, "do");
    note_counters();
    if (strcmp(what, "connect") == 0)
        step_connect(value);
    else if (strcmp(what, "publish") == 0 || strcmp(what, "will") == 0)
        step_publish(value);
    else if (strcmp(what, "disconnect") == 0)
        ats_gate_disconnected(fix.gate, &handles[vectors_number(value, "connection")]);
    else if (strcmp(what, "clock") == 0)
        fix.wall_ms = (int64_t)vectors_number(value, "now_ms");
    else
        apply_hex(vectors_text(value, "value"));
}

Test(vectors, a_gate_answers_each_step_of_each_case_as_they_say)
{
    size_t i, k;
    json_t *value, *at;
    cr_assert_eq(ats_identity_init(), ATS_OK);
    vectors = vectors_read("gate");
    json_t *cases = json_object_get(vectors, "cases");
    cr_assert_gt(json_array_size(cases), 200);
    json_array_foreach(cases, i, value)
    {
        begin_case();
        json_array_foreach(json_object_get(value, "steps"), k, at)
        {
            const char *expected = vectors_text(at, "answer");
            step(at);
            cr_expect_str_eq(answered(), strcmp(expected, "accepted") == 0 ? "none" : expected,
                             "%s: step %zu\n%s", vectors_text(value, "what"), k, fix.log);
        }
        fixture_end();
    }
    json_decref(vectors);
}
