/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which contracts' topics a group reads where there are more than it can: those of the contracts that were first in the control log. All
 * members have that log, so that they read the same ones; a choice by what a process has read so far would be another one after a
 * restart, and then two members have one partition of two topics and fence each other. For the same reason whether a topic is there
 * has no part in it: what waits for its topic keeps its place.
 *
 * Thread: any. Owns: nothing.
 */
#ifndef ATS_RUNTIME_INPUTS_H
#define ATS_RUNTIME_INPUTS_H

#include "common/base/error.h"
#include "common/contract/set.h"
#include "common/store/store.h"

#include <librdkafka/rdkafka.h>

/* At most `max` topics: `prefix` and a contract's name each, however many versions it has. `contracts` is no newer than the view.
   `ret_left_out` counts the contracts that have none, also those whose name is too long for one, which take nobody's place. The caller
   destroys the list. CORRUPT: the local copy of the log does not say which were first; MEMORY. */
ATS_MUST_USE enum ats_status ats_inputs_choose(struct ats_store_view *view,
                                               const struct ats_contract_set *contracts,
                                               const char *prefix, size_t max,
                                               rd_kafka_topic_partition_list_t **ret_topics,
                                               size_t *ret_left_out);

#endif
