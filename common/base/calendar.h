/* SPDX-License-Identifier: Apache-2.0 */
/* Times and dates as people and devices write them, in milliseconds since 1970-01-01 UTC. Thread: any; no allocation. */
#ifndef ATS_BASE_CALENDAR_H
#define ATS_BASE_CALENDAR_H

#include "common/base/clock.h"
#include "common/base/span.h"
#include "common/base/status.h"

#include <stdbool.h>
#include <stdint.h>

/* The years 1 to 9999, which RFC 3339 can write. */
#define ATS_CALENDAR_MIN_MS (INT64_C(-62135596800) * 1000)
#define ATS_CALENDAR_MAX_MS (INT64_C(253402300800) * 1000 - 1)
#define ATS_DAY_MS INT64_C(86400000)

/* "2026-11-24T13:32:52.123Z" (RFC 3339), any offset; false if it is none. */
bool ats_calendar_time(struct ats_span text, int64_t *ret_ms);
/* "2026-11-24": the beginning of that day, UTC; false if there is no such day. */
bool ats_calendar_date(struct ats_span text, int64_t *ret_ms);
/* "2026-11-24T13:32:52.123Z" and a NUL; the length without it. A time outside the years 1 to 9999 is moved to the nearer end. Written
   out, since the C library's calendar has a lock around the time zone. */
size_t ats_calendar_format(int64_t wall_ms, char ret_text[ATS_RFC3339_SIZE]);

#endif
