/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attestream-feed: writes to the telemetry topics what a gate would, without a broker: real events with a real seal, and on
 * demand spoiled ones. Positions are the plan's line numbers, so the same plan gives the same records again; when the
 * producer must be rebuilt it goes back to the first line that is not known to be in Kafka, as a gate does.
 *
 * A line of the plan: {"device", "topic", "payload"} and perhaps "spoil", one of the table below.
 */
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/base/parse.h"
#include "common/identity/seal.h"
#include "common/kafka/producer.h"
#include "common/record/event.h"

#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define RECEIVED_MS INT64_C(1764000000000)
#define JOURNAL_ID UINT64_C(0x0f00d0000000feed)

enum spoil { GOOD, UNSEALED, SEAL, GATE, SCHEMA, VALUE, HEADERS, AHEAD, MISPLACED, SPOIL_COUNT };
static const char *const spoil_names[SPOIL_COUNT] = {
    [GOOD] = "",
    [UNSEALED] = "unsealed",       /* no seal */
    [SEAL] = "seal",               /* a byte of the value changed after sealing */
    [GATE] = "unknown-gate",       /* from a gate that nobody knows */
    [SCHEMA] = "unknown-schema",   /* sealed, of a schema that nobody published */
    [VALUE] = "undecodable-value", /* sealed, the last byte is missing */
    [HEADERS] = "headers",         /* the position is missing */
    [AHEAD] =
        "ahead", /* sealed, of a gate that claims to know more of the control log than there is */
    [MISPLACED] = "misplaced", /* sealed, in the partition after its own */
};

struct line {
    struct ats_buf value; /* framed Avro */
    char device[ATS_NAME_MAX + 1];
    char topic[ATS_TOPIC_MAX + 1];
    enum spoil spoil;
    bool delivered;
};

struct feed {
    struct ats_kafka_config kafka;
    char gate[ATS_NAME_MAX + 1];
    char fleet[ATS_NAME_MAX + 1];
    uint8_t seal_key[ATS_SEAL_KEY_SIZE];
    struct ats_contract *contract;
    struct ats_kafka_producer *producer;
    struct line *lines;
    size_t count;
    size_t delivered;
    bool failed;         /* a delivery: what comes behind it must not overtake it */
    uint64_t first;      /* position of the first line */
    uint64_t control;    /* records that the gate has applied */
    uint64_t rate;       /* a second; 0: as fast as can be */
    uint64_t partitions; /* of the input topic; for "misplaced" */
    uint64_t again;      /* each line is sent once more after so many others; 0: never */
    struct ats_event_texts texts;
    struct ats_buf scratch;
    uint8_t seal[ATS_SEAL_SIZE];
};

static void die(const char *what, const char *why)
{
    (void)fprintf(stderr, "attestream-feed: %s: %s\n", what, why);
    exit(1);
}

static void check(enum ats_status status, const char *what, const struct ats_error *err)
{
    if (status != ATS_OK)
        die(what, err && err->text[0] ? err->text : ats_status_name(status));
}

/* ---- what is read at the start ---- */

static void read_name(const char *folder, const char *file, const char *key, char *ret_name)
{
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, file);
    json_t *json = json_load_file(path, 0, NULL);
    const char *name = json_string_value(json_object_get(json, key));
    if (!name || strlen(name) > ATS_NAME_MAX)
        die(path, "is not what `attestream` writes");
    (void)snprintf(ret_name, ATS_NAME_MAX + 1, "%s", name);
    json_decref(json);
}

static void read_pair(const char *folder, const char *file, struct ats_key_pair *ret_pair)
{
    char path[4096];
    struct ats_error err = {0};
    (void)snprintf(path, sizeof(path), "%s/%s", folder, file);
    check(ats_key_pair_read(path, ATS_KEY_AGREEMENT, ret_pair, &err), path, &err);
}

static void read_identity(struct feed *feed, const char *gate_folder, const char *member_folder)
{
    struct ats_key_pair own;
    struct ats_key_pair group;
    char group_name[ATS_NAME_MAX + 1];
    read_name(gate_folder, "gate.json", "name", feed->gate);
    read_name(gate_folder, "gate.json", "fleet", feed->fleet);
    read_name(member_folder, "processor.json", "group", group_name);
    read_pair(gate_folder, "gate-agreement.key.pem", &own);
    read_pair(member_folder, "group-agreement.key.pem", &group);
    check(ats_seal_key(&own, group.public_key, feed->gate, own.public_key, group_name,
                       group.public_key, feed->seal_key),
          "seal key", NULL);
    ats_key_pair_fini(&own);
    ats_key_pair_fini(&group);
}

