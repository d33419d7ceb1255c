/* SPDX-License-Identifier: Apache-2.0 */
/* attestream watch TOPIC: records as JSON, one a line, until Ctrl-C, or to the end that the topic has now. */
#include "cli/cli.h"
#include "cli/contract_names.h"
#include "cli/fleet_copy.h"
#include "cli/kafka.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/topics.h"
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/base/parse.h"
#include "common/contract/schema.h"
#include "common/control/catalog.h"
#include "common/kafka/admin.h"
#include "common/kafka/reader.h"
#include "common/record/avro_json.h"
#include "common/record/recorded.h"
#include "common/record/schemas.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define POLL_MS 200
/* Schemas that one topic's records may have at once: versions of a contract. */
#define DECODERS_MAX 64

struct watch {
    const struct ats_cli *cli;
    struct ats_store_view *view; /* NULL: no verified copy, record schemas alone */
    struct {
        uint32_t schema_id;
        struct ats_avro_json *decoder;
    } decoders[DECODERS_MAX];
    size_t decoder_count;
    bool raw;     /* records with every byte, for whoever reads recordings */
    int64_t left; /* records to print; negative: no end */
    bool printed;
    bool cut; /* interrupted before the end */
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

/* The text of a schema: compiled in, or of the control log. */
static enum ats_status find_schema(const struct watch *watch, uint32_t schema_id,
                                   struct ats_buf *text)
{
    for (const struct ats_record_schema_text *s = ats_record_schema_texts; s->name; s++) {
        if (ats_schema_id(s->text) != schema_id)
            continue;
        ats_buf_append(text, s->text.data, s->text.len);
        return text->status;
    }
    return watch->view ? ats_catalog_schema(watch->view, schema_id, text) : ATS_ERR_NOT_FOUND;
}

static const struct ats_avro_json *find_decoder(struct watch *watch, uint32_t schema_id)
{
    struct ats_buf text;
    struct ats_avro_json *decoder = NULL;
    for (size_t i = 0; i < watch->decoder_count; i++)
        if (watch->decoders[i].schema_id == schema_id)
            return watch->decoders[i].decoder;
    if (watch->decoder_count == DECODERS_MAX)
        return NULL;
    ats_buf_init(&text, ATS_DOCUMENT_MAX);
    if (find_schema(watch, schema_id, &text) == ATS_OK &&
        ats_avro_json_new(ats_buf_span(&text), &decoder, NULL) != ATS_OK)
        decoder = NULL;
    ats_buf_fini(&text);
    watch->decoders[watch->decoder_count].schema_id = schema_id;
    watch->decoders[watch->decoder_count++].decoder = decoder;
    return decoder;
}

/* Avro where the framing and a schema say so, JSON where it is, else text or base64. */
static json_t *decode_value(struct watch *watch, struct ats_span value)
{
    uint32_t schema_id = 0;
    struct ats_span body;
    json_t *json = NULL;
    if (!value.data)
        return json_null();
    if (ats_framing_get(value, &schema_id, &body) == ATS_OK) {
        const struct ats_avro_json *decoder = find_decoder(watch, schema_id);
        if (decoder && ats_avro_json_decode(decoder, body, &json, NULL) == ATS_OK)
            return json;
    }
    json = json_loadb((const char *)value.data, value.len, 0, NULL);
    return json ? json : ats_output_bytes(value);
}

static json_t *describe_headers(const struct ats_kafka_record *record)
{
    json_t *headers = json_object();
    for (size_t i = 0; i < record->header_count; i++) {
        struct ats_span value = record->headers[i].value;
        (void)json_object_set_new(headers, record->headers[i].name,
                                  value.data ? ats_output_bytes(value) : json_null());
    }
    return headers;
}

static json_t *describe(struct watch *watch, const struct ats_kafka_record *record)
{
    json_t *json = json_object();
    (void)json_object_set_new(json, "partition", json_integer(record->partition));
    (void)json_object_set_new(json, "offset", json_integer((json_int_t)record->offset));
    (void)json_object_set_new(json, "timestamp", json_integer((json_int_t)record->timestamp_ms));
    (void)json_object_set_new(json, "key",
                              record->key.data ? ats_output_bytes(record->key) : json_null());
    if (watch->cli->json)
        (void)json_object_set_new(json, "headers", describe_headers(record));
    (void)json_object_set_new(json, "value", decode_value(watch, record->value));
    return json;
}

static void print_record(struct watch *watch, const struct ats_kafka_record *record)
{
    json_t *json = watch->raw ? ats_recorded_json(record) : describe(watch, record);
    if (json)
        ats_output_line(json);
    else
        ats_cli_note("partition %d, offset %lld: left out, no memory for it",
                     (int)record->partition, (long long)record->offset);
    json_decref(json);
    (void)fflush(stdout);
    watch->left -= watch->left > 0 ? 1 : 0;
    watch->printed = true;
}

static bool is_over(const struct watch *watch)
{
    return interrupted || watch->left == 0 || ferror(stdout);
}

/* From here on Ctrl-C is a clean end. Before, while Kafka is waited for, it ends the process as it does any other. */
static void take_signals(void)
{
    const struct sigaction action = {.sa_handler = on_signal};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

/* Whether it has stood at one position for too long. */
static bool has_stopped(const struct ats_kafka_reader *reader, int64_t *position, int64_t *since_ms)
{
    int64_t now_ms = ats_clock_monotonic_ms(&ats_clock_system);
    int64_t here = ats_kafka_reader_position(reader);
    if (here != *position)
        *since_ms = now_ms;
    *position = here;
    return now_ms - *since_ms > ATS_CLI_KAFKA_TIMEOUT_MS;
}

/* `end`: of the reader's one partition, where it ends; negative: nowhere. Who waits for an end is told where Kafka gives nothing more. */
static enum ats_status read_records(struct watch *watch, struct ats_kafka_reader *reader,
                                    int64_t end, struct ats_error *err)
{
    bool said = false;
    int64_t position = -1;
    int64_t since_ms = ats_clock_monotonic_ms(&ats_clock_system);
    while (!is_over(watch) && (end < 0 || ats_kafka_reader_position(reader) < end)) {
        struct ats_kafka_record record;
        enum ats_status status = ats_kafka_reader_next(reader, POLL_MS, &record, err);
        if (end >= 0 && has_stopped(reader, &position, &since_ms))
            return ats_error_set(err, ATS_ERR_UNAVAILABLE,
                                 "Kafka has given nothing for %d s, and the topic goes on",
                                 ATS_CLI_KAFKA_TIMEOUT_MS / 1000);
        if (status == ATS_OK) {
            if (end >= 0 && record.offset >= end) /* what was before it is a transaction's mark */
                break;
            print_record(watch, &record);
            said = false;
            position = -1; /* what printing took is not Kafka's */
        } else if (status == ATS_ERR_UNAVAILABLE && !said) {
            ats_cli_note("%s; trying again", err->text);
            said = true;
        } else if (status != ATS_ERR_AGAIN && status != ATS_ERR_UNAVAILABLE) {
            return status;
        }
    }
    return ATS_OK;
}

/* Whether who reads the topic judges each record by its own seal or signature; such a topic is shown as it is read, past a
   transaction that somebody left open. */
static bool proves_itself(const struct watch *watch, const char *name)
{
    static const char *const suffixes[] = {"control", "heartbeat", "evidence"};
    const char *suffix = name + strlen(watch->cli->kafka.topic_prefix);
    bool found = strncmp(suffix, "telemetry.", strlen("telemetry.")) == 0;
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]) && !found; i++)
        found = strcmp(suffix, suffixes[i]) == 0;
    return found;
}

