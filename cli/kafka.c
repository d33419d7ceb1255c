/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/kafka.h"

#include "cli/cli.h"
#include "common/base/limits.h"
#include "common/kafka/admin.h"

#include <string.h>

/* As many brokers as a line of text holds. */
#define BROKERS_MAX 128

/* Any answer will do, also that the topic is not there; false: none in that time. */
static bool answers(struct ats_kafka_admin *admin, const char *topic, int timeout_ms)
{
    int partitions = 0;
    int replication = 0;
    enum ats_status status =
        ats_kafka_admin_describe(admin, topic, timeout_ms, &partitions, &replication, NULL);
    return ats_status_class(status) != ATS_CLASS_RETRY;
}

enum ats_status ats_cli_await_kafka(const struct ats_cli *cli, struct ats_error *err)
{
    struct ats_kafka_admin *admin = NULL;
    char topic[ATS_KAFKA_TOPIC_MAX + 1];
    char brokers[BROKERS_MAX];
    enum ats_status status = ats_cli_check_prefix(cli, err);
    if (status != ATS_OK)
        return status;
    status = ats_kafka_topic_name(&cli->kafka, "control", topic, err);
    if (status != ATS_OK)
        return ats_cli_unusable(status, err);
    status = ats_kafka_brokers(&cli->kafka, brokers, sizeof(brokers), err);
    if (status == ATS_OK)
        status = ats_kafka_admin_open(&cli->kafka, &admin, err);
    if (status != ATS_OK)
        return status;
    if (!answers(admin, topic, ATS_CLI_KAFKA_NOTE_MS)) {
        ats_cli_note("waiting for Kafka at %s (up to %d s)", brokers,
                     ATS_CLI_KAFKA_TIMEOUT_MS / 1000);
        if (!answers(admin, topic, ATS_CLI_KAFKA_TIMEOUT_MS - ATS_CLI_KAFKA_NOTE_MS))
            status =
                ats_error_set(err, ATS_ERR_UNAVAILABLE, "Kafka at %s does not answer", brokers);
    }
    ats_kafka_admin_close(admin);
    return status;
}
