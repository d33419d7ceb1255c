/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random logs of honest people and thieves: after each record the copy holds what a model says that shares no code with it
 * (standing_model.h), and what judging all its acts again from the first gives; who reads the log later, in one group, holds the
 * same to the last entry.
 */
#include "common/contract/schema.h"
#include "common/control/body_policy.h"
#include "common/control/claim.h"
#include "common/control/judge_again.h"
#include "tests/unit/common/control/fleet.h"
#include "tests/unit/common/control/standing_copy.h"
#include "tests/unit/common/control/standing_model.h"

#include <stdlib.h>

#define RECORDS 200
#define CONTRACT ATS_SOURCE_DIR "/schemas/contracts/env-sensor/"
#define TICK_MS 60000 /* from one record to the next */
#define POOL 4

static struct pool {
    struct ats_key_pair roots[POOL];
    struct ats_key_pair operators[POOL];
    struct ats_key_pair others[2 * POOL]; /* of gates, members and devices */
} pool;

static struct ats_buf values[RECORDS];
static size_t value_count;
static size_t accepted[ATS_CONTROL_KIND_COUNT];
static size_t by_two;      /* accepted acts of two persons */
static size_t refusals[3]; /* by the policy's kinds, by its hour, before the beginning */

static void begin(void)
{
    fleet_begin();
    for (size_t i = 0; i < POOL; i++) {
        ats_key_pair_generate(&pool.roots[i], ATS_KEY_SIGNING);
        ats_key_pair_generate(&pool.operators[i], ATS_KEY_SIGNING);
    }
    for (size_t i = 0; i < sizeof(pool.others) / sizeof(pool.others[0]); i++)
        ats_key_pair_generate(&pool.others[i], ATS_KEY_SIGNING);
    pool.roots[0] = fleet.root;
    pool.roots[1] = fleet.successor;
    value_count = 0;
}

TestSuite(standing, .init = begin, .fini = fleet_end);

static size_t any(size_t below)
{
    return (size_t)rand() % below;
}

/* ---- what the log holds ---- */

static struct ats_body_place any_place(void)
{
    struct ats_store_view *view = NULL;
    struct ats_control_act act;
    const uint64_t newest = ats_registry_count(fleet.registry);
    uint64_t count = 1 + any(newest);
    if (any(4) != 0 && newest > 24) /* a theft is mostly found soon */
        count = newest - any(24);
    struct ats_body_place place = {.count = count};
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    cr_assert_eq(ats_control_act_get(view, count, &act), ATS_OK);
    ats_store_view_close(view);
    memcpy(place.chain, act.chain, sizeof(place.chain));
    return place;
}

static const struct ats_key_pair *root_pair(bool successor)
{
    struct ats_store_view *view = NULL;
    struct ats_control_record record;
    struct ats_body_root body;
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    cr_assert_eq(ats_registry_find(view, ATS_CONTROL_ROOT, ats_span_text("root"), &record), ATS_OK);
    cr_assert_eq(ats_body_root_parse(record.body, &body), ATS_OK);
    ats_store_view_close(view);
    for (size_t i = 0; i < POOL; i++)
        if (memcmp(pool.roots[i].public_key, successor ? body.successor : body.root,
                   ATS_PUBLIC_KEY_SIZE) == 0)
            return &pool.roots[i];
    cr_assert_fail("no such root");
    return NULL;
}

/* ---- records ---- */

static void count_outcome(const struct ats_control_record *record, enum ats_control_outcome outcome)
{
    static const char *const reasons[] = {"takes two persons: give", "within an hour",
                                          "not in office yet"};
    accepted[record->kind] += outcome == ATS_CONTROL_ACCEPTED ? 1 : 0;
    by_two += outcome == ATS_CONTROL_ACCEPTED && record->expires_ms != 0 ? 1 : 0;
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        refusals[i] += strstr(fleet.err.text, reasons[i]) ? 1 : 0;
}

/* `approver`: of what two sign; or NULL. */
static void append(struct ats_control_record *record, const struct ats_key_pair *pair,
                   const char *approver, const struct ats_key_pair *approver_pair)
{
    struct ats_buf *value = &values[value_count++];
    ats_buf_init(value, ATS_RECORD_MAX);
    cr_assert_eq(ats_control_record_sign(record, pair), ATS_OK);
    if (approver)
        cr_assert_eq(ats_control_record_approve(record, approver, approver_pair), ATS_OK);
    cr_assert_eq(ats_control_record_encode(record, value), ATS_OK);
    enum ats_control_outcome outcome = apply_value(ats_buf_span(value));
    count_outcome(record, outcome);
    if (outcome == ATS_CONTROL_ACCEPTED)
        model_accept(ats_buf_span(value));
}

