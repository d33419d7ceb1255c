/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/runtime/transaction.h"

#include "common/base/clock.h"
#include "common/base/limits.h"

#include <stdlib.h>

struct ats_transaction {
    rd_kafka_t *producer;
    struct ats_error
        refusal; /* why Kafka did not take a record of the open transaction; status OK: it has not said so */
};

/* Takes the error object; the status is UNAVAILABLE (call again), AGAIN (abort) or FENCED (begin anew). */
static enum ats_status take_error(rd_kafka_error_t *error, const char *what, struct ats_error *err)
{
    enum ats_status status = rd_kafka_error_is_fatal(error)             ? ATS_ERR_FENCED
                             : rd_kafka_error_txn_requires_abort(error) ? ATS_ERR_AGAIN
                             : rd_kafka_error_is_retriable(error)       ? ATS_ERR_UNAVAILABLE
                                                                        : ATS_ERR_FENCED;
    (void)ats_error_set(err, status, "%s: %s", what, rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    return status;
}

/* What one call may take of the time that is left; 0: none is left. */
static int call_ms(int64_t deadline_ms)
{
    int64_t left_ms = deadline_ms - ats_clock_monotonic_ms(&ats_clock_system);
    if (left_ms <= 0)
        return 0;
    return left_ms < ATS_TRANSACTION_CALL_MS ? (int)left_ms : ATS_TRANSACTION_CALL_MS;
}

/* Keeps the first reason, since what comes after it follows from it; but a size counts in any case. */
static void on_not_delivered(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque)
{
    struct ats_transaction *transaction = opaque;
    enum ats_status status = ats_kafka_status(message->err);
    (void)producer;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR ||
        message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
        message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
        return;
    if (transaction->refusal.status == ATS_OK ||
        (status == ATS_ERR_LIMIT && transaction->refusal.status != ATS_ERR_LIMIT))
        (void)ats_error_set(&transaction->refusal, status, "a record for %s was not taken: %s",
                            rd_kafka_topic_name(message->rkt), rd_kafka_err2str(message->err));
}

static enum ats_status make_producer(struct ats_transaction *transaction,
                                     const struct ats_kafka_config *kafka,
                                     const char *transactional_id, struct ats_error *err)
{
    const struct {
        const char *name;
        const char *value;
    } settings[] = {
        {"transactional.id", transactional_id},
        {"transaction.timeout.ms", ATS_LIMIT_TEXT(ATS_TRANSACTION_TIMEOUT_MS)},
        {"message.timeout.ms", ATS_LIMIT_TEXT(ATS_TRANSACTION_TIMEOUT_MS)},
        {"enable.idempotence", "true"},
        {"delivery.report.only.error", "true"},
        {"queue.buffering.max.messages", ATS_LIMIT_TEXT(ATS_TRANSACTION_MESSAGES_MAX)},
    };
    rd_kafka_conf_t *conf = NULL;
    char text[ATS_ERROR_TEXT_MAX];
    enum ats_status status = ats_kafka_conf_new(kafka, &conf, err);
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]) && status == ATS_OK; i++)
        status = ats_kafka_conf_set(conf, settings[i].name, settings[i].value, err);
    if (status == ATS_OK) {
        rd_kafka_conf_set_opaque(conf, transaction);
        rd_kafka_conf_set_dr_msg_cb(conf, on_not_delivered);
        transaction->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof(text));
        if (transaction->producer)
            return ATS_OK;
        status =
            ats_error_set(err, ATS_ERR_CONFIG, "cannot make a transactional producer: %s", text);
    }
    if (conf)
        rd_kafka_conf_destroy(conf);
    return status;
}

enum ats_status ats_transaction_open(const struct ats_kafka_config *kafka,
                                     const char *transactional_id, const atomic_bool *stopping,
                                     struct ats_transaction **ret_transaction,
                                     struct ats_error *err)
{
    struct ats_transaction *transaction = calloc(1, sizeof(*transaction));
    if (!transaction)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    enum ats_status status = make_producer(transaction, kafka, transactional_id, err);
    while (status == ATS_OK) {
        rd_kafka_error_t *error =
            rd_kafka_init_transactions(transaction->producer, ATS_TRANSACTION_CALL_MS);
        if (!error) {
            *ret_transaction = transaction;
            return ATS_OK;
        }
        status = take_error(error, "init_transactions", err);
        if (status == ATS_ERR_UNAVAILABLE && !atomic_load(stopping))
            status = ATS_OK;
    }
    ats_transaction_close(transaction);
    return status;
}

enum ats_status ats_transaction_begin(struct ats_transaction *transaction, struct ats_error *err)
{
    rd_kafka_error_t *error = rd_kafka_begin_transaction(transaction->producer);
    transaction->refusal.status = ATS_OK;
    return error ? take_error(error, "begin_transaction", err) : ATS_OK;
}

