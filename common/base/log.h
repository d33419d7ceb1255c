/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log events: a stable id, a level, and "key=value" text. The program injects the sink; libraries
 * below plugin, processor and cli do not log. Lines of one event id above a rate are dropped and
 * counted; the next line that passes says how many. Control characters (names come from strangers) are shown as '?', so
 * that nobody forges a line. A payload's bytes or a secret are never logged.
 *
 * Thread: any; Locks: a mutex of its own around rate table and sink. The gate's broker thread must not
 * wait for it, so the gate gives each thread a log of its own (see plugin/).
 */
#ifndef ATS_BASE_LOG_H
#define ATS_BASE_LOG_H

#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/base/status.h"

enum ats_log_level { ATS_LOG_DEBUG, ATS_LOG_INFO, ATS_LOG_WARNING, ATS_LOG_ERROR };

struct ats_log;

/* Writes one line without a newline. */
typedef void ats_log_sink(void *ctx, enum ats_log_level level, const char *line);

/* NULL when out of memory. `clock` is borrowed. */
struct ats_log *ats_log_new(ats_log_sink *sink, void *ctx, enum ats_log_level least,
                            const struct ats_clock *clock);
void ats_log_free(struct ats_log *log);
/* `event` is a literal such as "forwarder.unavailable". A NULL log swallows everything. */
void ats_log_event(struct ats_log *log, enum ats_log_level level, const char *event,
                   const char *format, ...) ATS_PRINTF(4, 5);
/* What a stranger chose, as a value: "key=%s" with ats_log_quote(text).text. In quotes, with `"` and `\` escaped, so that
   nobody forges a field; cut between two characters where it is too long. NULL is "". */
struct ats_log_quoted {
    char text[ATS_LOG_VALUE_MAX];
};
struct ats_log_quoted ats_log_quote(const char *text);
const char *ats_log_level_name(enum ats_log_level level);
/* A sink that writes "TIME LEVEL line" to stderr. */
void ats_log_to_stderr(void *ctx, enum ats_log_level level, const char *line);

#endif
