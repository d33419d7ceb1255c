/* SPDX-License-Identifier: Apache-2.0 */
/* What producer, reader and admin share beyond conf.h. */
#ifndef ATS_KAFKA_CLIENT_H
#define ATS_KAFKA_CLIENT_H

#include "common/kafka/conf.h"

struct ats_kafka_property {
    const char *name; /* NULL ends a table */
    const char *value;
};

/* Where the brokers come from, after the environment was asked. Borrowed from config or environment. */
struct ats_kafka_source {
    const char *file;      /* NULL if none */
    const char *bootstrap; /* NULL if none */
    bool from_environment;
};

/* CONFIG when nothing says where Kafka is. */
ATS_MUST_USE enum ats_status ats_kafka_source_find(const struct ats_kafka_config *config,
                                                   struct ats_kafka_source *ret_source,
                                                   struct ats_error *err);
/* Whether every entry of the list names a broker; one may begin with "PROTOCOL://", in any case. CONFIG. */
ATS_MUST_USE enum ats_status ats_kafka_brokers_check(const char *list, const char *protocol,
                                                     struct ats_error *err);
/* Sets every line of a property file on `conf`. */
ATS_MUST_USE enum ats_status ats_kafka_properties_read(const char *path, rd_kafka_conf_t *conf,
                                                       struct ats_error *err);
ATS_MUST_USE enum ats_status ats_kafka_conf_set_all(rd_kafka_conf_t *conf,
                                                    const struct ats_kafka_property *table,
                                                    struct ats_error *err);
/* rd_kafka_new() that takes `conf` in any case. CONFIG names where the configuration came from. */
ATS_MUST_USE enum ats_status ats_kafka_client_new(rd_kafka_type_t type, rd_kafka_conf_t *conf,
                                                  const struct ats_kafka_config *config,
                                                  rd_kafka_t **ret_client, struct ats_error *err);

struct ats_kafka_topic_size {
    int partitions;
    int replication;
};

/* Asks the brokers; waits up to `timeout_ms` for one. __TRANSPORT: no broker is connected; __TIMED_OUT: one is, and has not
   answered within the time. */
rd_kafka_resp_err_t ats_kafka_query_topic(rd_kafka_t *client, rd_kafka_topic_t *topic,
                                          int timeout_ms, struct ats_kafka_topic_size *ret_size);
/* The same, with either as UNAVAILABLE; NOT_FOUND. */
ATS_MUST_USE enum ats_status ats_kafka_ask_topic(rd_kafka_t *client, rd_kafka_topic_t *topic,
                                                 int timeout_ms,
                                                 struct ats_kafka_topic_size *ret_size,
                                                 struct ats_error *err);

#endif
