/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a device may send: messages and bytes a second, of all its contracts together (the gate's options) and of each (its
 * setting `limits`). Buckets belong to the device and outlive its connections, so that reconnecting fills none of them.
 *
 * They are asked for a connection that is proven, before the publish's own proof is computed, so that what does not hold costs its
 * device, too: a wrong proof, a replay, poison. What is refused for the rate itself, or because the gate has no room (journal,
 * quarantine, memory), takes nothing out of them: sent again later, it is taken. A client that can be told goes on; one that cannot
 * (MQTT 3.1.1) is closed, and its device is not let in for 1, 2, 4 ... 60 seconds.
 *
 * Duplicates have buckets of their own, of the same rates: a client that was closed sends again what is not acknowledged, first of
 * all what was admitted and whose answer was lost, and would otherwise use up by it what the rest needs.
 *
 * Thread: the broker's. One allocation at a device's first publish under a contract with limits.
 */
#ifndef ATS_PLUGIN_LIMITS_H
#define ATS_PLUGIN_LIMITS_H

#include "common/base/bucket.h"
#include "common/contract/contract.h"
#include "plugin/lasting.h"
#include "plugin/reasons.h"

struct ats_gate;
struct ats_session;

struct ats_limits_used {
    struct ats_bucket messages;
    struct ats_bucket bytes;
    struct ats_bucket duplicates; /* messages, or bytes where only these have a limit */
};

struct ats_limits_of_contract {
    uint64_t contract; /* hash of its name */
    struct ats_limits_used used;
};

/* One device's. All zero: nothing used. */
struct ats_device_limits {
    struct ats_lasting lasting;
    bool touched; /* must be remembered when the device is gone */
    struct ats_limits_used used;
    struct ats_limits_of_contract *contracts;
    size_t contract_count;
    int64_t held_off_until_ms; /* monotonic */
    unsigned hold_offs;        /* in a row */
    /* What it was told of refusals in the second that began then; monotonic. */
    int64_t told_window_ms;
    unsigned receipts;
};

void ats_device_limits_fini(struct ats_device_limits *limits);
/* Takes a publish with a payload of `len` bytes out of the device's buckets: NONE, RATE_DEVICE, RATE_CONTRACT, or GATE_BUSY
   without memory. */
enum ats_reason ats_limits_take(struct ats_gate *gate, const struct ats_session *session,
                                const struct ats_contract *contract, size_t len);
/* The publish that was just taken is refused for no fault of its device. */
void ats_limits_give_back(struct ats_gate *gate, const struct ats_session *session,
                          const struct ats_contract *contract, size_t len);
/* The publish that was just taken is a duplicate, and counts as that: DUPLICATE, RATE_DEVICE, RATE_CONTRACT. */
enum ats_reason ats_limits_duplicate(struct ats_gate *gate, const struct ats_session *session,
                                     const struct ats_contract *contract, size_t len);
/* The session's connection is closed for this reason; holds its device off if it is one of the two. */
void ats_limits_closed(struct ats_gate *gate, struct ats_session *session, enum ats_reason reason);
/* HELD_OFF while the device may not connect. */
enum ats_reason ats_limits_may_connect(struct ats_gate *gate, const char *device);

#endif
