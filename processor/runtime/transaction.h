/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A transactional producer with a stable id, which fences whoever had the id before.
 *
 *   open (init_transactions) -> begin -> produce ... -> commit -> begin ...
 *                                          '-> abort ----------^
 *
 * Every failure is told apart by what the caller must do: OK; AGAIN: the transaction was aborted (of produce: must be), roll
 * back and read the same input again; any other status: the outcome may be unknown, close this and begin anew from what is
 * committed.
 *
 * Thread: the worker's. Deadlines are monotonic times.
 */
#ifndef ATS_RUNTIME_TRANSACTION_H
#define ATS_RUNTIME_TRANSACTION_H

#include "common/kafka/conf.h"

#include <stdatomic.h>

struct ats_transaction;

/* Waits for init_transactions as long as Kafka needs; `stopping` ends the wait with UNAVAILABLE. */
ATS_MUST_USE enum ats_status ats_transaction_open(const struct ats_kafka_config *kafka,
                                                  const char *transactional_id,
                                                  const atomic_bool *stopping,
                                                  struct ats_transaction **ret_transaction,
                                                  struct ats_error *err);
ATS_MUST_USE enum ats_status ats_transaction_begin(struct ats_transaction *transaction,
                                                   struct ats_error *err);
/* Queues a record (copied); serves the queue when it is full. AGAIN: the transaction has failed already, abort it. LIMIT: the
   record is larger than this client sends. */
ATS_MUST_USE enum ats_status ats_transaction_produce(struct ats_transaction *transaction,
                                                     const struct ats_kafka_record *record,
                                                     struct ats_error *err);
/* Waits, within the deadline, until Kafka has what was produced: for a transaction that is to be aborted although nothing has
   failed. librdkafka (2.0.2) asks for the abort even if Kafka has not heard of the transaction yet, and takes the answer
   for fatal. */
void ats_transaction_flush(struct ats_transaction *transaction, int64_t deadline_ms);
/* Sends the input offsets with the consumer's group metadata (its generation fences) and commits. */
ATS_MUST_USE enum ats_status ats_transaction_commit(struct ats_transaction *transaction,
                                                    const rd_kafka_topic_partition_list_t *offsets,
                                                    rd_kafka_t *consumer, int64_t deadline_ms,
                                                    struct ats_error *err);
/* AGAIN is success here: aborted. */
ATS_MUST_USE enum ats_status ats_transaction_abort(struct ats_transaction *transaction,
                                                   int64_t deadline_ms, struct ats_error *err);
/* After an abort: why Kafka did not take a record of the transaction (LIMIT: for its size), or NULL. Good until the next begin. */
const struct ats_error *ats_transaction_refusal(const struct ats_transaction *transaction);
/* Destroys the producer; an open transaction is left to its time-out or to the next owner of the id. */
void ats_transaction_close(struct ats_transaction *transaction);

#endif
