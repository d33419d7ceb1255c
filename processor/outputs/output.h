/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outputs: pure mappings from what the pipeline found to a record of a topic. One file and one line in the table of
 * outputs.c each. A mapping asks neither for the time nor for the machine: the same input gives the same bytes.
 *
 *   occasion         outputs
 *   decision         decisions
 *   episode opened   alerts (ACTIVE), erp.requests, twin
 *   episode closed   alerts (CLEARED), twin
 *   dead letter      quarantine
 *
 * Thread: the task's. Owns: nothing but the scratch memory of struct ats_output_record, which the next mapping reuses.
 */
#ifndef ATS_OUTPUTS_OUTPUT_H
#define ATS_OUTPUTS_OUTPUT_H

#include "common/record/cloudevents.h"
#include "common/record/decision.h"
#include "common/usecase/usecase.h"

#define ATS_EPISODE_ID_SIZE 33 /* 32 hexadecimal digits and NUL */
/* Ditto allows 256 characters of "namespace:name". */
#define ATS_THING_ID_SIZE 257

enum ats_occasion {
    ATS_OCCASION_DECISION = 1,
    ATS_OCCASION_EPISODE_OPENED = 2,
    ATS_OCCASION_EPISODE_CLOSED = 4,
    ATS_OCCASION_DEAD_LETTER = 8,
};

struct ats_episode {
    struct ats_span id; /* 32 hexadecimal digits */
    int64_t onset_ms;
    int64_t last_ms; /* newest event of the episode */
    double peak_score;
    const struct ats_decision_feature *features; /* at the peak */
    size_t feature_count;
};

struct ats_dead_letter {
    const struct ats_kafka_record *record;
    const struct ats_event
        *event; /* NULL: its headers could not be read, or were not sealed by a known gate */
    const char *reason_class;
    const char *rule;
    const char *text;
    bool without_payload; /* the record's offset still says where it is */
};

/* What a mapping is given. Members that do not belong to the occasion are NULL. */
struct ats_output_input {
    enum ats_occasion occasion;
    const char *fleet;
    const char *group;
    const struct ats_decision *decision;
    /* Episodes: of which use case. */
    const struct ats_decision_result *result;
    const struct ats_usecase *usecase;
    const char *accountable; /* for the contract's data; "" if nobody is named */
    const struct ats_episode *episode;
    const struct ats_dead_letter *dead_letter;
};

/* The record being made, with the memory that it borrows. */
struct ats_output_record {
    struct ats_kafka_record record;
    struct ats_buf value;
    struct ats_buf text;
    char id[512];
    char source[ATS_CE_SOURCE_SIZE];
    char time[40];
    char dataschema[ATS_CE_DATASCHEMA_SIZE];
    char key[ATS_THING_ID_SIZE];
    char number[32];
};

struct ats_output_ops {
    const char *name;
    const char *topic;  /* without the prefix */
    unsigned occasions; /* bits of enum ats_occasion */
    /* Fills the record but for its topic. LIMIT or MEMORY. */
    enum ats_status (*map)(const struct ats_output_input *input, struct ats_output_record *output);
};

/* Every output in the order in which they are sent, ends with NULL. */
extern const struct ats_output_ops *const ats_outputs[];

void ats_output_record_init(struct ats_output_record *output);
void ats_output_record_fini(struct ats_output_record *output);

/* For mappings: an empty record. */
void ats_output_begin(struct ats_output_record *output, struct ats_span key);
/* Of a record that has its value: the CloudEvents headers, then the event's traceparent if it has one. */
ATS_MUST_USE enum ats_status ats_output_headers(struct ats_output_record *output,
                                                const struct ats_output_input *input,
                                                const char *type, struct ats_span id,
                                                struct ats_span subject, int64_t time_ms);
/* Whom an alert goes to: the use case's owner, else the contract's accountable. */
const char *ats_output_owner(const struct ats_output_input *input);
/* "namespace:asset", another for each asset: in its name, bytes other than printable ASCII and '/', '%', '~' are
   percent-encoded (Ditto's names take neither slashes nor control characters); one that is then too long becomes '~' and a
   hash. */
void ats_output_thing_id(const char *namespace_, struct ats_span asset,
                         char ret_id[ATS_THING_ID_SIZE]);

#endif
