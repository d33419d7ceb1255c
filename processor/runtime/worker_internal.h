/* SPDX-License-Identifier: Apache-2.0 */
/* What worker.c (the loop), subscription.c (which inputs), committed.c and resume.c (from where) and assignment.c (what the group gives and takes)
   share. */
#ifndef ATS_RUNTIME_WORKER_INTERNAL_H
#define ATS_RUNTIME_WORKER_INTERNAL_H

#include "processor/runtime/worker.h"

#include <pthread.h>

/* Why a task's inputs are not read. */
enum ats_pause {
    ATS_PAUSE_NONE,
    ATS_PAUSE_WAITS, /* a record waits for the control log */
    ATS_PAUSE_FAILS, /* its transactions fail again and again: the next try is later */
    ATS_PAUSE_FULL,  /* its state has reached its bound: for the rest of the assignment */
};

/* A task, and what the worker does with it. */
struct ats_worker_task {
    struct ats_task *task;
    enum ats_pause pause;
    int64_t until_ms; /* ATS_PAUSE_FAILS */
    unsigned aborts;  /* since the last commit */
    bool due;         /* to be committed in this round */
};

struct ats_worker {
    struct ats_worker_options options;
    char *instance_id;
    pthread_t thread;
    rd_kafka_t *consumer;
    struct ats_worker_task *tasks;
    size_t task_count;
    size_t waiting;                         /* tasks that are paused, as the metrics have it */
    char group_id[ATS_KAFKA_TOPIC_MAX + 1]; /* begins with the topic prefix */
    char input_prefix[ATS_KAFKA_TOPIC_MAX + 1];
    char changelog[ATS_KAFKA_TOPIC_MAX + 1];
    int changelog_partitions;
    rd_kafka_topic_partition_list_t *subscribed; /* NULL: not yet */
    size_t left_out;                             /* contracts that inputs.h gives no topic */
    uint64_t subscribed_at;                      /* generation of the snapshot */
    int64_t subscribe_again_ms; /* when to look again for inputs that are not there; 0: all are */
    enum ats_status failed;     /* not OK: the worker must begin anew */
    struct ats_error err;
    char said[ATS_ERROR_TEXT_MAX]; /* what the worker waits for, as it was logged last */
    atomic_bool joined;
    atomic_bool held_up; /* by a transaction that is open in the changelog */
    atomic_size_t full;  /* tasks whose state is full */
};

int64_t ats_worker_now_ms(void);
bool ats_worker_stopping(const struct ats_worker *worker);
/* Remembers why the worker must begin anew. */
void ats_worker_fail(struct ats_worker *worker, enum ats_status status);
/* Notes whether a transaction in the changelog holds the worker up, also in the metrics. */
void ats_worker_set_held_up(struct ats_worker *worker, bool held_up);
/* Logs what the worker waits for, once for each reason. */
void ats_worker_say_waiting(struct ats_worker *worker, const struct ats_error *err);

/* Subscribes to the inputs of the present contracts, as far as they can be used. UNAVAILABLE: none can, or another topic is not
   there yet, or Kafka does not answer; CONFIG: the group has another key. */
ATS_MUST_USE enum ats_status ats_worker_subscribe(struct ats_worker *worker);
/* Follows the contracts while running: an input that cannot be used is left out and looked for again. */
void ats_worker_follow_contracts(struct ats_worker *worker);
void ats_worker_forget_subscription(struct ats_worker *worker);

/* Whether such an answer to the question for committed offsets stands for good: asking again is of no use. */
bool ats_committed_is_refused(rd_kafka_resp_err_t code);
/* What is waited for after an answer that does not. */
const char *ats_committed_waits_for(rd_kafka_resp_err_t code);
/* The committed offsets of an assignment, once no transaction of this group's is open on them. UNAVAILABLE: not within
   ATS_TRANSACTION_TIMEOUT_MS; another status: Kafka refuses them, which is told at once. Blocks. */
ATS_MUST_USE enum ats_status ats_worker_read_committed(struct ats_worker *worker,
                                                       rd_kafka_topic_partition_list_t *partitions);

/* Whether the inputs still hold what is to be read next. Where not, that is told and counted, and `partitions` has from where to
   read in its place. Marks that are not this group's are taken out of it. */
ATS_MUST_USE enum ats_status
ats_worker_check_positions(struct ats_worker *worker, rd_kafka_topic_partition_list_t *partitions);

/* librdkafka's rebalance callback; `opaque` is the worker. */
void ats_worker_on_rebalance(rd_kafka_t *consumer, rd_kafka_resp_err_t code,
                             rd_kafka_topic_partition_list_t *partitions, void *opaque);
struct ats_worker_task *ats_worker_find_task(struct ats_worker *worker, int32_t partition);
/* Commits the tasks that are due: all changelogs are on their way before the first commit waits. */
void ats_worker_commit_due(struct ats_worker *worker, int64_t deadline_ms);
/* Commits; after AGAIN the inputs are put back, after another failure the worker has failed. */
enum ats_status ats_worker_commit(struct ats_worker *worker, struct ats_worker_task *slot,
                                  int64_t deadline_ms);
/* Gives up the open transaction and puts the inputs back. */
void ats_worker_abort(struct ats_worker *worker, struct ats_worker_task *slot, int64_t deadline_ms);
/* Gives up the open transaction, and the task until it is opened anew: its state is full, which worker->err tells. */
void ats_worker_stop_full(struct ats_worker *worker, struct ats_worker_task *slot,
                          int64_t deadline_ms);
/* Stops reading a task's inputs, and reads on from what is committed. */
void ats_worker_pause(struct ats_worker *worker, struct ats_worker_task *slot, enum ats_pause why);
void ats_worker_resume(struct ats_worker *worker, struct ats_worker_task *slot);
/* What the tasks are at, into the metrics. */
void ats_worker_measure(struct ats_worker *worker);
void ats_worker_close_tasks(struct ats_worker *worker);

#endif
