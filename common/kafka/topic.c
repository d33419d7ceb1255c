/* SPDX-License-Identifier: Apache-2.0 */
#include "common/kafka/config.h"

#include "common/base/utf8.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define TOPIC_CHARACTERS "letters, digits, '.', '_', '-'"

static bool has_topic_characters(const char *text)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    return text[strspn(text, allowed)] == '\0';
}

/* Kafka's own rule, without its length: [a-zA-Z0-9._-]+, and neither "." nor "..". */
static bool is_topic_name(const char *name)
{
    return name[0] != '\0' && has_topic_characters(name) && strcmp(name, ".") != 0 &&
           strcmp(name, "..") != 0;
}

enum ats_status ats_kafka_topic_name(const struct ats_kafka_config *config, const char *suffix,
                                     char ret_name[ATS_KAFKA_TOPIC_MAX + 1], struct ats_error *err)
{
    const char *prefix = config->topic_prefix ? config->topic_prefix : ATS_TOPIC_PREFIX_DEFAULT;
    if (!has_topic_characters(prefix))
        return ats_error_set(
            err, ATS_ERR_INVALID,
            "topic prefix '%.*s': not allowed in a topic's name (allowed: " TOPIC_CHARACTERS ")",
            ATS_QUOTE(prefix));
    int len = snprintf(ret_name, ATS_KAFKA_TOPIC_MAX + 1, "%s%s", prefix, suffix);
    if (len < 0 || len > ATS_KAFKA_TOPIC_MAX)
        return ats_error_set(err, ATS_ERR_LIMIT,
                             "topic '%s%s' is longer than Kafka's limit of %d characters", prefix,
                             suffix, ATS_KAFKA_TOPIC_MAX);
    if (!is_topic_name(ret_name))
        return ats_error_set(err, ATS_ERR_INVALID,
                             "topic '%s' is not a name that Kafka allows (" TOPIC_CHARACTERS ")",
                             ret_name);
    return ATS_OK;
}

enum ats_status ats_kafka_prefix_check(const char *prefix, struct ats_error *err)
{
    char topic[ATS_KAFKA_TOPIC_MAX + 1];
    const struct ats_kafka_config config = {.topic_prefix = prefix};
    if (ats_kafka_topic_name(&config, "control", topic, err) == ATS_OK)
        return ATS_OK;
    if (err)
        err->status = ATS_ERR_CONFIG;
    return ATS_ERR_CONFIG;
}

enum ats_status ats_kafka_prefix_settle(const char *given, const char *kept, const char *file,
                                        const char **ret_prefix, struct ats_error *err)
{
    if (given && kept && strcmp(given, kept) != 0)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "'%.*s' is not the topic prefix that %s says ('%.*s')",
                             ATS_QUOTE(given), file, ATS_QUOTE(kept));
    *ret_prefix = kept ? kept : ATS_TOPIC_PREFIX_DEFAULT;
    if (given)
        *ret_prefix = given;
    return ats_kafka_prefix_check(*ret_prefix, err);
}
