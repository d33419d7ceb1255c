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

/* By rd_kafka_offsets_for_times(), since rd_kafka_query_watermark_offsets() of librdkafka 2.0.2 may wait for ever. */
enum ats_status ats_kafka_admin_end_offset(struct ats_kafka_admin *admin, const char *topic,
                                           int32_t partition, int timeout_ms, int64_t *ret_offset,
                                           struct ats_error *err)
{
    int partitions = 0;
    int replication = 0;
    /* A partition that does not exist would be waited for. */
    enum ats_status status =
        ats_kafka_admin_describe(admin, topic, timeout_ms, &partitions, &replication, err);
    if (status != ATS_OK)
        return status;
    if (partition < 0 || partition >= partitions)
        return ats_error_set(err, ATS_ERR_NOT_FOUND, "topic %s has no partition %d", topic,
                             (int)partition);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *entry = rd_kafka_topic_partition_list_add(list, topic, partition);
    entry->offset = RD_KAFKA_OFFSET_END; /* as a time: "the latest" */
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(admin->client, list, timeout_ms);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        code = entry->err;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        *ret_offset = entry->offset;
    rd_kafka_topic_partition_list_destroy(list);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? ATS_OK : query_error(topic, code, err);
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
