/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec now;
    (void)clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t system_wall_ms(void *ctx)
{
    (void)ctx;
    return read_clock(CLOCK_REALTIME);
}

static int64_t system_monotonic_ms(void *ctx)
{
    (void)ctx;
    return read_clock(CLOCK_MONOTONIC);
}

const struct ats_clock ats_clock_system = {system_wall_ms, system_monotonic_ms, NULL};

void ats_clock_format_rfc3339(int64_t wall_ms, char ret_text[ATS_RFC3339_SIZE])
{
    int64_t ms = wall_ms % 1000;
    time_t seconds = (time_t)(wall_ms / 1000);
    if (ms < 0) {
        ms += 1000;
        seconds -= 1;
    }
    struct tm utc;
    char date[24];
    if (!gmtime_r(&seconds, &utc) || strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &utc) == 0) {
        (void)snprintf(ret_text, ATS_RFC3339_SIZE, "1970-01-01T00:00:00.000Z");
        return;
    }
    (void)snprintf(ret_text, ATS_RFC3339_SIZE, "%s.%03dZ", date, (int)ms);
}
