/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the decisions as anybody would (read_committed) on a thread of its own and measures, per publish, the time until its
 * decision is visible. Finds the publish by device and sequence. Thread: start and stop on one thread.
 */
#ifndef ATS_LOAD_WATCH_H
#define ATS_LOAD_WATCH_H

#include "tests/bench/load/client.h"

struct load_watch;

struct load_watch_result {
    uint64_t decisions; /* of our publishes, each once */
    uint64_t strangers; /* records of others, or seen before */
    int64_t last_us;    /* when the last one was seen */
    struct load_samples visible_us;
};

/* `clients` must stay until stop. Reads to the topic's present end before it returns. */
ATS_MUST_USE enum ats_status load_watch_start(const struct load_options *options,
                                              struct load_client *clients, size_t client_count,
                                              struct load_watch **ret_watch, struct ats_error *err);
/* Decisions seen so far. */
uint64_t load_watch_seen(const struct load_watch *watch);
/* Ends the thread; the samples become the caller's. */
void load_watch_stop(struct load_watch *watch, struct load_watch_result *ret_result);

#endif
