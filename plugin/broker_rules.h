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
 * Where it cannot be read, or has per_listener_settings, everything is deferred: closed rather than open.
 * Thread: at start and at a reload, the broker's.
 */
#ifndef ATS_PLUGIN_BROKER_RULES_H
#define ATS_PLUGIN_BROKER_RULES_H

#include "common/base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct ats_broker_rules {
    bool per_listener;
    bool acl_file;
    bool password_file;
    unsigned plugins; /* this one among them */
    bool anonymous;
    bool listener; /* without any, the broker is local and anonymous */
    /* What follows. */
    bool open_access;
    bool open_names;
};

/* Reads the file and those that it includes. */
ATS_MUST_USE enum ats_status
ats_broker_rules_read(const char *path, struct ats_broker_rules *ret_rules, struct ats_error *err);
/* The configuration file in the command line of this process (-c FILE); false if there is none. */
bool ats_broker_rules_file(char *ret_path, size_t size);

#endif
