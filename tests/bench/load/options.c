/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/load/options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

const char load_usage[] =
    "usage: attestream-load --port PORT --plan FILE [options]\n"
    "       attestream-load connect ...   (CONNECTs alone; without options it says how)\n"
    "Publishes what the plan says, one MQTT 5 connection per device, and counts the answers.\n"
    "  --host ADDRESS         broker (127.0.0.1)\n"
    "  --port PORT            broker's port\n"
    "  --plan FILE            JSON lines: device, topic, payload or payload_base64, act\n"
    "  --proof KIND           none, token, mac, signature, or other: a token, and on each publish "
    "what looks like\n"
    "                         a tag under a name that is no proof's, so that packets are as long "
    "as with mac (mac)\n"
    "  --fleet DIR            fleet folder with devices/NAME.key.pem and the pins (for a proof)\n"
    "  --gate NAME            the gate that the devices mean (for a proof)\n"
    "  --seed TEXT            the devices' keys come from it, and not from the fleet's folder\n"
    "  --prepare              makes the proofs before it publishes; for plans with act publish "
    "alone\n"
    "  --cpu-of PID           also says for how long that process's first thread ran meanwhile\n"
    "  --qos 0|1|2            (1)\n"
    "  --window N             publishes in flight per connection, 1 to 65535 (100)\n"
    "  --rate N               publishes a second over all connections, 0 for no pacing (0)\n"
    "  --repeat N             times to run through the plan (1)\n"
    "  --kafka-bootstrap LIST watch the decisions there, and measure until they are visible\n"
    "  --kafka-config FILE    librdkafka properties for the same\n"
    "  --topic-prefix P       (ats.)\n"
    "  --wait MS              for the decisions after the last answer (30000)\n"
    "  --json FILE            write the result there instead of standard output\n"
    "  --progress             one line a second on standard error\n";

enum {
    OPT_HOST = 256,
    OPT_PORT,
    OPT_PLAN,
    OPT_PROOF,
    OPT_FLEET,
    OPT_GATE,
    OPT_QOS,
    OPT_WINDOW,
    OPT_RATE,
    OPT_REPEAT,
    OPT_BOOTSTRAP,
    OPT_CONFIG,
    OPT_PREFIX,
    OPT_WAIT,
    OPT_JSON,
    OPT_PROGRESS,
    OPT_SEED,
    OPT_PREPARE,
    OPT_CPU_OF,
    OPT_HELP
};

static const struct option long_options[] = {
    {"host", required_argument, NULL, OPT_HOST},
    {"port", required_argument, NULL, OPT_PORT},
    {"plan", required_argument, NULL, OPT_PLAN},
    {"proof", required_argument, NULL, OPT_PROOF},
    {"fleet", required_argument, NULL, OPT_FLEET},
    {"gate", required_argument, NULL, OPT_GATE},
    {"qos", required_argument, NULL, OPT_QOS},
    {"window", required_argument, NULL, OPT_WINDOW},
    {"rate", required_argument, NULL, OPT_RATE},
    {"repeat", required_argument, NULL, OPT_REPEAT},
    {"kafka-bootstrap", required_argument, NULL, OPT_BOOTSTRAP},
    {"kafka-config", required_argument, NULL, OPT_CONFIG},
    {"topic-prefix", required_argument, NULL, OPT_PREFIX},
    {"wait", required_argument, NULL, OPT_WAIT},
    {"json", required_argument, NULL, OPT_JSON},
    {"seed", required_argument, NULL, OPT_SEED},
    {"cpu-of", required_argument, NULL, OPT_CPU_OF},
    {"prepare", no_argument, NULL, OPT_PREPARE},
    {"progress", no_argument, NULL, OPT_PROGRESS},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

static enum ats_status number(const char *text, const char *name, int64_t min, int64_t max,
                              int64_t *ret_value, struct ats_error *err)
{
    char *end = NULL;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || value < min || value > max)
        return ats_error_set(err, ATS_ERR_INVALID, "--%s: '%s' is not a number from %lld to %lld",
                             name, text, (long long)min, (long long)max);
    *ret_value = value;
    return ATS_OK;
}