static void append_body(enum ats_control_kind kind, const char *name, const char *signer,
                        const struct ats_key_pair *pair, struct ats_buf *body)
{
    struct ats_control_record record = next_record(kind, name, signer, ats_buf_span(body));
    record.time_ms += (int64_t)value_count * TICK_MS;
    append(&record, pair, NULL, NULL);
    ats_buf_fini(body);
}

static const char *numbered(char prefix, size_t number)
{
    static char names[4][8];
    static size_t turn;
    char *name = names[turn++ % 4];
    (void)snprintf(name, sizeof(names[0]), "%c%zu", prefix, number);
    return name;
}

/* What an operator states, alone or with another. */
static void append_operators(enum ats_control_kind kind, const char *name, size_t by,
                             struct ats_buf *body)
{
    char signer[8];
    char approver[8];
    size_t other = any(POOL);
    (void)snprintf(signer, sizeof(signer), "o%zu", by);
    (void)snprintf(approver, sizeof(approver), "o%zu", other);
    struct ats_control_record record = next_record(kind, name, signer, ats_buf_span(body));
    record.time_ms += (int64_t)value_count * TICK_MS;
    bool two = any(3) == 0;
    if (two)
        record.expires_ms = record.time_ms + 86400000;
    append(&record, &pool.operators[by], two ? approver : NULL, &pool.operators[other]);
    ats_buf_fini(body);
}

static void root_record(void)
{
    struct ats_body_root body = {0};
    struct ats_buf text;
    bool by_successor = any(3) == 0;
    size_t next = any(POOL);
    const struct ats_key_pair *successor = root_pair(true);
    const struct ats_key_pair *by = root_pair(by_successor);
    memcpy(body.root, by_successor ? by->public_key : pool.roots[next].public_key,
           sizeof(body.root));
    memcpy(body.successor, by_successor ? pool.roots[next].public_key : successor->public_key,
           sizeof(body.successor));
    if (by_successor)
        body.stands_until = any_place();
    ats_buf_init(&text, 4096);
    cr_assert_eq(ats_body_root_format(&body, &text), ATS_OK);
    append_body(ATS_CONTROL_ROOT, "root", by_successor ? "successor" : "root", by, &text);
}

static void operator_record(void)
{
    struct ats_buf text;
    size_t i = any(POOL);
    const char *name = numbered('o', i);
    const struct ats_key_pair *root = root_pair(false);
    const struct ats_key_pair *pair = &pool.operators[any(4) == 0 ? any(POOL) : i];
    struct ats_body_operator body = {.kinds = TEST_ALL_KINDS, .names = "*"};
    memcpy(body.key, pair->public_key, sizeof(body.key));
    make_certificate(ATS_CERTIFICATE_OPERATOR, name, pair->public_key, root, body.certificate,
                     &body.certificate_len);
    if (any(5) == 0)
        (void)snprintf(body.names, sizeof(body.names), "?[0-2]");
    if (any(4) == 0) { /* who begins later has no certificate of before */
        body.kinds &= ~(1U << ATS_CONTROL_GATE);
        body.certificate_len = 0;
        body.not_before_ms = TEST_TIME_MS + (int64_t)(value_count + any(20)) * TICK_MS;
    }
    body.revoked = any(10) == 0;
    if (body.revoked && any(4) != 0)
        body.stands_until = any_place();
    ats_buf_init(&text, 4096);
    cr_assert_eq(ats_body_operator_format(&body, &text), ATS_OK);
    append_body(ATS_CONTROL_OPERATOR, name, "root", root, &text);
}

