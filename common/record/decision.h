/* SPDX-License-Identifier: Apache-2.0 */
/* The value of a record of <prefix>decisions (schemas/records/decision.avsc). Thread: any. Owns: nothing, all is borrowed. */
#ifndef ATS_RECORD_DECISION_H
#define ATS_RECORD_DECISION_H

#include "common/base/buf.h"
#include "common/record/event.h"

struct ats_decision_feature {
    const char *name;
    const char *field;
    const char *unit;
    double value;    /* NaN: absent */
    double expected; /* NaN: the model cannot say */
    double contribution;
};

struct ats_decision_result {
    const char *use_case;
    const char *version;
    const char *model;
    const char *model_version;
    bool late; /* nothing of what follows but the threshold was computed */
    double score;
    double threshold;
    bool anomalous;
    const struct ats_decision_feature *features;
    size_t feature_count;
    struct ats_span episode; /* empty: none */
    struct ats_span explanation;
};

struct ats_decision {
    struct ats_span id;
    const struct ats_event *event;
    struct ats_span journal;               /* 16 hexadecimal digits */
    const struct ats_kafka_record *record; /* the input: topic, partition, offset */
    int64_t event_time_ms;
    uint64_t task_input;
    uint64_t control_count;
    bool late;
    const struct ats_decision_result *const *results;
    size_t result_count;
};

/* Appends the framed value; the buffer's status tells whether it fitted. */
void ats_decision_encode(const struct ats_decision *decision, struct ats_buf *out);
/* A ["null", "double"] union: NaN is null. */
void ats_decision_put_number(struct ats_buf *out, double value);

#endif
