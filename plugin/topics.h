/* SPDX-License-Identifier: Apache-2.0 */
/* Which topics are the gate's to decide on, and who may read the gate's own. Thread: the broker's. */
#ifndef ATS_PLUGIN_TOPICS_H
#define ATS_PLUGIN_TOPICS_H

#include "plugin/gate_state.h"

/* Where duplicates go: nobody may read it, and `#` does not match it. */
#define ATS_TOPIC_DUPLICATE "$ats-duplicate"

/* Whether the gate decides on publishes to the topic: a contract governs it, it is below `ats/`, or all are (exclusive). */
bool ats_topic_governed(const struct ats_gate *gate, const char *topic,
                        struct ats_contract **ret_contract, struct ats_span *ret_device);
/* What the broker would say about a topic that is not the gate's. */
enum ats_gate_access ats_gate_by_broker_rules(const struct ats_gate *gate);

#endif
