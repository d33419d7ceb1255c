/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of a file as the Kafka records that the pipeline takes.
 *
 *   payload   one JSON payload a line: goes through the contract as at a gate, but that nothing is "too old" or "in the future"
 *   record    one recorded Kafka record a line: {"topic","partition","offset","timestamp","key","value","headers"}, key, value
 *             and header values in base64 or null, headers a list of [name, value]
 *
 * Thread: one at a time. Owns: what a returned record borrows, until the next line.
 */
#ifndef ATS_PROCESSOR_REPLAY_INPUT_H
#define ATS_PROCESSOR_REPLAY_INPUT_H

#include "common/contract/set.h"
#include "common/record/event.h"

#include <stdio.h>

struct ats_replay_input;

struct ats_replay_input_options {
    FILE *file;                               /* borrowed */
    const char *name;                         /* stands for the file in errors */
    bool records;                             /* else payloads */
    const struct ats_contract_set *contracts; /* borrowed; payloads go through the first */
    const char *device_field; /* dotted path of the device's name in a payload, or "" */
};

enum ats_replay_kind {
    ATS_REPLAY_INPUT,       /* for the pipeline */
    ATS_REPLAY_QUARANTINED, /* the contract said no: a record for the quarantine */
    ATS_REPLAY_OTHER,       /* a record of a topic that is no input */
};

ATS_MUST_USE enum ats_status ats_replay_input_new(const struct ats_replay_input_options *options,
                                                  struct ats_replay_input **ret_input,
                                                  struct ats_error *err);
/* The next line's record. NOT_FOUND: the end. Else a failure that names file and line. */
enum ats_status ats_replay_input_next(struct ats_replay_input *input,
                                      enum ats_replay_kind *ret_kind,
                                      struct ats_kafka_record *ret_record, struct ats_error *err);
void ats_replay_input_free(struct ats_replay_input *input);

#endif
