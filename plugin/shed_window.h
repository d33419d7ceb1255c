/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Refused CONNECTs of the last second, of all together and of each group of the filter (shed_filter.h). What came between two steps of
 * shedding is one number, so a second are the newest of those that began within it: eight, with steps of 125 ms, or seven where the last one
 * was late. So what is a second apart is never added up, and what is within seven eighths of one is, however it is spaced.
 *
 * A step that took longer than a second counts by the least that must have come in one.
 *
 * Thread: that of the steps. Owns: nothing; 192 KiB.
 */
#ifndef ATS_PLUGIN_SHED_WINDOW_H
#define ATS_PLUGIN_SHED_WINDOW_H

#include "common/base/limits.h"
#include "plugin/shed_filter.h"

#define ATS_SHED_WINDOW_MS 1000
#define ATS_SHED_WINDOW_STEPS (ATS_SHED_WINDOW_MS / ATS_GATE_SHED_STEP_MS)

/* Of one group. */
struct ats_shed_counts {
    unsigned own;    /* by its own doing */
    unsigned beside; /* for what others did */
};

/* All zero: nothing was refused. */
struct ats_shed_window {
    struct ats_shed_window_step {
        int64_t since_ms; /* monotonic */
        int64_t until_ms;
        uint32_t total;
        bool counts; /* its groups' do: it began within the second */
    } steps[ATS_SHED_WINDOW_STEPS];
    unsigned at; /* the newest */
    double
        total; /* in the last second; of a step that began before it the part that it has in it */
    /* Up to 255: far above what is asked (ATS_GATE_SHED_LEAST, ATS_GATE_SHED_BESIDE). */
    struct {
        uint8_t own[ATS_SHED_WINDOW_STEPS];
        uint8_t beside[ATS_SHED_WINDOW_STEPS];
    } groups[ATS_SHED_LEVELS][ATS_SHED_GROUPS];
};

/* A step, in which so many were refused, all together. Its groups must be put then, each of them. */
void ats_shed_window_step(struct ats_shed_window *window, int64_t since_ms, int64_t until_ms,
                          uint32_t total);
void ats_shed_window_put(struct ats_shed_window *window, unsigned level, unsigned group,
                         uint32_t own, uint32_t beside);
struct ats_shed_counts ats_shed_window_of(const struct ats_shed_window *window, unsigned level,
                                          unsigned group);

#endif
