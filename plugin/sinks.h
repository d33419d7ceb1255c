/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sinks: sockets of the gate's own that listen beside the broker's, on the same address and port, and let nobody in. What the kernel sends
 * there (shed_filter.h) finds no room: it drops the client's SYN, which the client sends again after 1, 2, 4 ... seconds, and is asked about
 * anew then. The one connection that finds room is closed at the next step.
 *
 * Mosquitto 2.0 tells a plugin of no listener, so they are found by /proc/self/fd: all TCP sockets that this process listens on when the
 * first filter is put in force, but for those that share their port already. The broker opens its listeners, those of WebSockets too,
 * after it has loaded its plugins and before it takes a first connection, and none later, at a reload neither.
 *
 * Thread: one at a time, beside the broker's. Owns the sinks; the listeners are the broker's, which may close one at any time: its
 * number may be another socket's then, so that each is known by the kernel's cookie, too.
 */
#ifndef ATS_PLUGIN_SINKS_H
#define ATS_PLUGIN_SINKS_H

#include "common/base/error.h"
#include "plugin/shed_filter.h"

/* The broker has a few listeners; what is beyond is left alone. */
#define ATS_SINKS_MAX 64

/* All zero: none is open. */
struct ats_sinks {
    struct ats_sink {
        int listener;
        uint64_t cookie; /* the listener's (SO_COOKIE) */
        int sink;
    } pairs[ATS_SINKS_MAX];
    size_t count;
    struct ats_shed_coverage coverage;
};

/* Puts the filter in the place of the last one, and opens the sinks at the first; NULL: closes them. IO where no listener takes it; where
   some do not, `ret_coverage` says how many do. It is set in any case. */
ATS_MUST_USE enum ats_status ats_sinks_set(struct ats_sinks *sinks,
                                           const struct ats_shed_filter *filter,
                                           struct ats_shed_coverage *ret_coverage,
                                           struct ats_error *err);

#endif
