/* SPDX-License-Identifier: Apache-2.0 */
/* Producer, reader and admin against a real Kafka, which $ATS_TEST_BOOTSTRAP names; without it each test is skipped. */
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/kafka/admin.h"
#include "common/kafka/producer.h"
#include "common/kafka/reader.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#define PATIENCE_MS 30000
#define STEP_MS 100

static struct ats_kafka_config config = {.client_id = "test"};
static struct ats_kafka_admin *admin;
static char topic[64];

static void begin(void)
{
    uint64_t number = 0;
    struct ats_error err = {0};
    config.bootstrap = getenv("ATS_TEST_BOOTSTRAP");
    if (!config.bootstrap)
        cr_skip_test("ATS_TEST_BOOTSTRAP is not set");
    cr_assert_eq(getrandom(&number, sizeof(number), 0), (ssize_t)sizeof(number));
    (void)snprintf(topic, sizeof(topic), "test-%016llx", (unsigned long long)number);
    cr_assert_eq(ats_kafka_admin_open(&config, &admin, &err), ATS_OK, "%s", err.text);
}

static void end(void)
{
    /* Some tests have deleted it, some have never made it. */
    enum ats_status status =
        admin ? ats_kafka_admin_delete(admin, topic, PATIENCE_MS, NULL) : ATS_ERR_NOT_FOUND;
    cr_expect(status == ATS_OK || status == ATS_ERR_NOT_FOUND);
    ats_kafka_admin_close(admin);
}

TestSuite(kafka_clients, .init = begin, .fini = end);

static void create(int partitions)
{
    struct ats_error err = {0};
    const struct ats_kafka_topic_setting settings[] = {{"segment.bytes", "52428800"}, {NULL, NULL}};
    const struct ats_kafka_topic_spec spec = {topic, partitions, 1, settings};
    cr_assert_eq(ats_kafka_admin_create(admin, &spec, PATIENCE_MS, &err), ATS_OK, "%s", err.text);
}

struct reports {
    uint64_t delivered;
    uint64_t failed;
    enum ats_status last_failure;
    uint64_t last_tag;
    unsigned notices;
};

static void on_delivered(void *ctx, uint64_t tag, enum ats_status status)
{
    struct reports *reports = ctx;
    reports->last_tag = tag;
    if (status == ATS_OK) {
        reports->delivered++;
    } else {
        reports->failed++;
        reports->last_failure = status;
    }
}

static void on_notice(void *ctx, const char *text)
{
    struct reports *reports = ctx;
    (void)text;
    reports->notices++;
}

static struct ats_kafka_producer *open_producer(const struct ats_kafka_config *to,
                                                struct reports *reports)
{
    struct ats_kafka_producer *producer = NULL;
    struct ats_error err = {0};
    cr_assert_eq(ats_kafka_producer_open(to, on_delivered, on_notice, reports, &producer, &err),
                 ATS_OK, "%s", err.text);
    return producer;
}

static struct ats_kafka_record record_of(const char *key, const char *value)
{
    return (struct ats_kafka_record){.topic = topic,
                                     .partition = ATS_KAFKA_PARTITION_ANY,
                                     .key = ats_span_text(key),
                                     .value = ats_span_text(value)};
}

static void send(struct ats_kafka_producer *producer, const struct ats_kafka_record *record,
                 uint64_t tag)
{
    struct ats_error err = {0};
    cr_assert_eq(ats_kafka_producer_send(producer, record, tag, &err), ATS_OK, "%s", err.text);
}

static struct ats_kafka_reader *open_reader(int32_t partition, int64_t offset)
{
    struct ats_kafka_reader *reader = NULL;
    struct ats_error err = {0};
    cr_assert_eq(ats_kafka_reader_open(&config, topic, partition, offset, &reader, &err), ATS_OK,
                 "%s", err.text);
    return reader;
}

/* The first answer of the reader that is not `unlike`. */
static enum ats_status next_unlike(struct ats_kafka_reader *reader, enum ats_status unlike,
                                   struct ats_kafka_record *record, struct ats_error *err)
{
    int64_t deadline_ms = ats_clock_monotonic_ms(&ats_clock_system) + PATIENCE_MS;
    enum ats_status status;
    do
        status = ats_kafka_reader_next(reader, STEP_MS, record, err);
    while (status == unlike && ats_clock_monotonic_ms(&ats_clock_system) < deadline_ms);
    return status;
}

