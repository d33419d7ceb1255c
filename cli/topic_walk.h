/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the records of a topic, for commands that show them: on and on, or to the end that the topic has when it is asked. Ctrl-C is
 * a clean end once Kafka has answered; before, it ends the process as it does any other. Thread: one.
 */
#ifndef ATS_CLI_TOPIC_WALK_H
#define ATS_CLI_TOPIC_WALK_H

#include "cli/command.h"
#include "common/kafka/reader.h"

struct ats_topic_walk {
    const struct ats_cli *cli;
    const char *topic; /* full name */
    /* False: enough. The record is borrowed. */
    bool (*visit)(void *ctx, const struct ats_kafka_record *record);
    void *ctx;
    bool
        uncommitted; /* past transactions that somebody left open: whoever acts on a record checks it */
    int64_t since_ms; /* to an end: records that Kafka has from before are passed over; 0: none */
    bool any;         /* set: there was a record */
    bool over;        /* set: visit had enough, or Ctrl-C */
    bool cut;         /* set: Ctrl-C before the end */
};

/* Of all partitions, from there on, with no end. */
ATS_MUST_USE enum ats_status ats_topic_follow(struct ats_topic_walk *walk, int64_t offset,
                                              struct ats_error *err);
/* Each partition in its turn, from its beginning. NOT_FOUND: there is no such topic. */
ATS_MUST_USE enum ats_status ats_topic_walk_to_end(struct ats_topic_walk *walk,
                                                   struct ats_error *err);
/* The record there; NOT_FOUND: there is none (any more), or no such topic. */
ATS_MUST_USE enum ats_status ats_topic_walk_one(struct ats_topic_walk *walk, int32_t partition,
                                                int64_t offset, struct ats_error *err);

#endif