/* A transaction that has failed takes no more records; librdkafka then answers with a state error, which is INTERNAL. */
static bool has_failed(enum ats_status status)
{
    return status == ATS_ERR_INTERNAL || status == ATS_ERR_FENCED;
}

enum ats_status ats_transaction_produce(struct ats_transaction *transaction,
                                        const struct ats_kafka_record *record,
                                        struct ats_error *err)
{
    enum ats_status status = ats_kafka_produce(transaction->producer, record, NULL, err);
    if (status == ATS_OK)
        return ATS_OK;
    int64_t deadline_ms = ats_clock_monotonic_ms(&ats_clock_system) + ATS_TRANSACTION_TIMEOUT_MS;
    while (status == ATS_ERR_AGAIN && call_ms(deadline_ms) > 0) {
        (void)rd_kafka_poll(transaction->producer, 10);
        status = ats_kafka_produce(transaction->producer, record, NULL, err);
    }
    return has_failed(status) ? ATS_ERR_AGAIN : status;
}

void ats_transaction_flush(struct ats_transaction *transaction, int64_t deadline_ms)
{
    (void)rd_kafka_flush(transaction->producer, call_ms(deadline_ms));
}

enum ats_status ats_transaction_abort(struct ats_transaction *transaction, int64_t deadline_ms,
                                      struct ats_error *err)
{
    for (int timeout_ms = call_ms(deadline_ms); timeout_ms > 0; timeout_ms = call_ms(deadline_ms)) {
        rd_kafka_error_t *error = rd_kafka_abort_transaction(transaction->producer, timeout_ms);
        if (!error) {
            (void)rd_kafka_poll(transaction->producer, 0);
            return ATS_ERR_AGAIN;
        }
        if (take_error(error, "abort_transaction", err) != ATS_ERR_UNAVAILABLE)
            return ATS_ERR_FENCED;
    }
    return ats_error_set(err, ATS_ERR_FENCED, "abort_transaction: no answer in time");
}

static enum ats_status send_offsets(struct ats_transaction *transaction,
                                    const rd_kafka_topic_partition_list_t *offsets,
                                    rd_kafka_t *consumer, int64_t deadline_ms,
                                    struct ats_error *err)
{
    enum ats_status status = ats_error_set(err, ATS_ERR_UNAVAILABLE, "no time is left to commit");
    rd_kafka_consumer_group_metadata_t *group = rd_kafka_consumer_group_metadata(consumer);
    if (!group)
        return ats_error_set(err, ATS_ERR_FENCED, "the consumer is in no group");
    for (int timeout_ms = call_ms(deadline_ms); status == ATS_ERR_UNAVAILABLE && timeout_ms > 0;
         timeout_ms = call_ms(deadline_ms)) {
        rd_kafka_error_t *error =
            rd_kafka_send_offsets_to_transaction(transaction->producer, offsets, group, timeout_ms);
        status = error ? take_error(error, "send_offsets_to_transaction", err) : ATS_OK;
    }
    rd_kafka_consumer_group_metadata_destroy(group);
    return status;
}

/* Repeats the same call while that is what librdkafka asks for. Once a call has timed out, the commit may have reached the
   broker: an abort is then no longer taken at its word. */
static enum ats_status end_with_commit(struct ats_transaction *transaction, int64_t deadline_ms,
                                       struct ats_error *err)
{
    enum ats_status status = ats_error_set(err, ATS_ERR_AGAIN, "no time is left to commit");
    bool unknown = false;
    for (int timeout_ms = call_ms(deadline_ms); timeout_ms > 0; timeout_ms = call_ms(deadline_ms)) {
        rd_kafka_error_t *error = rd_kafka_commit_transaction(transaction->producer, timeout_ms);
        if (!error)
            return ATS_OK;
        status = take_error(error, "commit_transaction", err);
        if (status != ATS_ERR_UNAVAILABLE)
            break;
        unknown = true;
    }
    return unknown ? ATS_ERR_FENCED : status;
}

enum ats_status ats_transaction_commit(struct ats_transaction *transaction,
                                       const rd_kafka_topic_partition_list_t *offsets,
                                       rd_kafka_t *consumer, int64_t deadline_ms,
                                       struct ats_error *err)
{
    enum ats_status status = send_offsets(transaction, offsets, consumer, deadline_ms, err);
    if (status == ATS_OK)
        status = end_with_commit(transaction, deadline_ms, err);
    if (status == ATS_OK)
        return ATS_OK;
    return status == ATS_ERR_AGAIN ? ats_transaction_abort(transaction, deadline_ms, err)
                                   : ATS_ERR_FENCED;
}

const struct ats_error *ats_transaction_refusal(const struct ats_transaction *transaction)
{
    return transaction->refusal.status == ATS_OK ? NULL : &transaction->refusal;
}

void ats_transaction_close(struct ats_transaction *transaction)
{
    if (!transaction)
        return;
    if (transaction->producer) {
        (void)rd_kafka_purge(transaction->producer,
                             RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_destroy(transaction->producer);
    }
    free(transaction);
}
