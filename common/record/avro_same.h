/* SPDX-License-Identifier: Apache-2.0 */
/* Whether two texts are one Avro schema, in whatever words. Thread: any. */
#ifndef ATS_RECORD_AVRO_SAME_H
#define ATS_RECORD_AVRO_SAME_H

#include "common/base/span.h"

#include <jansson.h>

/* The same JSON, but for the order of keys; or the same types in the same order, under the same names, so that who reads by one reads
   what was written by the other. What is no schema may be the same as itself, and as nothing else. */
bool ats_avro_same_type(struct ats_span a, struct ats_span b);
/* Of JSON that is parsed: one schema is compared to many, and parsed once. NULL is the same as nothing. */
bool ats_avro_same_json(const json_t *a, const json_t *b);

#endif
