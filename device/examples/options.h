/* SPDX-License-Identifier: Apache-2.0 */
/* Command line of the example client. */
#ifndef ATS_DEVICE_EXAMPLES_OPTIONS_H
#define ATS_DEVICE_EXAMPLES_OPTIONS_H

#include <stdbool.h>

/* What each complaint begins with, wherever the program lies. */
#define EXAMPLE_PROGRAM "attestream-publish"

/* What the program ends with. */
enum example_exit {
    EXAMPLE_EXIT_OK = 0,
    EXAMPLE_EXIT_REFUSED = 1,     /* the gate did not take some message */
    EXAMPLE_EXIT_USAGE = 2,       /* command line, key, state or input */
    EXAMPLE_EXIT_UNREACHABLE = 3, /* no connection, or none that lasts */
    EXAMPLE_EXIT_NOT_LET_IN = 4,  /* the gate refuses the device */
    EXAMPLE_EXIT_UNTRUSTED = 5,   /* what answers is not the gate that was meant */
    EXAMPLE_EXIT_LATER =
        6, /* the claim is on its way, or cannot be taken now: claim again in a while */
};

struct example_options {
    const char *host;
    int port;
    const char *device;
    const char *gate;
    const char *key;
    const char *root;
    const char *successor; /* NULL: none is pinned */
    const char *state;
    const char *topic;
    const char *message; /* NULL: lines of standard input */
    const char *ca_file; /* NULL: plain TCP */
    const char *claim;   /* the operator's token; NULL: publish */
    int qos;
    int tries;
    bool signature; /* instead of session tags */
    bool retain;
};

/* False: `ret_exit` is what to end with (EXAMPLE_EXIT_OK after --help), everything is said. */
bool example_options_parse(struct example_options *options, int argc, char **argv,
                           enum example_exit *ret_exit);

#endif
