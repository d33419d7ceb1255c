/* SPDX-License-Identifier: Apache-2.0 */
/*
 * librdkafka's simple consumer: partitions and offsets are ours to say, so no group exists, no coordinator is looked
 * for, and an account needs no rights on groups. All partitions feed one queue.
 *
 *   STARTING, DOWN, MISSING --metadata has the topic and partition--> GOING
 *   any --all brokers down, or metadata not answered in time--> DOWN
 *   any --topic or partition unknown--> MISSING
 *
 * librdkafka does not say that brokers are back when there is nothing to read, and says late that a topic is unknown.
 * While the reader is not GOING it therefore asks for the topic's metadata, which also makes librdkafka notice a new
 * topic at once. Records that were fetched before pass in any state.
 */
#include "common/kafka/reader.h"

#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/kafka/client.h"
#include "common/kafka/wait.h"

#include <assert.h>
#include <stdlib.h>

enum state { STARTING, GOING, DOWN, MISSING };

struct ats_kafka_reader {
    rd_kafka_t *client;
    rd_kafka_topic_t *topic;
    rd_kafka_queue_t *queue;
    struct ats_kafka_wait wait;
    rd_kafka_message_t *message; /* the one that the caller borrows */
    int32_t first;               /* partitions first .. first + count - 1 */
    int32_t count;
    int32_t started;
    int64_t offset;
    int64_t position; /* behind the newest record or end that was seen */
    bool *ended;      /* per partition */
    int32_t ended_count;
    enum state state;
    int64_t probe_due_ms;
    int probe_ms; /* what a broker that is there is given at least to answer a probe; grows while it is not enough */
    int64_t start_until_ms; /* until then, brokers that have not answered yet are not down */
    char broker_error[ATS_ERROR_TEXT_MAX - 64];
};

static const struct ats_kafka_property rules[] = {
    {"enable.partition.eof", "true"},
    {"enable.auto.commit", "false"},
    /* An offset that the topic does not hold is told, not replaced by another. */
    {"auto.offset.reset", "error"},
    /* How long a topic that the brokers do not know counts as one that is just being made. */
    {"topic.metadata.propagation.max.ms", "1000"},
    {NULL, NULL},
};

static int64_t now_ms(void)
{
    return ats_clock_monotonic_ms(&ats_clock_system);
}

/* Runs inside rd_kafka_poll(), and so on the caller's thread. The error before "all brokers down" says why. */
static void on_error(rd_kafka_t *client, int code, const char *reason, void *opaque)
{
    struct ats_kafka_reader *reader = opaque;
    (void)client;
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        reader->state = DOWN;
    else
        (void)snprintf(reader->broker_error, sizeof(reader->broker_error), "%s", reason);
}

static enum ats_status open_client(struct ats_kafka_reader *reader,
                                   const struct ats_kafka_config *config, const char *isolation,
                                   struct ats_error *err)
{
    rd_kafka_conf_t *conf = NULL;
    enum ats_status status = ats_kafka_conf_new(config, &conf, err);
    if (status != ATS_OK)
        return status;
    status = ats_kafka_conf_set_all(conf, rules, err);
    if (status == ATS_OK)
        status = ats_kafka_conf_set(conf, "isolation.level", isolation, err);
    if (status != ATS_OK) {
        rd_kafka_conf_destroy(conf);
        return status;
    }
    rd_kafka_conf_set_opaque(conf, reader);
    rd_kafka_conf_set_error_cb(conf, on_error);
    return ats_kafka_client_new(RD_KAFKA_CONSUMER, conf, config, &reader->client, err);
}

