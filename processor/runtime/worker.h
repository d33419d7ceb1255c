/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker: one consumer of the group on a thread of its own, and the tasks that the group gives it.
 *
 *   joining -> assigned: tasks open, inputs at the committed offsets -> running -> revoked: commit, tasks close -> joining
 *   any error whose outcome is unknown: everything is closed without commit, and after a pause the worker joins anew
 *
 * Thread: start and stop from one thread; everything else happens on the worker's own.
 */
#ifndef ATS_RUNTIME_WORKER_H
#define ATS_RUNTIME_WORKER_H

#include "processor/runtime/task.h"

struct ats_worker;

struct ats_worker_options {
    struct ats_task_context tasks;
    const char *instance_id; /* static membership: stable per member and worker */
    int64_t session_timeout_ms;
    int64_t commit_interval_ms;
    int64_t commit_events_max;
};

ATS_MUST_USE enum ats_status ats_worker_start(const struct ats_worker_options *options,
                                              struct ats_worker **ret_worker,
                                              struct ats_error *err);
/* Whether the worker is in the group. Thread: any. */
bool ats_worker_joined(const struct ats_worker *worker);
/* Whether it waits for the end of a transaction that is open in the changelog. Thread: any. */
bool ats_worker_held_up(const struct ats_worker *worker);
/* How many of its tasks have stopped because their state is full. Thread: any. */
size_t ats_worker_full(const struct ats_worker *worker);
/* Waits until the thread has ended; tasks.stopping must be set. */
void ats_worker_join(struct ats_worker *worker);

#endif
