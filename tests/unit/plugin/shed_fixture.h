/* SPDX-License-Identifier: Apache-2.0 */
/* Shedding by a clock set by hand and a filter that is only looked at. */
#ifndef ATS_TESTS_PLUGIN_SHED_FIXTURE_H
#define ATS_TESTS_PLUGIN_SHED_FIXTURE_H

#include "plugin/shed.h"

#include "common/base/limits.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define BUDGET 500
#define STEPS_A_SECOND (1000 / ATS_GATE_SHED_STEP_MS)
#define FLOODER "192.0.2.66"
#define DEVICE "198.51.100.7"

static int64_t now_ms;
static struct ats_shed *shed;
static struct ats_shed_filter installed;
static bool in_force;
static unsigned installs;
static unsigned opened; /* how often the filter came in force anew */
static enum ats_status answer;
static bool stopping;
static unsigned covered = 2;
static char logged[65536];

static inline int64_t read_now(void *ctx)
{
    (void)ctx;
    return now_ms;
}

static const struct ats_clock test_clock = {read_now, read_now, NULL};

static inline enum ats_status install(void *ctx, const struct ats_shed_filter *filter,
                                      struct ats_shed_coverage *ret_coverage, struct ats_error *err)
{
    (void)ctx;
    installs++;
    *ret_coverage = (struct ats_shed_coverage){0};
    if (filter)
        *ret_coverage = (struct ats_shed_coverage){
            .covered = answer == ATS_OK ? covered : 0, .listeners = 2, .reason = "it has none"};
    opened += filter != NULL && answer == ATS_OK && !in_force;
    in_force = filter != NULL && answer == ATS_OK;
    if (filter)
        installed = *filter;
    return answer == ATS_OK ? ATS_OK : ats_error_set(err, answer, "no such thing");
}

static inline bool is_stopping(void *ctx)
{
    (void)ctx;
    return stopping;
}

static inline void write_log(void *ctx, enum ats_log_level level, const char *line)
{
    (void)ctx;
    (void)level;
    size_t len = strlen(logged);
    (void)snprintf(logged + len, sizeof(logged) - len, "%s\n", line);
}

static struct ats_log *test_log;

/* The filter's hash is the same in each run: once in a thousand the addresses of a test would share a group. Splitmix64 (Steele et al.,
   "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014). */
static inline const char *random_name(void)
{
    return "test";
}

static inline uint32_t random_number(void)
{
    static uint64_t state;
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)(z >> 32);
}

static inline void random_bytes(void *const memory, const size_t len)
{
    uint8_t *bytes = memory;
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)random_number();
}

static inline void make_random_repeatable(void)
{
    static randombytes_implementation repeatable = {
        .implementation_name = random_name, .random = random_number, .buf = random_bytes};
    cr_assert_eq(randombytes_set_implementation(&repeatable), 0);
    cr_assert_geq(sodium_init(), 0);
}

static inline void begin_with(int64_t budget)
{
    make_random_repeatable();
    now_ms = 1000000;
    test_log = ats_log_new(write_log, NULL, ATS_LOG_DEBUG, &test_clock);
    const struct ats_shed_options options = {.budget = budget,
                                             .clock = &test_clock,
                                             .log = test_log,
                                             .install = install,
                                             .is_stopping = is_stopping};
    cr_assert_eq(ats_shed_new(&options, &shed), ATS_OK);
    ats_shed_step(shed);
}

static inline void begin(void)
{
    begin_with(BUDGET);
}

static inline void end(void)
{
    ats_shed_free(shed);
    ats_log_free(test_log);
}

static inline bool held_back(const char *address)
{
    struct ats_address parsed = ats_address_parse(address);
    return in_force && ats_shed_filter_holds(&installed, &parsed);
}

static inline double let_in(const char *address)
{
    return held_back(address) ? installed.let_in / 4294967296.0 : 1;
}

static inline void step(void)
{
    now_ms += ATS_GATE_SHED_STEP_MS;
    ats_shed_step(shed);
}

/* So many a second are sent from each of `count` addresses, for some steps; how many came through in the last second. */
static inline double flood(unsigned count, double per_second, int steps)
{
    double due[256] = {0}, came = 0;
    for (int s = 0; s < steps; s++) {
        if (s == steps - STEPS_A_SECOND)
            came = 0;
        for (unsigned i = 0; i < count; i++) {
            char address[32];
            (void)snprintf(address, sizeof(address), "203.0.113.%u", i);
            for (due[i] += per_second / STEPS_A_SECOND * let_in(address); due[i] >= 1; due[i]--) {
                ats_shed_refused(shed, address, ATS_REASON_CONNECT_WRONG);
                came++;
            }
        }
        step();
    }
    return came;
}

static inline unsigned times_logged(const char *text)
{
    unsigned count = 0;
    for (const char *at = logged; (at = strstr(at, text)); at++)
        count++;
    return count;
}

static inline bool is_told(const char *event, const char *address)
{
    char line[128];
    (void)snprintf(line, sizeof(line), "%s address=%s not_logged=", event, address);
    return strstr(logged, line) != NULL;
}

static inline void let_time_pass(int seconds)
{
    for (int i = 0; i < seconds * STEPS_A_SECOND; i++)
        step();
}

#endif
