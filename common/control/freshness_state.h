/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How old a copy of the control log may be, from the heartbeats that were heard: who signed one had read so many records at that
 * time. A copy that holds them is as new as that; one that does not within ATS_CONTROL_WITHHELD_MS is having records withheld,
 * and stays as old as it was. As many records with another chain are another log.
 *
 * The age is the larger of two, so that neither a clock nor Kafka can make a copy younger than it is: of the monotonic clock since
 * a newer heartbeat was heard (an old one again is no news), and of the wall clock since it was signed (one that is handed on late
 * is old). A wall clock that jumps back leaves the first. Before the first heartbeat the age counts from the start.
 *
 * Each member has an age of its own and the best one counts, so that what one member says is never held against another's. A
 * heartbeat that is further ahead of this clock than ATS_CONTROL_HEARTBEAT_AHEAD_MS does not count: it would outlive all that
 * its member says until then. A member that loses key or scope takes its heartbeats along; the copy is then as old as it was.
 *
 * Thread: one at a time. Owns: nothing. Internal to common/control.
 */
#ifndef ATS_CONTROL_FRESHNESS_STATE_H
#define ATS_CONTROL_FRESHNESS_STATE_H

#include "common/control/heartbeat.h"

struct ats_freshness_member {
    struct ats_heartbeat newest;
    int64_t heard_ms;       /* monotonic */
    int64_t ahead_since_ms; /* monotonic; ATS_FRESHNESS_NOT: the copy holds what it counts */
    /* Of the newest heartbeat that the copy bore out. */
    int64_t borne_signed_ms; /* wall; 0: none yet */
    int64_t borne_heard_ms;  /* monotonic */
};

#define ATS_FRESHNESS_NOT (-1)

struct ats_freshness_state {
    int64_t max_age_ms;
    int64_t since_ms; /* monotonic: from when the age counts where no member's heartbeat says */
    struct ats_freshness_member members[ATS_CONTROL_HEARTBEATS_MAX];
    size_t member_count;
    /* The answer of the last judge(). */
    int64_t judged_ms; /* monotonic */
    int64_t age_ms;
    bool heard; /* a heartbeat was borne out, ever */
    bool stale;
    const struct ats_freshness_member *withheld; /* who counted more, or NULL */
    const struct ats_freshness_member *forked;   /* who read another log, or NULL */
};

void ats_freshness_init(struct ats_freshness_state *state, int64_t max_age_ms,
                        int64_t monotonic_ms);
/* A verified heartbeat; one that is not newer than its member's last changes nothing. False: it is too far ahead of `wall_ms`,
   and does not count. */
bool ats_freshness_hear(struct ats_freshness_state *state, const struct ats_heartbeat *heartbeat,
                        int64_t wall_ms, int64_t monotonic_ms);
/* Forgets whoever has lost key or scope, for when the log has grown. */
void ats_freshness_recheck(struct ats_freshness_state *state, struct ats_store_view *view);
/* Holds what was heard against the copy's place. */
void ats_freshness_judge(struct ats_freshness_state *state, const struct ats_body_checkpoint *place,
                         int64_t wall_ms, int64_t monotonic_ms);

#endif
