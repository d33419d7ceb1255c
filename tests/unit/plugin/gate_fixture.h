/* SPDX-License-Identifier: Apache-2.0 */
/* A gate without a broker, without threads and without Kafka: a fleet in a temporary folder, a clock set by hand, and
   services that note what was asked of them. */
#ifndef ATS_TESTS_PLUGIN_GATE_FIXTURE_H
#define ATS_TESTS_PLUGIN_GATE_FIXTURE_H

#include "plugin/counter_record.h"
#include "plugin/device_store.h"
#include "plugin/gate_state.h"
#include "tests/unit/common/control/fleet.h"

#include "common/contract/schema.h"
#include "common/identity/jwt.h"
#include "common/record/event.h"
#include "tests/unit/scratch.h"

#define GATE "gate-1"
#define DEVICE "press-17"
#define TOPIC "site/hall/" DEVICE "/env"
#define GOOD_PAYLOAD                                                                               \
    "{\"device_id\":\"" DEVICE "\",\"device\":\"Press\",\"ts\":1763999999,"                        \
    "\"data\":{\"co\":0.004,\"humidity\":51.0,\"light\":false,\"lpg\":0.007,\"motion\":false,"     \
    "\"smoke\":0.02,\"temp\":22.5}}"
#define BAD_PAYLOAD                                                                                \
    "{\"device_id\":\"" DEVICE "\",\"device\":\"Press\",\"ts\":1763999999,"                        \
    "\"data\":{\"co\":0.004,\"humidity\":51.0,\"light\":false,\"lpg\":0.007,\"motion\":false,"     \
    "\"smoke\":0.02,\"temp\":900}}"

struct fixture {
    char folder[64];
    char fleet_folder[96];
    char state_folder[96];
    char rules_file[96];
    struct ats_gate *gate;
    struct ats_key_pair gate_key;
    struct ats_key_pair agreement;
    struct ats_key_pair device_key;
    struct ats_body_device body; /* of DEVICE, as last applied */
    int64_t wall_ms;
    int64_t monotonic_ms;
    struct ats_gate_properties properties; /* what the next publish carries */
    char receipts[16][ATS_GATE_RECEIPT_MAX];
    size_t receipt_count;
    char kicked[ATS_SESSION_NAME_MAX + 1];
    char kicked_client[ATS_CLIENT_ID_MAX + 1];
    char user_name[ATS_SESSION_NAME_MAX + 1];
    char log[16384];
    struct ats_error err;
};

static struct fixture fix;
static int handles[16]; /* their addresses stand for connections */

static inline int64_t fix_wall_ms(void *ctx)
{
    (void)ctx;
    return fix.wall_ms;
}

static inline int64_t fix_monotonic_ms(void *ctx)
{
    (void)ctx;
    return fix.monotonic_ms;
}

static const struct ats_clock fix_clock = {fix_wall_ms, fix_monotonic_ms, NULL};

static inline void fix_log(void *ctx, enum ats_log_level level, const char *line)
{
    (void)ctx;
    size_t used = strlen(fix.log);
    (void)snprintf(fix.log + used, sizeof(fix.log) - used, "%s %s\n", ats_log_level_name(level),
                   line);
}

static inline bool fix_publish_to(void *ctx, const char *client_id, const char *topic,
                                  struct ats_span payload)
{
    (void)ctx;
    if (fix.receipt_count < 16)
        (void)snprintf(fix.receipts[fix.receipt_count], sizeof(fix.receipts[0]), "%s %s %.*s",
                       client_id, topic, ATS_SPAN_ARGS(payload));
    fix.receipt_count++;
    return true;
}

static inline void fix_kick(void *ctx, const char *user_name)
{
    (void)ctx;
    (void)snprintf(fix.kicked, sizeof(fix.kicked), "%s", user_name);
}

static inline void fix_kick_client(void *ctx, const char *client_id)
{
    (void)ctx;
    (void)snprintf(fix.kicked_client, sizeof(fix.kicked_client), "%s", client_id);
}

static inline bool fix_set_user_name(void *ctx, void *client, const char *user_name)
{
    (void)ctx;
    (void)client;
    (void)snprintf(fix.user_name, sizeof(fix.user_name), "%s", user_name);
    return true;
}

static inline void fix_read_properties(void *ctx, const void *properties,
                                       struct ats_gate_properties *ret_properties)
{
    (void)ctx;
    (void)properties;
    *ret_properties = fix.properties;
}

