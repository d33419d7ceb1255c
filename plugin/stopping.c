/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/stopping.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

static const int signals[] = {SIGTERM, SIGINT};

#define SIGNAL_COUNT (sizeof(signals) / sizeof(signals[0]))

/* Free of locks, as a handler demands, and other threads ask. */
static atomic_bool stopping;
_Static_assert(ATOMIC_BOOL_LOCK_FREE == 2, "a signal's handler may set it");
static struct sigaction before[SIGNAL_COUNT];
static bool watched[SIGNAL_COUNT];

static void on_signal(int number)
{
    atomic_store(&stopping, true);
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        if (signals[i] == number)
            before[i].sa_handler(number);
}

static bool is_function(const struct sigaction *action)
{
    return !(action->sa_flags & SA_SIGINFO) && action->sa_handler != SIG_DFL &&
           action->sa_handler != SIG_IGN && action->sa_handler != on_signal;
}

void ats_stopping_watch(void)
{
    atomic_store(&stopping, false);
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        struct sigaction now;
        if (sigaction(signals[i], NULL, &now) != 0 || !is_function(&now))
            continue;
        before[i] = now;
        struct sigaction ours = now;
        ours.sa_handler = on_signal;
        watched[i] = sigaction(signals[i], &ours, NULL) == 0;
    }
}

void ats_stopping_unwatch(void)
{
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        struct sigaction now;
        if (watched[i] && sigaction(signals[i], NULL, &now) == 0 && now.sa_handler == on_signal)
            (void)sigaction(signals[i], &before[i], NULL);
        watched[i] = false;
    }
}

bool ats_stopping(void)
{
    return atomic_load(&stopping);
}