/* Only once the topic is known: librdkafka would look for the beginning or end half a second later otherwise. */
static enum ats_status start_partitions(struct ats_kafka_reader *reader, struct ats_error *err)
{
    for (; reader->started < reader->count; reader->started++) {
        int32_t partition = reader->first + reader->started;
        if (rd_kafka_consume_start_queue(reader->topic, partition, reader->offset, reader->queue) !=
            0)
            return ats_error_set(
                err, ats_kafka_status(rd_kafka_last_error()), "cannot read %s [%d] from %lld: %s",
                rd_kafka_topic_name(reader->topic), (int)partition, (long long)reader->offset,
                rd_kafka_err2str(rd_kafka_last_error()));
    }
    return ATS_OK;
}

static enum ats_status ask_partitions(struct ats_kafka_reader *reader, struct ats_error *err)
{
    struct ats_kafka_topic_size size = {0};
    enum ats_status status = ats_kafka_ask_topic(reader->client, reader->topic,
                                                 ATS_KAFKA_METADATA_TIMEOUT_MS, &size, err);
    if (status != ATS_OK)
        return status;
    reader->count = size.partitions;
    if (reader->count < 1 || reader->count > ATS_KAFKA_PARTITIONS_MAX)
        return ats_error_set(err, ATS_ERR_LIMIT, "topic %s has %d partitions (allowed: %d)",
                             rd_kafka_topic_name(reader->topic), (int)reader->count,
                             ATS_KAFKA_PARTITIONS_MAX);
    return ATS_OK;
}

static enum ats_status open_topic(struct ats_kafka_reader *reader, const char *topic,
                                  int32_t partition, struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    reader->topic = rd_kafka_topic_new(reader->client, topic, NULL);
    reader->queue = rd_kafka_queue_new(reader->client);
    if (!reader->topic || !reader->queue)
        return ats_error_set(err, ATS_ERR_INTERNAL, "cannot read topic '%s': %s", topic,
                             rd_kafka_err2str(rd_kafka_last_error()));
    status = ats_kafka_wait_init(&reader->wait, reader->queue);
    if (status != ATS_OK)
        return ats_error_set(err, status, "no descriptor for a Kafka reader");
    reader->first = partition == ATS_KAFKA_PARTITION_ALL ? 0 : partition;
    reader->count = 1;
    if (partition == ATS_KAFKA_PARTITION_ALL)
        status = ask_partitions(reader, err);
    if (status != ATS_OK)
        return status;
    reader->ended = calloc((size_t)reader->count, sizeof(*reader->ended));
    if (!reader->ended)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory for a Kafka reader");
    return ATS_OK;
}

static enum ats_status open_reader(const struct ats_kafka_config *config, const char *isolation,
                                   const char *topic, int32_t partition, int64_t offset,
                                   struct ats_kafka_reader **ret_reader, struct ats_error *err)
{
    struct ats_kafka_reader *reader = calloc(1, sizeof(*reader));
    if (!reader)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory for a Kafka reader");
    reader->wait.fd = -1;
    reader->offset = offset;
    reader->position = offset;
    reader->start_until_ms = now_ms() + ATS_KAFKA_METADATA_TIMEOUT_MS;
    enum ats_status status = open_client(reader, config, isolation, err);
    if (status == ATS_OK)
        status = open_topic(reader, topic, partition, err);
    if (status != ATS_OK) {
        ats_kafka_reader_close(reader);
        return status;
    }
    *ret_reader = reader;
    return ATS_OK;
}

enum ats_status ats_kafka_reader_open(const struct ats_kafka_config *config, const char *topic,
                                      int32_t partition, int64_t offset,
                                      struct ats_kafka_reader **ret_reader, struct ats_error *err)
{
    return open_reader(config, "read_committed", topic, partition, offset, ret_reader, err);
}

enum ats_status ats_kafka_reader_open_uncommitted(const struct ats_kafka_config *config,
                                                  const char *topic, int32_t partition,
                                                  int64_t offset,
                                                  struct ats_kafka_reader **ret_reader,
                                                  struct ats_error *err)
{
    return open_reader(config, "read_uncommitted", topic, partition, offset, ret_reader, err);
}

