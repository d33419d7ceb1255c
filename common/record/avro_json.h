/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any Avro record as JSON for people and files: unions without their branch's name, bytes and fixed as base64, numbers that
 * JSON does not have ("NaN", "Infinity", "-Infinity") as texts, a record's fields in the schema's order. Not for hot paths.
 *
 * Thread: any, after new. Owns: the decoder owns its compiled schema.
 */
#ifndef ATS_RECORD_AVRO_JSON_H
#define ATS_RECORD_AVRO_JSON_H

#include "common/base/error.h"
#include "common/base/span.h"

#include <jansson.h>

struct ats_avro_json;

/* INVALID: not an Avro schema. */
ATS_MUST_USE enum ats_status ats_avro_json_new(struct ats_span schema,
                                               struct ats_avro_json **ret_decoder,
                                               struct ats_error *err);
void ats_avro_json_free(struct ats_avro_json *decoder);
/* Decodes a body (without framing). MALFORMED: it does not fit the schema, bytes are left over, a text is not UTF-8, or there
   are more than ATS_AVRO_JSON_VALUES_MAX values.
   Owns: the caller gets a new reference. */
ATS_MUST_USE enum ats_status ats_avro_json_decode(const struct ats_avro_json *decoder,
                                                  struct ats_span body, json_t **ret_json,
                                                  struct ats_error *err);

#endif
