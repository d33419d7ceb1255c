/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two clocks, behind a struct so that a test can set them. Times are milliseconds (signed 64 bits);
 * wall time counts from 1970-01-01 UTC, monotonic time from an arbitrary start.
 */
#ifndef ATS_BASE_CLOCK_H
#define ATS_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

struct ats_clock {
    int64_t (*wall_ms)(void *ctx);
    int64_t (*monotonic_ms)(void *ctx);
    void *ctx;
};

/* The system's clocks. Thread: any. */
extern const struct ats_clock ats_clock_system;

static inline int64_t ats_clock_wall_ms(const struct ats_clock *clock)
{
    return clock->wall_ms(clock->ctx);
}

static inline int64_t ats_clock_monotonic_ms(const struct ats_clock *clock)
{
    return clock->monotonic_ms(clock->ctx);
}

#define ATS_RFC3339_SIZE 32
/* Formats wall time as "2026-11-24T13:32:52.123Z" (RFC 3339, UTC). */
void ats_clock_format_rfc3339(int64_t wall_ms, char ret_text[ATS_RFC3339_SIZE]);

#endif
