/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/load/stats.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int64_t load_now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

double load_thread_run_s(int64_t pid)
{
    char path[64];
    char text[64] = "";
    (void)snprintf(path, sizeof(path), "/proc/%" PRId64 "/task/%" PRId64 "/schedstat", pid, pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    bool got = fgets(text, sizeof(text), file) != NULL;
    (void)fclose(file);
    return got ? (double)strtoull(text, NULL, 10) / 1e9 : 0;
}

void load_samples_add(struct load_samples *samples, int64_t value_us)
{
    if (samples->count == samples->cap) {
        size_t cap = samples->cap ? 2 * samples->cap : 4096;
        uint32_t *grown = realloc(samples->values_us, cap * sizeof(*grown));
        if (!grown)
            return;
        samples->values_us = grown;
        samples->cap = cap;
    }
    samples->values_us[samples->count++] = value_us < 0            ? 0
                                           : value_us > UINT32_MAX ? UINT32_MAX
                                                                   : (uint32_t)value_us;
}

static int compare(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

uint32_t load_samples_percentile(struct load_samples *samples, double percent)
{
    if (samples->count == 0)
        return 0;
    qsort(samples->values_us, samples->count, sizeof(*samples->values_us), compare);
    size_t at = (size_t)((double)(samples->count - 1) * percent / 100.0 + 0.5);
    return samples->values_us[at];
}

void load_samples_fini(struct load_samples *samples)
{
    free(samples->values_us);
    *samples = (struct load_samples){0};
}