static enum ats_status open_reader(const struct watch *watch, const char *name, int32_t partition,
                                   int64_t offset, struct ats_kafka_reader **ret_reader,
                                   struct ats_error *err)
{
    const struct ats_kafka_config *kafka = &watch->cli->kafka;
    return proves_itself(watch, name)
               ? ats_kafka_reader_open_uncommitted(kafka, name, partition, offset, ret_reader, err)
               : ats_kafka_reader_open(kafka, name, partition, offset, ret_reader, err);
}

static enum ats_status follow(struct watch *watch, const char *name, int64_t offset,
                              struct ats_error *err)
{
    struct ats_kafka_reader *reader = NULL;
    enum ats_status status =
        open_reader(watch, name, ATS_KAFKA_PARTITION_ALL, offset, &reader, err);
    if (status != ATS_OK)
        return status;
    if (offset == ATS_KAFKA_OFFSET_END)
        ats_cli_note("waiting for new records of %s (--from-beginning shows what is there)", name);
    take_signals();
    status = read_records(watch, reader, -1, err);
    ats_kafka_reader_close(reader);
    return status;
}

/* To the end that it has when it is asked, however much is written meanwhile. */
static enum ats_status read_partition(struct watch *watch, const char *name, int32_t partition,
                                      struct ats_error *err)
{
    int64_t end = 0;
    struct ats_kafka_reader *reader = NULL;
    enum ats_status status =
        open_reader(watch, name, partition, ATS_KAFKA_OFFSET_BEGINNING, &reader, err);
    if (status == ATS_OK)
        status = ats_kafka_reader_ask_end(reader, ATS_CLI_KAFKA_TIMEOUT_MS, &end, err);
    if (status == ATS_OK)
        status = read_records(watch, reader, end, err);
    if (status == ATS_OK && interrupted && ats_kafka_reader_position(reader) < end)
        watch->cut = watch->left != 0;
    ats_kafka_reader_close(reader);
    return status;
}