static const struct ats_gate_broker fix_broker = {
    .log = fix_log,
    .publish_to = fix_publish_to,
    .kick = fix_kick,
    .kick_client = fix_kick_client,
    .set_user_name = fix_set_user_name,
    .read_properties = fix_read_properties,
};

/* --- files --- */

static inline void write_text(const char *path, const char *text)
{
    cr_assert_eq(ats_file_write(path, ats_span_text(text), 0644, NULL), ATS_OK, "%s", path);
}

static inline const char *fleet_path(const char *name)
{
    static char path[192];
    (void)snprintf(path, sizeof(path), "%s/%s", fix.fleet_folder, name);
    return path;
}

/* `more` stands behind its last member. */
static inline void write_gate_json(const uint8_t *fleet_id, const char *more)
{
    char text[256] = "{\"name\": \"" GATE "\", \"fleet\": \"";
    for (size_t i = 0; i < ATS_FLEET_ID_SIZE; i++)
        (void)snprintf(text + strlen(text), 3, "%02x", fleet_id[i]);
    size_t used = strlen(text);
    (void)snprintf(text + used, sizeof(text) - used, "\"%s}", more);
    write_text(fleet_path("gate.json"), text);
}

static inline void write_fleet_folder(void)
{
    cr_assert_eq(
        ats_public_key_write(fleet.pins.root, ATS_KEY_SIGNING, fleet_path("root.pub.pem"), NULL),
        ATS_OK);
    cr_assert_eq(ats_public_key_write(fleet.pins.successor, ATS_KEY_SIGNING,
                                      fleet_path("successor.pub.pem"), NULL),
                 ATS_OK);
    ats_key_pair_generate(&fix.gate_key, ATS_KEY_SIGNING);
    ats_key_pair_generate(&fix.agreement, ATS_KEY_AGREEMENT);
    cr_assert_eq(ats_key_pair_write(&fix.gate_key, fleet_path("gate.key.pem"), NULL), ATS_OK);
    cr_assert_eq(ats_key_pair_write(&fix.agreement, fleet_path("gate-agreement.key.pem"), NULL),
                 ATS_OK);
    write_gate_json(fleet.id, "");
}

/* --- the gate --- */

/* Opens with these options beside the folders. */
static inline enum ats_status open_gate_with(const struct ats_gate_option *more, size_t count)
{
    struct ats_gate_option options[16] = {{"fleet", fix.fleet_folder},
                                          {"state_folder", fix.state_folder},
                                          {"kafka_bootstrap", "127.0.0.1:1"},
                                          {"journal_size", "8MiB"},
                                          {"journal_segment_size", "2MiB"}};
    size_t given = 5;
    for (size_t i = 0; i < count; i++)
        options[given++] = more[i];
    fix.err = (struct ats_error){0};
    enum ats_status status =
        ats_gate_open(options, given, &fix_broker, &fix_clock, fix.rules_file, &fix.gate, &fix.err);
    if (status == ATS_OK) {
        fleet.registry = fix.gate->registry;
        fix.gate->options.allow_plain_tokens = true; /* these connections come by no listener */
    }
    return status;
}

static inline void open_gate(const char *name, const char *value)
{
    struct ats_gate_option option = {name, value};
    cr_assert_eq(open_gate_with(&option, name ? 1 : 0), ATS_OK, "%s", fix.err.text);
}

static inline void close_gate(void)
{
    ats_gate_stop(fix.gate);
    fix.gate = NULL;
    fleet.registry = NULL;
}

/* A folder of a fleet, nothing opened. */
static inline void fixture_begin(void)
{
    memset(&fix, 0, sizeof(fix));
    fix.wall_ms = TEST_TIME_MS;
    fix.monotonic_ms = 1000000;
    fleet_begin();
    close_registry();
    scratch_folder(fix.folder, sizeof(fix.folder), "ats-gate");
    (void)snprintf(fix.fleet_folder, sizeof(fix.fleet_folder), "%s/fleet", fix.folder);
    (void)snprintf(fix.state_folder, sizeof(fix.state_folder), "%s/state", fix.folder);
    (void)snprintf(fix.rules_file, sizeof(fix.rules_file), "%s/mosquitto.conf", fix.folder);
    cr_assert_eq(ats_file_make_folder(fix.fleet_folder, 0700, NULL), ATS_OK);
    write_text(fix.rules_file, "listener 1883\nallow_anonymous true\nplugin attestream.so\n");
    write_fleet_folder();
}

