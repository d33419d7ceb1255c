/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the broker is about to end. Mosquitto 2.0 then sends the will of everybody who is connected, before it tells a plugin
 * anything, through the same check as a publish: so the gate has to know, and the only word of it is the signal. It listens to
 * SIGTERM and SIGINT in front of the broker's own handlers, which it calls; where there is none, it leaves the signal alone.
 *
 * A handler has no argument, hence the one global of this process. Thread: watch and unwatch the broker's, the answer any.
 */
#ifndef ATS_PLUGIN_STOPPING_H
#define ATS_PLUGIN_STOPPING_H

#include <stdbool.h>

/* Once the broker has set its handlers: from its first tick on. */
void ats_stopping_watch(void);
/* The broker's handlers as they were, unless somebody else has changed them since. */
void ats_stopping_unwatch(void);
/* Whether such a signal has come since. */
bool ats_stopping(void);

#endif
