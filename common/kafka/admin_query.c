/* SPDX-License-Identifier: Apache-2.0 */
/* What metadata and offset requests answer: partitions, names, ends. */
#include "common/kafka/admin_internal.h"
#include "common/kafka/client.h"

static enum ats_status query_error(const char *topic, rd_kafka_resp_err_t code,
                                   struct ats_error *err)
{
    return ats_error_set(err, ats_kafka_status(code), "cannot ask the brokers about %s: %s", topic,
                         rd_kafka_err2str(code));
}

enum ats_status ats_kafka_admin_describe(struct ats_kafka_admin *admin, const char *topic,
                                         int timeout_ms, int *ret_partitions, int *ret_replication,
                                         struct ats_error *err)
{
    struct ats_kafka_topic_size size = {0};
    rd_kafka_topic_t *handle = rd_kafka_topic_new(admin->client, topic, NULL);
    if (!handle)
        return query_error(topic, rd_kafka_last_error(), err);
    enum ats_status status = ats_kafka_ask_topic(admin->client, handle, timeout_ms, &size, err);
    rd_kafka_topic_destroy(handle);
    *ret_partitions = size.partitions;
    *ret_replication = size.replication;
    return status;
}

enum ats_status ats_kafka_admin_list(struct ats_kafka_admin *admin, const char *prefix,
                                     int timeout_ms, void (*each)(void *ctx, const char *topic),
                                     void *ctx, struct ats_error *err)
{
    const struct rd_kafka_metadata *metadata = NULL;
    size_t len = strlen(prefix);
    rd_kafka_resp_err_t code = rd_kafka_metadata(admin->client, 1, NULL, &metadata, timeout_ms);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return query_error("its topics", code, err);
    for (int i = 0; i < metadata->topic_cnt; i++) {
        const char *name = metadata->topics[i].topic;
        if (strncmp(name, prefix, len) == 0)
            each(ctx, name);
    }
    rd_kafka_metadata_destroy(metadata);
    return ATS_OK;
}