static enum ats_status read_to_end(struct watch *watch, const char *name, struct ats_error *err)
{
    struct ats_kafka_admin *admin = NULL;
    int partitions = 0;
    int replication = 0;
    enum ats_status status = ats_kafka_admin_open(&watch->cli->kafka, &admin, err);
    if (status == ATS_OK)
        status = ats_kafka_admin_describe(admin, name, ATS_CLI_KAFKA_TIMEOUT_MS, &partitions,
                                          &replication, err);
    ats_kafka_admin_close(admin);
    take_signals();
    int begun = 0;
    while (begun < partitions && status == ATS_OK && !is_over(watch))
        status = read_partition(watch, name, begun++, err);
    if (interrupted && begun < partitions)
        watch->cut = watch->left != 0;
    if (status == ATS_OK && watch->cut)
        ats_cli_note("ended before the end of %s", name);
    else if (status == ATS_OK && !watch->printed)
        ats_cli_note("there is no record in %s", name);
    return status;
}

/* Of a contract's topic: that it is to be made, or a contract whose topic may have been meant, as far as the copy in the folder knows. */
static enum ats_status missing(const struct watch *watch, const char *given, const char *name,
                               struct ats_error *err)
{
    static const char kind[] = "telemetry";
    const char *suffix = name + strlen(watch->cli->kafka.topic_prefix);
    char contract[ATS_NAME_MAX + 1] = "";
    bool published = false;
    struct ats_error unread = {0};
    struct ats_fleet_copy copy;
    if (strncmp(suffix, kind, strlen(kind)) != 0)
        return ats_topics_missing(given, name, err);
    suffix += strlen(kind);
    bool is_whole = *suffix == '.';
    if (ats_fleet_copy_open(watch->cli, &copy, &unread) == ATS_OK)
        published = ats_contract_names_suggest(copy.view, suffix + is_whole, contract) && is_whole;
    ats_fleet_copy_close(&copy);
    if (published)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "there is no topic %s yet: `attestream topics create %s` makes it",
                             name, name);
    if (!contract[0])
        return ats_topics_missing(given, name, err);
    return ats_error_set(err, ATS_ERR_CONFIG,
                         "there is no topic %s (did you mean 'telemetry.CONTRACT', such as "
                         "'telemetry.%s'?)",
                         name, contract);
}

