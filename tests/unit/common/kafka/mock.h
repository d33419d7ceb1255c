/* SPDX-License-Identifier: Apache-2.0 */
/* librdkafka's mock cluster of one broker, for tests of what stands on common/kafka. */
#ifndef ATS_TEST_KAFKA_MOCK_H
#define ATS_TEST_KAFKA_MOCK_H

#include "common/kafka/conf.h"

#include <librdkafka/rdkafka_mock.h>

struct mock_kafka {
    rd_kafka_t *host;
    rd_kafka_mock_cluster_t *cluster;
    struct ats_kafka_config config;
};

/* With one topic of one partition. */
static inline void mock_kafka_begin(struct mock_kafka *mock, const char *topic)
{
    mock->host = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), NULL, 0);
    mock->cluster = rd_kafka_mock_cluster_new(mock->host, 1);
    (void)rd_kafka_mock_topic_create(mock->cluster, topic, 1, 1);
    mock->config =
        (struct ats_kafka_config){.bootstrap = rd_kafka_mock_cluster_bootstraps(mock->cluster)};
}

static inline void mock_kafka_end(struct mock_kafka *mock)
{
    rd_kafka_mock_cluster_destroy(mock->cluster);
    rd_kafka_destroy(mock->host);
}

#endif
