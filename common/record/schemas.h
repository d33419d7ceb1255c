/* SPDX-License-Identifier: Apache-2.0 */
/* The Avro schemas of every record that we write, compiled in from schemas/records as the texts that they are. */
#ifndef ATS_RECORD_SCHEMAS_H
#define ATS_RECORD_SCHEMAS_H

#include "common/base/span.h"

struct ats_record_schema_text {
    const char *name; /* the file's name without .avsc */
    struct ats_span text;
};

/* Ends with a NULL name; sorted by name. */
extern const struct ats_record_schema_text ats_record_schema_texts[];

/* The id of a schema that must exist; computed once. Thread: any. */
uint32_t ats_record_schema_id(const char *name);

#endif
