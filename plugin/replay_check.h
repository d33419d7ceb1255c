/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a record of the quarantine topic is, before anybody judges its payload: the one that was named, sealed by this gate, whole, and
 * proven. Thread: any. Owns: nothing.
 */
#ifndef ATS_PLUGIN_REPLAY_CHECK_H
#define ATS_PLUGIN_REPLAY_CHECK_H

#include "common/control/body.h"
#include "plugin/replay_candidate.h"

struct ats_replay_wanted {
    const struct ats_replay_record *record;
    const char *gate;        /* whose it has to be, */
    const uint8_t *seal_key; /* under this; NULL: unsealed, any gate's */
};

/* Into the candidate, whose memory takes a copy. False: refused, with reason and text in it. */
bool ats_replay_check(const struct ats_kafka_record *record, const struct ats_replay_wanted *wanted,
                      struct ats_replay_candidate *ret_candidate);
/* The same where there is no record. */
void ats_replay_refuse_gone(struct ats_replay_candidate *ret_candidate);

#endif
