/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pipeline's outputs as lines of JSON: {"topic","key","value"}, the topic without a prefix, Avro values decoded by their
 * schema. Thread: one at a time. Owns: decoders; the file is borrowed.
 */
#ifndef ATS_PROCESSOR_REPLAY_OUTPUT_H
#define ATS_PROCESSOR_REPLAY_OUTPUT_H

#include "common/base/error.h"
#include "common/kafka/record.h"

#include <stdio.h>

struct ats_replay_output;

ATS_MUST_USE enum ats_status
ats_replay_output_new(FILE *file, struct ats_replay_output **ret_output, struct ats_error *err);
void ats_replay_output_free(struct ats_replay_output *output);
/* A sink's emit: `ctx` is the output. IO: the file cannot be written. */
enum ats_status ats_replay_output_emit(void *ctx, const char *topic_suffix,
                                       const struct ats_kafka_record *record,
                                       struct ats_error *err);

#endif
