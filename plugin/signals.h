/* SPDX-License-Identifier: Apache-2.0 */
/* Signals are the broker's, whose own thread takes them: threads of the gate are started with all of them blocked. Thread: any. */
#ifndef ATS_PLUGIN_SIGNALS_H
#define ATS_PLUGIN_SIGNALS_H

#include <pthread.h>
#include <signal.h>

/* Threads that are started from here on get none; gives what held before, for ats_signals_restore(). */
static inline sigset_t ats_signals_block(void)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    return before;
}

static inline void ats_signals_restore(sigset_t before)
{
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

#endif
