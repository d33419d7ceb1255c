/* SPDX-License-Identifier: Apache-2.0 */
#include "common/kafka/producer.h"

#include "common/base/limits.h"
#include "common/kafka/client.h"

#include <stdio.h>
#include <stdlib.h>

struct ats_kafka_producer {
    rd_kafka_t *client;
    ats_kafka_delivered *delivered;
    ats_kafka_notice *notice;
    void *ctx;
    struct ats_kafka_failure failure;
};

/* What delivery in order and without loss rests on. */
static const struct ats_kafka_property rules[] = {
    {"enable.idempotence", "true"},
    {"enable.gapless.guarantee", "true"},
    {"acks", "all"},
    {"message.timeout.ms", "0"},
    /* How long a topic that is not there is waited for before its records fail. */
    {"topic.metadata.propagation.max.ms", ATS_LIMIT_TEXT(ATS_KAFKA_TOPIC_WAIT_MS)},
    /* Log lines come through poll, on the caller's thread. */
    {"log.queue", "true"},
    {NULL, NULL},
};

static void note_failure(struct ats_kafka_failure *failure, const rd_kafka_message_t *message,
                         enum ats_status status)
{
    if (failure->status != ATS_OK)
        return;
    failure->status = status;
    (void)snprintf(failure->topic, sizeof(failure->topic), "%s", rd_kafka_topic_name(message->rkt));
    (void)snprintf(failure->text, sizeof(failure->text), "%s", rd_kafka_err2str(message->err));
}

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    struct ats_kafka_producer *producer = opaque;
    (void)client;
    enum ats_status status = ats_kafka_status(message->err);
    if (status != ATS_OK)
        note_failure(&producer->failure, message, status);
    producer->delivered(producer->ctx, (uint64_t)(uintptr_t)message->_private, status);
}

static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
    struct ats_kafka_producer *producer = rd_kafka_opaque(client);
    (void)level;
    /* One set of properties serves producers and consumers: each would be warned of the other's. */
    if (producer->notice && strcmp(facility, "CONFWARN") != 0)
        producer->notice(producer->ctx, text);
}

static enum ats_status open_client(struct ats_kafka_producer *producer,
                                   const struct ats_kafka_config *config, struct ats_error *err)
{
    rd_kafka_conf_t *conf = NULL;
    enum ats_status status = ats_kafka_conf_new(config, &conf, err);
    if (status != ATS_OK)
        return status;
    status = ats_kafka_conf_set_all(conf, rules, err);
    if (status != ATS_OK) {
        rd_kafka_conf_destroy(conf);
        return status;
    }
    rd_kafka_conf_set_opaque(conf, producer);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_log_cb(conf, on_log);
    status = ats_kafka_client_new(RD_KAFKA_PRODUCER, conf, config, &producer->client, err);
    if (status != ATS_OK)
        return status;
    rd_kafka_resp_err_t code = rd_kafka_set_log_queue(producer->client, NULL);
    return ats_kafka_status(code);
}

enum ats_status ats_kafka_producer_open(const struct ats_kafka_config *config,
                                        ats_kafka_delivered *delivered, ats_kafka_notice *notice,
                                        void *ctx, struct ats_kafka_producer **ret_producer,
                                        struct ats_error *err)
{
    struct ats_kafka_producer *producer = calloc(1, sizeof(*producer));
    if (!producer)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory for a Kafka producer");
    producer->delivered = delivered;
    producer->notice = notice;
    producer->ctx = ctx;
    enum ats_status status = open_client(producer, config, err);
    if (status != ATS_OK) {
        ats_kafka_producer_close(producer);
        return status;
    }
    *ret_producer = producer;
    return ATS_OK;
}

enum ats_status ats_kafka_producer_send(struct ats_kafka_producer *producer,
                                        const struct ats_kafka_record *record, uint64_t tag,
                                        struct ats_error *err)
{
    union {
        uintptr_t tag;
        void *pointer;
    } opaque = {.tag = (uintptr_t)tag};
    return ats_kafka_produce(producer->client, record, opaque.pointer, err);
}

int ats_kafka_producer_poll(struct ats_kafka_producer *producer, int timeout_ms)
{
    return rd_kafka_poll(producer->client, timeout_ms);
}

enum ats_status ats_kafka_producer_flush(struct ats_kafka_producer *producer, int timeout_ms)
{
    rd_kafka_resp_err_t code = rd_kafka_flush(producer->client, timeout_ms);
    return code == RD_KAFKA_RESP_ERR__TIMED_OUT ? ATS_ERR_AGAIN : ats_kafka_status(code);
}

const struct ats_kafka_failure *
ats_kafka_producer_failure(const struct ats_kafka_producer *producer)
{
    return &producer->failure;
}

enum ats_status ats_kafka_producer_ask(struct ats_kafka_producer *producer, const char *topic,
                                       int timeout_ms, struct ats_error *err)
{
    struct ats_kafka_topic_size size;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(producer->client, topic, NULL);
    if (!handle)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory for topic %s", topic);
    enum ats_status status = ats_kafka_ask_topic(producer->client, handle, timeout_ms, &size, err);
    rd_kafka_topic_destroy(handle);
    return status;
}

bool ats_kafka_producer_failed(const struct ats_kafka_producer *producer, struct ats_error *err)
{
    char text[ATS_ERROR_TEXT_MAX - 64];
    rd_kafka_resp_err_t code = rd_kafka_fatal_error(producer->client, text, sizeof(text));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return false;
    (void)ats_error_set(err, ats_kafka_status(code), "the Kafka producer cannot go on: %s", text);
    return true;
}

void ats_kafka_producer_close(struct ats_kafka_producer *producer)
{
    if (!producer)
        return;
    if (producer->client) {
        (void)rd_kafka_purge(producer->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        (void)rd_kafka_flush(producer->client, ATS_KAFKA_PURGE_TIMEOUT_MS);
        rd_kafka_destroy(producer->client);
    }
    free(producer);
}
