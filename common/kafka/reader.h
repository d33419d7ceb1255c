/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads one topic from given offsets without a consumer group: the control log's followers, `attestream watch`, tests.
 * Thread: one at a time.
 */
#ifndef ATS_KAFKA_READER_H
#define ATS_KAFKA_READER_H

#include "common/kafka/config.h"
#include "common/kafka/record.h"

struct ats_kafka_reader;

#define ATS_KAFKA_PARTITION_ALL (-1)
#define ATS_KAFKA_OFFSET_BEGINNING (-2)
#define ATS_KAFKA_OFFSET_END (-1)

/* Under read_committed. `topic` is the full name. With PARTITION_ALL the partitions are asked from the brokers, which waits up to
   ATS_KAFKA_METADATA_TIMEOUT_MS (UNAVAILABLE, NOT_FOUND); with a partition number nothing is waited for. */
ATS_MUST_USE enum ats_status
ats_kafka_reader_open(const struct ats_kafka_config *config, const char *topic, int32_t partition,
                      int64_t offset, struct ats_kafka_reader **ret_reader, struct ats_error *err);
/* The same, with the records of transactions that are open or were aborted: for a topic whose records each prove
   themselves, since anybody who may write to it could else hold up what comes behind an open transaction. */
ATS_MUST_USE enum ats_status
ats_kafka_reader_open_uncommitted(const struct ats_kafka_config *config, const char *topic,
                                  int32_t partition, int64_t offset,
                                  struct ats_kafka_reader **ret_reader, struct ats_error *err);
/* OK with a record, borrowed until the next call. AGAIN: none within the time-out.
   UNAVAILABLE: brokers down (the reader goes on by itself, keep calling). NOT_FOUND: no such topic or partition (yet).
   INVALID: the topic does not hold the offset; open the reader anew. Until a broker has answered for the topic, and while it
   says UNAVAILABLE or NOT_FOUND, the reader asks: with a broker that is connected and answers late, that may take
   ATS_KAFKA_PROBE_TIMEOUT_MAX_MS, whatever `timeout_ms` is. */
enum ats_status ats_kafka_reader_next(struct ats_kafka_reader *reader, int timeout_ms,
                                      struct ats_kafka_record *ret_record, struct ats_error *err);
/* Whether every partition was read to the end that it had at the last fetch. */
bool ats_kafka_reader_at_end(const struct ats_kafka_reader *reader);
/* For a reader of one partition: asks the brokers for its present end under the reader's isolation. Once the position has come
   that far, all that was in the partition when this was called has been given out. UNAVAILABLE, NOT_FOUND. */
ATS_MUST_USE enum ats_status ats_kafka_reader_ask_end(struct ats_kafka_reader *reader,
                                                      int timeout_ms, int64_t *ret_end,
                                                      struct ats_error *err);
/* For a reader of one partition: the offset behind what was given out; negative before the first fetch from BEGINNING or END. */
int64_t ats_kafka_reader_position(const struct ats_kafka_reader *reader);
/* For a reader of one partition: its end for readers that do not wait for transactions, as the last fetch had it; 0 before. */
int64_t ats_kafka_reader_high(const struct ats_kafka_reader *reader);
void ats_kafka_reader_close(struct ats_kafka_reader *reader);

#endif
