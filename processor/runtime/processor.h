/* SPDX-License-Identifier: Apache-2.0 */
/* A whole processor: control, workers and HTTP, started and stopped together. Thread: one. */
#ifndef ATS_RUNTIME_PROCESSOR_H
#define ATS_RUNTIME_PROCESSOR_H

#include "common/base/log.h"
#include "common/kafka/config.h"

struct ats_processor;

struct ats_processor_settings {
    struct ats_kafka_config kafka; /* topic_prefix NULL or "": what the fleet's folder says */
    const char *fleet_folder; /* processor.json, group-agreement.key.pem, processor.key.pem, pins */
    const char *state_folder;
    const char *http_listen; /* "off": none */
    int64_t workers;
    int64_t commit_interval_ms;
    int64_t commit_events_max;
    int64_t state_bytes_max;
    int64_t session_timeout_ms;
    int64_t control_max_age_ms; /* 0: never said */
    struct ats_log *log;
};

/* Kafka may be down: the processor then keeps trying. The settings' texts are borrowed for the processor's life.
   `ret_option` names the option (options.c) that a failure is about; NULL: none. */
ATS_MUST_USE enum ats_status ats_processor_start(const struct ats_processor_settings *settings,
                                                 struct ats_processor **ret_processor,
                                                 const char **ret_option, struct ats_error *err);
/* Commits or gives up what is open, leaves the group, frees. */
void ats_processor_stop(struct ats_processor *processor);

#endif
