/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An idempotent producer: acks=all, gapless, no message time-out, murmur2_random. Order within a
 * partition is the order of send. After `failed` it must be closed and opened anew, and what was not
 * delivered sent again (the gate replays from its journal).
 *
 * Thread: one at a time; the delivery callback runs inside poll, flush and close on the caller's thread.
 */
#ifndef ATS_KAFKA_PRODUCER_H
#define ATS_KAFKA_PRODUCER_H

#include "common/kafka/config.h"
#include "common/kafka/record.h"

struct ats_kafka_producer;

/* `tag` is what send was given; `status` is OK, or why the record is not in Kafka. */
typedef void ats_kafka_delivered(void *ctx, uint64_t tag, enum ats_status status);
/* Messages of librdkafka's own, such as "broker down"; called inside poll. */
typedef void ats_kafka_notice(void *ctx, const char *text);

/* Does not wait for a broker: Kafka may be down. CONFIG names the property and the file. */
ATS_MUST_USE enum ats_status ats_kafka_producer_open(const struct ats_kafka_config *config,
                                                     ats_kafka_delivered *delivered,
                                                     ats_kafka_notice *notice, void *ctx,
                                                     struct ats_kafka_producer **ret_producer,
                                                     struct ats_error *err);
/* Copies the record into the queue. AGAIN: the queue is full, poll first. LIMIT: larger than the broker takes.
   NOT_FOUND: no such topic or partition. */
ATS_MUST_USE enum ats_status ats_kafka_producer_send(struct ats_kafka_producer *producer,
                                                     const struct ats_kafka_record *record,
                                                     uint64_t tag, struct ats_error *err);
/* Serves delivery callbacks for up to `timeout_ms`; the number of events served. */
int ats_kafka_producer_poll(struct ats_kafka_producer *producer, int timeout_ms);
/* Waits until everything sent is delivered: AGAIN after the time-out. */
ATS_MUST_USE enum ats_status ats_kafka_producer_flush(struct ats_kafka_producer *producer,
                                                      int timeout_ms);
/* Why the first record that was not delivered was not; OK before there was one. */
struct ats_kafka_failure {
    char topic[ATS_KAFKA_TOPIC_MAX + 1];
    char text[ATS_ERROR_TEXT_MAX - ATS_KAFKA_TOPIC_MAX];
    enum ats_status status;
};
const struct ats_kafka_failure *
ats_kafka_producer_failure(const struct ats_kafka_producer *producer);
/* Whether the topic is there: NOT_FOUND, UNAVAILABLE when nobody answers in time. */
ATS_MUST_USE enum ats_status ats_kafka_producer_ask(struct ats_kafka_producer *producer,
                                                    const char *topic, int timeout_ms,
                                                    struct ats_error *err);
/* Whether the producer met a fatal error and must be rebuilt. */
bool ats_kafka_producer_failed(const struct ats_kafka_producer *producer, struct ats_error *err);
/* Drops what is queued without waiting; its delivery callbacks run with a status that is not OK. */
void ats_kafka_producer_close(struct ats_kafka_producer *producer);

#endif
