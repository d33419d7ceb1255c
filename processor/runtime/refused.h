/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Kafka has refused for its size. Kafka's limit is on batches and each topic has its own, so it is not known which record
 * was too much: after such a failure as many records as the transaction had are processed in one transaction each. The one whose
 * own transaction is refused becomes a dead letter without its payload; the others pass.
 *
 * Thread: the worker's. Owns: nothing.
 */
#ifndef ATS_RUNTIME_REFUSED_H
#define ATS_RUNTIME_REFUSED_H

#include "common/kafka/config.h"
#include "common/kafka/record.h"

#include <stdbool.h>
#include <stdint.h>

struct ats_place {
    char topic[ATS_KAFKA_TOPIC_MAX + 1];
    int64_t offset;
};

struct ats_refused {
    uint64_t alone;          /* how many records are still to be processed so */
    struct ats_place newest; /* the one that was tried last of them */
    struct ats_place one;    /* the one that was too much */
};

/* Before each record is processed. Whether it is the one that was too much. */
bool ats_refused_try(struct ats_refused *refused, const struct ats_kafka_record *record);
/* A transaction of so many records was more than Kafka takes. */
void ats_refused_note(struct ats_refused *refused, uint64_t records);
/* A transaction was committed. */
void ats_refused_passed(struct ats_refused *refused);
/* Whether each record needs a transaction of its own. */
bool ats_refused_wants_one(const struct ats_refused *refused);

#endif
