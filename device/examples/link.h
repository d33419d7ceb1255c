/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection to a gate, from CONNECT to its end. It never comes back by itself: libmosquitto's own reconnecting sends the same
 * authentication data again, which a gate refuses as a replay. So each connection is a client of its own, with a fresh ephemeral key.
 *
 * Thread: one; callbacks run inside the functions below.
 */
#ifndef ATS_DEVICE_EXAMPLES_LINK_H
#define ATS_DEVICE_EXAMPLES_LINK_H

#include "device/device.h"
#include "device/examples/options.h"

#include <mosquitto.h>

/* How long to wait for CONNACK or PUBACK; a gate answers within milliseconds, a bad line within seconds. */
#define EXAMPLE_ANSWER_TIMEOUT_MS 20000
/* A receipt comes with the refusal, if at all: the gate's budget for them is limited. */
#define EXAMPLE_RECEIPT_TIMEOUT_MS 1000
#define EXAMPLE_KEEPALIVE_S 30

enum example_link_result {
    EXAMPLE_LINK_OK,
    EXAMPLE_LINK_LOST,      /* not connected, or no more; worth another try */
    EXAMPLE_LINK_REFUSED,   /* the gate said no: to the device, or to the publish */
    EXAMPLE_LINK_UNTRUSTED, /* the gate's answer does not hold */
    EXAMPLE_LINK_IMPOSSIBLE /* the request itself cannot be made */
};

struct example_link {
    const struct example_options *options;
    struct ats_device *device;
    struct mosquitto *mosq; /* NULL: not connected */
    char why[256];          /* of a result that is not OK */
    bool connect_answered;
    int connect_reason;
    bool has_data; /* CONNACK carried authentication data */
    enum ats_device_result accepted;
    bool claims; /* a claim is what CONNECT carries */
    struct ats_device_claim_answer claim_answer;
    int message_id;
    bool publish_answered;
    int publish_reason;
    bool receipt; /* one came since the publish */
};

uint64_t example_now_ms(void); /* milliseconds since 1970 */
/* CONNECT, and the check of CONNACK. Nothing is published before it holds. */
enum example_link_result example_link_open(struct example_link *link, uint64_t counter);
/* CONNECT with a claim, and the gate's answer in link->claim_answer; the connection is closed then. */
enum example_link_result example_link_claim(struct example_link *link, const char *token);
/* A publish with `proof`, and its answer; receipts go to standard error. */
enum example_link_result example_link_publish(struct example_link *link,
                                              const struct ats_device_publish *publish,
                                              const char *proof);
/* Waits until `file` can be read, and keeps the connection alive meanwhile. LOST: the connection ended first. */
enum example_link_result example_link_wait(struct example_link *link, int file);
/* DISCONNECT; fine when it is not connected. */
void example_link_close(struct example_link *link);

#endif
