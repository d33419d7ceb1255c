/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the log is told of the way to Kafka: each thing once, until it is over or another. Thread: the forwarder's. Owns: nothing.
 */
#ifndef ATS_PLUGIN_FORWARD_TOLD_H
#define ATS_PLUGIN_FORWARD_TOLD_H

#include "common/base/log.h"
#include "common/base/status.h"

#include <stdbool.h>

struct ats_forward_told {
    struct ats_log *log;    /* borrowed */
    enum ats_status failed; /* why; OK: Kafka took something since */
    bool noticed;           /* by the producer, since then */
    bool waiting;           /* that nobody would take the seal */
};

/* Nobody would take the seal of what is sent to that group; `knows_group`: it has a record. */
void ats_forward_told_waiting(struct ats_forward_told *told, const char *group, bool knows_group);
/* Somebody does, and the producer is open. */
void ats_forward_told_sending(struct ats_forward_told *told);
void ats_forward_told_notice(struct ats_forward_told *told, const char *text);
void ats_forward_told_failed(struct ats_forward_told *told, enum ats_status status,
                             const char *reason, int retry_ms);
/* Kafka has taken something. */
void ats_forward_told_taken(struct ats_forward_told *told);

#endif