static void mark_ended(struct ats_kafka_reader *reader, int32_t partition, bool ended)
{
    int32_t i = partition - reader->first;
    if (i < 0 || i >= reader->count || reader->ended[i] == ended)
        return;
    reader->ended[i] = ended;
    reader->ended_count += ended ? 1 : -1;
}

/* What librdkafka put into the queue instead of a record. */
static enum ats_status take_event(struct ats_kafka_reader *reader,
                                  const rd_kafka_message_t *message, struct ats_error *err)
{
    enum ats_status status = ats_kafka_status(message->err);
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        mark_ended(reader, message->partition, true);
        reader->position = message->offset;
        return ATS_ERR_AGAIN;
    }
    if (status == ATS_ERR_NOT_FOUND) {
        mark_ended(reader, message->partition, false);
        reader->state = MISSING;
        return ATS_ERR_AGAIN;
    }
    if (ats_status_class(status) == ATS_CLASS_RETRY)
        return ATS_ERR_AGAIN;
    return ats_error_set(err, status, "%s [%d]: %s", rd_kafka_topic_name(reader->topic),
                         (int)message->partition, rd_kafka_message_errstr(message));
}

/* The next record within the time; AGAIN for none. */
static enum ats_status take(struct ats_kafka_reader *reader, int64_t timeout_ms,
                            struct ats_kafka_record *ret_record, struct ats_error *err)
{
    int64_t deadline_ms = now_ms() + timeout_ms;
    int64_t left_ms = timeout_ms;
    for (;;) {
        rd_kafka_message_t *message = ats_kafka_wait_consume(&reader->wait, reader->queue, left_ms);
        (void)rd_kafka_poll(reader->client, 0);
        if (!message)
            return ATS_ERR_AGAIN;
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            mark_ended(reader, message->partition, false);
            reader->message = message;
            reader->position = message->offset + 1;
            ats_kafka_record_view(message, ret_record);
            return ATS_OK;
        }
        enum ats_status status = take_event(reader, message, err);
        rd_kafka_message_destroy(message);
        left_ms = deadline_ms - now_ms();
        if (status != ATS_ERR_AGAIN || reader->state == MISSING || left_ms <= 0 ||
            ats_kafka_reader_at_end(reader))
            return status;
    }
}

/*
 * An answer that comes after the time-out is lost, so a link whose round trip is longer than the caller's time-out would
 * never be read from. While a broker is connected and late, each question is therefore given twice the time of the last
 * one; brokers that are not there take up no more than the caller's.
 */
static enum ats_status ask_patiently(struct ats_kafka_reader *reader, int timeout_ms,
                                     struct ats_kafka_topic_size *ret_size)
{
    int allowed_ms = timeout_ms > reader->probe_ms ? timeout_ms : reader->probe_ms;
    rd_kafka_resp_err_t code =
        ats_kafka_query_topic(reader->client, reader->topic, allowed_ms, ret_size);
    if (code == RD_KAFKA_RESP_ERR__TIMED_OUT)
        reader->probe_ms = allowed_ms < ATS_KAFKA_PROBE_TIMEOUT_MAX_MS / 2
                               ? allowed_ms * 2
                               : ATS_KAFKA_PROBE_TIMEOUT_MAX_MS;
    else if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        reader->probe_ms = 0;
    return ats_kafka_status(code);
}

/* Brokers that are down use up the time; that a topic is missing is answered at once, so that is not asked all the time. */
static enum ats_status probe(struct ats_kafka_reader *reader, int timeout_ms, struct ats_error *err)
{
    struct ats_kafka_topic_size size = {0};
    if (reader->state == MISSING && now_ms() < reader->probe_due_ms)
        return ATS_OK;
    enum ats_status status = ask_patiently(reader, timeout_ms, &size);
    reader->probe_due_ms = now_ms() + ATS_KAFKA_PROBE_INTERVAL_MS;
    bool there = status == ATS_OK && reader->first + reader->count <= size.partitions;
    if (there) {
        status = start_partitions(reader, err);
        if (status == ATS_OK)
            reader->state = GOING;
        return status;
    }
    if (status == ATS_OK || status == ATS_ERR_NOT_FOUND)
        reader->state = MISSING;
    else if (reader->state != STARTING || now_ms() >= reader->start_until_ms)
        reader->state = DOWN;
    return ATS_OK;
}