static void policy_record(void)
{
    static const uint32_t critical[] = {0, 1U << ATS_CONTROL_DEVICE,
                                        1U << ATS_CONTROL_GATE | 1U << ATS_CONTROL_SCHEMA,
                                        1U << ATS_CONTROL_PROCESSOR | 1U << ATS_CONTROL_CONTRACT};
    struct ats_body_policy body = {.hourly = any(2) == 0 ? any(3) : ATS_POLICY_UNLIMITED,
                                   .critical = critical[any(4)]};
    if (any(2) == 0)
        body.stands_until = any_place();
    struct ats_buf text;
    ats_buf_init(&text, 4096);
    cr_assert_eq(ats_body_policy_format(&body, &text), ATS_OK);
    append_body(ATS_CONTROL_POLICY, ATS_POLICY_NAME, "root", root_pair(false), &text);
}

static void gate_record(size_t by)
{
    struct ats_body_gate held;
    struct ats_buf text;
    const char *name = numbered('g', any(5));
    const struct ats_key_pair *keys = &pool.others[any(POOL)];
    struct ats_body_gate body = {.claims = true};
    memcpy(body.signing_key, keys->public_key, ATS_PUBLIC_KEY_SIZE);
    memcpy(body.agreement_key, keys->public_key, ATS_PUBLIC_KEY_SIZE);
    body.agreement_key[0] ^= 1;
    make_certificate(ATS_CERTIFICATE_GATE, name, keys->public_key, &pool.operators[by],
                     body.certificate, &body.certificate_len);
    if (any(3) == 0 && held_gate(name, &held))
        add_former(&body, &held, name, &pool.operators[by],
                   TEST_TIME_MS + (int64_t)any(2 * RECORDS) * TICK_MS);
    if (any(8) == 0 && held_gate(name, &held)) {
        body = held;
        body.revoked = true;
    }
    ats_buf_init(&text, 4096);
    cr_assert_eq(ats_body_gate_format(&body, &text), ATS_OK);
    append_operators(ATS_CONTROL_GATE, name, by, &text);
}

/* Of a few records, so that some are named for two gates. */
static void replay_record(size_t by)
{
    struct ats_buf text;
    char name[16];
    struct ats_replay_record records[2] = {{0, 1, {(uint8_t)any(20)}}, {0, 2, {(uint8_t)any(20)}}};
    const struct ats_body_replay body = {records, 1 + any(2), any(2) == 0};
    (void)snprintf(name, sizeof(name), "%s@%zu", numbered('g', any(5)), any(30));
    ats_buf_init(&text, 4096);
    cr_assert_eq(ats_body_replay_format(&body, &text), ATS_OK);
    append_operators(ATS_CONTROL_REPLAY, name, by, &text);
}

static void group_record(size_t by)
{
    struct ats_buf text;
    size_t group = any(2);
    struct ats_body_processor body = {.member_count = 1 + any(2)};
    memset(body.agreement_key, (int)group + 1, sizeof(body.agreement_key));
    for (size_t i = 0; i < body.member_count; i++) {
        (void)snprintf(body.members[i].name, sizeof(body.members[i].name), "o%zu", i);
        memcpy(body.members[i].signing_key,
               pool.others[4 + 2 * group + (i + any(2)) % 2].public_key, ATS_PUBLIC_KEY_SIZE);
        body.members[i].may_checkpoint = any(4) != 0;
    }
    ats_buf_init(&text, 4096);
    cr_assert_eq(ats_body_processor_format(&body, &text), ATS_OK);
    append_operators(ATS_CONTROL_PROCESSOR, numbered('p', group), by, &text);
}

static void checkpoint_record(void)
{
    struct ats_buf text;
    size_t group = any(2);
    struct ats_body_checkpoint body = {.count = ats_registry_count(fleet.registry)};
    ats_registry_chain(fleet.registry, body.chain);
    ats_buf_init(&text, 4096);
    cr_assert_eq(ats_body_checkpoint_format(&body, &text), ATS_OK);
    append_body(ATS_CONTROL_CHECKPOINT, numbered('p', group), numbered('o', any(2)),
                &pool.others[4 + 2 * group + any(2)], &text);
}

static void device_record(size_t by)
{
    struct ats_buf text;
    struct ats_body_device body = {.state = any(6) == 0 ? ATS_DEVICE_SUSPENDED : ATS_DEVICE_ACTIVE,
                                   .key_count = 1};
    const struct ats_key_pair *keys = &pool.others[any(2 * POOL)];
    memcpy(body.keys[0].key, keys->public_key, sizeof(body.keys[0].key));
    ats_key_id(keys->public_key, body.keys[0].id);
    (void)snprintf(body.site, sizeof(body.site), "s%zu", value_count);
    ats_buf_init(&text, 4096);
    cr_assert_eq(ats_body_device_format(&body, &text), ATS_OK);
    append_operators(ATS_CONTROL_DEVICE, numbered('d', any(5)), by, &text);
}

