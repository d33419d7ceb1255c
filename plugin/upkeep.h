/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the forwarder's thread does beside forwarding: it keeps the journal (segments, sync), fills the ring of ephemeral
 * keys, looks how full the gate's own stores are, forgets tokens that are long over, and writes metrics.json and who is connected.
 *
 * Thread: the forwarder's; `follower` may be set on any.
 */
#ifndef ATS_PLUGIN_UPKEEP_H
#define ATS_PLUGIN_UPKEEP_H

#include "common/control/void_count.h"
#include "plugin/device_rules_file.h"
#include "plugin/forwarder.h"
#include "plugin/presence_file.h"
#include "plugin/state_room.h"
#include "plugin/token_prune.h"

#include <stdatomic.h>

struct ats_upkeep {
    const struct ats_forwarder_options *options; /* borrowed */
    _Atomic(const struct ats_control_follower *) follower;
    const char *missing_topic; /* borrowed; "" if none */
    int64_t next_metrics_ms;
    uint64_t shown_count; /* control records in the last metrics.json */
    struct ats_void_count voids;
    struct ats_state_room room;
    struct ats_token_prune prune;
    struct ats_buf text;
    struct ats_presence_file presence;
    struct ats_device_rules_file device_rules;
};

void ats_upkeep_init(struct ats_upkeep *upkeep, const struct ats_forwarder_options *options);
void ats_upkeep_fini(struct ats_upkeep *upkeep);
/* One round, as often as there is time. */
void ats_upkeep_step(struct ats_upkeep *upkeep);
/* How long the thread may wait until the next round, of `longest_ms`. */
int ats_upkeep_wait_ms(const struct ats_upkeep *upkeep, int longest_ms);
/* A round without Kafka: nobody reads the journal then, so that it cannot tell when to wake up; but it must get its next segment in
   time. */
void ats_upkeep_pause(void);
/* Whether the control log has been read to its end. */
bool ats_upkeep_knows_log(const struct ats_upkeep *upkeep);
void ats_upkeep_write_metrics(struct ats_upkeep *upkeep);

#endif
