/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sinks: sockets of the gate's own that listen beside the broker's, on the same address and port, and let nobody in. What the kernel sends
 * there (shed_filter.h) finds no room: it drops the client's SYN, which the client sends again after 1, 2, 4 ... seconds, and is asked about
 * anew then. The one connection that finds room is closed at the next step.
 *
 * Mosquitto 2.0 tells a plugin of no listener, so they are found by /proc/self/fd: all TCP sockets that this process listens on, but for
 * those that share their port already.
 *
 * Thread: one at a time, beside the broker's. Owns the sinks; the listeners are the broker's.
 */
#ifndef ATS_PLUGIN_SINKS_H
#define ATS_PLUGIN_SINKS_H

#include "common/base/error.h"
#include "plugin/shed_filter.h"

/* The broker has a few listeners; what is beyond is left alone. */
#define ATS_SINKS_MAX 64

/* All zero: none is open. */
struct ats_sinks {
    struct {
        int listener;
        int sink;
    } pairs[ATS_SINKS_MAX];
    size_t count;
};

/* Puts the filter in the place of the last one, and opens the sinks at the first; NULL: closes them. IO where no listener takes it. */
ATS_MUST_USE enum ats_status
ats_sinks_set(struct ats_sinks *sinks, const struct ats_shed_filter *filter, struct ats_error *err);

#endif
