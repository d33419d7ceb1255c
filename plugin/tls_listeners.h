/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of the broker's listeners speak TLS, read from its configuration beside broker_rules.c: those with a certificate and a key,
 * or with pre-shared keys. Where it cannot be told, a listener counts as plain. Thread: at start, the broker's.
 */
#ifndef ATS_PLUGIN_TLS_LISTENERS_H
#define ATS_PLUGIN_TLS_LISTENERS_H

#include "common/base/limits.h"

#include <stdbool.h>
#include <stddef.h>

/* The first is the default listener, which lines before any `listener` are about, in each file anew. */
struct ats_tls_listeners {
    struct {
        unsigned port; /* 0: none, or a unix socket */
        bool certificate;
        bool key;
        bool pre_shared;
    } items[ATS_BROKER_LISTENERS_MAX];
    size_t count;
    size_t current;
};

void ats_tls_listeners_init(struct ats_tls_listeners *listeners);
/* One line of the configuration. */
void ats_tls_listeners_take(struct ats_tls_listeners *listeners, const char *name,
                            const char *value);
/* Whether any listener speaks TLS. */
bool ats_tls_listeners_any(const struct ats_tls_listeners *listeners);
/* Whether every listener of that port speaks TLS; false for port 0 and one that is not there. */
bool ats_tls_listeners_has(const struct ats_tls_listeners *listeners, unsigned port);

#endif
