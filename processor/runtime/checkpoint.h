/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checkpoints and heartbeats of a member that has the scope: a checkpoint into the control log within ATS_CONTROL_CHECKPOINT_TURN_MS
 * times its turn of new records, else hourly; a heartbeat every ATS_CONTROL_HEARTBEAT_MS. Members take turns in the order of
 * their group's record, and whoever finds that a checkpoint has come leaves his out, so that one of them suffices. A checkpoint
 * alone is no new record.
 *
 * Thread: one of its own. Owns: its copy of the signing key, its producer.
 */
#ifndef ATS_RUNTIME_CHECKPOINT_H
#define ATS_RUNTIME_CHECKPOINT_H

#include "common/control/heartbeat.h"
#include "processor/runtime/control.h"

struct ats_checkpointer;

struct ats_checkpointer_options {
    const struct ats_kafka_config *kafka; /* borrowed, like all here */
    struct ats_control *control;          /* followed already */
    const uint8_t *fleet;
    const char *group;
    const char *member;
    const char *key_path; /* processor.key.pem; borrowed until start returns */
    struct ats_log *log;
};

/* An error is one of the key's file. */
ATS_MUST_USE enum ats_status ats_checkpointer_start(const struct ats_checkpointer_options *options,
                                                    struct ats_checkpointer **ret_checkpointer,
                                                    struct ats_error *err);
void ats_checkpointer_stop(struct ats_checkpointer *checkpointer);

#endif
