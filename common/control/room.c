/* SPDX-License-Identifier: Apache-2.0 */
#include "common/control/room.h"

#include "common/base/limits.h"

#include <inttypes.h>

static uint64_t needed(const struct ats_store_size *size)
{
    uint64_t copies = ATS_CONTROL_ROOM_COPIES * size->used_bytes;
    return copies > ATS_CONTROL_ROOM_MIN ? copies : ATS_CONTROL_ROOM_MIN;
}

void ats_control_room_look(struct ats_control_room *room, int64_t monotonic_ms)
{
    struct ats_store_size size;
    if (monotonic_ms < room->next_look_ms)
        return;
    room->next_look_ms = monotonic_ms + ATS_CONTROL_ROOM_INTERVAL_MS;
    ats_registry_measure(room->registry, &size);
    uint64_t enough = needed(&size);
    if (room->low)
        enough +=
            enough / 4; /* so that a disk that stays about there is not told again and again */
    bool low = size.free_bytes < enough;
    if (low == room->low)
        return;
    room->low = low;
    if (low)
        ats_log_event(room->log, ATS_LOG_WARNING, "control.room-low",
                      "copy_bytes=%" PRIu64 " free_bytes=%" PRIu64
                      " hint=\"the local copy of the control log has little room to grow: make "
                      "room, and look at who fills it: attestream operator acts\"",
                      size.used_bytes, size.free_bytes);
    else
        ats_log_event(room->log, ATS_LOG_INFO, "control.room-enough",
                      "copy_bytes=%" PRIu64 " free_bytes=%" PRIu64, size.used_bytes,
                      size.free_bytes);
}
