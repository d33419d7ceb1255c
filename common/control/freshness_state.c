/* SPDX-License-Identifier: Apache-2.0 */
#include "common/control/freshness_state.h"

#include "common/base/limits.h"

void ats_freshness_init(struct ats_freshness_state *state, int64_t max_age_ms, int64_t monotonic_ms)
{
    *state = (struct ats_freshness_state){.max_age_ms = max_age_ms, .heard_ms = monotonic_ms};
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
    *place = (struct ats_freshness_member){.ahead_since_ms = ATS_FRESHNESS_NOT};
    return place;
}

void ats_freshness_hear(struct ats_freshness_state *state, const struct ats_heartbeat *heartbeat,
                        int64_t monotonic_ms)
{
    struct ats_freshness_member *member = find_place(state, heartbeat);
    if (heartbeat->time_ms <= member->newest.time_ms)
        return;
    member->newest = *heartbeat;
    member->heard_ms = monotonic_ms;
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

void ats_freshness_judge(struct ats_freshness_state *state, const struct ats_body_checkpoint *place,
                         int64_t wall_ms, int64_t monotonic_ms)
{
    const struct ats_freshness_member *newest = NULL;
    bool whole = true;
    state->withheld = state->forked = NULL;
    for (size_t i = 0; i < state->member_count; i++) {
        struct ats_freshness_member *member = &state->members[i];
        whole = judge_member(state, member, place, monotonic_ms) && whole;
        if (!newest || member->newest.time_ms > newest->newest.time_ms)
            newest = member;
    }
    if (whole && newest && newest->newest.time_ms > state->signed_ms) {
        state->signed_ms = newest->newest.time_ms;
        state->heard_ms = newest->heard_ms;
    }
    state->age_ms = monotonic_ms - state->heard_ms;
    if (state->signed_ms != 0)
        state->age_ms = larger(state->age_ms, wall_ms - state->signed_ms);
    state->stale = state->age_ms > state->max_age_ms;
}
