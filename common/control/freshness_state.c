/* SPDX-License-Identifier: Apache-2.0 */
#include "common/control/freshness_state.h"

#include "common/base/limits.h"

void ats_freshness_init(struct ats_freshness_state *state, int64_t max_age_ms, int64_t monotonic_ms)
{
    *state = (struct ats_freshness_state){
        .max_age_ms = max_age_ms, .since_ms = monotonic_ms, .judged_ms = monotonic_ms};
}

/* Where a member's heartbeats go, the copy is as old as it was with them. */
static void keep_age(struct ats_freshness_state *state)
{
    state->since_ms = state->judged_ms - state->age_ms;
}

/* The member's place; a new one's, for which the one that was silent longest goes where there is no room. */
static struct ats_freshness_member *find_place(struct ats_freshness_state *state,
                                               const struct ats_heartbeat *heartbeat)
{
    struct ats_freshness_member *oldest = &state->members[0];
    for (size_t i = 0; i < state->member_count; i++) {
        struct ats_freshness_member *member = &state->members[i];
        if (strcmp(member->newest.group, heartbeat->group) == 0 &&
            strcmp(member->newest.member, heartbeat->member) == 0)
            return member;
        if (member->heard_ms < oldest->heard_ms)
            oldest = member;
    }
    struct ats_freshness_member *place = oldest;
    if (state->member_count < ATS_CONTROL_HEARTBEATS_MAX)
        place = &state->members[state->member_count++];
    else
        keep_age(state);
    *place = (struct ats_freshness_member){.ahead_since_ms = ATS_FRESHNESS_NOT};
    return place;
}

bool ats_freshness_hear(struct ats_freshness_state *state, const struct ats_heartbeat *heartbeat,
                        int64_t wall_ms, int64_t monotonic_ms)
{
    if (heartbeat->time_ms > wall_ms + ATS_CONTROL_HEARTBEAT_AHEAD_MS)
        return false;
    struct ats_freshness_member *member = find_place(state, heartbeat);
    if (heartbeat->time_ms <= member->newest.time_ms)
        return true;
    member->newest = *heartbeat;
    member->heard_ms = monotonic_ms;
    return true;
}

void ats_freshness_recheck(struct ats_freshness_state *state, struct ats_store_view *view)
{
    size_t kept = 0;
    for (size_t i = 0; i < state->member_count; i++) {
        const struct ats_heartbeat *newest = &state->members[i].newest;
        uint8_t key[ATS_PUBLIC_KEY_SIZE];
        if (ats_heartbeat_find_signer(view, newest->group, newest->member, newest->key_id, key) ==
            ATS_ERR_REFUSED)
            continue;
        if (kept != i)
            state->members[kept] = state->members[i];
        kept++;
    }
    if (kept < state->member_count)
        keep_age(state);
    state->member_count = kept;
    state->withheld = state->forked = NULL;
}

/* Whether the copy bears the heartbeat out. */
static bool judge_member(struct ats_freshness_state *state, struct ats_freshness_member *member,
                         const struct ats_body_checkpoint *place, int64_t monotonic_ms)
{
    const struct ats_body_checkpoint *claimed = &member->newest.place;
    if (claimed->count > place->count) {
        if (member->ahead_since_ms == ATS_FRESHNESS_NOT)
            member->ahead_since_ms = monotonic_ms;
        if (monotonic_ms - member->ahead_since_ms >= ATS_CONTROL_WITHHELD_MS)
            state->withheld = member;
        return false;
    }
    member->ahead_since_ms = ATS_FRESHNESS_NOT;
    if (claimed->count < place->count ||
        memcmp(claimed->chain, place->chain, sizeof(claimed->chain)) == 0)
        return true;
    state->forked = member;
    return false;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Of the member's newest heartbeat that was borne out. */
static int64_t age_of(const struct ats_freshness_member *member, int64_t wall_ms,
                      int64_t monotonic_ms)
{
    return larger(monotonic_ms - member->borne_heard_ms, wall_ms - member->borne_signed_ms);
}

/* What one member knows and the copy lacks, no other can bear out. */
static void bear_out(struct ats_freshness_state *state)
{
    for (size_t i = 0; i < state->member_count; i++) {
        struct ats_freshness_member *member = &state->members[i];
        member->borne_signed_ms = member->newest.time_ms;
        member->borne_heard_ms = member->heard_ms;
        state->heard = state->heard || member->borne_signed_ms != 0;
    }
}

void ats_freshness_judge(struct ats_freshness_state *state, const struct ats_body_checkpoint *place,
                         int64_t wall_ms, int64_t monotonic_ms)
{
    bool whole = true;
    state->withheld = state->forked = NULL;
    for (size_t i = 0; i < state->member_count; i++)
        whole = judge_member(state, &state->members[i], place, monotonic_ms) && whole;
    if (whole)
        bear_out(state);
    state->age_ms = monotonic_ms - state->since_ms;
    bool known = false;
    for (size_t i = 0; i < state->member_count; i++) {
        const struct ats_freshness_member *member = &state->members[i];
        if (member->borne_signed_ms == 0)
            continue;
        int64_t age_ms = age_of(member, wall_ms, monotonic_ms);
        state->age_ms = known && state->age_ms < age_ms ? state->age_ms : age_ms;
        known = true;
    }
    state->judged_ms = monotonic_ms;
    state->stale = state->age_ms > state->max_age_ms;
}
