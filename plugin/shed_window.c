/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/shed_window.h"

_Static_assert(UINT8_MAX > ATS_GATE_SHED_LEAST && UINT8_MAX > ATS_GATE_SHED_BESIDE,
               "who is above it is told from who is not");

/* The part of the step that lies in the second before `now`. */
static double part_of(const struct ats_shed_window_step *step, int64_t now)
{
    int64_t from = now - ATS_SHED_WINDOW_MS;
    if (step->since_ms >= from)
        return 1;
    return step->until_ms > from
               ? (double)(step->until_ms - from) / (double)(step->until_ms - step->since_ms)
               : 0;
}

void ats_shed_window_step(struct ats_shed_window *window, int64_t since_ms, int64_t until_ms,
                          uint32_t total)
{
    window->at = (window->at + 1) % ATS_SHED_WINDOW_STEPS;
    window->steps[window->at] =
        (struct ats_shed_window_step){.since_ms = since_ms, .until_ms = until_ms, .total = total};
    window->total = 0;
    for (unsigned i = 0; i < ATS_SHED_WINDOW_STEPS; i++) {
        struct ats_shed_window_step *step = &window->steps[i];
        window->total += step->total * part_of(step, until_ms);
        step->counts = i == window->at || step->since_ms >= until_ms - ATS_SHED_WINDOW_MS;
    }
}

/* At least so many were in one second of the step's. */
static uint8_t in_a_second(const struct ats_shed_window_step *step, uint32_t count)
{
    int64_t took = step->until_ms - step->since_ms;
    int64_t seconds = (took + ATS_SHED_WINDOW_MS - 1) / ATS_SHED_WINDOW_MS;
    int64_t least = seconds > 1 ? count / seconds : count;
    return least < UINT8_MAX ? (uint8_t)least : UINT8_MAX;
}

void ats_shed_window_put(struct ats_shed_window *window, unsigned level, unsigned group,
                         uint32_t own, uint32_t beside)
{
    const struct ats_shed_window_step *step = &window->steps[window->at];
    window->groups[level][group].own[window->at] = in_a_second(step, own);
    window->groups[level][group].beside[window->at] = in_a_second(step, beside);
}

struct ats_shed_counts ats_shed_window_of(const struct ats_shed_window *window, unsigned level,
                                          unsigned group)
{
    struct ats_shed_counts counts = {0};
    for (unsigned i = 0; i < ATS_SHED_WINDOW_STEPS; i++) {
        if (!window->steps[i].counts)
            continue;
        counts.own += window->groups[level][group].own[i];
        counts.beside += window->groups[level][group].beside[i];
    }
    return counts;
}
