/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/tls_listeners.h"

#include <stdlib.h>
#include <string.h>

/* What Mosquitto's default listener has where no line says another. */
#define DEFAULT_PORT 1883

void ats_tls_listeners_init(struct ats_tls_listeners *listeners)
{
    memset(listeners, 0, sizeof(*listeners));
    listeners->items[0].port = DEFAULT_PORT;
    listeners->count = 1;
}

static unsigned port_of(const char *value)
{
    unsigned long port = strtoul(value, NULL, 10);
    return port <= 65535 ? (unsigned)port : 0;
}

static void add(struct ats_tls_listeners *listeners, unsigned port)
{
    if (listeners->count < ATS_BROKER_LISTENERS_MAX) {
        listeners->current = listeners->count++;
        listeners->items[listeners->current].port = port;
    } else {
        listeners->current = ATS_BROKER_LISTENERS_MAX; /* is not known, and so plain */
    }
}

void ats_tls_listeners_take(struct ats_tls_listeners *listeners, const char *name,
                            const char *value)
{
    if (strcmp(name, "listener") == 0) {
        add(listeners, port_of(value));
        return;
    }
    if (strcmp(name, "port") == 0)
        listeners->items[0].port = port_of(value);
    if (listeners->current == ATS_BROKER_LISTENERS_MAX)
        return;
    if (strcmp(name, "certfile") == 0)
        listeners->items[listeners->current].certificate = true;
    else if (strcmp(name, "keyfile") == 0)
        listeners->items[listeners->current].key = true;
    else if (strcmp(name, "psk_hint") == 0)
        listeners->items[listeners->current].pre_shared = true;
}

bool ats_tls_listeners_any(const struct ats_tls_listeners *listeners)
{
    for (size_t i = 0; i < listeners->count; i++)
        if (ats_tls_listeners_has(listeners, listeners->items[i].port))
            return true;
    return false;
}

bool ats_tls_listeners_has(const struct ats_tls_listeners *listeners, unsigned port)
{
    bool found = false;
    for (size_t i = 0; i < listeners->count && port != 0; i++) {
        if (listeners->items[i].port != port)
            continue;
        found = (listeners->items[i].certificate && listeners->items[i].key) ||
                listeners->items[i].pre_shared;
        if (!found)
            return false;
    }
    return found;
}
