/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One device: an MQTT 5 connection through libmosquitto that runs through its part of the plan, proves each publish
 * with the device library, and counts the answers. Thread: all clients belong to one thread.
 */
#ifndef ATS_LOAD_CLIENT_H
#define ATS_LOAD_CLIENT_H

#include "common/identity/key.h"
#include "tests/bench/load/options.h"
#include "tests/bench/load/plan.h"
#include "tests/bench/load/stats.h"

#include <mosquitto.h>

/* What is counted over all clients. */
struct load_counts {
    uint64_t sent;
    uint64_t acts[5];          /* sent, by enum load_act */
    uint64_t accepted;         /* answered with success (QoS 0: sent) */
    uint64_t accepted_publish; /* the same, of act publish alone */
    uint64_t denied;           /* PUBACK 0x87 */
    uint64_t other;            /* answered with another reason */
    uint64_t closed;           /* connections that the broker ended */
    struct load_samples answer_us;
};

struct load_client {
    const struct load_options *options;
    const struct load_device_plan *plan;
    struct load_counts *counts;
    struct mosquitto *mosq;
    struct ats_device device;
    struct ats_key_pair key;
    bool connected;
    bool failed;
    int connect_reason;
    uint64_t next; /* messages begun, over all repeats */
    uint64_t total;
    int in_flight;
    /* The newest packet of act publish, for repeat and alter. */
    char last_proof[ATS_DEVICE_PROOF_SIZE];
    const struct load_message *last_message;
    /* By message id: when it was sent, and which act. */
    struct {
        int64_t sent_us;
        enum load_act act;
    } * pending;
    /* By sequence - first_sequence: when it was sent, for the decisions' watcher. */
    uint64_t first_sequence;
    _Atomic(int64_t) *sent_us;
    uint64_t sent_cap;
    char *
        prepared; /* texts of ATS_DEVICE_PROOF_SIZE, one for each publish; NULL: made as they go out */
};

ATS_MUST_USE enum ats_status load_client_init(struct load_client *client,
                                              const struct load_options *options,
                                              const struct load_device_plan *plan,
                                              struct load_counts *counts, struct ats_error *err);
void load_client_fini(struct load_client *client);
ATS_MUST_USE enum ats_status load_client_connect(struct load_client *client, struct ats_error *err);
/* With --prepare: makes the proofs, of a client that is connected. */
ATS_MUST_USE enum ats_status load_client_prepare(struct load_client *client, struct ats_error *err);
/* Sends as much as window and `allowance` let; the number sent. */
uint64_t load_client_send(struct load_client *client, uint64_t allowance);
bool load_client_done(const struct load_client *client);

#endif
