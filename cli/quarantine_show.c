/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/quarantine.h"

#include "cli/cli.h"
#include "cli/contract_pin.h"
#include "cli/fleet_copy.h"
#include "cli/kafka.h"
#include "cli/output.h"
#include "cli/quarantine_record.h"
#include "cli/topic_walk.h"
#include "cli/topics.h"
#include "common/base/base64.h"
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/contract/batch.h"
#include "common/control/catalog.h"
#include "common/identity/seal.h"

#include <stdio.h>
#include <stdlib.h>

struct showing {
    const struct ats_cli *cli;
    struct ats_value_decoder *decoder;
    struct ats_contract_set *contracts; /* NULL: no copy of the control log */
    struct ats_error *err;
    enum ats_status status;
};

/* The value at a dotted path; NULL: there is none, or the payload is no JSON. Owns: the caller. */
static json_t *value_at(struct ats_span payload, const char *path)
{
    json_t *root = json_loadb((const char *)payload.data, payload.len, JSON_DECODE_ANY, NULL);
    json_t *at = root;
    while (at && *path) {
        size_t len = strcspn(path, ".");
        char name[ATS_VERDICT_PATH_MAX];
        (void)snprintf(name, sizeof(name), "%.*s", (int)len, path);
        at = json_object_get(at, name);
        path += len + (path[len] == '.');
    }
    json_incref(at);
    json_decref(root);
    return at;
}

/* ---- what would be said now ---- */

static json_t *describe_verdict(const struct ats_contract *contract, bool admitted,
                                const struct ats_verdict *verdict)
{
    char name[2 * ATS_NAME_MAX + 2];
    (void)snprintf(name, sizeof(name), "%s@%s", ats_contract_name(contract),
                   ats_contract_version(contract));
    if (admitted)
        return json_pack("{s:s, s:s}", "verdict", "admitted", "contract", name);
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "verdict", "quarantined", "contract", name,
                     "class", ats_verdict_class_name(verdict->verdict_class), "rule",
                     ats_rule_name(verdict->rule), "path", ats_output_text(verdict->path), "text",
                     ats_output_text(verdict->text));
}

/* Of a list: whether one of its events is taken. */
static enum ats_status admit(const struct ats_contract *contract,
                             const struct ats_contract_input *input,
                             struct ats_verdict *ret_verdict)
{
    struct ats_buf value;
    struct ats_batch *batch = ats_batch_new();
    if (!batch)
        return ATS_ERR_MEMORY;
    ats_buf_init(&value, ATS_RECORD_MAX);
    enum ats_status status = ats_batch_open(batch, contract, input, ret_verdict);
    for (size_t i = 0; status == ATS_OK; i++) {
        ats_buf_clear(&value);
        status = ats_batch_admit(batch, i, &value, ret_verdict);
        if (status == ATS_OK || i + 1 == ats_batch_count(batch))
            break;
        status = status == ATS_ERR_MEMORY ? status : ATS_OK;
    }
    ats_buf_fini(&value);
    ats_batch_free(batch);
    return status;
}

/* Whether what is kept is a payload that can be judged once more by itself. Not the beginning of a large one, nor a part of a SenML pack,
   whose base values stand elsewhere; and what was held against the event before it would have nothing to be held against. */
static bool can_be_judged(const struct ats_quarantine_record *record)
{
    static const char *const rules[] = {"size", "change-rate", "stuck-value", "time-back"};
    const char *rule = ats_quarantine_record_text(record, "rule");
    const char *type = json_string_value(json_object_get(record->headers, "ats_content_type"));
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if (strcmp(rule, rules[i]) == 0)
            return false;
    return !type || !strstr(type, "senml");
}

/* NULL: nobody can say, or no contract governs the topic any more. */
static json_t *judge_now(const struct showing *showing, const struct ats_quarantine_record *record,
                         struct ats_span payload)
{
    struct ats_span placeholder;
    struct ats_verdict verdict = {0};
    struct ats_span topic = ats_span_text(ats_quarantine_record_text(record, "topic"));
    const char *device = ats_quarantine_record_text(record, "device");
    const struct ats_contract *contract =
        showing->contracts && topic.len > 0
            ? ats_contract_set_find_topic(showing->contracts, topic, &placeholder)
            : NULL;
    const char *type = json_string_value(json_object_get(record->headers, "ats_content_type"));
    contract = ats_contract_judging(showing->cli, showing->contracts, device, contract);
    if (!contract || !can_be_judged(record) || ats_contract_takes_senml(contract))
        return NULL;
    const struct ats_contract_input input = {.payload = payload,
                                             .device = device[0] ? ats_span_text(device)
                                                                 : ats_span_of(NULL, 0),
                                             .now_ms = record->time_ms,
                                             .content_type = ats_span_text(type ? type : ""),
                                             .versions = showing->contracts};
    enum ats_status status = admit(contract, &input, &verdict);
    return status == ATS_ERR_MEMORY ? NULL : describe_verdict(contract, status == ATS_OK, &verdict);
}

/* ---- the record ---- */

static void set_known(json_t *object, const char *key, json_t *value)
{
    if (value && !json_is_null(value))
        (void)json_object_set(object, key, value);
}

