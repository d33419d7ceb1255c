/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single records of the quarantine topic, by partition and offset, best asked for in that order. They are read past open transactions: a
 * gate's record proves itself. Thread: one. Owns: its reader.
 */
#ifndef ATS_PLUGIN_REPLAY_FETCH_H
#define ATS_PLUGIN_REPLAY_FETCH_H

#include "common/base/clock.h"
#include "common/kafka/reader.h"

enum ats_replay_fetched {
    ATS_REPLAY_HAS,   /* the record, borrowed until the next call */
    ATS_REPLAY_GONE,  /* there is none (any more) */
    ATS_REPLAY_AWAIT, /* ask again: it is on its way, or Kafka is away, which `err` says */
};

struct ats_replay_fetch {
    const struct ats_kafka_config *kafka;
    const struct ats_clock *clock;
    char topic[ATS_KAFKA_TOPIC_MAX + 1];
    struct ats_kafka_reader *reader;
    int32_t partition;        /* of the reader */
    int64_t end;              /* of its partition, as Kafka said it last; negative: not asked yet */
    int64_t missing_since_ms; /* monotonic; 0: it is not */
};

ATS_MUST_USE enum ats_status ats_replay_fetch_init(struct ats_replay_fetch *fetch,
                                                   const struct ats_kafka_config *kafka,
                                                   const struct ats_clock *clock,
                                                   struct ats_error *err);
void ats_replay_fetch_fini(struct ats_replay_fetch *fetch);
/* Gives up the connection, until the next call. */
void ats_replay_fetch_close(struct ats_replay_fetch *fetch);
/* Waits at most ATS_CONTROL_POLL_TIMEOUT_MS, or as long as a reader asks brokers that are slow. */
enum ats_replay_fetched ats_replay_fetch(struct ats_replay_fetch *fetch, int32_t partition,
                                         int64_t offset, struct ats_kafka_record *ret_record,
                                         struct ats_error *err);

#endif
