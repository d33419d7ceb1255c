/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What strangers may cost: before a signature or token is verified, it is asked here; afterwards it is told here how that went.
 *
 *   per address (IPv4 /32, IPv6 /64)   verifications that failed; also of an address that devices share
 *   per device and address             the same in one device's name, so that one device which fails in a loop does not use up its
 *                                      address; nobody elsewhere keeps the device out by its name
 *   share of the broker's thread       time spent on those that failed, of all addresses together
 *   per device, those that held        a device that reconnects in a loop
 *
 * What holds costs none of the first three: a thousand devices behind one address may connect at once. A device that comes from
 * where it last proved itself is familiar: it passes the second, and the last quarter of the third is kept for it.
 *
 * Tables are of a fixed size, keyed under a random key. Where a set is full, the bucket that is fullest is given up: who wants
 * his own forgotten must bring addresses that are worse off than he is, and each is a stranger with a full bucket anyway.
 *
 * Thread: the broker's; no allocation after ats_handshakes_new().
 */
#ifndef ATS_PLUGIN_HANDSHAKES_H
#define ATS_PLUGIN_HANDSHAKES_H

#include "plugin/reasons.h"

struct ats_handshakes;

struct ats_handshake_limits {
    int64_t failed_per_address; /* a second; 0: no limit, as with the next two */
    int64_t failed_per_device;  /* from one address */
    int64_t held_per_device;
    int64_t share_percent; /* of the broker's thread; 100: no limit */
};

/* One handshake, from ask to told: what is looked up in between is charged, too. */
struct ats_handshake_try {
    uint64_t address;
    uint64_t device;
    uint64_t pair; /* of the two */
    int64_t began_ns;
};

/* `spent_ns` reads a clock of the thread's own time (NULL: the system's). The clock is borrowed. */
ATS_MUST_USE enum ats_status ats_handshakes_new(const struct ats_handshake_limits *limits,
                                                const struct ats_clock *clock,
                                                int64_t (*spent_ns)(void),
                                                struct ats_handshakes **ret_handshakes);
void ats_handshakes_free(struct ats_handshakes *handshakes);
/* Whether this device may be verified now, for a connection from this address (as text; NULL: none): NONE, BUSY_ADDRESS,
   BUSY_DEVICE, BUSY_HANDSHAKES. Changes nothing; after a verification ats_handshakes_told() follows. */
enum ats_reason ats_handshakes_ask(struct ats_handshakes *handshakes, const char *address,
                                   const char *device, struct ats_handshake_try *ret_try);
/* One more connection of this device whose proof held without a verification here (the broker's TLS made it): NONE, or
   BUSY_DEVICE and nothing is taken. */
enum ats_reason ats_handshakes_take_held(struct ats_handshakes *handshakes, const char *device);
void ats_handshakes_told(struct ats_handshakes *handshakes, const struct ats_handshake_try *tried,
                         bool held);

#endif
