/* SPDX-License-Identifier: Apache-2.0 */
/* Topics: create, look at, delete. Every call waits for the brokers, up to its time-out. Thread: any, one at a time. */
#ifndef ATS_KAFKA_ADMIN_H
#define ATS_KAFKA_ADMIN_H

#include "common/kafka/config.h"

#include <stddef.h>
#include <stdint.h>

struct ats_kafka_admin;

struct ats_kafka_topic_setting {
    const char *name;
    const char *value;
};

struct ats_kafka_topic_spec {
    const char *topic; /* full name */
    int partitions;
    int replication;
    const struct ats_kafka_topic_setting *settings; /* ends with a NULL name */
};

ATS_MUST_USE enum ats_status ats_kafka_admin_open(const struct ats_kafka_config *config,
                                                  struct ats_kafka_admin **ret_admin,
                                                  struct ats_error *err);
/* EXISTS when the topic is there already (whatever its settings); LIMIT when there are fewer brokers than replicas. Returns
   when a broker that is asked knows it. */
ATS_MUST_USE enum ats_status ats_kafka_admin_create(struct ats_kafka_admin *admin,
                                                    const struct ats_kafka_topic_spec *spec,
                                                    int timeout_ms, struct ats_error *err);
ATS_MUST_USE enum ats_status ats_kafka_admin_delete(struct ats_kafka_admin *admin,
                                                    const char *topic, int timeout_ms,
                                                    struct ats_error *err);
/* Partition and replica count; NOT_FOUND. */
ATS_MUST_USE enum ats_status ats_kafka_admin_describe(struct ats_kafka_admin *admin,
                                                      const char *topic, int timeout_ms,
                                                      int *ret_partitions, int *ret_replication,
                                                      struct ats_error *err);
/* The first record of a partition that is not older than that time (its timestamp); the partition's end where there is none. */
ATS_MUST_USE enum ats_status ats_kafka_admin_offset_at(struct ats_kafka_admin *admin,
                                                       const char *topic, int32_t partition,
                                                       int64_t time_ms, int timeout_ms,
                                                       int64_t *ret_offset, struct ats_error *err);
/* The value of one topic setting, into `ret_value`. */
ATS_MUST_USE enum ats_status ats_kafka_admin_setting(struct ats_kafka_admin *admin,
                                                     const char *topic, const char *name,
                                                     int timeout_ms, char *ret_value, size_t size,
                                                     struct ats_error *err);
/* Called with each topic that starts with the prefix. */
ATS_MUST_USE enum ats_status ats_kafka_admin_list(struct ats_kafka_admin *admin, const char *prefix,
                                                  int timeout_ms,
                                                  void (*each)(void *ctx, const char *topic),
                                                  void *ctx, struct ats_error *err);
void ats_kafka_admin_close(struct ats_kafka_admin *admin);

#endif