/* Whatever is said on the way: a broker under load may be away for a moment. */
static enum ats_status next_record(struct ats_kafka_reader *reader, struct ats_kafka_record *record,
                                   struct ats_error *err)
{
    int64_t deadline_ms = ats_clock_monotonic_ms(&ats_clock_system) + PATIENCE_MS;
    enum ats_status status;
    do
        status = ats_kafka_reader_next(reader, STEP_MS, record, err);
    while (status != ATS_OK && ats_clock_monotonic_ms(&ats_clock_system) < deadline_ms);
    return status;
}

static void read_to_end(struct ats_kafka_reader *reader)
{
    int64_t deadline_ms = ats_clock_monotonic_ms(&ats_clock_system) + PATIENCE_MS;
    struct ats_kafka_record record;
    while (!ats_kafka_reader_at_end(reader) &&
           ats_clock_monotonic_ms(&ats_clock_system) < deadline_ms)
        cr_assert_eq(ats_kafka_reader_next(reader, STEP_MS, &record, NULL), ATS_ERR_AGAIN);
    cr_assert(ats_kafka_reader_at_end(reader));
}

Test(kafka_clients, a_topic_is_created_described_listed_and_deleted)
{
    struct ats_error err = {0};
    int partitions = 0;
    int replication = 0;
    char value[32];
    cr_assert_eq(
        ats_kafka_admin_describe(admin, topic, PATIENCE_MS, &partitions, &replication, &err),
        ATS_ERR_NOT_FOUND);
    create(3);
    cr_assert_eq(
        ats_kafka_admin_describe(admin, topic, PATIENCE_MS, &partitions, &replication, &err),
        ATS_OK, "%s", err.text);
    cr_assert_eq(partitions, 3);
    cr_assert_eq(replication, 1);
    cr_assert_eq(ats_kafka_admin_setting(admin, topic, "segment.bytes", PATIENCE_MS, value,
                                         sizeof(value), &err),
                 ATS_OK, "%s", err.text);
    cr_assert_str_eq(value, "52428800");
    cr_assert_eq(
        ats_kafka_admin_setting(admin, topic, "no.such", PATIENCE_MS, value, sizeof(value), &err),
        ATS_ERR_NOT_FOUND);
    cr_assert_eq(ats_kafka_admin_delete(admin, topic, PATIENCE_MS, &err), ATS_OK, "%s", err.text);
    cr_assert_eq(ats_kafka_admin_delete(admin, topic, PATIENCE_MS, &err), ATS_ERR_NOT_FOUND);
}

Test(kafka_clients, creating_a_topic_twice_answers_exists)
{
    struct ats_error err = {0};
    const struct ats_kafka_topic_spec spec = {topic, 1, 1, NULL};
    create(1);
    cr_assert_eq(ats_kafka_admin_create(admin, &spec, PATIENCE_MS, &err), ATS_ERR_EXISTS);
    cr_assert_not_null(strstr(err.text, topic));
}

Test(kafka_clients, a_topic_setting_that_kafka_does_not_know_is_invalid)
{
    struct ats_error err = {0};
    const struct ats_kafka_topic_setting settings[] = {{"no.such.setting", "1"}, {NULL, NULL}};
    const struct ats_kafka_topic_spec spec = {topic, 1, 1, settings};
    cr_assert_eq(ats_kafka_admin_create(admin, &spec, PATIENCE_MS, &err), ATS_ERR_INVALID);
    cr_assert_not_null(strstr(err.text, "no.such.setting"), "%s", err.text);
}

static void count_topic(void *ctx, const char *name)
{
    if (strcmp(name, topic) == 0)
        ++*(int *)ctx;
}

Test(kafka_clients, lists_topics_by_prefix)
{
    int count = 0;
    struct ats_error err = {0};
    create(1);
    cr_assert_eq(ats_kafka_admin_list(admin, "test-", PATIENCE_MS, count_topic, &count, &err),
                 ATS_OK, "%s", err.text);
    cr_assert_eq(count, 1);
    cr_assert_eq(ats_kafka_admin_list(admin, "other-", PATIENCE_MS, count_topic, &count, &err),
                 ATS_OK);
    cr_assert_eq(count, 1);
}

