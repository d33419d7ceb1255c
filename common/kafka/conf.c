/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Order decides what wins: our preferences, then the user's file, then `bootstrap`, then (in producer, reader and the
 * processor's runtime) what correctness needs; the file cannot name the last, see properties.c.
 */
#include "common/kafka/conf.h"

#include "common/base/limits.h"
#include "common/kafka/client.h"

#include <stdlib.h>

#define HOW_TO_SET                                                                                 \
    "set kafka_bootstrap (host:port,...) or kafka_config (a file of librdkafka properties)"

/* What a file may change. */
static const struct ats_kafka_property preferences[] = {
    /* A broker that comes back is found within a second, not within librdkafka's ten. */
    {"reconnect.backoff.max.ms", "1000"},
    {"linger.ms", "5"},
    {"queue.buffering.max.messages", ATS_LIMIT_TEXT(ATS_KAFKA_QUEUE_RECORDS_MAX)},
    {"queue.buffering.max.kbytes", ATS_LIMIT_TEXT(ATS_KAFKA_QUEUE_KBYTES_MAX)},
    {"queued.max.messages.kbytes", ATS_LIMIT_TEXT(ATS_KAFKA_FETCHED_KBYTES_MAX)},
    /* One fetch at a time is under way per broker: a partition that joins in, or a topic's end, waits for it. */
    {"fetch.wait.max.ms", "50"},
    {"fetch.error.backoff.ms", "100"},
    {NULL, NULL},
};

/* What it may not. */
static const struct ats_kafka_property rules[] = {
    /* Java's partitioner: records of one key meet, whoever wrote them. */
    {"partitioner", "murmur2_random"},
    /* A topic that springs up by itself would have the broker's partition count, not the fleet's. */
    {"allow.auto.create.topics", "false"},
    {NULL, NULL},
};

static void quiet(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
    (void)client;
    (void)level;
    (void)facility;
    (void)text;
}

static const char *given(const char *text)
{
    return text && text[0] != '\0' ? text : NULL;
}

enum ats_status ats_kafka_source_find(const struct ats_kafka_config *config,
                                      struct ats_kafka_source *ret_source, struct ats_error *err)
{
    struct ats_kafka_source source = {.file = given(config->config_file),
                                      .bootstrap = given(config->bootstrap)};
    if (!source.file && !source.bootstrap) {
        source.from_environment = true;
        source.file = given(getenv("ATS_KAFKA_CONFIG"));
        source.bootstrap = given(getenv("ATS_KAFKA_BOOTSTRAP"));
    }
    if (!source.file && !source.bootstrap)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "nothing says where Kafka is: %s, or set $ATS_KAFKA_BOOTSTRAP or "
                             "$ATS_KAFKA_CONFIG",
                             config->how_to_set ? config->how_to_set : HOW_TO_SET);
    *ret_source = source;
    return ATS_OK;
}

enum ats_status ats_kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value,
                                   struct ats_error *err)
{
    char reason[ATS_ERROR_TEXT_MAX - 64];
    if (rd_kafka_conf_set(conf, name, value, reason, sizeof(reason)) == RD_KAFKA_CONF_OK)
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_CONFIG, "librdkafka %s: %s", rd_kafka_version_str(), reason);
}

enum ats_status ats_kafka_conf_set_all(rd_kafka_conf_t *conf,
                                       const struct ats_kafka_property *table,
                                       struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    for (; table->name && status == ATS_OK; table++)
        status = ats_kafka_conf_set(conf, table->name, table->value, err);
    return status;
}

static enum ats_status check_bootstrap(const rd_kafka_conf_t *conf,
                                       const struct ats_kafka_source *source, struct ats_error *err)
{
    char protocol[32] = "";
    size_t protocol_size = sizeof(protocol);
    size_t size = 0;
    /* `size` becomes the value's length with its NUL, whether or not it fits. */
    if (rd_kafka_conf_get(conf, "bootstrap.servers", NULL, &size) != RD_KAFKA_CONF_OK || size <= 1)
        return ats_error_set(err, ATS_ERR_CONFIG, "%s: property 'bootstrap.servers' is missing",
                             source->file);
    char *brokers = malloc(size);
    if (!brokers)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory for the list of brokers");
    (void)rd_kafka_conf_get(conf, "bootstrap.servers", brokers, &size);
    (void)rd_kafka_conf_get(conf, "security.protocol", protocol, &protocol_size);
    enum ats_status status = ats_kafka_brokers_check(brokers, protocol, err);
    free(brokers);
    if (status != ATS_OK && !source->bootstrap)
        ats_error_prefix(err, "%s: property 'bootstrap.servers'", source->file);
    return status;
}