static void read_contract(struct feed *feed, const char *folder)
{
    char paths[2][4096];
    struct ats_buf texts[2];
    struct ats_error err = {0};
    static const char *const files[] = {"contract.odcs.yaml", "schema.avsc"};
    for (int i = 0; i < 2; i++) {
        (void)snprintf(paths[i], sizeof(paths[i]), "%s/%s", folder, files[i]);
        ats_buf_init(&texts[i], ATS_DOCUMENT_MAX);
        check(ats_file_read(paths[i], &texts[i], &err), paths[i], &err);
    }
    check(ats_contract_compile(ats_buf_span(&texts[0]), paths[0], ats_buf_span(&texts[1]), paths[1],
                               &feed->contract, &err),
          folder, &err);
    ats_buf_fini(&texts[0]);
    ats_buf_fini(&texts[1]);
}

static enum spoil find_spoil(const char *name)
{
    for (int i = 0; i < SPOIL_COUNT; i++)
        if (strcmp(name, spoil_names[i]) == 0)
            return (enum spoil)i;
    die("spoil", name);
    return GOOD;
}

static void read_line(struct feed *feed, const char *text)
{
    json_t *json = json_loads(text, 0, NULL);
    const char *device = json_string_value(json_object_get(json, "device"));
    const char *topic = json_string_value(json_object_get(json, "topic"));
    const char *payload = json_string_value(json_object_get(json, "payload"));
    const char *spoil = json_string_value(json_object_get(json, "spoil"));
    if (!device || !topic || !payload || strlen(device) > ATS_NAME_MAX ||
        strlen(topic) > ATS_TOPIC_MAX)
        die("line of the plan", text);
    struct line *line = &feed->lines[feed->count++];
    *line = (struct line){.spoil = find_spoil(spoil ? spoil : "")};
    (void)snprintf(line->device, sizeof(line->device), "%s", device);
    (void)snprintf(line->topic, sizeof(line->topic), "%s", topic);
    ats_buf_init(&line->value, ATS_RECORD_MAX);
    struct ats_contract_input input = {.payload = ats_span_text(payload),
                                       .device = ats_span_text(device)};
    struct ats_verdict verdict;
    check(ats_contract_admit(feed->contract, &input, &line->value, &verdict), payload, NULL);
    json_decref(json);
}

static void read_plan(struct feed *feed, const char *path)
{
    FILE *in = fopen(path, "r");
    char *text = NULL;
    size_t size = 0;
    size_t room = 0;
    if (!in)
        die(path, "cannot be read");
    while (getline(&text, &size, in) > 0) {
        if (feed->count == room) {
            room = room ? room * 2 : 1024;
            feed->lines = realloc(feed->lines, room * sizeof(struct line));
            if (!feed->lines)
                die(path, "out of memory");
        }
        read_line(feed, text);
    }
    free(text);
    (void)fclose(in);
}

/* ---- sending ---- */

static void on_delivered(void *ctx, uint64_t tag, enum ats_status status)
{
    struct feed *feed = ctx;
    feed->failed = feed->failed || status != ATS_OK;
    if (status != ATS_OK || feed->lines[tag].delivered)
        return;
    feed->lines[tag].delivered = true;
    feed->delivered++;
}

static void open_producer(struct feed *feed)
{
    struct ats_error err = {0};
    ats_kafka_producer_close(feed->producer);
    check(ats_kafka_producer_open(&feed->kafka, on_delivered, NULL, feed, &feed->producer, &err),
          "Kafka", &err);
}

static void take_header_away(struct ats_kafka_record *record, const char *name)
{
    size_t kept = 0;
    for (size_t i = 0; i < record->header_count; i++)
        if (strcmp(record->headers[i].name, name) != 0)
            record->headers[kept++] = record->headers[i];
    record->header_count = kept;
}

static int32_t wrong_partition(const struct feed *feed, struct ats_span key)
{
    int32_t count = (int32_t)feed->partitions;
    if (count < 2)
        die("misplaced", "needs --partitions of 2 or more");
    return (ats_kafka_partition_of(key, count) + 1) % count;
}

