/* SPDX-License-Identifier: Apache-2.0 */
/* A log whose lines a test reads: captured_log_new() where it begins, ats_log_free() where it ends. Lines past the buffer are lost. */
#ifndef ATS_TESTS_UNIT_CAPTURED_LOG_H
#define ATS_TESTS_UNIT_CAPTURED_LOG_H

#include "common/base/clock.h"
#include "common/base/log.h"

#include <stdio.h>
#include <string.h>

static char logged[4096]; /* each line with its end */

static inline void write_log(void *ctx, enum ats_log_level level, const char *line)
{
    (void)ctx;
    (void)level;
    size_t len = strlen(logged);
    (void)snprintf(logged + len, sizeof(logged) - len, "%s\n", line);
}

static inline struct ats_log *captured_log_new(void)
{
    return ats_log_new(write_log, NULL, ATS_LOG_DEBUG, &ats_clock_system);
}

#endif
