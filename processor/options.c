/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/options.h"

#include "common/base/limits.h"

#include <stdio.h>

#define OPTION(member) offsetof(struct ats_processor_options, member)

static const char *const log_levels[] = {"debug", "info", "warning", "error", NULL};

const struct ats_property ats_processor_properties[] = {
    {"fleet", ATS_PROPERTY_PATH, OPTION(fleet), 0, 0, NULL, NULL,
     "Folder that `attestream processor add` wrote: the member's and the group's keys, and the "
     "pins."},
    {"state_folder", ATS_PROPERTY_PATH, OPTION(state_folder), 0, 0, NULL, NULL,
     "Folder for the local copy of the control log; one process at a time."},
    {"kafka_config", ATS_PROPERTY_PATH, OPTION(kafka_config), 0, 0, NULL, "",
     "File of librdkafka properties (brokers, SASL, TLS); else $ATS_KAFKA_CONFIG."},
    {"kafka_bootstrap", ATS_PROPERTY_TEXT, OPTION(kafka_bootstrap), 0, 0, NULL, "",
     "Brokers as HOST:PORT,...; else $ATS_KAFKA_BOOTSTRAP."},
    {"topic_prefix", ATS_PROPERTY_TEXT, OPTION(topic_prefix), 0, 0, NULL, "",
     "What every topic's name begins with; if empty, the fleet's, which stands in the folder "
     "`fleet`."},
    {"http_listen", ATS_PROPERTY_TEXT, OPTION(http_listen), 0, 0, NULL, "127.0.0.1:8090",
     "ADDRESS:PORT for health, metrics and schemas (port 0: a free one, see the log), or off."},
    {"workers", ATS_PROPERTY_INTEGER, OPTION(workers), 1, 64, NULL, "1",
     "Threads, each a consumer of the group with its own tasks."},
    {"commit_interval", ATS_PROPERTY_DURATION, OPTION(commit_interval_ms), 1, 10000, NULL, "100ms",
     "How long a transaction stays open: what a decision's visibility waits for at most."},
    {"commit_events_max", ATS_PROPERTY_INTEGER, OPTION(commit_events_max), 1,
     ATS_TRANSACTION_MESSAGES_MAX / 4, NULL, "20000", "Input records of one transaction at most."},
    {"state_max", ATS_PROPERTY_SIZE, OPTION(state_bytes_max), 1 << 20, INT64_C(1) << 40, NULL,
     "1GiB", "Bytes of state of one task at most."},
    {"session_timeout", ATS_PROPERTY_DURATION, OPTION(session_timeout_ms), 6000, 1800000, NULL,
     "10s", "After how long without a sign of life the group gives this member's tasks to others."},
    {"control_max_age", ATS_PROPERTY_DURATION, OPTION(control_max_age_ms), 0,
     INT64_C(365) * 24 * 3600 * 1000, NULL, "5m",
     "From which age on the copy of the control log is said to be stale, by the heartbeats of "
     "members "
     "that may sign checkpoints; 0s: never."},
    {"log_level", ATS_PROPERTY_CHOICE, OPTION(log_level), 0, 0, log_levels, "info",
     "The least level that is logged."},
    {NULL, 0, 0, 0, 0, NULL, NULL, NULL},
};

/* One "--name value" or "--name=value"; moves `at` over what it took. */
static enum ats_status take_flag(int argc, char **argv, int *at,
                                 struct ats_processor_options *options,
                                 struct ats_config_values *values, struct ats_error *err)
{
    char name[ATS_NAME_MAX + 1];
    char origin[ATS_NAME_MAX + 3];
    const char *flag = argv[*at];
    if (strncmp(flag, "--", 2) != 0 || strlen(flag + 2) > ATS_NAME_MAX)
        return ats_error_set(err, ATS_ERR_CONFIG, "unexpected argument '%s'", flag);
    (void)snprintf(name, sizeof(name), "%s", flag + 2);
    name[strcspn(name, "=")] = '\0';
    (void)snprintf(origin, sizeof(origin), "--%s", name);
    const char *value = strchr(flag, '=');
    for (char *c = name; *c; c++)
        *c = *c == '-' ? '_' : *c;
    if (!value && *at + 1 == argc)
        return ats_error_set(err, ATS_ERR_CONFIG, "%s: needs a value", flag);
    value = value ? value + 1 : argv[++*at];
    ++*at;
    if (strcmp(name, "config") == 0)
        return ats_config_read_file(ats_processor_properties, options, values, value, err);
    return ats_config_set(ats_processor_properties, options, values, name, value, origin, err);
}

enum ats_status ats_processor_options_parse(int argc, char **argv,
                                            struct ats_processor_options *ret_options,
                                            struct ats_config_values *values, struct ats_error *err)
{
    bool print = false;
    *ret_options = (struct ats_processor_options){0};
    enum ats_status status = ats_config_begin(ats_processor_properties, ret_options, values, err);
    for (int at = 0; at < argc && status == ATS_OK;) {
        if (strcmp(argv[at], "--help") == 0 || strcmp(argv[at], "-h") == 0)
            return ATS_ERR_AGAIN;
        if (strcmp(argv[at], "--print-config") == 0) {
            print = true;
            at++;
        } else {
            status = take_flag(argc, argv, &at, ret_options, values, err);
        }
    }
    if (status == ATS_OK)
        status = ats_config_end(ats_processor_properties, values, "--", err);
    return status == ATS_OK && print ? ATS_ERR_EXISTS : status;
}
