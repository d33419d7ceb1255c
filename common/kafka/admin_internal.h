/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATS_KAFKA_ADMIN_INTERNAL_H
#define ATS_KAFKA_ADMIN_INTERNAL_H

#include "common/kafka/admin.h"
#include "common/kafka/conf.h"

struct ats_kafka_admin {
    rd_kafka_t *client; /* a producer handle: it has no group, and nothing is ever sent with it */
    rd_kafka_queue_t *queue;
};

#endif