static inline void fixture_end(void)
{
    close_gate();
    scratch_remove(fix.folder);
    fleet_end();
}

static inline void apply_text_of(enum ats_control_kind kind, const char *name,
                                 enum ats_status status, struct ats_buf *text)
{
    cr_assert_eq(status, ATS_OK);
    cr_assert_eq(apply_body(kind, name, "op", &fleet.operator_, ats_buf_span(text)),
                 ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_buf_fini(text);
}

static inline void apply_gate_as(bool revoked)
{
    struct ats_body_gate body = {.revoked = revoked};
    struct ats_buf text;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    memcpy(body.signing_key, fix.gate_key.public_key, sizeof(body.signing_key));
    memcpy(body.agreement_key, fix.agreement.public_key, sizeof(body.agreement_key));
    make_certificate(ATS_CERTIFICATE_GATE, GATE, fix.gate_key.public_key, &fleet.operator_,
                     body.certificate, &body.certificate_len);
    apply_text_of(ATS_CONTROL_GATE, GATE, ats_body_gate_format(&body, &text), &text);
}

static inline void apply_gate(void)
{
    apply_gate_as(false);
}

static inline char *read_document(const char *path)
{
    struct ats_buf buf;
    ats_buf_init(&buf, ATS_DOCUMENT_MAX);
    cr_assert_eq(ats_file_read(path, &buf, NULL), ATS_OK, "%s", path);
    char *text = strdup(ats_buf_text(&buf));
    ats_buf_fini(&buf);
    return text;
}

static inline char *replaced(char *text, const char *from, const char *to)
{
    char *at = strstr(text, from);
    cr_assert_not_null(at, "%s", from);
    char *result = NULL;
    cr_assert_geq(asprintf(&result, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)), 0);
    free(text);
    return result;
}

/* The environmental sensor's contract, with another least proof if one is given (and the settings that follow it there). */
static inline void apply_contract(const char *proof)
{
    struct ats_body_contract body = {0};
    struct ats_buf text;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    body.odcs = read_document(ATS_SOURCE_DIR "/schemas/contracts/env-sensor/contract.odcs.yaml");
    body.avsc = read_document(ATS_SOURCE_DIR "/schemas/contracts/env-sensor/schema.avsc");
    if (proof) {
        char line[160];
        (void)snprintf(line, sizeof(line), "proof: %s", proof);
        body.odcs = replaced(body.odcs, "proof: connection", line);
    }
    body.schema_id = ats_schema_id(ats_span_text(body.avsc));
    apply_text_of(ATS_CONTROL_CONTRACT, "env-sensor@1.0.0", ats_body_contract_format(&body, &text),
                  &text);
    ats_body_contract_fini(&body);
}

