/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `attestream-load connect`: many ATTESTREAM-1 CONNECTs, good ones or bogus ones, over plain sockets, made beforehand and paced;
 * says how many were sent and what was answered. Thread: one.
 */
#ifndef ATS_LOAD_CONNECTS_H
#define ATS_LOAD_CONNECTS_H

#include "common/base/error.h"
#include "tests/bench/load/packet.h"
#include "tests/bench/load/stats.h"

struct load_connects_options {
    int port;
    const char *fleet; /* folder with the pins */
    const char *gate;
    const char *seed;
    int64_t devices;  /* dev-000000 and so on */
    int64_t count;    /* CONNECTs to make; sent again and again if there are `seconds` */
    int64_t parallel; /* that wait for their answer at a time */
    int64_t rate;     /* a second; 0: as fast as they are answered */
    int64_t seconds;  /* 0: until all are answered */
    bool bogus;       /* by turns: wrong signature, unknown device, unknown key */
    bool hold;        /* keeps the connections open until standard input ends */
    const char *json;
};

struct load_connects_result {
    uint64_t sent;
    uint64_t accepted;
    uint64_t refused;
    uint64_t failed;     /* closed, or not to be connected */
    uint64_t unanswered; /* of bogus ones: given up before the connection was there */
    double seconds;
    struct load_samples answer_us;
};

/* Its command line and all the rest; the exit code. */
int load_connects_main(int argc, char **argv);
/* SIGTERM has asked for the end: what was counted by then is the result. */
bool load_connects_stopped(void);

/* connects_run.c */
ATS_MUST_USE enum ats_status load_connects_run(const struct load_connects_options *options,
                                               const struct load_packet *packets,
                                               struct load_connects_result *ret_result,
                                               struct ats_error *err);

#endif
