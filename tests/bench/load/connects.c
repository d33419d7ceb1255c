/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/load/connects.h"

#include "common/base/clock.h"
#include "common/control/registry.h"
#include "tests/bench/load/seed.h"

#include <getopt.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: attestream-load connect --port PORT --fleet DIR --gate NAME --seed TEXT [options]\n"
    "Sends ATTESTREAM-1 CONNECTs of devices whose keys come from a seed, and counts the answers.\n"
    "  --devices N    dev-000000 to dev-N-1 (1000)\n"
    "  --count N      CONNECTs to make (1000)\n"
    "  --parallel N   that wait for their answer at a time (100)\n"
    "  --rate N       a second, 0 for as fast as they are answered (0)\n"
    "  --seconds N    sends them again and again for so long (0: each once)\n"
    "  --bogus        wrong signature, unknown device, unknown key, by turns\n"
    "  --hold         keeps the connections open until standard input ends\n"
    "  --json FILE    write the result there instead of standard output\n";

enum { PORT = 1, FLEET, GATE, SEED, DEVICES, COUNT, PARALLEL, RATE, SECONDS, BOGUS, HOLD, JSON };

static const struct option long_options[] = {
    {"port", required_argument, NULL, PORT},
    {"fleet", required_argument, NULL, FLEET},
    {"gate", required_argument, NULL, GATE},
    {"seed", required_argument, NULL, SEED},
    {"devices", required_argument, NULL, DEVICES},
    {"count", required_argument, NULL, COUNT},
    {"parallel", required_argument, NULL, PARALLEL},
    {"rate", required_argument, NULL, RATE},
    {"seconds", required_argument, NULL, SECONDS},
    {"bogus", no_argument, NULL, BOGUS},
    {"hold", no_argument, NULL, HOLD},
    {"json", required_argument, NULL, JSON},
    {NULL, 0, NULL, 0},
};

static bool number(const char *text, int64_t min, int64_t *ret_value)
{
    char *end = NULL;
    *ret_value = strtoll(text, &end, 10);
    return end != text && *end == '\0' && *ret_value >= min && *ret_value <= 10000000;
}

static bool take(int option, struct load_connects_options *o)
{
    int64_t port = 0;
    switch (option) {
    case PORT:
        return number(optarg, 1, &port) && (o->port = (int)port) <= 65535;
    case FLEET:
        return (o->fleet = optarg);
    case GATE:
        return (o->gate = optarg);
    case SEED:
        return (o->seed = optarg);
    case DEVICES:
        return number(optarg, 1, &o->devices);
    case COUNT:
        return number(optarg, 1, &o->count);
    case PARALLEL:
        return number(optarg, 1, &o->parallel);
    case RATE:
        return number(optarg, 0, &o->rate);
    case SECONDS:
        return number(optarg, 0, &o->seconds);
    case BOGUS:
        return o->bogus = true;
    case HOLD:
        return o->hold = true;
    case JSON:
        return (o->json = optarg);
    default:
        return false;
    }
}

static bool parse(int argc, char **argv, struct load_connects_options *ret_options)
{
    *ret_options = (struct load_connects_options){.devices = 1000, .count = 1000, .parallel = 100};
    int option;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
        if (!take(option, ret_options))
            return false;
    return optind == argc && ret_options->port && ret_options->fleet && ret_options->gate &&
           ret_options->seed;
}

enum bogus { GOOD, WRONG_SIGNATURE, UNKNOWN_DEVICE, UNKNOWN_KEY };

static bool make_packet(const struct load_connects_options *o, const struct ats_registry_pins *pins,
                        int64_t number, enum bogus bogus, struct load_packet *ret_packet)
{
    uint8_t fleet[ATS_FLEET_ID_SIZE];
    uint8_t key[32];
    uint8_t roots[1][32];
    char name[32];
    struct ats_device device;
    ats_registry_fleet_id(pins, fleet);
    memcpy(roots[0], pins->root, sizeof(roots[0]));
    (void)snprintf(name, sizeof(name), "%s-%06d", bogus == UNKNOWN_DEVICE ? "nobody" : "dev",
                   (int)(number % o->devices));
    load_seed_key(bogus == UNKNOWN_KEY ? "another" : o->seed, name, key);
    if (ats_device_init(&device, name, o->gate, key, fleet, (const uint8_t(*)[32])roots, 1) !=
        ATS_DEVICE_OK)
        return false;
    uint64_t counter = (uint64_t)(ats_clock_wall_ms(&ats_clock_system) + number / o->devices);
    if (bogus == WRONG_SIGNATURE)
        device.secret_key[0] ^= 1;
    bool made = load_packet_connect(&device, counter, ret_packet);
    ats_device_wipe(&device);
    return made;
}

static enum ats_status make_packets(const struct load_connects_options *o,
                                    struct load_packet *packets, struct ats_error *err)
{
    struct ats_registry_pins pins;
    enum ats_status status = ats_registry_pins_read(o->fleet, &pins, err);
    if (status != ATS_OK)
        return status;
    for (int64_t i = 0; i < o->count; i++) {
        enum bogus bogus = o->bogus ? (enum bogus)(WRONG_SIGNATURE + i % 3) : GOOD;
        if (!make_packet(o, &pins, i, bogus, &packets[i]))
            return ats_error_set(err, ATS_ERR_INTERNAL, "a CONNECT could not be made");
    }
    return ATS_OK;
}

static int write_result(const struct load_connects_options *o, struct load_connects_result *result)
{
    json_t *json =
        json_pack("{s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:f}", "sent", (json_int_t)result->sent,
                  "accepted", (json_int_t)result->accepted, "refused", (json_int_t)result->refused,
                  "failed", (json_int_t)result->failed, "unanswered",
                  (json_int_t)result->unanswered, "seconds", result->seconds, "per_second",
                  result->seconds > 0 ? (double)result->sent / result->seconds : 0.0, "p50_ms",
                  load_samples_percentile(&result->answer_us, 50) / 1000.0, "p99_ms",
                  load_samples_percentile(&result->answer_us, 99) / 1000.0);
    int rc = o->json ? json_dump_file(json, o->json, JSON_INDENT(2)) : json_dumpf(json, stdout, 0);
    json_decref(json);
    return rc;
}

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

bool load_connects_stopped(void)
{
    return stopped != 0;
}

int load_connects_main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = on_signal};
    struct load_connects_options options;
    struct load_connects_result result = {0};
    struct ats_error err = {0};
    if (!parse(argc, argv, &options)) {
        (void)fputs(usage, stderr);
        return 2;
    }
    (void)sigaction(SIGTERM, &action, NULL);
    struct load_packet *packets = calloc((size_t)options.count, sizeof(*packets));
    enum ats_status status = packets && ats_identity_init() == ATS_OK ? ATS_OK : ATS_ERR_MEMORY;
    if (status == ATS_OK)
        status = make_packets(&options, packets, &err);
    if (status == ATS_OK)
        status = load_connects_run(&options, packets, &result, &err);
    if (status == ATS_OK && write_result(&options, &result) != 0)
        status = ats_error_set(&err, ATS_ERR_IO, "cannot write the result");
    if (status != ATS_OK)
        (void)fprintf(stderr, "attestream-load connect: %s\n", err.text);
    free(packets);
    load_samples_fini(&result.answer_us);
    return status == ATS_OK ? 0 : 1;
}