Test(kafka_clients, a_record_arrives_with_key_value_headers_and_the_time_of_its_writing)
{
    struct reports reports = {0};
    struct ats_kafka_record read;
    struct ats_error err = {0};
    create(1);
    struct ats_kafka_producer *producer = open_producer(&config, &reports);
    struct ats_kafka_record record = record_of("key", "value");
    record.timestamp_ms =
        1700000000123; /* no writer sets it: a broker would forget the producer by it */
    int64_t before_ms = ats_clock_wall_ms(&ats_clock_system);
    ats_kafka_record_add_text(&record, "a", "first");
    ats_kafka_record_add(&record, "empty", ats_span_of("", 0));
    ats_kafka_record_add_text(&record, "a", "last");
    send(producer, &record, 7);
    cr_assert_eq(ats_kafka_producer_flush(producer, PATIENCE_MS), ATS_OK);
    cr_assert_eq(reports.delivered, 1);
    cr_assert_eq(reports.last_tag, 7);
    struct ats_kafka_reader *reader = open_reader(0, ATS_KAFKA_OFFSET_BEGINNING);
    cr_assert_eq(next_unlike(reader, ATS_ERR_AGAIN, &read, &err), ATS_OK, "%s", err.text);
    cr_assert_str_eq(read.topic, topic);
    cr_assert_eq(read.offset, 0);
    cr_assert_geq(read.timestamp_ms, before_ms);
    cr_assert_leq(read.timestamp_ms, ats_clock_wall_ms(&ats_clock_system));
    cr_assert(ats_span_is(read.key, "key"));
    cr_assert(ats_span_is(read.value, "value"));
    cr_assert_eq(read.header_count, 3);
    cr_assert(ats_span_is(ats_kafka_record_header(&read, "a"), "last"));
    cr_assert_not_null(ats_kafka_record_header(&read, "empty").data);
    read_to_end(reader);
    ats_kafka_reader_close(reader);
    ats_kafka_producer_close(producer);
}

Test(kafka_clients, a_tombstone_and_an_empty_value_differ)
{
    struct reports reports = {0};
    struct ats_kafka_record read;
    create(1);
    struct ats_kafka_producer *producer = open_producer(&config, &reports);
    struct ats_kafka_record record = record_of("k", "");
    send(producer, &record, 1);
    record.value = (struct ats_span){0};
    send(producer, &record, 2);
    cr_assert_eq(ats_kafka_producer_flush(producer, PATIENCE_MS), ATS_OK);
    struct ats_kafka_reader *reader = open_reader(0, ATS_KAFKA_OFFSET_BEGINNING);
    cr_assert_eq(next_unlike(reader, ATS_ERR_AGAIN, &read, NULL), ATS_OK);
    cr_assert_not_null(read.value.data);
    cr_assert_eq(read.value.len, 0);
    cr_assert_eq(next_unlike(reader, ATS_ERR_AGAIN, &read, NULL), ATS_OK);
    cr_assert_null(read.value.data);
    ats_kafka_reader_close(reader);
    ats_kafka_producer_close(producer);
}

/* Java's own figures: toPositive(murmur2("21")) and so on, modulo 4 partitions. */
Test(kafka_clients, keys_land_where_javas_partitioner_puts_them)
{
    static const struct {
        const char *key;
        int32_t partition; /* (murmur2 & 0x7fffffff) % 4 */
    } cases[] = {
        {"21", (-973932308 & 0x7fffffff) % 4},
        {"foobar", (-790332482 & 0x7fffffff) % 4},
        {"a-little-bit-long-string", (-985981536 & 0x7fffffff) % 4},
        {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", (-58897971 & 0x7fffffff) % 4}};
    struct reports reports = {0};
    create(4);
    struct ats_kafka_producer *producer = open_producer(&config, &reports);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ats_kafka_record record = record_of(cases[i].key, cases[i].key);
        send(producer, &record, i);
    }
    cr_assert_eq(ats_kafka_producer_flush(producer, PATIENCE_MS), ATS_OK);
    struct ats_kafka_reader *reader =
        open_reader(ATS_KAFKA_PARTITION_ALL, ATS_KAFKA_OFFSET_BEGINNING);
    for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
        struct ats_kafka_record read;
        cr_assert_eq(next_unlike(reader, ATS_ERR_AGAIN, &read, NULL), ATS_OK);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            if (ats_span_is(read.key, cases[i].key))
                cr_assert_eq(read.partition, cases[i].partition, "%s", cases[i].key);
        }
    }
    read_to_end(reader);
    ats_kafka_reader_close(reader);
    ats_kafka_producer_close(producer);
}

