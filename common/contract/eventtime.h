/* SPDX-License-Identifier: Apache-2.0 */
/* The event's own time, taken from a leaf in the unit that the contract states. Internal to common/contract. Thread: any. */
#ifndef ATS_CONTRACT_EVENTTIME_H
#define ATS_CONTRACT_EVENTTIME_H

#include "common/contract/contract.h"

enum ats_time_unit {
    ATS_TIME_SECONDS,
    ATS_TIME_MILLISECONDS,
    ATS_TIME_MICROSECONDS,
    ATS_TIME_RFC3339, /* "2026-11-24T13:32:52.123Z", any offset */
};

#define ATS_TIME_UNBOUNDED (-1)

struct ats_event_time {
    size_t leaf; /* ATS_PLAN_NO_LEAF: the contract names no event time */
    enum ats_time_unit unit;
    int64_t max_age_ms;    /* ATS_TIME_UNBOUNDED: any */
    int64_t max_future_ms; /* the same */
};

/* Milliseconds since 1970; false if the leaf is no time of the years 1 to 9999, or there is none. */
bool ats_event_time_read(const struct ats_event_time *time, const struct ats_leaf *leaves,
                         int64_t *ret_ms);
/* Whether the event's time is one, and neither too old nor too far ahead of `now_ms` (0: not judged); an absent one passes. */
bool ats_event_time_check(const struct ats_event_time *time, const struct ats_leaf *leaves,
                          const char *path, int64_t now_ms, struct ats_verdict *ret_verdict);

#endif
