/* SPDX-License-Identifier: Apache-2.0 */
#include "device/examples/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: attestream-publish --device NAME --gate NAME --key FILE --root FILE --state FILE "
    "--topic TOPIC [OPTION...]\n"
    "\n"
    "Connects to a gate with ATTESTREAM-1 and publishes each line of standard input, with a "
    "proof.\n"
    "\n"
    "  --device NAME      this device, also user name and client id\n"
    "  --gate NAME        the gate that is meant; another one is not trusted\n"
    "  --key FILE         the device's private key (PKCS#8 PEM, mode 0600)\n"
    "  --root FILE        the fleet's first root key (SPKI PEM)\n"
    "  --successor FILE   the root's offline successor (SPKI PEM)\n"
    "  --state FILE       where counter and sequence are kept; made if it is not there\n"
    "  --topic TOPIC      where to publish\n"
    "  --message TEXT     publish this once instead of standard input's lines\n"
    "  --proof KIND       mac (default) or signature\n"
    "  --qos N            0, 1 (default) or 2\n"
    "  --retain           ask the broker to keep the message\n"
    "  --host HOST        127.0.0.1 by default\n"
    "  --port PORT        1883 by default\n"
    "  --cafile FILE      use TLS, with these certificate authorities\n"
    "  --tries N          connections in a row that may fail or be refused; 8 by default\n"
    "  --claim FILE       claim with the operator's token in it, and publish nothing: no --topic\n"
    "\n"
    "exit codes: 0 the gate took everything, 1 it refused a message, 2 usage, key, state or input, "
    "3 no lasting connection,\n"
    "            4 the gate does not let the device in, 5 what answers is not that gate,\n"
    "            6 with --claim: not enrolled yet, run it again in a while (0: enrolled, 4: "
    "refused)\n";

enum option_name {
    DEVICE = 256,
    GATE,
    KEY,
    ROOT,
    SUCCESSOR,
    STATE,
    TOPIC,
    MESSAGE,
    PROOF,
    QOS,
    RETAIN,
    HOST,
    PORT,
    CAFILE,
    CLAIM,
    TRIES,
    HELP,
};

static const struct option table[] = {
    {"device", required_argument, NULL, DEVICE},
    {"gate", required_argument, NULL, GATE},
    {"key", required_argument, NULL, KEY},
    {"root", required_argument, NULL, ROOT},
    {"state", required_argument, NULL, STATE},
    {"topic", required_argument, NULL, TOPIC},
    {"message", required_argument, NULL, MESSAGE},
    {"successor", required_argument, NULL, SUCCESSOR},
    {"proof", required_argument, NULL, PROOF},
    {"qos", required_argument, NULL, QOS},
    {"retain", no_argument, NULL, RETAIN},
    {"host", required_argument, NULL, HOST},
    {"port", required_argument, NULL, PORT},
    {"cafile", required_argument, NULL, CAFILE},
    {"claim", required_argument, NULL, CLAIM},
    {"tries", required_argument, NULL, TRIES},
    {"help", no_argument, NULL, HELP},
    {NULL, 0, NULL, 0},
};

static bool take_number(const char *name, const char *text, int min, int max, int *ret_number)
{
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || number < min || number > max) {
        (void)fprintf(stderr, EXAMPLE_PROGRAM ": --%s: '%s' is not a number from %d to %d\n", name,
                      text, min, max);
        return false;
    }
    *ret_number = (int)number;
    return true;
}

static bool take_proof(struct example_options *options, const char *text)
{
    options->signature = strcmp(text, "signature") == 0;
    if (options->signature || strcmp(text, "mac") == 0)
        return true;
    (void)fprintf(stderr, EXAMPLE_PROGRAM ": --proof: '%s' is neither mac nor signature\n", text);
    return false;
}

/* Where the option's text goes; NULL: it is no text. */
static const char **text_of(struct example_options *options, int name)
{
    switch (name) {
    case DEVICE:
        return &options->device;
    case GATE:
        return &options->gate;
    case KEY:
        return &options->key;
    case ROOT:
        return &options->root;
    case SUCCESSOR:
        return &options->successor;
    case STATE:
        return &options->state;
    case TOPIC:
        return &options->topic;
    case MESSAGE:
        return &options->message;
    case HOST:
        return &options->host;
    case CAFILE:
        return &options->ca_file;
    case CLAIM:
        return &options->claim;
    default:
        return NULL;
    }
}

static bool take(struct example_options *options, int name)
{
    const char **text = text_of(options, name);
    if (text) {
        *text = optarg;
        return true;
    }
    switch (name) {
    case PROOF:
        return take_proof(options, optarg);
    case QOS:
        return take_number("qos", optarg, 0, 2, &options->qos);
    case PORT:
        return take_number("port", optarg, 1, 65535, &options->port);
    case TRIES:
        return take_number("tries", optarg, 1, 1000, &options->tries);
    case RETAIN:
        options->retain = true;
        return true;
    default:
        return false; /* getopt has said what is wrong */
    }
}

static bool complete(struct example_options *options)
{
    for (int name = DEVICE; name <= TOPIC; name++) {
        bool optional = name == SUCCESSOR || (name == TOPIC && options->claim);
        if (optional || *text_of(options, name))
            continue;
        for (const struct option *o = table; o->name; o++)
            if (o->val == name)
                (void)fprintf(stderr, EXAMPLE_PROGRAM ": --%s is missing\n", o->name);
        return false;
    }
    return true;
}

bool example_options_parse(struct example_options *options, int argc, char **argv,
                           enum example_exit *ret_exit)
{
    static char program[] = EXAMPLE_PROGRAM; /* getopt's own words begin with argv[0] */
    int name;
    if (argc > 0)
        argv[0] = program;
    *options = (struct example_options){.host = "127.0.0.1", .port = 1883, .qos = 1, .tries = 8};
    *ret_exit = EXAMPLE_EXIT_USAGE;
    while ((name = getopt_long(argc, argv, "", table, NULL)) != -1) {
        if (name == HELP) {
            (void)fputs(usage, stdout);
            *ret_exit = EXAMPLE_EXIT_OK;
            return false;
        }
        if (!take(options, name)) {
            (void)fputs("try --help\n", stderr);
            return false;
        }
    }
    if (optind < argc)
        (void)fprintf(stderr, EXAMPLE_PROGRAM ": '%s' is no option\n", argv[optind]);
    else if (complete(options))
        return true;
    (void)fputs("try --help\n", stderr);
    return false;
}
