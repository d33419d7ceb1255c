/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/log.h"

#include "common/base/limits.h"
#include "common/base/utf8.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

struct sink {
    unsigned lines;
    enum ats_log_level level;
    char last[ATS_LOG_LINE_MAX];
};

static struct sink sink;
static int64_t now_ms;

static int64_t fake_now_ms(void *ctx)
{
    (void)ctx;
    return now_ms;
}

static const struct ats_clock fake_clock = {fake_now_ms, fake_now_ms, NULL};

static void take(void *ctx, enum ats_log_level level, const char *line)
{
    struct sink *to = ctx;
    to->lines++;
    to->level = level;
    (void)snprintf(to->last, sizeof(to->last), "%s", line);
}

static struct ats_log *a_log(enum ats_log_level least)
{
    struct ats_log *log = ats_log_new(take, &sink, least, &fake_clock);
    cr_assert_not_null(log);
    return log;
}

Test(log, a_line_has_its_event_and_text)
{
    struct ats_log *log = a_log(ATS_LOG_INFO);
    ats_log_event(log, ATS_LOG_WARNING, "gate.started", "name=%s port=%d", "hall-2", 1883);
    cr_assert_eq(sink.lines, 1);
    cr_assert_eq(sink.level, ATS_LOG_WARNING);
    cr_assert_str_eq(sink.last, "gate.started name=hall-2 port=1883");
    ats_log_free(log);
}

Test(log, what_is_below_the_level_is_not_written)
{
    struct ats_log *log = a_log(ATS_LOG_WARNING);
    ats_log_event(log, ATS_LOG_INFO, "e", "x");
    cr_assert_eq(sink.lines, 0);
    ats_log_event(log, ATS_LOG_ERROR, "e", "x");
    cr_assert_eq(sink.lines, 1);
    ats_log_free(log);
}

Test(log, an_event_above_its_rate_is_dropped_and_counted)
{
    struct ats_log *log = a_log(ATS_LOG_INFO);
    for (int i = 0; i < ATS_LOG_LINES_PER_SECOND_MAX + 5; i++)
        ats_log_event(log, ATS_LOG_INFO, "e", "n=%d", i);
    cr_assert_eq(sink.lines, ATS_LOG_LINES_PER_SECOND_MAX);
    ats_log_event(log, ATS_LOG_INFO, "other", "x");
    cr_assert_eq(sink.lines, ATS_LOG_LINES_PER_SECOND_MAX + 1, "another event has its own rate");
    now_ms += 1000;
    ats_log_event(log, ATS_LOG_INFO, "e", "n=99");
    cr_assert_str_eq(sink.last, "e dropped=5 n=99");
    ats_log_event(log, ATS_LOG_INFO, "e", "n=100");
    cr_assert_str_eq(sink.last, "e n=100");
    ats_log_free(log);
}

Test(log, more_events_than_it_can_tell_apart_share_a_rate)
{
    static char events[ATS_LOG_EVENTS_MAX + 2 * ATS_LOG_LINES_PER_SECOND_MAX][16];
    struct ats_log *log = a_log(ATS_LOG_INFO);
    for (size_t i = 0; i < ATS_LOG_EVENTS_MAX + 2 * ATS_LOG_LINES_PER_SECOND_MAX; i++) {
        (void)snprintf(events[i], sizeof(events[i]), "e%zu", i);
        ats_log_event(log, ATS_LOG_INFO, events[i], "x");
    }
    cr_assert_eq(sink.lines, ATS_LOG_EVENTS_MAX - 1 + ATS_LOG_LINES_PER_SECOND_MAX);
    ats_log_free(log);
}

Test(log, a_long_line_is_cut)
{
    struct ats_log *log = a_log(ATS_LOG_INFO);
    ats_log_event(log, ATS_LOG_INFO, "e", "%0*d", 2 * ATS_LOG_LINE_MAX, 1);
    cr_assert_eq(strlen(sink.last), ATS_LOG_LINE_MAX - 1);
    ats_log_free(log);
}

Test(log, a_stranger_s_name_cannot_forge_a_line)
{
    struct ats_log *log = a_log(ATS_LOG_INFO);
    ats_log_event(log, ATS_LOG_INFO, "client.refused", "id=%s",
                  "a\n2026 error forged\x1b[2J\x7f\xc2\x9b\xc3\x9b");
    cr_assert_str_eq(sink.last, "client.refused id=a?2026 error forged?[2J???\xc3\x9b");
    ats_log_free(log);
}

Test(log, a_stranger_s_value_cannot_forge_a_field)
{
    struct ats_log *log = a_log(ATS_LOG_INFO);
    ats_log_event(log, ATS_LOG_INFO, "e", "client=%s topic=%s",
                  ats_log_quote("x\" reason=none \\").text, ats_log_quote(NULL).text);
    cr_assert_str_eq(sink.last, "e client=\"x\\\" reason=none \\\\\" topic=\"\"");
    ats_log_free(log);
}

Test(log, a_long_value_is_cut_before_its_closing_quote)
{
    char text[2 * ATS_LOG_VALUE_MAX] = "";
    for (size_t shift = 0; shift < 2; shift++) {
        memset(text, '"', sizeof(text) - 1);
        memset(text, 'x', shift);
        struct ats_log_quoted quoted = ats_log_quote(text);
        size_t len = strlen(quoted.text);
        cr_assert_leq(len, ATS_LOG_VALUE_MAX - 1);
        cr_assert_geq(len, ATS_LOG_VALUE_MAX - 2);
        cr_assert_str_eq(quoted.text + len - 3, "\\\"\"");
    }
}

Test(log, nothing_is_cut_inside_a_character)
{
    struct ats_log *log = a_log(ATS_LOG_INFO);
    char text[2 * ATS_LOG_LINE_MAX] = "";
    for (size_t shift = 0; shift < 4; shift++) {
        memset(text, 'x', shift);
        for (size_t at = shift; at + 4 < sizeof(text); at += 4)
            memcpy(text + at, "\xf0\x9f\x98\x80", 4);
        struct ats_log_quoted quoted = ats_log_quote(text);
        cr_assert_eq(ats_utf8_span(ats_span_text(quoted.text)), strlen(quoted.text));
        cr_assert_geq(strlen(quoted.text), ATS_LOG_VALUE_MAX - 4);
        ats_log_event(log, ATS_LOG_INFO, "e", "%s", text);
        cr_assert_eq(ats_utf8_span(ats_span_text(sink.last)), strlen(sink.last));
    }
    ats_log_free(log);
}

Test(log, no_log_swallows_everything)
{
    ats_log_event(NULL, ATS_LOG_ERROR, "e", "x");
    ats_log_free(NULL);
    cr_assert_eq(sink.lines, 0);
}

Test(log, every_level_has_a_name)
{
    cr_assert_str_eq(ats_log_level_name(ATS_LOG_DEBUG), "debug");
    cr_assert_str_eq(ats_log_level_name(ATS_LOG_INFO), "info");
    cr_assert_str_eq(ats_log_level_name(ATS_LOG_WARNING), "warning");
    cr_assert_str_eq(ats_log_level_name(ATS_LOG_ERROR), "error");
}