static enum ats_status report_state(const struct ats_kafka_reader *reader, struct ats_error *err)
{
    if (reader->state == DOWN)
        return ats_error_set(err, ATS_ERR_UNAVAILABLE, "no Kafka broker answers%s%s",
                             reader->broker_error[0] != '\0' ? ": " : "", reader->broker_error);
    if (reader->state == MISSING)
        return ats_error_set(err, ATS_ERR_NOT_FOUND,
                             "topic %s, partition %d: unknown to the brokers",
                             rd_kafka_topic_name(reader->topic), (int)reader->first);
    return ATS_ERR_AGAIN;
}

enum ats_status ats_kafka_reader_next(struct ats_kafka_reader *reader, int timeout_ms,
                                      struct ats_kafka_record *ret_record, struct ats_error *err)
{
    int64_t deadline_ms = now_ms() + timeout_ms;
    if (reader->message)
        rd_kafka_message_destroy(reader->message);
    reader->message = NULL;
    (void)rd_kafka_poll(reader->client, 0);
    enum ats_status status = take(reader, reader->state == GOING ? timeout_ms : 0, ret_record, err);
    if (status != ATS_ERR_AGAIN || reader->state == GOING)
        return status;
    status = probe(reader, timeout_ms, err);
    if (status != ATS_OK)
        return status;
    int64_t left_ms = deadline_ms - now_ms();
    status = take(reader, left_ms > 0 ? left_ms : 0, ret_record, err);
    return status == ATS_ERR_AGAIN ? report_state(reader, err) : status;
}

bool ats_kafka_reader_at_end(const struct ats_kafka_reader *reader)
{
    return reader->ended_count == reader->count;
}

enum ats_status ats_kafka_reader_ask_end(struct ats_kafka_reader *reader, int timeout_ms,
                                         int64_t *ret_end, struct ats_error *err)
{
    int64_t low = 0;
    const char *topic = rd_kafka_topic_name(reader->topic);
    assert(reader->count == 1);
    rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(
        reader->client, topic, reader->first, &low, ret_end, timeout_ms);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return ATS_OK;
    return ats_error_set(err, ats_kafka_status(code), "end of %s [%d]: %s", topic,
                         (int)reader->first, rd_kafka_err2str(code));
}

int64_t ats_kafka_reader_position(const struct ats_kafka_reader *reader)
{
    assert(reader->count == 1);
    return reader->position;
}

int64_t ats_kafka_reader_high(const struct ats_kafka_reader *reader)
{
    int64_t low = 0;
    int64_t high = 0;
    assert(reader->count == 1);
    rd_kafka_resp_err_t code = rd_kafka_get_watermark_offsets(
        reader->client, rd_kafka_topic_name(reader->topic), reader->first, &low, &high);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR && high > 0 ? high : 0;
}

void ats_kafka_reader_close(struct ats_kafka_reader *reader)
{
    if (!reader)
        return;
    if (reader->message)
        rd_kafka_message_destroy(reader->message);
    for (int32_t i = 0; i < reader->started; i++)
        (void)rd_kafka_consume_stop(reader->topic, reader->first + i);
    if (reader->queue) {
        ats_kafka_wait_fini(&reader->wait, reader->queue);
        rd_kafka_queue_destroy(reader->queue);
    }
    if (reader->topic)
        rd_kafka_topic_destroy(reader->topic);
    if (reader->client)
        rd_kafka_destroy(reader->client);
    free(reader->ended);
    free(reader);
}
