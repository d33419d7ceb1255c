/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is to be published: a file of JSON lines, one publish each, in order per device:
 *   {"device": NAME, "topic": TOPIC, "payload": TEXT | "payload_base64": BYTES, "act": ACT}
 * Acts: "publish" (the default); "forge": a tag of the right form that is wrong; "repeat": the device's previous packet again,
 * byte for byte; "alter": the previous packet's proof over this payload; "fork": a valid proof with the previous sequence.
 */
#ifndef ATS_LOAD_PLAN_H
#define ATS_LOAD_PLAN_H

#include "common/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum load_act { LOAD_PUBLISH, LOAD_FORGE, LOAD_REPEAT, LOAD_ALTER, LOAD_FORK };

struct load_message {
    enum load_act act;
    char *topic;
    uint8_t *payload;
    size_t payload_len;
};

struct load_device_plan {
    char *name;
    struct load_message *messages;
    size_t count;
    size_t cap;
};

struct load_plan {
    struct load_device_plan *devices;
    size_t device_count;
    size_t message_count;
};

ATS_MUST_USE enum ats_status load_plan_read(const char *path, struct load_plan *ret_plan,
                                            struct ats_error *err);
void load_plan_fini(struct load_plan *plan);

#endif
