/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How to reach Kafka: the same names in plugin, processor and CLI. `config_file` holds librdkafka
 * properties (key=value lines, `#` comments), or `bootstrap` alone names the brokers; where both are
 * empty, $ATS_KAFKA_CONFIG and $ATS_KAFKA_BOOTSTRAP stand in. `bootstrap` wins over the file's bootstrap.servers.
 * A file that holds a password or key must have mode 0600 or stricter.
 */
#ifndef ATS_KAFKA_CONFIG_H
#define ATS_KAFKA_CONFIG_H

#include "common/base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct ats_kafka_config {
    const char *config_file;  /* borrowed; NULL or "" if none */
    const char *bootstrap;    /* borrowed; NULL or "" if none */
    const char *topic_prefix; /* borrowed; NULL means ATS_TOPIC_PREFIX_DEFAULT */
    const char *client_id;    /* borrowed; shows in the brokers' logs */
    /* Borrowed; what to do where nothing says where Kafka is. NULL: names the two options above. */
    const char *how_to_set;
};

#define ATS_TOPIC_PREFIX_DEFAULT "ats."
/* Kafka's own limit on a topic's name. */
#define ATS_KAFKA_TOPIC_MAX 249

/* Prefix and suffix as a topic name, e.g. "ats." and "telemetry.env"; LIMIT, or INVALID for a bad character. */
ATS_MUST_USE enum ats_status ats_kafka_topic_name(const struct ats_kafka_config *config,
                                                  const char *suffix,
                                                  char ret_name[ATS_KAFKA_TOPIC_MAX + 1],
                                                  struct ats_error *err);
/* Whether topics may begin with it. CONFIG. */
ATS_MUST_USE enum ats_status ats_kafka_prefix_check(const char *prefix, struct ats_error *err);
/* The prefix in force: the one given, else the one kept in `file`, else the default. NULL: none. CONFIG where the two differ,
   since the halves of a fleet would miss each other. */
ATS_MUST_USE enum ats_status ats_kafka_prefix_settle(const char *given, const char *kept,
                                                     const char *file, const char **ret_prefix,
                                                     struct ats_error *err);
/* Whether anything says where Kafka is: the configuration or, where it is empty, the environment. */
bool ats_kafka_is_configured(const struct ats_kafka_config *config);
/* The brokers to begin with, host:port,... as configured; cut short where the text does not hold them. CONFIG. */
ATS_MUST_USE enum ats_status ats_kafka_brokers(const struct ats_kafka_config *config,
                                               char *ret_text, size_t size, struct ats_error *err);
/* Whether a client could be made of it: file, properties, prefix. Asks no broker. CONFIG. */
ATS_MUST_USE enum ats_status ats_kafka_config_check(const struct ats_kafka_config *config,
                                                    struct ats_error *err);

#endif
