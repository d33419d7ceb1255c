/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of an Avro schema as JSON that remembers its lines, and avro-c's opinion of it. Internal to common/contract.
 * Thread: any. Owns: who reads decrefs the JSON.
 */
#ifndef ATS_CONTRACT_AVSC_TEXT_H
#define ATS_CONTRACT_AVSC_TEXT_H

#include "common/base/error.h"
#include "common/base/span.h"

#include <jansson.h>

/* CONFIG: "FILE:LINE: not JSON: ...". */
ATS_MUST_USE enum ats_status ats_avsc_read(struct ats_span text, const char *file,
                                           json_t **ret_json, struct ats_error *err);
/* The line on which an object of that JSON begins; 0 for anything else. */
json_int_t ats_avsc_line(const json_t *json);
/* Takes the lines out again, from a value that is to be printed. */
void ats_avsc_strip_lines(json_t *json);
/* avro-c reads the schema as well, as a second judge. It cannot be the first: it loses defaults and logical types. */
ATS_MUST_USE enum ats_status ats_avsc_ask_avro_c(struct ats_span text, const char *file,
                                                 struct ats_error *err);

#endif
