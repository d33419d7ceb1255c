/* SPDX-License-Identifier: Apache-2.0 */
#include "common/kafka/conf.h"

#include <assert.h>

int32_t ats_kafka_partition_of(struct ats_span key, int32_t partition_count)
{
    assert(key.len > 0 && partition_count > 0);
    return rd_kafka_msg_partitioner_murmur2(NULL, key.data, key.len, partition_count, NULL, NULL);
}
