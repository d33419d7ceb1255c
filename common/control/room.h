/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the disk has room for the copy to grow: told before it has none, since then no new record is taken, a revocation neither.
 * Thread: the registry's writer.
 */
#ifndef ATS_CONTROL_ROOM_H
#define ATS_CONTROL_ROOM_H

#include "common/base/log.h"
#include "common/control/registry.h"

struct ats_control_room {
    const struct ats_registry *registry;
    struct ats_log *log;
    /* Own; begin with zeros. */
    bool low;
    int64_t next_look_ms;
};

/* Looks now and then, and says control.room-low and control.room-enough when that changes. */
void ats_control_room_look(struct ats_control_room *room, int64_t monotonic_ms);

#endif
