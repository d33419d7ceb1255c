/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of records as JSON: Avro where the framing names a schema that is known (compiled in, or of the control log), JSON where it is,
 * else a text or base64. Thread: one. Owns: its decoders, up to
 * ATS_CLI_DECODERS_MAX schemas; past that, values are shown as bytes.
 */
#ifndef ATS_CLI_VALUE_DECODER_H
#define ATS_CLI_VALUE_DECODER_H

#include "cli/command.h"
#include "common/base/error.h"
#include "common/kafka/record.h"

#include <jansson.h>

struct ats_value_decoder;

/* With the schemas of the fleet's verified copy, as far as there is one; it is closed again, so that other commands may run. */
ATS_MUST_USE enum ats_status ats_value_decoder_new(const struct ats_cli *cli,
                                                   struct ats_value_decoder **ret_decoder,
                                                   struct ats_error *err);
void ats_value_decoder_free(struct ats_value_decoder *decoder);
/* Owns: the caller gets a new reference. */
json_t *ats_value_decode(struct ats_value_decoder *decoder, struct ats_span value);
/* The headers as an object: texts, else {"base64": "..."}. Owns: the same. */
json_t *ats_value_headers(const struct ats_kafka_record *record);

#endif
