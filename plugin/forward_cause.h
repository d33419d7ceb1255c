/* SPDX-License-Identifier: Apache-2.0 */
/* Why forwarding cannot go on as it is. Thread: the forwarder's. Owns: nothing. */
#ifndef ATS_PLUGIN_FORWARD_CAUSE_H
#define ATS_PLUGIN_FORWARD_CAUSE_H

#include "common/kafka/producer.h"

/* What a record or the producer met, as a text for people; `err` may have one already. NOT_FOUND: the topic's name is copied. */
enum ats_status ats_forward_cause(const struct ats_kafka_producer *producer,
                                  char ret_missing_topic[ATS_KAFKA_TOPIC_MAX + 1],
                                  struct ats_error *err);

#endif
