/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/forward_cause.h"

#include <stdio.h>

enum ats_status ats_forward_cause(const struct ats_kafka_producer *producer,
                                  char ret_missing_topic[ATS_KAFKA_TOPIC_MAX + 1],
                                  struct ats_error *err)
{
    const struct ats_kafka_failure *failure = ats_kafka_producer_failure(producer);
    if (failure->status == ATS_OK)
        return err->text[0] ? ATS_ERR_INTERNAL
                            : ats_error_set(err, ATS_ERR_MEMORY, "out of memory for a mark");
    if (failure->status != ATS_ERR_NOT_FOUND)
        return ats_error_set(err, failure->status, "topic %s: %s", failure->topic, failure->text);
    (void)snprintf(ret_missing_topic, ATS_KAFKA_TOPIC_MAX + 1, "%s", failure->topic);
    return ats_error_set(
        err, failure->status,
        "topic %s is not there: `attestream topics create` makes it, also where its "
        "contract is void since",
        failure->topic);
}