/* A device as it is, but for its state: that stops it, or lets it go on. */
static void move_record(size_t by)
{
    struct ats_store_view *view = NULL;
    struct ats_control_record record;
    struct ats_body_device body;
    struct ats_buf text;
    const char *name = numbered(any(3) == 0 ? 'c' : 'd', any(5));
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    bool found =
        ats_registry_find(view, ATS_CONTROL_DEVICE, ats_span_text(name), &record) == ATS_OK;
    cr_assert(!found || ats_body_device_parse(record.body, &body) == ATS_OK);
    ats_store_view_close(view);
    if (!found)
        return;
    body.claim_len = 0;
    body.state = body.state == ATS_DEVICE_ACTIVE ? ATS_DEVICE_SUSPENDED : ATS_DEVICE_ACTIVE;
    ats_buf_init(&text, 4096);
    cr_assert_eq(ats_body_device_format(&body, &text), ATS_OK);
    append_operators(ATS_CONTROL_DEVICE, name, by, &text);
}

static void schema_record(size_t by)
{
    char schema[64];
    struct ats_buf text;
    (void)snprintf(schema, sizeof(schema), "{\"type\":\"string\",\"doc\":\"%zu\"}", any(6));
    struct ats_body_schema body = {.text = schema,
                                   .schema_id = ats_schema_id(ats_span_text(schema))};
    ats_buf_init(&text, 4096);
    cr_assert_eq(ats_body_schema_format(&body, &text), ATS_OK);
    append_operators(ATS_CONTROL_SCHEMA, numbered('s', any(4)), by, &text);
}

/* One of nine versions, which never change. */
static void contract_record(size_t by)
{
    struct ats_buf odcs;
    struct ats_buf avsc;
    struct ats_buf text;
    char name[32];
    size_t patch = any(9);
    fleet_read_document(CONTRACT "contract.odcs.yaml", &odcs);
    fleet_read_document(CONTRACT "schema.avsc", &avsc);
    char *version = strstr((char *)odcs.data, "version: 1.0.0");
    cr_assert_not_null(version);
    version[sizeof("version: 1.0.0") - 2] = (char)('0' + patch);
    (void)snprintf(name, sizeof(name), "env-sensor@1.0.%zu", patch);
    struct ats_body_contract body = {.odcs = (char *)odcs.data,
                                     .avsc = (char *)avsc.data,
                                     .schema_id = ats_schema_id(ats_buf_span(&avsc))};
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_contract_format(&body, &text), ATS_OK);
    append_operators(ATS_CONTROL_CONTRACT, name, by, &text);
    ats_buf_fini(&odcs);
    ats_buf_fini(&avsc);
}

static void claim_record(size_t by)
{
    uint8_t token[ATS_DEVICE_CLAIM_TOKEN_MAX];
    uint8_t data[ATS_DEVICE_CLAIM_DATA_MAX];
    struct ats_buf text;
    size_t gate = any(3);
    size_t len = 0;
    const char *name = numbered('c', any(6));
    const struct ats_key_pair *keys = &pool.others[any(2 * POOL)];
    struct ats_claim claim = {.time_ms = 1};
    struct ats_claim_token said = {.id = {(uint8_t)any(12)},
                                   .not_after_ms = TEST_TIME_MS + 2 * 86400000,
                                   .body = {.state = ATS_DEVICE_ACTIVE}};
    (void)snprintf(claim.gate, sizeof(claim.gate), "g%zu", gate);
    (void)snprintf(said.signer, sizeof(said.signer), "o%zu", by);
    (void)snprintf(said.device, sizeof(said.device), "%s", name);
    memcpy(said.fleet, fleet.id, sizeof(said.fleet));
    cr_assert_eq(
        ats_claim_token_sign(&said, &pool.operators[by], token, sizeof(token), &claim.token_len),
        ATS_OK);
    claim.token = token;
    memcpy(claim.key, keys->public_key, sizeof(claim.key));
    cr_assert_eq(ats_claim_sign(&claim, keys->secret_key, data, sizeof(data), &len), ATS_DEVICE_OK);
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_claim_body_format(&said, &claim, ats_span_of(data, len), &text), ATS_OK);
    append_body(ATS_CONTROL_DEVICE, name, numbered('g', gate), &pool.others[any(POOL)], &text);
}

