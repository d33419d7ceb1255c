/* SPDX-License-Identifier: Apache-2.0 */
/*
 * librdkafka's configuration object from ours. The only header of this folder that shows librdkafka;
 * for common/kafka itself and processor/runtime.
 */
#ifndef ATS_KAFKA_CONF_H
#define ATS_KAFKA_CONF_H

#include "common/kafka/config.h"
#include "common/kafka/record.h"

#include <librdkafka/rdkafka.h>

/* What every client of ours has: the brokers, the file's properties, client.id, quiet logging, murmur2_random.
   Owns: the caller, until rd_kafka_new() succeeds. CONFIG names file, line, property and librdkafka's reason. */
ATS_MUST_USE enum ats_status ats_kafka_conf_new(const struct ats_kafka_config *config,
                                                rd_kafka_conf_t **ret_conf, struct ats_error *err);
/* Sets one property that the code itself needs. */
ATS_MUST_USE enum ats_status ats_kafka_conf_set(rd_kafka_conf_t *conf, const char *name,
                                                const char *value, struct ats_error *err);
/* The status, and so the class, of librdkafka's error code. */
enum ats_status ats_kafka_status(rd_kafka_resp_err_t code);
/* A view of the message; the record borrows from it. Headers past ATS_KAFKA_HEADERS_MAX are left out. */
void ats_kafka_record_view(const rd_kafka_message_t *message, struct ats_kafka_record *ret_record);
/* Queues a record (copied) on the producer. AGAIN: queue full. LIMIT: too large. `opaque` reaches the delivery report. */
ATS_MUST_USE enum ats_status ats_kafka_produce(rd_kafka_t *producer,
                                               const struct ats_kafka_record *record, void *opaque,
                                               struct ats_error *err);

#endif