static enum ats_status fill(rd_kafka_conf_t *conf, const struct ats_kafka_config *config,
                            const struct ats_kafka_source *source, struct ats_error *err)
{
    enum ats_status status = ats_kafka_conf_set_all(conf, preferences, err);
    /* Not every build of librdkafka has lz4; without it records go uncompressed. */
    (void)rd_kafka_conf_set(conf, "compression.codec", "lz4", NULL, 0);
    if (status == ATS_OK && given(config->client_id))
        status = ats_kafka_conf_set(conf, "client.id", config->client_id, err);
    if (status == ATS_OK && source->file)
        status = ats_kafka_properties_read(source->file, conf, err);
    if (status == ATS_OK && source->bootstrap)
        status = ats_kafka_conf_set(conf, "bootstrap.servers", source->bootstrap, err);
    if (status == ATS_OK)
        status = check_bootstrap(conf, source, err);
    if (status == ATS_OK)
        status = ats_kafka_conf_set_all(conf, rules, err);
    return status;
}

enum ats_status ats_kafka_conf_new(const struct ats_kafka_config *config,
                                   rd_kafka_conf_t **ret_conf, struct ats_error *err)
{
    struct ats_kafka_source source = {0};
    enum ats_status status = ats_kafka_source_find(config, &source, err);
    if (status != ATS_OK)
        return status;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, quiet);
    status = fill(conf, config, &source, err);
    if (status != ATS_OK) {
        if (source.from_environment)
            ats_error_prefix(err, source.file ? "$ATS_KAFKA_CONFIG" : "$ATS_KAFKA_BOOTSTRAP");
        rd_kafka_conf_destroy(conf);
        return status;
    }
    *ret_conf = conf;
    return ATS_OK;
}

bool ats_kafka_is_configured(const struct ats_kafka_config *config)
{
    struct ats_kafka_source source;
    return ats_kafka_source_find(config, &source, NULL) == ATS_OK;
}

enum ats_status ats_kafka_config_check(const struct ats_kafka_config *config, struct ats_error *err)
{
    rd_kafka_conf_t *conf = NULL;
    enum ats_status status = ats_kafka_prefix_check(config->topic_prefix, err);
    if (status == ATS_OK)
        status = ats_kafka_conf_new(config, &conf, err);
    if (status == ATS_OK)
        rd_kafka_conf_destroy(conf);
    return status;
}

enum ats_status ats_kafka_brokers(const struct ats_kafka_config *config, char *ret_text,
                                  size_t size, struct ats_error *err)
{
    rd_kafka_conf_t *conf = NULL;
    enum ats_status status = ats_kafka_conf_new(config, &conf, err);
    if (status != ATS_OK)
        return status;
    (void)rd_kafka_conf_get(conf, "bootstrap.servers", ret_text, &size);
    rd_kafka_conf_destroy(conf);
    return ATS_OK;
}

enum ats_status ats_kafka_client_new(rd_kafka_type_t type, rd_kafka_conf_t *conf,
                                     const struct ats_kafka_config *config, rd_kafka_t **ret_client,
                                     struct ats_error *err)
{
    char reason[ATS_ERROR_TEXT_MAX - 64];
    struct ats_kafka_source source = {0};
    rd_kafka_t *client = rd_kafka_new(type, conf, reason, sizeof(reason));
    if (client) {
        *ret_client = client;
        return ATS_OK;
    }
    rd_kafka_conf_destroy(conf);
    enum ats_status status = ats_kafka_source_find(config, &source, err);
    if (status != ATS_OK)
        return status;
    return ats_error_set(err, ATS_ERR_CONFIG, "%s: %s",
                         source.file ? source.file : source.bootstrap, reason);
}
