/* SPDX-License-Identifier: Apache-2.0 */
#include "common/kafka/client.h"

rd_kafka_resp_err_t ats_kafka_query_topic(rd_kafka_t *client, rd_kafka_topic_t *topic,
                                          int timeout_ms, struct ats_kafka_topic_size *ret_size)
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t code = rd_kafka_metadata(client, 0, topic, &metadata, timeout_ms);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && metadata->topic_cnt != 1)
        code = RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
    else if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        code = metadata->topics[0].err;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        const struct rd_kafka_metadata_topic *found = &metadata->topics[0];
        ret_size->partitions = found->partition_cnt;
        ret_size->replication = found->partition_cnt > 0 ? found->partitions[0].replica_cnt : 0;
    }
    if (metadata)
        rd_kafka_metadata_destroy(metadata);
    return code;
}

enum ats_status ats_kafka_ask_topic(rd_kafka_t *client, rd_kafka_topic_t *topic, int timeout_ms,
                                    struct ats_kafka_topic_size *ret_size, struct ats_error *err)
{
    rd_kafka_resp_err_t code = ats_kafka_query_topic(client, topic, timeout_ms, ret_size);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return ATS_OK;
    return ats_error_set(err, ats_kafka_status(code), "topic %s: %s", rd_kafka_topic_name(topic),
                         rd_kafka_err2str(code));
}
