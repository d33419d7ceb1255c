/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How full the gate's own stores are: counters, marks, tokens. The numbers of a key stay for ever, since no key is gone for good
 * (docs/gate.md, "What it keeps"), so that a store fills with each key that ever was; who runs the gate hears of it while there is
 * time. A store that is full stops forwarding, and forgets nothing.
 *
 * Thread: the forwarder's. Owns: nothing.
 */
#ifndef ATS_PLUGIN_STATE_ROOM_H
#define ATS_PLUGIN_STATE_ROOM_H

#include "common/base/log.h"
#include "common/store/store.h"

enum ats_state_store {
    ATS_STATE_COUNTERS,
    ATS_STATE_MARKS,
    ATS_STATE_TOKENS,
    ATS_STATE_STORE_COUNT
};

struct ats_state_room {
    struct ats_store *stores[ATS_STATE_STORE_COUNT]; /* borrowed; NULL: none */
    struct ats_log *log;
    double used_percent[ATS_STATE_STORE_COUNT]; /* as of the last look */
    bool low[ATS_STATE_STORE_COUNT];            /* as was said */
};

/* The name of its folder. */
const char *ats_state_store_name(enum ats_state_store store);
/* Measures each; says state.room-low where one is filled to ATS_GATE_STATE_LOW_PERCENT, state.room-enough where one is no more. */
void ats_state_room_look(struct ats_state_room *room);

#endif
