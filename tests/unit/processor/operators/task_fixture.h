/* SPDX-License-Identifier: Apache-2.0 */
/* A task without Kafka: a pipeline over the contract env-sensor and one use case, its state, and all that it sends. */
#ifndef ATS_TESTS_OPERATORS_TASK_FIXTURE_H
#define ATS_TESTS_OPERATORS_TASK_FIXTURE_H

#include "tests/unit/common/contract/support.h"
#include "tests/unit/common/record/decoded.h"

#include "common/identity/seal.h"
#include "processor/operators/pipeline.h"

#include <sodium.h>
#include <stdlib.h>

#define GATE "gate-1"
#define DEVICE "unit-1"
#define RECEIVED_MS INT64_C(1764000000000)
#define PARTITIONS 4
#define SENT_MAX 512
#define HOT 70.0 /* scores far above `enter` at once, since nothing is smoothed */
#define WARM_UP 8

static const char usecase_yaml[] =
    "name: warm\n"
    "version: 1.0.0\n"
    "contract: env-sensor\n"
    "kpi: Hours\n"
    "allowedLateness: 60s\n"
    "features:\n"
    "  - {name: temp_last, field: data.temp, aggregate: last, unit: Cel}\n"
    "model:\n"
    "  kind: robust-ewma\n"
    "  version: \"1\"\n"
    "  parameters: {warmUp: 8, smoothing: 1}\n"
    "episode: {failureMode: too-warm, enter: 0.9, leave: 0.5, enterCount: 2, leaveCount: 3}\n"
    "alert: {severity: warning, title: Too warm, action: Cool it, runbook: \"https://r\"}\n"
    "erp: {kind: malfunction, priority: 2, breakdown: true}\n"
    "twin: {namespace: org.example, feature: health}\n";

/* A reading of a device; members that are left out have the values of an ordinary one. */
struct reading {
    double at_s;
    double temp;
    const char *device;
    const char *asset;
    const char *gate;
    uint64_t journal;
    uint64_t position; /* 0: the one after the last */
    int64_t received_ms;
};

struct sent {
    char topic[32]; /* without the prefix */
    char key[512];
    json_t *value;
};

struct task {
    struct ats_contract *contract;
    struct ats_snapshot *snapshot;
    struct ats_state *state;
    struct ats_pipeline *pipeline;
    uint64_t position;
    /* The record on its way. */
    struct ats_kafka_record record;
    struct ats_event event;
    struct ats_event_texts texts;
    struct ats_buf value;
    struct ats_buf scratch;
    uint8_t seal[ATS_SEAL_SIZE];
    char device[ATS_NAME_MAX + 1];
    /* What it sent. */
    struct sent sent[SENT_MAX];
    size_t sent_count;
    uint8_t digest[crypto_generichash_BYTES]; /* of every byte sent so far */
};

static struct task task;
static const uint8_t seal_key[ATS_SEAL_KEY_SIZE] = {7};

/* The gate has got another key since, and its former one is still good. */
static inline enum ats_status find_seal_key(void *ctx, struct ats_span gate, int64_t received_ms,
                                            struct ats_seal_keys *ret_keys)
{
    static const uint8_t newer_key[ATS_SEAL_KEY_SIZE] = {8};
    (void)ctx;
    (void)received_ms;
    *ret_keys = (struct ats_seal_keys){.keys = {newer_key, seal_key}, .count = 2};
    return ats_span_is(gate, GATE) ? ATS_OK : ATS_ERR_NOT_FOUND;
}

static inline void add_to_digest(struct ats_span bytes)
{
    crypto_generichash_state hash;
    (void)crypto_generichash_init(&hash, NULL, 0, sizeof(task.digest));
    (void)crypto_generichash_update(&hash, task.digest, sizeof(task.digest));
    (void)crypto_generichash_update(&hash, bytes.data, bytes.len);
    (void)crypto_generichash_final(&hash, task.digest, sizeof(task.digest));
}

static inline const char *schema_of(const char *topic)
{
    if (strcmp(topic, "decisions") == 0)
        return "decision";
    if (strcmp(topic, "alerts") == 0)
        return "alert";
    return strcmp(topic, "erp.requests") == 0 ? "maintenance-request" : "quarantine";
}

static inline enum ats_status keep(void *ctx, const char *topic,
                                   const struct ats_kafka_record *record, struct ats_error *err)
{
    struct sent *sent = &task.sent[task.sent_count++];
    (void)ctx;
    (void)err;
    cr_assert_lt(task.sent_count, SENT_MAX);
    (void)snprintf(sent->topic, sizeof(sent->topic), "%s", topic);
    (void)snprintf(sent->key, sizeof(sent->key), "%.*s", (int)record->key.len,
                   (const char *)record->key.data);
    sent->value = strcmp(topic, "twin") == 0
                      ? json_loadb((const char *)record->value.data, record->value.len, 0, NULL)
                      : decoded(schema_of(topic), record->value);
    add_to_digest(ats_span_text(topic));
    add_to_digest(record->key);
    add_to_digest(record->value);
    for (size_t i = 0; i < record->header_count; i++) {
        add_to_digest(ats_span_text(record->headers[i].name));
        add_to_digest(record->headers[i].value);
    }
    return ATS_OK;
}