Test(kafka_clients, order_in_a_partition_is_the_order_of_send)
{
    enum { COUNT = 5000 };
    struct reports reports = {0};
    create(1);
    struct ats_kafka_producer *producer = open_producer(&config, &reports);
    for (int i = 0; i < COUNT; i++) {
        char text[16];
        (void)snprintf(text, sizeof(text), "%d", i);
        struct ats_kafka_record record = record_of("k", text);
        send(producer, &record, (uint64_t)i);
    }
    cr_assert_eq(ats_kafka_producer_flush(producer, PATIENCE_MS), ATS_OK);
    cr_assert_eq(reports.delivered, COUNT);
    struct ats_kafka_reader *reader = open_reader(0, 0);
    for (int i = 0; i < COUNT; i++) {
        struct ats_kafka_record read;
        char text[16];
        (void)snprintf(text, sizeof(text), "%d", i);
        cr_assert_eq(next_unlike(reader, ATS_ERR_AGAIN, &read, NULL), ATS_OK);
        cr_assert(ats_span_is(read.value, text));
    }
    ats_kafka_reader_close(reader);
    ats_kafka_producer_close(producer);
}

Test(kafka_clients, a_reader_says_that_a_topic_is_missing_and_goes_on_when_it_appears)
{
    struct reports reports = {0};
    struct ats_kafka_record read;
    struct ats_error err = {0};
    struct ats_kafka_reader *reader = open_reader(0, ATS_KAFKA_OFFSET_BEGINNING);
    cr_assert_eq(next_unlike(reader, ATS_ERR_AGAIN, &read, &err), ATS_ERR_NOT_FOUND);
    cr_assert_not_null(strstr(err.text, topic));
    cr_assert_not(ats_kafka_reader_at_end(reader));
    create(1);
    struct ats_kafka_producer *producer = open_producer(&config, &reports);
    struct ats_kafka_record record = record_of("k", "late");
    send(producer, &record, 1);
    cr_assert_eq(ats_kafka_producer_flush(producer, PATIENCE_MS), ATS_OK);
    cr_assert_eq(next_record(reader, &read, &err), ATS_OK, "%s", err.text);
    cr_assert(ats_span_is(read.value, "late"));
    ats_kafka_reader_close(reader);
    ats_kafka_producer_close(producer);
}

Test(kafka_clients, a_reader_of_all_partitions_of_a_missing_topic_does_not_open)
{
    struct ats_kafka_reader *reader = NULL;
    struct ats_error err = {0};
    cr_assert_eq(ats_kafka_reader_open(&config, topic, ATS_KAFKA_PARTITION_ALL, 0, &reader, &err),
                 ATS_ERR_NOT_FOUND);
    cr_assert_not_null(strstr(err.text, topic));
}

Test(kafka_clients, an_offset_that_the_topic_does_not_hold_is_told)
{
    struct ats_kafka_record read;
    struct ats_error err = {0};
    create(1);
    struct ats_kafka_reader *reader = open_reader(0, 1000);
    cr_assert_eq(next_unlike(reader, ATS_ERR_AGAIN, &read, &err), ATS_ERR_INVALID);
    cr_assert_not_null(strstr(err.text, topic), "%s", err.text);
    ats_kafka_reader_close(reader);
}

/* The broker would create a missing topic for a client that asks for it, with a partition count of its own. */
Test(kafka_clients, sending_to_a_missing_topic_does_not_create_it)
{
    struct reports reports = {0};
    int partitions = 0;
    int replication = 0;
    struct ats_kafka_producer *producer = open_producer(&config, &reports);
    struct ats_kafka_record record = record_of("k", "v");
    send(producer, &record, 1);
    cr_assert_eq(ats_kafka_producer_flush(producer, 2000), ATS_ERR_AGAIN);
    cr_assert_eq(
        ats_kafka_admin_describe(admin, topic, PATIENCE_MS, &partitions, &replication, NULL),
        ATS_ERR_NOT_FOUND);
    ats_kafka_producer_close(producer);
    cr_assert_eq(reports.failed, 1);
}

Test(kafka_clients, a_record_that_is_too_large_is_refused_at_once_and_others_still_pass)
{
    struct reports reports = {0};
    struct ats_error err = {0};
    uint8_t *large = calloc(1, (size_t)2 << 20);
    create(1);
    struct ats_kafka_producer *producer = open_producer(&config, &reports);
    struct ats_kafka_record record = record_of("k", "");
    record.value = ats_span_of(large, (size_t)2 << 20);
    cr_assert_eq(ats_kafka_producer_send(producer, &record, 1, &err), ATS_ERR_LIMIT);
    record.value = ats_span_of(large, ATS_RECORD_MAX);
    send(producer, &record, 2);
    cr_assert_eq(ats_kafka_producer_flush(producer, PATIENCE_MS), ATS_OK);
    cr_assert_eq(reports.delivered, 1);
    cr_assert_not(ats_kafka_producer_failed(producer, NULL));
    ats_kafka_producer_close(producer);
    free(large);
}
