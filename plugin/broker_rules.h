/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the broker would do without us. A plugin that registers a check changes the broker's answer by being there: once
 * any callback is registered and all of them defer, Mosquitto denies, where without callbacks it allows (ACL), or
 * follows allow_anonymous even for named users (passwords). No API tells whether others are registered, so the broker's own
 * configuration is read for that, and only for that:
 *
 *   acl_file or another plugin      -> deferring leaves access to them; else access is open
 *   password_file or another plugin -> deferring leaves named users to them; else allow_anonymous decides
 *
 * It also tells what passes the plugin by: listeners that do not load it, and names that come from certificates.
 *
 * Where it cannot be read, or has per_listener_settings, everything is deferred: closed rather than open.
 * Thread: at start and at a reload, the broker's.
 */
#ifndef ATS_PLUGIN_BROKER_RULES_H
#define ATS_PLUGIN_BROKER_RULES_H

#include "common/base/error.h"
#include "plugin/tls_listeners.h"

#include <stdbool.h>
#include <stddef.h>

struct ats_broker_rules {
    bool per_listener;
    bool acl_file;
    bool password_file;
    unsigned plugins; /* this one among them */
    bool anonymous;
    bool certificate_names; /* the broker asks no plugin whether such a client may connect */
    /* Listeners. Without any, the broker is local and anonymous; the lines before the first belong to the default one,
       which is there if it has a port or address. */
    unsigned listeners;
    unsigned listeners_with_plugin;
    bool listener_has_plugin; /* the one that the lines read so far end with */
    bool default_listener;
    bool default_has_plugin;
    struct ats_tls_listeners tls;
    /* What follows. */
    unsigned ungoverned; /* listeners without a plugin, where each has settings of its own */
    bool open_access;
    bool open_names;
};

/* Reads the file and those that it includes. */
ATS_MUST_USE enum ats_status
ats_broker_rules_read(const char *path, struct ats_broker_rules *ret_rules, struct ats_error *err);
/* The configuration file in the command line of this process (-c FILE); false if there is none. */
bool ats_broker_rules_file(char *ret_path, size_t size);

#endif
