/* SPDX-License-Identifier: Apache-2.0 */
/* Error paths of producer, reader and admin, brought about by librdkafka's mock cluster; what works is tried on a real Kafka. */
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/kafka/admin.h"
#include "common/kafka/conf.h"
#include "common/kafka/producer.h"
#include "common/kafka/reader.h"

#include <criterion/criterion.h>
#include <librdkafka/rdkafka_mock.h>

#define TOPIC "t"
#define PATIENCE_MS 30000
#define STEP_MS 50
#define PRODUCE_REQUEST 0

static rd_kafka_t *host;
static rd_kafka_mock_cluster_t *cluster;
static struct ats_kafka_config config = {.client_id = "test"};
static struct ats_error err;

static void begin(void)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    cr_assert_eq(rd_kafka_conf_set(conf, "log_level", "0", NULL, 0), RD_KAFKA_CONF_OK);
    host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
    cr_assert_not_null(host);
    cluster = rd_kafka_mock_cluster_new(host, 1);
    cr_assert_not_null(cluster);
    cr_assert_eq(rd_kafka_mock_topic_create(cluster, TOPIC, 2, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    config.bootstrap = rd_kafka_mock_cluster_bootstraps(cluster);
}

static void end(void)
{
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(host);
}

TestSuite(kafka_clients, .init = begin, .fini = end);

struct reports {
    unsigned delivered;
    unsigned failed;
    enum ats_status last_failure;
    unsigned notices;
};

static void on_delivered(void *ctx, uint64_t tag, enum ats_status status)
{
    struct reports *reports = ctx;
    (void)tag;
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

static struct ats_kafka_producer *open_producer(struct reports *reports)
{
    struct ats_kafka_producer *producer = NULL;
    cr_assert_eq(
        ats_kafka_producer_open(&config, on_delivered, on_notice, reports, &producer, &err), ATS_OK,
        "%s", err.text);
    return producer;
}

static const struct ats_kafka_record hello = {.topic = TOPIC,
                                              .partition = 0,
                                              .key = {(const uint8_t *)"k", 1},
                                              .value = {(const uint8_t *)"hello", 5}};

static enum ats_status send_hello(struct ats_kafka_producer *producer)
{
    return ats_kafka_producer_send(producer, &hello, 1, &err);
}

static bool before(int64_t deadline_ms)
{
    return ats_clock_monotonic_ms(&ats_clock_system) < deadline_ms;
}

static int64_t patience(void)
{
    return ats_clock_monotonic_ms(&ats_clock_system) + PATIENCE_MS;
}

static void assert_next(struct ats_kafka_reader *reader, enum ats_status expected,
                        struct ats_kafka_record *record)
{
    int64_t deadline_ms = patience();
    enum ats_status status;
    do
        status = ats_kafka_reader_next(reader, STEP_MS, record, &err);
    while (status != expected && before(deadline_ms));
    cr_assert_eq(status, expected, "%s", err.text);
}

Test(kafka_clients, a_producer_opens_while_the_brokers_are_down_and_delivers_when_they_are_back)
{
    struct reports reports = {0};
    int64_t deadline_ms = patience();
    cr_assert_eq(rd_kafka_mock_broker_set_down(cluster, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    struct ats_kafka_producer *producer = open_producer(&reports);
    cr_assert_eq(send_hello(producer), ATS_OK);
    while (reports.notices == 0 && before(deadline_ms))
        (void)ats_kafka_producer_poll(producer, STEP_MS);
    cr_assert_gt(reports.notices, 0);
    cr_assert_eq(ats_kafka_producer_flush(producer, STEP_MS), ATS_ERR_AGAIN);
    cr_assert_eq(rd_kafka_mock_broker_set_up(cluster, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    cr_assert_eq(ats_kafka_producer_flush(producer, PATIENCE_MS), ATS_OK);
    cr_assert_eq(reports.delivered, 1);
    ats_kafka_producer_close(producer);
}

Test(kafka_clients, a_passing_error_of_the_broker_is_retried)
{
    struct reports reports = {0};
    struct ats_kafka_producer *producer = open_producer(&reports);
    rd_kafka_mock_push_request_errors(cluster, PRODUCE_REQUEST, 2,
                                      RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
                                      RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
    cr_assert_eq(send_hello(producer), ATS_OK);
    cr_assert_eq(ats_kafka_producer_flush(producer, PATIENCE_MS), ATS_OK);
    cr_assert_eq(reports.delivered, 1);
    cr_assert_not(ats_kafka_producer_failed(producer, &err));
    ats_kafka_producer_close(producer);
}

Test(kafka_clients,
     a_record_that_the_broker_will_never_take_fails_the_producer_instead_of_leaving_a_gap)
{
    struct reports reports = {0};
    struct ats_kafka_producer *producer = open_producer(&reports);
    rd_kafka_mock_push_request_errors(cluster, PRODUCE_REQUEST, 1,
                                      RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    cr_assert_eq(send_hello(producer), ATS_OK);
    cr_assert_eq(ats_kafka_producer_flush(producer, PATIENCE_MS), ATS_OK);
    cr_assert_eq(reports.delivered, 0);
    cr_assert_eq(reports.failed, 1);
    cr_assert(ats_kafka_producer_failed(producer, &err));
    cr_assert_gt(strlen(err.text), 0);
    cr_assert_neq(send_hello(producer), ATS_OK);
    ats_kafka_producer_close(producer);
}

Test(kafka_clients, a_topic_authorisation_error_reaches_the_delivery_report)
{
    struct reports reports = {0};
    struct ats_kafka_producer *producer = open_producer(&reports);
    rd_kafka_mock_push_request_errors(cluster, PRODUCE_REQUEST, 1,
                                      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    cr_assert_eq(send_hello(producer), ATS_OK);
    cr_assert_eq(ats_kafka_producer_flush(producer, PATIENCE_MS), ATS_OK);
    cr_assert_eq(reports.failed, 1);
    cr_assert_eq(reports.last_failure, ATS_ERR_REFUSED);
    ats_kafka_producer_close(producer);
}

/* By name alone it would wait for librdkafka's look at its topics, a second after the producer was opened. */
Test(kafka_clients, a_second_topic_is_asked_for_at_once)
{
    struct reports reports = {0};
    struct ats_kafka_record other = hello;
    other.topic = "second";
    cr_assert_eq(rd_kafka_mock_topic_create(cluster, other.topic, 1, 1),
                 RD_KAFKA_RESP_ERR_NO_ERROR);
    struct ats_kafka_producer *producer = open_producer(&reports);
    int64_t deadline_ms = ats_clock_monotonic_ms(&ats_clock_system) + 700;
    cr_assert_eq(send_hello(producer), ATS_OK);
    cr_assert_eq(ats_kafka_producer_flush(producer, PATIENCE_MS), ATS_OK);
    cr_assert_eq(ats_kafka_producer_send(producer, &other, 2, &err), ATS_OK);
    while (reports.delivered < 2 && before(deadline_ms))
        (void)ats_kafka_producer_poll(producer, 1);
    cr_assert_eq(reports.delivered, 2);
    ats_kafka_producer_close(producer);
}

Test(kafka_clients, closing_a_producer_reports_what_it_drops)
{
    struct reports reports = {0};
    cr_assert_eq(rd_kafka_mock_broker_set_down(cluster, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    struct ats_kafka_producer *producer = open_producer(&reports);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(send_hello(producer), ATS_OK);
    ats_kafka_producer_close(producer);
    cr_assert_eq(reports.delivered, 0);
    cr_assert_eq(reports.failed, 3);
}

Test(kafka_clients, a_full_queue_answers_again_and_takes_more_after_the_reports)
{
    struct reports reports = {0};
    enum ats_status status = ATS_OK;
    struct ats_kafka_producer *producer = open_producer(&reports);
    cr_assert_eq(rd_kafka_mock_broker_set_down(cluster, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    for (int i = 0; i < 200000 && status == ATS_OK; i++)
        status = send_hello(producer);
    cr_assert_eq(status, ATS_ERR_AGAIN);
    cr_assert_eq(rd_kafka_mock_broker_set_up(cluster, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    int64_t deadline_ms = patience();
    while (reports.delivered == 0 && before(deadline_ms))
        (void)ats_kafka_producer_poll(producer, STEP_MS);
    cr_assert_eq(send_hello(producer), ATS_OK);
    ats_kafka_producer_close(producer);
}

Test(kafka_clients, sending_to_a_partition_that_is_not_there_is_not_found)
{
    struct reports reports = {0};
    struct ats_kafka_producer *producer = open_producer(&reports);
    struct ats_kafka_record record = hello;
    record.partition = 7;
    cr_assert_eq(send_hello(producer), ATS_OK); /* the topic becomes known */
    cr_assert_eq(ats_kafka_producer_flush(producer, PATIENCE_MS), ATS_OK);
    cr_assert_eq(ats_kafka_producer_send(producer, &record, 2, &err), ATS_ERR_NOT_FOUND);
    cr_assert_not_null(strstr(err.text, TOPIC));
    ats_kafka_producer_close(producer);
}

Test(kafka_clients, a_reader_says_that_brokers_are_down_and_goes_on_by_itself)
{
    struct reports reports = {0};
    struct ats_kafka_record record;
    struct ats_kafka_reader *reader = NULL;
    struct ats_kafka_producer *producer = open_producer(&reports);
    cr_assert_eq(send_hello(producer), ATS_OK);
    cr_assert_eq(ats_kafka_producer_flush(producer, PATIENCE_MS), ATS_OK);
    cr_assert_eq(rd_kafka_mock_broker_set_down(cluster, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    cr_assert_eq(ats_kafka_reader_open(&config, TOPIC, 0, 0, &reader, &err), ATS_OK);
    assert_next(reader, ATS_ERR_UNAVAILABLE, &record);
    cr_assert_eq(rd_kafka_mock_broker_set_up(cluster, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_next(reader, ATS_OK, &record);
    cr_assert(ats_span_is(record.value, "hello"));
    cr_assert_eq(rd_kafka_mock_broker_set_down(cluster, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_next(reader, ATS_ERR_UNAVAILABLE, &record);
    cr_assert_eq(rd_kafka_mock_broker_set_up(cluster, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_next(reader, ATS_ERR_AGAIN, &record);
    ats_kafka_reader_close(reader);
    ats_kafka_producer_close(producer);
}

Test(kafka_clients, a_reader_gets_started_where_a_round_trip_takes_longer_than_its_callers_time_out)
{
    struct reports reports = {0};
    struct ats_kafka_record record;
    struct ats_kafka_reader *reader = NULL;
    struct ats_kafka_producer *producer = open_producer(&reports);
    cr_assert_eq(send_hello(producer), ATS_OK);
    cr_assert_eq(ats_kafka_producer_flush(producer, PATIENCE_MS), ATS_OK);
    cr_assert_eq(rd_kafka_mock_broker_set_rtt(cluster, 1, 6 * STEP_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
    cr_assert_eq(ats_kafka_reader_open(&config, TOPIC, 0, 0, &reader, &err), ATS_OK);
    assert_next(reader, ATS_OK, &record);
    cr_assert(ats_span_is(record.value, "hello"));
    ats_kafka_reader_close(reader);
    ats_kafka_producer_close(producer);
}

Test(kafka_clients, a_reader_keeps_to_its_callers_time_out_where_no_broker_is)
{
    struct ats_kafka_record record;
    struct ats_kafka_reader *reader = NULL;
    int64_t longest_ms = 0;
    cr_assert_eq(rd_kafka_mock_broker_set_down(cluster, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    cr_assert_eq(ats_kafka_reader_open(&config, TOPIC, 0, 0, &reader, &err), ATS_OK);
    for (int i = 0; i < 20; i++) {
        int64_t begin_ms = ats_clock_monotonic_ms(&ats_clock_system);
        cr_assert_neq(ats_kafka_reader_next(reader, STEP_MS, &record, &err), ATS_OK);
        int64_t took_ms = ats_clock_monotonic_ms(&ats_clock_system) - begin_ms;
        longest_ms = took_ms > longest_ms ? took_ms : longest_ms;
    }
    cr_assert_lt(longest_ms, ATS_KAFKA_PROBE_TIMEOUT_MAX_MS / 2);
    ats_kafka_reader_close(reader);
}

Test(kafka_clients, a_reader_is_at_the_end_only_when_every_partition_is)
{
    struct reports reports = {0};
    struct ats_kafka_record record;
    struct ats_kafka_reader *reader = NULL;
    struct ats_kafka_producer *producer = open_producer(&reports);
    cr_assert_eq(ats_kafka_reader_open(&config, TOPIC, ATS_KAFKA_PARTITION_ALL,
                                       ATS_KAFKA_OFFSET_BEGINNING, &reader, &err),
                 ATS_OK, "%s", err.text);
    cr_assert_not(ats_kafka_reader_at_end(reader));
    int64_t deadline_ms = patience();
    while (!ats_kafka_reader_at_end(reader) && before(deadline_ms))
        cr_assert_eq(ats_kafka_reader_next(reader, STEP_MS, &record, NULL), ATS_ERR_AGAIN);
    cr_assert(ats_kafka_reader_at_end(reader));
    cr_assert_eq(send_hello(producer), ATS_OK);
    assert_next(reader, ATS_OK, &record);
    cr_assert_not(ats_kafka_reader_at_end(reader));
    ats_kafka_reader_close(reader);
    ats_kafka_producer_close(producer);
}

Test(kafka_clients, headers_beyond_the_limit_are_left_out)
{
    struct ats_kafka_record record;
    struct ats_kafka_reader *reader = NULL;
    rd_kafka_headers_t *headers = rd_kafka_headers_new(ATS_KAFKA_HEADERS_MAX + 2);
    for (int i = 0; i < ATS_KAFKA_HEADERS_MAX + 2; i++)
        cr_assert_eq(rd_kafka_header_add(headers, "h", -1, "v", 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_conf_t *conf = NULL;
    cr_assert_eq(ats_kafka_conf_new(&config, &conf, &err), ATS_OK);
    rd_kafka_t *other = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
    cr_assert_eq(rd_kafka_producev(other, RD_KAFKA_V_TOPIC(TOPIC), RD_KAFKA_V_PARTITION(0),
                                   RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END),
                 RD_KAFKA_RESP_ERR_NO_ERROR);
    cr_assert_eq(rd_kafka_flush(other, PATIENCE_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_destroy(other);
    cr_assert_eq(ats_kafka_reader_open(&config, TOPIC, 0, 0, &reader, &err), ATS_OK);
    assert_next(reader, ATS_OK, &record);
    cr_assert_eq(record.header_count, ATS_KAFKA_HEADERS_MAX);
    ats_kafka_reader_close(reader);
}

Test(kafka_clients, admin_requests_end_at_their_time_out_when_the_brokers_are_down)
{
    struct ats_kafka_admin *admin = NULL;
    const struct ats_kafka_topic_spec spec = {"new", 1, 1, NULL};
    int partitions = 0;
    int replication = 0;
    char value[8];
    cr_assert_eq(rd_kafka_mock_broker_set_down(cluster, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    cr_assert_eq(ats_kafka_admin_open(&config, &admin, &err), ATS_OK);
    cr_assert_eq(ats_kafka_admin_create(admin, &spec, STEP_MS, &err), ATS_ERR_UNAVAILABLE, "%s",
                 err.text);
    cr_assert_not_null(strstr(err.text, "new"));
    cr_assert_eq(ats_kafka_admin_delete(admin, "new", STEP_MS, &err), ATS_ERR_UNAVAILABLE);
    cr_assert_eq(ats_kafka_admin_setting(admin, TOPIC, "x", STEP_MS, value, sizeof(value), &err),
                 ATS_ERR_UNAVAILABLE);
    cr_assert_eq(ats_kafka_admin_describe(admin, TOPIC, STEP_MS, &partitions, &replication, &err),
                 ATS_ERR_UNAVAILABLE);
    ats_kafka_admin_close(admin);
}