/* The record of a line, in the feed's own memory; `value` gets the bytes of a spoiled one. */
static void make_record(struct feed *feed, size_t index, struct ats_buf *value,
                        struct ats_kafka_record *ret_record)
{
    const struct line *line = &feed->lines[index];
    struct ats_event event = {
        .kind = ATS_EVENT_ADMITTED,
        .gate = ats_span_text(line->spoil == GATE ? "nobody" : feed->gate),
        .journal_id = JOURNAL_ID,
        .position = feed->first + index,
        .device = ats_span_text(line->device),
        .asset = ats_span_text(line->device),
        .topic = ats_span_text(line->topic),
        .qos = 1,
        .contract = ats_span_text(ats_contract_name(feed->contract)),
        .contract_version = ats_span_text(ats_contract_version(feed->contract)),
        .schema_id = ats_contract_schema_id(feed->contract),
        .received_ms = RECEIVED_MS + (int64_t)index,
        .control_count = line->spoil == AHEAD ? UINT32_MAX : feed->control,
        .proof = ATS_EVENT_PROOF_CONNECTION,
    };
    ats_buf_clear(value);
    ats_buf_append(value, line->value.data, line->value.len - (line->spoil == VALUE ? 1 : 0));
    if (line->spoil == SCHEMA)
        value->data[4] ^= 1;
    event.schema_id = (uint32_t)value->data[1] << 24 | (uint32_t)value->data[2] << 16 |
                      (uint32_t)value->data[3] << 8 | value->data[4];
    event.value = ats_buf_span(value);
    check(ats_event_to_kafka(&event, feed->fleet, feed->kafka.topic_prefix, &feed->texts,
                             &feed->scratch, ret_record),
          "event", NULL);
    if (line->spoil == HEADERS)
        take_header_away(ret_record, "ats_position");
    if (line->spoil == MISPLACED)
        ret_record->partition = wrong_partition(feed, ret_record->key);
    ats_seal_tag(feed->seal_key, ret_record, feed->seal);
    if (line->spoil == SEAL)
        value->data[value->len - 1] ^= 1;
    if (line->spoil != UNSEALED)
        ats_kafka_record_add(ret_record, ATS_SEAL_HEADER, ats_span_of(feed->seal, ATS_SEAL_SIZE));
}

/* Whether the line was queued; if not, the producer must be rebuilt. */
static bool send_line(struct feed *feed, size_t index, struct ats_buf *value)
{
    struct ats_kafka_record record;
    struct ats_error err = {0};
    make_record(feed, index, value, &record);
    for (;;) {
        enum ats_status status =
            ats_kafka_producer_send(feed->producer, &record, (uint64_t)index, &err);
        if (status == ATS_OK)
            return true;
        if (ats_kafka_producer_failed(feed->producer, &err))
            return false;
        if (ats_status_class(status) != ATS_CLASS_RETRY && status != ATS_ERR_NOT_FOUND)
            die("send", err.text);
        (void)ats_kafka_producer_poll(feed->producer, 10);
    }
}

static void wait_for_turn(const struct feed *feed, int64_t begun_ms, size_t sent)
{
    if (feed->rate == 0)
        return;
    int64_t due_ms = begun_ms + (int64_t)(sent * 1000 / feed->rate);
    while (ats_clock_monotonic_ms(&ats_clock_system) < due_ms)
        (void)ats_kafka_producer_poll(feed->producer, 1);
}

static size_t first_undelivered(const struct feed *feed)
{
    size_t index = 0;
    while (index < feed->count && feed->lines[index].delivered)
        index++;
    return index;
}

/* Sends until each line is known to be in Kafka; the number of records that were sent. */
static uint64_t send_all(struct feed *feed)
{
    struct ats_buf value;
    uint64_t sent = 0;
    int64_t begun_ms = ats_clock_monotonic_ms(&ats_clock_system);
    ats_buf_init(&value, ATS_RECORD_MAX);
    open_producer(feed);
    for (size_t index = 0; feed->delivered < feed->count;) {
        bool good = true;
        if (index < feed->count) {
            wait_for_turn(feed, begun_ms, index);
            good = !feed->failed && send_line(feed, index, &value);
            if (good && feed->again > 0 && index >= feed->again)
                good = send_line(feed, index - feed->again, &value);
            sent += feed->again > 0 && index >= feed->again ? 2 : 1;
            index++;
        }
        (void)ats_kafka_producer_poll(feed->producer, index < feed->count ? 0 : 100);
        if (good && !feed->failed && !ats_kafka_producer_failed(feed->producer, NULL))
            continue;
        open_producer(feed);
        feed->failed = false;
        index = first_undelivered(feed);
    }
    ats_buf_fini(&value);
    return sent;
}

