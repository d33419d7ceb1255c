/* SPDX-License-Identifier: Apache-2.0 */
/* Appending control records to the log and seeing what became of them. Thread: one. */
#ifndef ATS_CLI_APPEND_H
#define ATS_CLI_APPEND_H

#include "common/control/pull.h"
#include "common/kafka/config.h"

/* Where records go, and where they are read back from. */
struct ats_append_target {
    const struct ats_kafka_config *kafka;
    const char *topic;
    struct ats_kafka_reader *reader;
    struct ats_registry *registry;
};

/* Reads the log to its end into the registry, with a note for each record that is ignored; `ret_foreign` counts those of
   other fleets. UNAVAILABLE after the time-out. */
ATS_MUST_USE enum ats_status ats_append_sync(const struct ats_append_target *target,
                                             int64_t timeout_ms, size_t *ret_foreign,
                                             struct ats_error *err);
/* Sends the values in order, waits until Kafka has them, reads them back. REFUSED: the first that was not accepted. */
ATS_MUST_USE enum ats_status ats_append(const struct ats_append_target *target,
                                        const struct ats_buf *values, size_t count,
                                        struct ats_error *err);

#endif
