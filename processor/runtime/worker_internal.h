/* SPDX-License-Identifier: Apache-2.0 */
/* What worker.c (the loop) and assignment.c (what the group gives and takes) share. */
#ifndef ATS_RUNTIME_WORKER_INTERNAL_H
#define ATS_RUNTIME_WORKER_INTERNAL_H

#include "processor/runtime/worker.h"

#include <pthread.h>

struct ats_worker {
    struct ats_worker_options options;
    char *instance_id;
    pthread_t thread;
    rd_kafka_t *consumer;
    struct ats_task **tasks;
    size_t task_count;
    uint64_t subscribed; /* generation of the snapshot that the subscription was made from */
    char input_prefix[ATS_KAFKA_TOPIC_MAX + 1];
    enum ats_status failed; /* not OK: the worker must begin anew */
    struct ats_error err;
    atomic_bool joined;
};

/* librdkafka's rebalance callback; `opaque` is the worker. */
void ats_worker_on_rebalance(rd_kafka_t *consumer, rd_kafka_resp_err_t code,
                             rd_kafka_topic_partition_list_t *partitions, void *opaque);
struct ats_task *ats_worker_find_task(struct ats_worker *worker, int32_t partition);
/* Commits; after AGAIN the inputs are put back, after a fatal status the worker has failed. */
enum ats_status ats_worker_commit(struct ats_worker *worker, struct ats_task *task);
/* Puts the inputs of a task back to what is committed. */
void ats_worker_rewind(struct ats_worker *worker, struct ats_task *task);
void ats_worker_close_tasks(struct ats_worker *worker);
/* Remembers why the worker must begin anew. */
void ats_worker_fail(struct ats_worker *worker, enum ats_status status);

#endif
