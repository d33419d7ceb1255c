/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/state_room.h"

#include "common/base/limits.h"

const char *ats_state_store_name(enum ats_state_store store)
{
    static const char *const names[ATS_STATE_STORE_COUNT] = {
        [ATS_STATE_COUNTERS] = "counters",
        [ATS_STATE_MARKS] = "marks",
        [ATS_STATE_TOKENS] = "tokens",
    };
    return names[store];
}

static double used_percent(const struct ats_store *store)
{
    struct ats_store_size size;
    ats_store_measure(store, &size);
    return 100.0 * (double)size.entry_bytes / (double)size.map_bytes;
}

/* One that was low is so until a little more is free, and is not told again and again. */
static bool is_low(double percent, bool was_low)
{
    return percent >= ATS_GATE_STATE_LOW_PERCENT - (was_low ? ATS_GATE_STATE_LOW_SLACK : 0);
}

static void say(const struct ats_state_room *room, enum ats_state_store store)
{
    if (room->low[store])
        ats_log_event(
            room->log, ATS_LOG_WARNING, "state.room-low",
            "store=%s used_percent=%.1f hint=\"once it is full this gate forwards nothing "
            "and refuses what comes: move this site to a gate of another name, with an "
            "empty state_folder, before then\"",
            ats_state_store_name(store), room->used_percent[store]);
    else
        ats_log_event(room->log, ATS_LOG_INFO, "state.room-enough", "store=%s used_percent=%.1f",
                      ats_state_store_name(store), room->used_percent[store]);
}

void ats_state_room_look(struct ats_state_room *room)
{
    for (int i = 0; i < ATS_STATE_STORE_COUNT; i++) {
        if (!room->stores[i])
            continue;
        room->used_percent[i] = used_percent(room->stores[i]);
        bool low = is_low(room->used_percent[i], room->low[i]);
        if (low == room->low[i])
            continue;
        room->low[i] = low;
        say(room, (enum ats_state_store)i);
    }
}
