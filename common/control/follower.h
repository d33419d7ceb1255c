/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Follows the control topic into a registry on a thread of its own: gate and processor each run one. Kafka may be down
 * at start and at any time; the registry then stays what it was and the follower says so once.
 */
#ifndef ATS_CONTROL_FOLLOWER_H
#define ATS_CONTROL_FOLLOWER_H

#include "common/base/log.h"
#include "common/control/registry.h"
#include "common/kafka/config.h"

struct ats_control_follower;

/* What others do after a change; called on the follower's thread, after the record was committed to the store. */
typedef void ats_control_changed(void *ctx, enum ats_control_kind kind, struct ats_span name);

/* After the changes of one group of records, so that what concerns many is done once. */
typedef void ats_control_changed_all(void *ctx);

struct ats_control_follower_options {
    const struct ats_kafka_config *kafka; /* borrowed for the follower's life */
    struct ats_registry *registry;        /* borrowed; nobody else may apply meanwhile */
    struct ats_log *log;
    ats_control_changed *changed;         /* may be NULL */
    ats_control_changed_all *changed_all; /* likewise */
    void *ctx;
};

ATS_MUST_USE enum ats_status
ats_control_follower_start(const struct ats_control_follower_options *options,
                           struct ats_control_follower **ret_follower, struct ats_error *err);
/* Whether the log was read to its end; not while it cannot be followed although Kafka answers, such as where it is not the log
   that the registry was read from. Thread: any. */
bool ats_control_follower_caught_up(const struct ats_control_follower *follower);
/* Whether the log can be read now, as far as the brokers' answers say. Thread: any. */
bool ats_control_follower_following(const struct ats_control_follower *follower);
/* Asks for the log to be read to the end that it has now. The answer is a number: once ats_control_follower_read() has come
   that far, all that was in the log at this call is applied. As long as Kafka cannot say where the end is, that does not
   happen. Thread: any. */
uint64_t ats_control_follower_ask(struct ats_control_follower *follower);
uint64_t ats_control_follower_read(const struct ats_control_follower *follower);
/* Has the thread take a piece of the log from a file (import.h), now and not again; what came of it is told in the log:
   control.imported, control.import-refused, control.import-stopped. A path that is still waiting is replaced. Thread: any. */
void ats_control_follower_import(struct ats_control_follower *follower, const char *path);
/* Records that were not accepted, by outcome. Thread: any. */
uint64_t ats_control_follower_rejected(const struct ats_control_follower *follower,
                                       enum ats_control_outcome outcome);
/* Files that were asked for by ats_control_follower_import(), by what came of them. Thread: any. */
enum ats_control_import {
    ATS_CONTROL_IMPORT_TAKEN,
    ATS_CONTROL_IMPORT_STOPPED, /* taken up to a record that nothing vouches for */
    ATS_CONTROL_IMPORT_REFUSED,
    ATS_CONTROL_IMPORT_COUNT,
};
uint64_t ats_control_follower_imports(const struct ats_control_follower *follower,
                                      enum ats_control_import import);
/* Ends the thread and frees. */
void ats_control_follower_stop(struct ats_control_follower *follower);

#endif
