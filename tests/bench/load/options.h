/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of attestream-load. */
#ifndef ATS_LOAD_OPTIONS_H
#define ATS_LOAD_OPTIONS_H

#include "common/base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum load_proof {
    LOAD_PROOF_NONE,
    LOAD_PROOF_TOKEN,
    LOAD_PROOF_MAC,
    LOAD_PROOF_SIGNATURE,
    LOAD_PROOF_OTHER
};

struct load_options {
    const char *host;
    int port;
    const char *plan;
    const char *fleet; /* folder with devices/ and the pins */
    const char *gate;
    const char *seed; /* the devices' keys come from it; NULL: they are in the fleet's folder */
    bool prepare;     /* proofs of a plan of publishes alone are made before the first one */
    enum load_proof proof;
    int qos;
    int window;      /* publishes of a connection that wait for their answer */
    int64_t rate;    /* publishes a second over all connections; 0: as fast as they are taken */
    int64_t repeat;  /* how often the plan is run through */
    int64_t wait_ms; /* for decisions after the last answer */
    const char *kafka_bootstrap; /* NULL: decisions are not watched */
    const char *kafka_config;
    const char *topic_prefix;
    int64_t cpu_of;   /* process whose first thread's time is measured while publishing; 0: none */
    const char *json; /* file for the result; NULL: standard output */
    bool progress;
};

/* AGAIN: help was asked for. INVALID: the text says what is wrong. */
ATS_MUST_USE enum ats_status
load_options_parse(int argc, char **argv, struct load_options *ret_options, struct ats_error *err);
extern const char load_usage[];

#endif