static void any_record(void)
{
    size_t by = any(POOL);
    size_t what = any(21);
    if (what == 0)
        any(2) == 0 ? root_record() : policy_record();
    else if (what == 17)
        schema_record(by);
    else if (what == 18)
        contract_record(by);
    else if (what > 19)
        replay_record(by);
    else if (what > 15)
        move_record(by);
    else if (what < 3)
        operator_record();
    else if (what < 5)
        gate_record(by);
    else if (what < 7)
        group_record(by);
    else if (what < 10)
        checkpoint_record();
    else if (what < 13)
        claim_record(by);
    else
        device_record(by);
}

/* ---- what must come out ---- */

static void judge_again(void)
{
    struct ats_judge judge = {
        .pins = &fleet.pins, .fleet = fleet.id, .count = ats_registry_count(fleet.registry) - 1};
    cr_assert_eq(ats_store_batch_begin(fleet.store, &judge.batch), ATS_OK);
    cr_assert_eq(ats_judge_void(&judge), ATS_OK);
    cr_assert_eq(ats_store_batch_commit(judge.batch), ATS_OK);
}

static void assert_same(const struct ats_buf *a, const struct ats_buf *b, const char *what)
{
    size_t at = 0;
    while (at < a->len && at < b->len && a->data[at] == b->data[at])
        at++;
    if (at == a->len && at == b->len)
        return;
    while (at > 0 && a->data[at - 1] != '\n')
        at--;
    cr_assert_fail("%s: after %zu records the copies differ at '%.60s' and '%.60s'", what,
                   value_count, (const char *)a->data + at, (const char *)b->data + at);
}

static void assert_judging_again_changes_nothing(void)
{
    struct ats_buf before;
    struct ats_buf after;
    dump(&before);
    judge_again();
    dump(&after);
    assert_same(&before, &after, "judged again");
    ats_buf_fini(&before);
    ats_buf_fini(&after);
}

static void assert_a_later_reader_holds_the_same(void)
{
    struct ats_buf before;
    struct ats_buf after;
    dump(&before);
    fleet_forget();
    cr_assert_eq(ats_registry_begin_group(fleet.registry), ATS_OK);
    for (size_t i = 0; i < value_count; i++)
        (void)apply_value(ats_buf_span(&values[i]));
    cr_assert_eq(ats_registry_end_group(fleet.registry, &fleet.err), ATS_OK);
    dump(&after);
    assert_same(&before, &after, "read later");
    ats_buf_fini(&before);
    ats_buf_fini(&after);
}

static void run(unsigned int seed)
{
    srand(seed);
    value_count = 0;
    model.count = 0;
    struct ats_body_root body = {0};
    struct ats_buf text;
    memcpy(body.root, fleet.root.public_key, sizeof(body.root));
    memcpy(body.successor, fleet.successor.public_key, sizeof(body.successor));
    ats_buf_init(&text, 4096);
    cr_assert_eq(ats_body_root_format(&body, &text), ATS_OK);
    append_body(ATS_CONTROL_ROOT, "root", "root", &fleet.root, &text);
    while (value_count < RECORDS) {
        size_t known = model.count;
        any_record();
        if (model.count > known && model_asks())
            model_compare(seed);
        assert_judging_again_changes_nothing();
    }
    assert_a_later_reader_holds_the_same();
    for (size_t i = 0; i < value_count; i++)
        ats_buf_fini(&values[i]);
}

Test(standing, of_random_logs_is_what_judging_again_from_the_first_gives, .timeout = 300)
{
    for (unsigned int seed = 1; seed <= 10; seed++) {
        run(seed);
        fleet_forget();
    }
    for (int kind = 0; kind < ATS_CONTROL_KIND_COUNT; kind++)
        if (kind != ATS_CONTROL_USECASE)
            cr_assert_gt(accepted[kind], 10, "too few of kind %s: %zu",
                         ats_control_kind_name((enum ats_control_kind)kind), accepted[kind]);
    cr_assert_gt(by_two, 20, "too few acts of two persons: %zu", by_two);
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
        cr_assert_gt(refusals[i], 10, "too few refusals of sort %zu: %zu", i, refusals[i]);
}
