/* SPDX-License-Identifier: Apache-2.0 */
/* The processor's options: one property table for parser, reference page and example file. Thread: at start. */
#ifndef ATS_PROCESSOR_OPTIONS_H
#define ATS_PROCESSOR_OPTIONS_H

#include "common/config/config.h"

struct ats_processor_options {
    const char *fleet;
    const char *state_folder;
    const char *kafka_config;
    const char *kafka_bootstrap;
    const char *topic_prefix;
    const char *http_listen;
    int64_t workers;
    int64_t commit_interval_ms;
    int64_t commit_events_max;
    int64_t state_bytes_max;
    int64_t session_timeout_ms;
    int64_t control_max_age_ms;
    int log_level; /* enum ats_log_level */
};

extern const struct ats_property ats_processor_properties[];

/* From `argv` behind the command: --config FILE and --NAME VALUE or --NAME=VALUE, '-' for '_'. AGAIN: --help;
   EXISTS: --print-config (the options are set). `values` is to be freed whatever the answer. */
ATS_MUST_USE enum ats_status ats_processor_options_parse(int argc, char **argv,
                                                         struct ats_processor_options *ret_options,
                                                         struct ats_config_values *values,
                                                         struct ats_error *err);

#endif