static enum ats_status small_number(const char *text, const char *name, int min, int max,
                                    int *ret_value, struct ats_error *err)
{
    int64_t value = 0;
    enum ats_status status = number(text, name, min, max, &value, err);
    *ret_value = (int)value;
    return status;
}

static enum ats_status parse_proof(const char *text, enum load_proof *ret_proof,
                                   struct ats_error *err)
{
    static const char *const names[] = {"none", "token", "mac", "signature", "other"};
    for (int i = 0; i < 5; i++) {
        if (strcmp(text, names[i]) == 0) {
            *ret_proof = (enum load_proof)i;
            return ATS_OK;
        }
    }
    return ats_error_set(err, ATS_ERR_INVALID,
                         "--proof: '%s' is not none, token, mac, signature or other", text);
}

static enum ats_status take(int option, struct load_options *o, struct ats_error *err)
{
    switch (option) {
    case OPT_HOST:
        o->host = optarg;
        return ATS_OK;
    case OPT_PORT:
        return small_number(optarg, "port", 1, 65535, &o->port, err);
    case OPT_PLAN:
        o->plan = optarg;
        return ATS_OK;
    case OPT_PROOF:
        return parse_proof(optarg, &o->proof, err);
    case OPT_FLEET:
        o->fleet = optarg;
        return ATS_OK;
    case OPT_GATE:
        o->gate = optarg;
        return ATS_OK;
    case OPT_QOS:
        return small_number(optarg, "qos", 0, 2, &o->qos, err);
    case OPT_WINDOW:
        return small_number(optarg, "window", 1, 65535, &o->window, err);
    case OPT_RATE:
        return number(optarg, "rate", 0, 100000000, &o->rate, err);
    case OPT_REPEAT:
        return number(optarg, "repeat", 1, 1000000000, &o->repeat, err);
    case OPT_BOOTSTRAP:
        o->kafka_bootstrap = optarg;
        return ATS_OK;
    case OPT_CONFIG:
        o->kafka_config = optarg;
        return ATS_OK;
    case OPT_PREFIX:
        o->topic_prefix = optarg;
        return ATS_OK;
    case OPT_WAIT:
        return number(optarg, "wait", 0, 3600000, &o->wait_ms, err);
    case OPT_JSON:
        o->json = optarg;
        return ATS_OK;
    case OPT_SEED:
        o->seed = optarg;
        return ATS_OK;
    case OPT_CPU_OF:
        return number(optarg, "cpu-of", 1, INT32_MAX, &o->cpu_of, err);
    case OPT_PREPARE:
        o->prepare = true;
        return ATS_OK;
    case OPT_PROGRESS:
        o->progress = true;
        return ATS_OK;
    case OPT_HELP:
        return ATS_ERR_AGAIN;
    default:
        return ats_error_set(err, ATS_ERR_INVALID, "see --help");
    }
}

enum ats_status load_options_parse(int argc, char **argv, struct load_options *ret_options,
                                   struct ats_error *err)
{
    *ret_options = (struct load_options){.host = "127.0.0.1",
                                         .proof = LOAD_PROOF_MAC,
                                         .qos = 1,
                                         .window = 100,
                                         .repeat = 1,
                                         .wait_ms = 30000,
                                         .topic_prefix = "ats."};
    int option = 0;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        enum ats_status status = take(option, ret_options, err);
        if (status != ATS_OK)
            return status;
    }
    if (optind < argc)
        return ats_error_set(err, ATS_ERR_INVALID, "unexpected argument '%s'", argv[optind]);
    if (!ret_options->plan || ret_options->port == 0)
        return ats_error_set(err, ATS_ERR_INVALID, "--plan and --port are needed");
    if (ret_options->proof != LOAD_PROOF_NONE && (!ret_options->fleet || !ret_options->gate))
        return ats_error_set(err, ATS_ERR_INVALID, "a proof needs --fleet and --gate");
    return ATS_OK;
}