static inline struct ats_snapshot *make_snapshot(const char *yaml)
{
    struct ats_contract_set *contracts = NULL;
    struct ats_usecase_list usecases = {.items = calloc(1, sizeof(struct ats_usecase *)),
                                        .count = 1};
    struct ats_error err = {0};
    cr_assert_eq(ats_contract_set_new(&contracts), ATS_OK);
    cr_assert_eq(ats_contract_set_add(contracts, task.contract), ATS_OK);
    cr_assert_eq(ats_usecase_parse(ats_span_text(yaml), "u.yaml", &usecases.items[0], &err), ATS_OK,
                 "%s", err.text);
    struct ats_snapshot *snapshot = ats_snapshot_new(17, contracts, &usecases);
    cr_assert_not_null(snapshot);
    return snapshot;
}

static inline void start_task_with(const char *yaml)
{
    struct ats_error err = {0};
    task = (struct task){.contract = compile_folder("env-sensor"), .state = ats_state_new(1 << 20)};
    task.snapshot = make_snapshot(yaml);
    ats_buf_init(&task.value, ATS_RECORD_MAX);
    ats_buf_init(&task.scratch, ATS_RECORD_MAX);
    const struct ats_pipeline_options options = {.state = task.state,
                                                 .sink = {.emit = keep},
                                                 .fleet = "f1ee7",
                                                 .group = "attestream",
                                                 .seal_key = find_seal_key,
                                                 .partition_count = PARTITIONS};
    cr_assert_eq(ats_pipeline_new(&options, task.snapshot, &task.pipeline, &err), ATS_OK, "%s",
                 err.text);
}

static inline void start_task(void)
{
    start_task_with(usecase_yaml);
}

static inline void finish_task(void)
{
    for (size_t i = 0; i < task.sent_count; i++)
        json_decref(task.sent[i].value);
    ats_pipeline_free(task.pipeline);
    ats_snapshot_unref(task.snapshot);
    ats_state_free(task.state);
    ats_contract_unref(task.contract);
    ats_buf_fini(&task.value);
    ats_buf_fini(&task.scratch);
}

static inline void seal_record(void)
{
    ats_seal_tag(seal_key, &task.record, task.seal);
    ats_kafka_record_add(&task.record, ATS_SEAL_HEADER, ats_span_of(task.seal, ATS_SEAL_SIZE));
}

/* The record of task.event, sealed, where its key belongs. */
static inline void make_record(void)
{
    cr_assert_eq(
        ats_event_to_kafka(&task.event, "f1ee7", "ats.", &task.texts, &task.scratch, &task.record),
        ATS_OK);
    task.record.partition = ats_kafka_partition_of(task.record.key, PARTITIONS);
    task.record.offset = (int64_t)task.event.position + 1000;
    seal_record();
}

/* The event of a reading, and its record. */
static inline void make(struct reading reading)
{
    char payload[1024];
    struct ats_verdict verdict;
    (void)snprintf(task.device, sizeof(task.device), "%s",
                   reading.device ? reading.device : DEVICE);
    (void)snprintf(payload, sizeof(payload),
                   "{\"data\":{\"co\":0.01,\"humidity\":50.0,\"light\":false,\"lpg\":0.01,"
                   "\"motion\":false,\"smoke\":0.03,\"temp\":%.17g},\"device_id\":\"%s\","
                   "\"ts\":%.17g,\"device\":\"d\"}",
                   reading.temp, task.device, reading.at_s);
    const struct ats_contract_input input = {.payload = ats_span_text(payload)};
    ats_buf_clear(&task.value);
    cr_assert_eq(ats_contract_admit(task.contract, &input, &task.value, &verdict), ATS_OK, "%s: %s",
                 payload, verdict.text);
    task.position = reading.position ? reading.position : task.position + 1;
    task.event = (struct ats_event){
        .kind = ATS_EVENT_ADMITTED,
        .gate = ats_span_text(reading.gate ? reading.gate : GATE),
        .journal_id = reading.journal ? reading.journal : 1,
        .position = task.position,
        .device = ats_span_text(task.device),
        .asset = ats_span_text(reading.asset ? reading.asset : task.device),
        .topic = ats_span_text("site/hall/unit/env"),
        .qos = 1,
        .contract = ats_span_text("env-sensor"),
        .contract_version = ats_span_text("1.0.0"),
        .schema_id = ats_contract_schema_id(task.contract),
        .received_ms = reading.received_ms ? reading.received_ms : RECEIVED_MS,
        .proof = ATS_EVENT_PROOF_CONNECTION,
        .value = ats_buf_span(&task.value),
    };
    make_record();
}

/* The record as it stands. */
static inline enum ats_pipeline_outcome process(void)
{
    enum ats_pipeline_outcome outcome = ATS_PIPELINE_WAIT;
    struct ats_error err = {0};
    cr_assert_eq(ats_pipeline_process(task.pipeline, &task.record, &outcome, &err), ATS_OK, "%s",
                 err.text);
    ats_state_commit(task.state);
    return outcome;
}

static inline enum ats_pipeline_outcome give(struct reading reading)
{
    make(reading);
    return process();
}

/* What the model needs before it scores: readings around 20 degrees, one a second from `begin_s`. */
static inline void warm_up(double begin_s)
{
    for (int i = 0; i < 2 * WARM_UP; i++)
        (void)give((struct reading){.at_s = begin_s + i, .temp = 20 + 0.1 * (i % 3)});
}

static inline size_t count_sent(const char *topic)
{
    size_t count = 0;
    for (size_t i = 0; i < task.sent_count; i++)
        count += strcmp(task.sent[i].topic, topic) == 0;
    return count;
}

/* The newest record of a topic; it must be there. */
static inline const struct sent *newest(const char *topic)
{
    for (size_t i = task.sent_count; i-- > 0;)
        if (strcmp(task.sent[i].topic, topic) == 0)
            return &task.sent[i];
    cr_assert_fail("nothing was sent to %s", topic);
    return NULL;
}

#endif
