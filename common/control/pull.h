/* SPDX-License-Identifier: Apache-2.0 */
/* From a reader of the control topic into a registry, many records under one commit. Thread: the registry's writer. */
#ifndef ATS_CONTROL_PULL_H
#define ATS_CONTROL_PULL_H

#include "common/control/registry.h"
#include "common/kafka/reader.h"

/* A reader of the control topic (its full name), from where ats_registry_begin_reading() says. It does not wait for transactions to end: a
   record counts by its own signature, and one left open must not hold up a revocation. */
ATS_MUST_USE enum ats_status ats_control_reader_open(const struct ats_kafka_config *kafka,
                                                     const char *topic,
                                                     struct ats_registry *registry,
                                                     struct ats_kafka_reader **ret_reader,
                                                     struct ats_error *err);

/* Told of each record that is new to the registry, before the commit; `reason` says why one was not accepted. */
typedef void ats_control_pulled(void *ctx, const struct ats_kafka_record *record,
                                enum ats_control_outcome outcome, const struct ats_error *reason);

/* Waits for a record, applies it and what else is there already, up to ATS_CONTROL_GROUP_MAX. `ret_reader` is what the
   reader said last: OK if there may be more at once. The returned status is the registry's: after a failure nothing was
   stored, and the reader is to be opened anew where the registry stands. */
ATS_MUST_USE enum ats_status ats_control_pull(struct ats_kafka_reader *reader,
                                              struct ats_registry *registry, int timeout_ms,
                                              ats_control_pulled *pulled, void *ctx,
                                              enum ats_status *ret_reader, struct ats_error *err);

#endif