/* Another device, with a key of its own. */
static inline void apply_other_device(const char *name)
{
    struct ats_body_device body = device_body(ATS_DEVICE_ACTIVE);
    cr_assert_eq(apply_device(name, &body), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
}

static inline void apply_device_now(const char *name, enum ats_device_state state)
{
    fix.body.state = state;
    cr_assert_eq(apply_device(name, &fix.body), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
}

/* DEVICE gets a further key, valid as stated. */
static inline struct ats_key_pair apply_second_key(int64_t not_before_ms, int64_t not_after_ms)
{
    struct ats_key_pair pair;
    struct ats_device_key *key = &fix.body.keys[fix.body.key_count++];
    ats_key_pair_generate(&pair, ATS_KEY_SIGNING);
    memcpy(key->key, pair.public_key, sizeof(key->key));
    ats_key_id(pair.public_key, key->id);
    key->not_before_ms = not_before_ms;
    key->not_after_ms = not_after_ms;
    apply_device_now(DEVICE, ATS_DEVICE_ACTIVE);
    return pair;
}

/* DEVICE loses its first key. */
static inline void apply_first_key_retired(void)
{
    memmove(&fix.body.keys[0], &fix.body.keys[1], sizeof(fix.body.keys[0]));
    fix.body.key_count--;
    apply_device_now(DEVICE, ATS_DEVICE_ACTIVE);
}

/* In the log so far. */
static inline size_t lines_with(const char *text)
{
    size_t count = 0;
    for (const char *at = fix.log; (at = strstr(at, text)); at++)
        count++;
    return count;
}

/* A gate that knows itself, the contract, and DEVICE with a key; what `contract` and `name` say is set beside. */
static inline void fixture_open(const char *proof, const char *name, const char *value)
{
    fixture_begin();
    open_gate(NULL, NULL);
    cr_assert_eq(apply_root(), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    struct ats_body_operator body = operator_body("op", &fleet.operator_);
    cr_assert_eq(apply_operator("op", &body), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    apply_gate();
    apply_contract(proof);
    ats_key_pair_generate(&fix.device_key, ATS_KEY_SIGNING);
    fix.body.key_count = 1;
    memcpy(fix.body.keys[0].key, fix.device_key.public_key, ATS_PUBLIC_KEY_SIZE);
    ats_key_id(fix.device_key.public_key, fix.body.keys[0].id);
    apply_device_now(DEVICE, ATS_DEVICE_ACTIVE);
    close_gate();
    open_gate(name, value);
}

/* --- clients --- */

static inline struct ats_gate_client client_at(int handle, const char *id, const char *user_name,
                                               bool mqtt5)
{
    return (struct ats_gate_client){
        .handle = &handles[handle], .id = id, .user_name = user_name, .mqtt5 = mqtt5};
}

static inline struct ats_gate_client device_client(void)
{
    return client_at(0, DEVICE, DEVICE, true);
}

static inline struct ats_jwt good_claims(void)
{
    struct ats_jwt jwt = {.subject = DEVICE,
                          .audience = GATE,
                          .issued_s = fix.wall_ms / 1000,
                          .expires_s = fix.wall_ms / 1000 + 600};
    return jwt;
}

/* Good until the next call. */
static inline const char *token(const struct ats_jwt *jwt, const struct ats_key_pair *pair)
{
    static char text[ATS_JWT_MAX + 1];
    struct ats_buf buf;
    ats_buf_init(&buf, ATS_JWT_MAX);
    cr_assert_eq(ats_jwt_make(jwt, pair, &buf, NULL), ATS_OK);
    (void)snprintf(text, sizeof(text), "%s", ats_buf_text(&buf));
    ats_buf_fini(&buf);
    return text;
}

static inline const char *good_token(void)
{
    struct ats_jwt jwt = good_claims();
    return token(&jwt, &fix.device_key);
}

static inline void connect_with_token(void)
{
    struct ats_gate_client client = device_client();
    cr_assert_eq(ats_gate_connect(fix.gate, &client, good_token()), ATS_GATE_ALLOW, "%s", fix.log);
}

static inline struct ats_gate_publish publish_of(const char *topic, const char *payload)
{
    return (struct ats_gate_publish){
        .topic = topic, .payload = ats_span_text(payload), .qos = 1, .properties = handles};
}

static inline enum ats_gate_answer publish_as(const struct ats_gate_client *client,
                                              const char *topic, const char *payload)
{
    struct ats_gate_publish publish = publish_of(topic, payload);
    return ats_gate_publish(fix.gate, client, &publish);
}

static inline uint64_t refused(enum ats_reason reason)
{
    return ats_counter_get(&fix.gate->metrics.refused[reason]);
}

static inline uint64_t connections_refused(enum ats_reason reason)
{
    return ats_counter_get(&fix.gate->metrics.connections_refused[reason]);
}

static inline uint64_t sessions_closed(enum ats_reason reason)
{
    return ats_counter_get(&fix.gate->metrics.sessions_closed[reason]);
}

/* The newest event of the journal. */
static inline struct ats_event last_event(void)
{
    struct ats_journal_reader *reader = NULL;
    struct ats_journal_entry entry;
    struct ats_event event = {0};
    bool found = false;
    cr_assert_eq(ats_journal_reader_open(fix.gate->journal, true, &reader), ATS_OK);
    while (ats_journal_reader_next(reader, &entry) == ATS_OK) {
        if (entry.kind == ATS_COUNTER_RECORD_KIND)
            continue;
        cr_assert_eq(ats_event_decode(entry.data, &event), ATS_OK);
        found = true;
    }
    ats_journal_reader_close(reader);
    cr_assert(found, "the journal is empty");
    return event;
}

static inline size_t journal_count(void)
{
    struct ats_journal_reader *reader = NULL;
    struct ats_journal_entry entry;
    size_t count = 0;
    cr_assert_eq(ats_journal_reader_open(fix.gate->journal, true, &reader), ATS_OK);
    while (ats_journal_reader_next(reader, &entry) == ATS_OK)
        count += entry.kind != ATS_COUNTER_RECORD_KIND;
    ats_journal_reader_close(reader);
    return count;
}

#endif
