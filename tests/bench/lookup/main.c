/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attestream-lookup FLEET STATE DEVICES COUNT: opens a gate on a state folder that no broker has, looks up COUNT of its devices
 * dev-000000 ... at random as a CONNECT does, and prints the percentiles in microseconds as JSON.
 */
#include "common/base/parse.h"
#include "plugin/gate_state.h"
#include "tests/bench/load/stats.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void write_log(void *ctx, enum ats_log_level level, const char *line)
{
    (void)ctx;
    if (level >= ATS_LOG_ERROR)
        (void)fprintf(stderr, "%s\n", line);
}

static int64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Samples in nanoseconds; false if a device is not there. */
static bool measure(struct ats_gate *gate, uint32_t devices, unsigned count,
                    struct load_samples *ret_ns)
{
    for (unsigned i = 0; i < count; i++) {
        char name[32];
        struct ats_device_facts facts = {0};
        (void)snprintf(name, sizeof(name), "dev-%06u", (unsigned)randombytes_uniform(devices));
        int64_t begun_ns = now_ns();
        enum ats_status status = ats_gate_look_up(gate, name, &facts);
        load_samples_add(ret_ns, now_ns() - begun_ns);
        ats_device_facts_fini(&facts);
        if (status != ATS_OK) {
            (void)fprintf(stderr, "%s: %s\n", name, ats_status_name(status));
            return false;
        }
    }
    return true;
}

static bool parse_count(const char *text, uint64_t *ret_count)
{
    return ats_parse_uint64(ats_span_text(text), ret_count) == ATS_OK && *ret_count >= 1 &&
           *ret_count <= INT32_MAX;
}

int main(int argc, char **argv)
{
    static const struct ats_gate_broker broker = {.log = write_log};
    struct ats_gate *gate = NULL;
    struct ats_error err = {0};
    struct load_samples ns = {0};
    uint64_t devices = 0;
    uint64_t count = 0;
    if (argc != 5 || !parse_count(argv[3], &devices) || !parse_count(argv[4], &count)) {
        (void)fputs("usage: attestream-lookup FLEET STATE DEVICES COUNT\n", stderr);
        return 2;
    }
    const struct ats_gate_option options[] = {{"fleet", argv[1]},
                                              {"state_folder", argv[2]},
                                              {"kafka_bootstrap", "127.0.0.1:1"},
                                              {"mode", "observe"}};
    enum ats_status status = ats_gate_open(options, sizeof(options) / sizeof(options[0]), &broker,
                                           &ats_clock_system, NULL, &gate, &err);
    if (status != ATS_OK) {
        (void)fprintf(stderr, "attestream-lookup: %s\n", err.text);
        return 1;
    }
    bool found = measure(gate, (uint32_t)devices, (unsigned)count, &ns);
    (void)printf("{\"p50_us\": %.3f, \"p99_us\": %.3f, \"count\": %zu}\n",
                 load_samples_percentile(&ns, 50) / 1000.0,
                 load_samples_percentile(&ns, 99) / 1000.0, ns.count);
    load_samples_fini(&ns);
    ats_gate_stop(gate);
    return found ? 0 : 1;
}