/* ---- the command line ---- */

static const char usage[] =
    "usage: attestream-feed --gate DIR --member DIR --contract DIR --plan FILE [options]\n"
    "  --bootstrap LIST  brokers, else what the environment says\n"
    "  --prefix TEXT     topic prefix (ats.)\n"
    "  --control N       control records that the gate has applied (0)\n"
    "  --first N         position of the plan's first line (1)\n"
    "  --rate N          lines a second (as fast as can be)\n"
    "  --partitions N    of the input topic, for lines that are misplaced\n"
    "  --again N         sends each line once more, N lines later\n";

static uint64_t number(const char *text)
{
    uint64_t value = 0;
    if (ats_parse_uint64(ats_span_text(text), &value) != ATS_OK)
        die("not a number", text);
    return value;
}

/* Where the feed finds what it sends as. */
struct places {
    const char *gate;
    const char *member;
    const char *contract;
    const char *plan;
};

static bool take_option(int option, struct feed *feed, struct places *places)
{
    switch (option) {
    case 'g':
        return (places->gate = optarg);
    case 'm':
        return (places->member = optarg);
    case 'c':
        return (places->contract = optarg);
    case 'p':
        return (places->plan = optarg);
    case 'b':
        return (feed->kafka.bootstrap = optarg);
    case 'x':
        return (feed->kafka.topic_prefix = optarg);
    case 'n':
        feed->control = number(optarg);
        return true;
    case 'f':
        feed->first = number(optarg);
        return true;
    case 'r':
        feed->rate = number(optarg);
        return true;
    case 't':
        feed->partitions = number(optarg);
        return true;
    case 'a':
        feed->again = number(optarg);
        return true;
    default:
        return false;
    }
}

static bool take_options(int argc, char **argv, struct feed *feed, struct places *places)
{
    static const struct option options[] = {
        {"gate", required_argument, NULL, 'g'},      {"member", required_argument, NULL, 'm'},
        {"contract", required_argument, NULL, 'c'},  {"plan", required_argument, NULL, 'p'},
        {"bootstrap", required_argument, NULL, 'b'}, {"prefix", required_argument, NULL, 'x'},
        {"control", required_argument, NULL, 'n'},   {"first", required_argument, NULL, 'f'},
        {"rate", required_argument, NULL, 'r'},      {"partitions", required_argument, NULL, 't'},
        {"again", required_argument, NULL, 'a'},     {NULL, 0, NULL, 0}};
    for (int option = 0; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        if (!take_option(option, feed, places))
            return false;
    return places->gate && places->member && places->contract && places->plan;
}

static void close_feed(struct feed *feed)
{
    ats_kafka_producer_close(feed->producer);
    for (size_t i = 0; i < feed->count; i++)
        ats_buf_fini(&feed->lines[i].value);
    free(feed->lines);
    ats_contract_unref(feed->contract);
    ats_buf_fini(&feed->scratch);
}

int main(int argc, char **argv)
{
    struct places places = {NULL, NULL, NULL, NULL};
    struct feed feed = {.first = 1};
    feed.kafka.topic_prefix = ATS_TOPIC_PREFIX_DEFAULT;
    feed.kafka.client_id = "attestream-feed";
    if (!take_options(argc, argv, &feed, &places) || ats_identity_init() != ATS_OK) {
        (void)fputs(usage, stderr);
        return 2;
    }
    ats_buf_init(&feed.scratch, ATS_RECORD_MAX);
    read_identity(&feed, places.gate, places.member);
    read_contract(&feed, places.contract);
    read_plan(&feed, places.plan);
    uint64_t sent = send_all(&feed);
    (void)printf("{\"lines\": %zu, \"sent\": %" PRIu64 "}\n", feed.count, sent);
    close_feed(&feed);
    return 0;
}
