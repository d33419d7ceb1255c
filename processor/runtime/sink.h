/* SPDX-License-Identifier: Apache-2.0 */
/* A task's outputs as records of its open transaction. Thread: the worker's. Owns: the topics' names. */
#ifndef ATS_RUNTIME_SINK_H
#define ATS_RUNTIME_SINK_H

#include "common/base/limits.h"
#include "processor/operators/pipeline.h"
#include "processor/runtime/transaction.h"

struct ats_kafka_sink {
    const struct ats_kafka_config *kafka; /* borrowed */
    struct ats_transaction *transaction;  /* borrowed */
    size_t topic_count;
    struct {
        const char *suffix; /* a literal of the output's */
        char topic[ATS_KAFKA_TOPIC_MAX + 1];
    } topics[ATS_OUTPUT_TOPICS_MAX];
};

/* The `emit` of a struct ats_sink; `ctx` is a struct ats_kafka_sink. */
enum ats_status ats_kafka_sink_emit(void *ctx, const char *topic_suffix,
                                    const struct ats_kafka_record *record, struct ats_error *err);

#endif
