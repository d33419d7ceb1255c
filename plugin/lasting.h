/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the broker keeps of a device when its connection is gone: subscriptions and queues of stored sessions, and retained messages. Mosquitto
 * 2.0 has no limit of any of these, and gives no memory back for a topic's levels, so each device has a few of each, whatever it does with
 * its connections. Which of them the broker has dropped is not known here, so that a device may bring about a new one in a while, without end:
 *
 *   filters      below its commands, of a few levels: the last few, and a new one in a while
 *   client ids   beside its name, of sessions that may be stored: the same
 *   retained     topics to which it published with the retain flag and a payload: so many (`device_retained_topics`), and no other while the
 *                gate runs
 *
 * Thread: the broker's. Allocates as a set grows.
 */
#ifndef ATS_PLUGIN_LASTING_H
#define ATS_PLUGIN_LASTING_H

#include "common/base/bucket.h"
#include "plugin/reasons.h"

#include <stddef.h>
#include <stdint.h>

struct ats_gate;
struct ats_gate_client;
struct ats_gate_publish;

/* Names, by their hash. */
struct ats_lasting_set {
    uint64_t *names;
    size_t count;
};

struct ats_lasting_names {
    struct ats_lasting_set last; /* oldest first */
    struct ats_bucket more;
};

/* One device's. All zero: nothing. */
struct ats_lasting {
    struct ats_lasting_names filters;
    struct ats_lasting_names client_ids;
    struct ats_lasting_set retained;
};

void ats_lasting_fini(struct ats_lasting *lasting);
/* A subscription that it may have for all else: NONE, SUBSCRIPTIONS_FULL, GATE_BUSY without memory. */
enum ats_reason ats_lasting_filter(struct ats_gate *gate, const char *device, const char *filter);
/* Whether there is a place for what a publish would leave: NONE, RETAINED_FULL, GATE_BUSY. Takes none. */
enum ats_reason ats_lasting_retained_room(struct ats_gate *gate, const char *device,
                                          const struct ats_gate_publish *publish);
/* The same, and takes it: of a publish that passes, so that what is refused leaves nothing. Right after NONE of the other it is NONE. */
enum ats_reason ats_lasting_retained(struct ats_gate *gate, const char *device,
                                     const struct ats_gate_publish *publish);
/* Whether a connection may leave a session under its client id: NONE, BUSY_DEVICE. Takes nothing: asked before what can be used but
   once (a token, a counter) is used. */
enum ats_reason ats_lasting_client_id_room(struct ats_gate *gate, const char *device,
                                           const struct ats_gate_client *client);
/* A connection that is let in for all else: NONE, BUSY_DEVICE, GATE_BUSY. */
enum ats_reason ats_lasting_client_id(struct ats_gate *gate, const char *device,
                                      const struct ats_gate_client *client);

#endif