/* By which a replay names it, as its control record has it. */
static json_t *hash_of(const struct ats_kafka_record *record)
{
    uint8_t leaf[ATS_SEAL_SIZE];
    ats_seal_leaf(record, leaf);
    char *text = ats_base64_encode(ats_span_of(leaf, sizeof(leaf)));
    json_t *json = text ? json_string(text) : json_null();
    free(text);
    return json;
}

static json_t *describe(const struct showing *showing, const struct ats_kafka_record *kafka,
                        const struct ats_quarantine_record *record, struct ats_span payload)
{
    static const char *const origin[] = {
        "source",      "device",  "contract", "topic",       "class",
        "rule",        "path",    "text",     "item",        "items",
        "gate",        "journal", "position", "input_topic", "input_partition",
        "input_offset"};
    static const char *const proof[] = {"ats_proof", "ats_sequence", "ats_key"};
    char time[ATS_RFC3339_SIZE];
    ats_clock_format_rfc3339(record->time_ms, time);
    json_t *object = json_pack("{s:s, s:s}", "id", record->id, "time", time);
    for (size_t i = 0; i < sizeof(origin) / sizeof(origin[0]); i++)
        set_known(object, origin[i], json_object_get(record->fields, origin[i]));
    for (size_t i = 0; i < sizeof(proof) / sizeof(proof[0]); i++)
        set_known(object, proof[i] + strlen("ats_"), json_object_get(record->headers, proof[i]));
    const char *path = ats_quarantine_record_text(record, "path");
    json_t *value = path[0] ? value_at(payload, path) : NULL;
    set_known(object, "value", value);
    json_decref(value);
    (void)json_object_set_new(object, "hash", hash_of(kafka));
    (void)json_object_set_new(object, "payload", ats_output_bytes(payload));
    json_t *now = judge_now(showing, record, payload);
    (void)json_object_set_new(object, "now", now ? now : json_null());
    return object;
}

static bool show(void *ctx, const struct ats_kafka_record *record)
{
    struct showing *showing = ctx;
    struct ats_quarantine_record read;
    struct ats_buf payload;
    if (!ats_quarantine_record_read(showing->decoder, record, &read)) {
        showing->status =
            ats_error_set(showing->err, ATS_ERR_MALFORMED,
                          "%d:%lld is no quarantine record that this version can read",
                          (int)record->partition, (long long)record->offset);
        return false;
    }
    ats_buf_init(&payload, ATS_JOURNAL_RECORD_MAX);
    showing->status = ats_quarantine_record_payload(&read, &payload);
    if (showing->status == ATS_OK)
        ats_output_object(showing->cli, describe(showing, record, &read, ats_buf_span(&payload)));
    else
        (void)ats_error_set(showing->err, showing->status, "%s: its payload cannot be read",
                            read.id);
    ats_buf_fini(&payload);
    ats_quarantine_record_fini(&read);
    return true;
}

/* Without a copy of the control log it is shown all the same. */
static enum ats_status load_contracts(struct showing *showing)
{
    struct ats_error unread = {0};
    struct ats_fleet_copy copy;
    enum ats_status status = ATS_OK;
    if (ats_fleet_copy_open(showing->cli, &copy, &unread) == ATS_OK)
        status = ats_catalog_contracts(copy.view, NULL, NULL, &showing->contracts);
    ats_fleet_copy_close(&copy);
    return status;
}

static enum ats_status show_each(struct showing *showing, const char *topic,
                                 const struct ats_arguments *arguments, struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    for (size_t i = 0; i < arguments->positional_count && status == ATS_OK; i++) {
        int32_t partition = 0;
        int64_t offset = 0;
        struct ats_topic_walk walk = {
            .cli = showing->cli, .topic = topic, .visit = show, .ctx = showing};
        status = ats_quarantine_id_parse(arguments->positional[i], &partition, &offset, err);
        if (status == ATS_OK)
            status = ats_topic_walk_one(&walk, partition, offset, err);
        if (status == ATS_OK)
            status = showing->status;
        if (i + 1 < arguments->positional_count && status == ATS_OK && !showing->cli->json)
            (void)putchar('\n');
    }
    return status;
}

int ats_quarantine_show(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    char topic[ATS_KAFKA_TOPIC_MAX + 1];
    struct ats_error err = {0};
    struct showing showing = {.cli = cli, .err = &err};
    enum ats_status status = ats_cli_await_kafka(cli, &err);
    if (status == ATS_OK)
        status = ats_value_decoder_new(cli, &showing.decoder, &err);
    if (status == ATS_OK && load_contracts(&showing) != ATS_OK)
        status = ats_error_set(&err, ATS_ERR_CORRUPT, "the local copy cannot be read");
    if (status == ATS_OK)
        status = ats_topics_resolve(cli, "quarantine", topic, &err);
    if (status == ATS_OK)
        status = show_each(&showing, topic, arguments, &err);
    ats_contract_set_free(showing.contracts);
    ats_value_decoder_free(showing.decoder);
    if (status == ATS_ERR_NOT_FOUND) {
        ats_cli_note("%s", err.text);
        return ATS_EXIT_NO;
    }
    return status == ATS_OK ? ATS_EXIT_DONE : ats_cli_fail(&err);
}
