/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/log.h"

#include "common/base/utf8.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rate {
    const char *event; /* a literal: compared by contents, never freed */
    int64_t window_start_ms;
    unsigned lines;
    unsigned long dropped;
};

struct ats_log {
    ats_log_sink *sink;
    void *ctx;
    enum ats_log_level least;
    const struct ats_clock *clock;
    pthread_mutex_t lock;
    struct rate rates[ATS_LOG_EVENTS_MAX];
    size_t rate_count;
};

struct ats_log *ats_log_new(ats_log_sink *sink, void *ctx, enum ats_log_level least,
                            const struct ats_clock *clock)
{
    struct ats_log *log = calloc(1, sizeof(*log));
    if (!log)
        return NULL;
    log->sink = sink;
    log->ctx = ctx;
    log->least = least;
    log->clock = clock;
    if (pthread_mutex_init(&log->lock, NULL) != 0) {
        free(log);
        return NULL;
    }
    return log;
}

void ats_log_free(struct ats_log *log)
{
    if (!log)
        return;
    (void)pthread_mutex_destroy(&log->lock);
    free(log);
}

/* The event's entry; events past the table's size share the last one. */
static struct rate *find_rate(struct ats_log *log, const char *event)
{
    for (size_t i = 0; i < log->rate_count; i++)
        if (strcmp(log->rates[i].event, event) == 0)
            return &log->rates[i];
    if (log->rate_count == ATS_LOG_EVENTS_MAX)
        return &log->rates[ATS_LOG_EVENTS_MAX - 1];
    struct rate *rate = &log->rates[log->rate_count++];
    rate->event = event;
    return rate;
}

static bool may_pass(struct rate *rate, int64_t now_ms)
{
    if (now_ms - rate->window_start_ms >= 1000) {
        rate->window_start_ms = now_ms;
        rate->lines = 0;
    }
    if (rate->lines < ATS_LOG_LINES_PER_SECOND_MAX) {
        rate->lines++;
        return true;
    }
    rate->dropped++;
    return false;
}

static void show_control_characters(char *line)
{
    for (; *line; line++) {
        if ((unsigned char)*line < 0x20 || *line == 0x7F)
            *line = '?';
        /* U+0080 to U+009F, in two bytes. */
        if ((unsigned char)line[0] == 0xc2 && ((unsigned char)line[1] & 0xe0) == 0x80)
            line[0] = line[1] = '?';
    }
}

void ats_log_event(struct ats_log *log, enum ats_log_level level, const char *event,
                   const char *format, ...)
{
    if (!log || level < log->least)
        return;
    (void)pthread_mutex_lock(&log->lock);
    struct rate *rate = find_rate(log, event);
    if (may_pass(rate, ats_clock_monotonic_ms(log->clock))) {
        char line[ATS_LOG_LINE_MAX];
        int used = snprintf(line, sizeof(line), "%s ", event);
        if (rate->dropped > 0)
            used +=
                snprintf(line + used, sizeof(line) - (size_t)used, "dropped=%lu ", rate->dropped);
        rate->dropped = 0;
        va_list args;
        va_start(args, format);
        (void)vsnprintf(line + used, sizeof(line) - (size_t)used, format, args);
        va_end(args);
        line[ats_utf8_cut(line, sizeof(line) - 1)] = '\0';
        show_control_characters(line);
        log->sink(log->ctx, level, line);
    }
    (void)pthread_mutex_unlock(&log->lock);
}

struct ats_log_quoted ats_log_quote(const char *text)
{
    struct ats_log_quoted quoted;
    const size_t end =
        sizeof(quoted.text) - 2; /* of the value: the closing quote and the NUL follow */
    size_t len = 0;
    quoted.text[len++] = '"';
    for (; text && *text; text++) {
        bool escaped = *text == '"' || *text == '\\';
        if (len + escaped >= end)
            break;
        if (escaped)
            quoted.text[len++] = '\\';
        quoted.text[len++] = *text;
    }
    len = (size_t)ats_utf8_cut(quoted.text, len);
    quoted.text[len++] = '"';
    quoted.text[len] = '\0';
    return quoted;
}

const char *ats_log_level_name(enum ats_log_level level)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    return names[level];
}

void ats_log_to_stderr(void *ctx, enum ats_log_level level, const char *line)
{
    (void)ctx;
    char time[ATS_RFC3339_SIZE];
    ats_clock_format_rfc3339(ats_clock_wall_ms(&ats_clock_system), time);
    (void)fprintf(stderr, "%s %s %s\n", time, ats_log_level_name(level), line);
}
