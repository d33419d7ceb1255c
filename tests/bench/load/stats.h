/* SPDX-License-Identifier: Apache-2.0 */
/* Samples of a duration in microseconds, all kept, so that percentiles are exact. Thread: one at a time. */
#ifndef ATS_LOAD_STATS_H
#define ATS_LOAD_STATS_H

#include <stddef.h>
#include <stdint.h>

struct load_samples {
    uint32_t *values_us;
    size_t count;
    size_t cap;
};

int64_t load_now_us(void);
/* What the process's first thread has run so far, in seconds; 0 if that cannot be read. */
double load_thread_run_s(int64_t pid);
/* Past the memory that there is, samples are not kept. */
void load_samples_add(struct load_samples *samples, int64_t value_us);
/* The value below which `percent` of the samples lie, 0 without samples; sorts. */
uint32_t load_samples_percentile(struct load_samples *samples, double percent);
void load_samples_fini(struct load_samples *samples);

#endif
