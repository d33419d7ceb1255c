/* SPDX-License-Identifier: Apache-2.0 */
/* The gate's options: what stands behind `plugin_opt_` in the broker's configuration. Thread: at start, one. */
#ifndef ATS_PLUGIN_OPTIONS_H
#define ATS_PLUGIN_OPTIONS_H

#include "common/config/config.h"
#include "plugin/gate.h"

enum ats_gate_mode { ATS_GATE_ENFORCE, ATS_GATE_OBSERVE };
/* What a gate does whose copy of the control log is older than control_max_age. */
enum ats_gate_stale { ATS_GATE_STALE_CONTINUE, ATS_GATE_STALE_NO_SESSIONS, ATS_GATE_STALE_REFUSE };
/* What answers for users and topics that the gate does not govern, see broker_rules.h. */
enum ats_gate_rules { ATS_GATE_RULES_AUTO, ATS_GATE_RULES_DEFER, ATS_GATE_RULES_OPEN };

/* Whom a token may be for. */
enum ats_gate_audience { ATS_GATE_AUDIENCE_GATE, ATS_GATE_AUDIENCE_FLEET };
/* What a device may read. */
enum ats_gate_reads { ATS_GATE_READS_OWN, ATS_GATE_READS_BROKER_RULES };

struct ats_gate_options {
    int mode;
    bool exclusive;
    int broker_rules;
    int device_reads;
    const char *device_commands;
    const char *fleet;
    const char *state_folder;
    const char *kafka_config;
    const char *kafka_bootstrap;
    const char *topic_prefix;
    const char *processor_group;
    int64_t journal_size;
    int64_t journal_segment_size;
    int journal_sync;
    int64_t journal_sync_interval_ms;
    int64_t evidence_interval_ms;
    int64_t token_leeway_ms;
    int64_t token_lifetime_max_ms;
    int64_t device_messages_per_second;
    int64_t device_bytes_per_second;
    int64_t device_burst_ms;
    int64_t device_retained_topics; /* 0: no limit */
    int64_t handshakes_per_address;
    int64_t handshakes_per_device;
    int64_t handshake_share;
    int64_t refused_connects_per_second;
    int64_t connects_per_device;
    int token_audience;
    bool token_single_use;
    bool allow_plain_tokens;
    int64_t control_max_age_ms; /* 0: never stale */
    int control_stale;
    const char *control_file;
    bool receipts;
    int64_t receipts_per_second;
    int64_t metrics_interval_ms;
    int log_level;
    struct ats_config_values values;
};

extern const struct ats_property ats_gate_properties_table[];

/* CONFIG names the option, its value, what is allowed, and the nearest known name. */
ATS_MUST_USE enum ats_status ats_gate_options_read(const struct ats_gate_option *given,
                                                   size_t count,
                                                   struct ats_gate_options *ret_options,
                                                   struct ats_error *err);
void ats_gate_options_fini(struct ats_gate_options *options);

#endif