static enum ats_status read_topic(struct watch *watch, const char *topic,
                                  const struct ats_arguments *arguments, struct ats_error *err)
{
    char name[ATS_KAFKA_TOPIC_MAX + 1];
    bool from_beginning = ats_argument_has(arguments, "--from-beginning");
    enum ats_status status = ats_topics_resolve(watch->cli, topic, name, err);
    if (status != ATS_OK)
        return status;
    status = ats_argument_has(arguments, "--exit-at-end")
                 ? read_to_end(watch, name, err)
                 : follow(watch, name,
                          from_beginning ? ATS_KAFKA_OFFSET_BEGINNING : ATS_KAFKA_OFFSET_END, err);
    return status == ATS_ERR_NOT_FOUND ? missing(watch, topic, name, err) : status;
}

static void free_decoders(struct watch *watch)
{
    for (size_t i = 0; i < watch->decoder_count; i++)
        ats_avro_json_free(watch->decoders[i].decoder);
}

/* The verified copy gives the contracts' schemas; it is closed before the watching, so that other commands may run. */
static enum ats_status load_decoders(struct watch *watch, struct ats_error *err)
{
    struct ats_session *session = NULL;
    struct ats_contract_set *contracts = NULL;
    if (ats_session_open(watch->cli, ATS_SESSION_READ, &session, err) != ATS_OK)
        return ATS_OK; /* without a fleet folder the records' own schemas are enough */
    watch->view = ats_session_view(session);
    enum ats_status status = ats_catalog_contracts(watch->view, NULL, NULL, &contracts);
    for (size_t i = 0; status == ATS_OK && i < ats_contract_set_count(contracts); i++)
        (void)find_decoder(watch, ats_contract_schema_id(ats_contract_set_at(contracts, i)));
    ats_contract_set_free(contracts);
    watch->view = NULL;
    ats_session_close(session);
    return status;
}

static int run(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct ats_error err = {0};
    struct watch watch = {.cli = cli, .raw = ats_argument_has(arguments, "--raw"), .left = -1};
    const char *max = ats_argument_find(arguments, "--max");
    if (max && (ats_parse_int64(max, &watch.left) != ATS_OK || watch.left < 1)) {
        ats_cli_note("--max: '%s' is not allowed (allowed: a number from 1)", max);
        return ATS_EXIT_USAGE;
    }
    const char *folder = getenv("ATS_FLEET");
    if ((ats_argument_find(arguments, "--fleet") || (folder && folder[0])) &&
        !ats_argument_find(arguments, "--topic-prefix") && access(cli->fleet, F_OK) != 0)
        ats_cli_note("there is no folder '%s': topics are named without the fleet's", cli->fleet);
    if (ats_argument_has(arguments, "--exit-at-end") &&
        !ats_argument_has(arguments, "--from-beginning")) {
        ats_cli_note("--exit-at-end: there is nothing before the end without --from-beginning");
        return ATS_EXIT_USAGE;
    }
    enum ats_status status = ats_cli_await_kafka(cli, &err);
    if (status == ATS_OK && !watch.raw)
        status = load_decoders(&watch, &err);
    if (status == ATS_OK)
        status = read_topic(&watch, arguments->positional[0], arguments, &err);
    free_decoders(&watch);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    return watch.cut ? ATS_EXIT_NO : ATS_EXIT_DONE;
}

static const struct ats_flag flags[] = {
    {"--from-beginning", NULL, "From the oldest record on; else from now on.", false},
    {"--exit-at-end", NULL,
     "With --from-beginning: end where the topic ended when it was asked, each partition in its "
     "turn (Ctrl-C before that: exit code 1); else at Ctrl-C.",
     false},
    {"--max", "N", "End after N records.", false},
    {"--raw", NULL,
     "Print records with every byte, keys, values and headers in base64: a recording, which "
     "`verify "
     "message` and `attestream-processor replay --records` read.",
     false},
    {0},
};

const struct ats_command ats_watch_commands[] = {
    {"", "TOPIC",
     "Print a topic's records as JSON, one a line, until Ctrl-C or as the options say.",
     "TOPIC is decisions, alerts, erp, twin, quarantine, evidence, control, heartbeat, "
     "telemetry.CONTRACT, or a full name. "
     "With --json the headers are printed too. It works without a fleet; telemetry is then not "
     "decoded.",
     flags, 1, 1, run},
    {0},
};
