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

/* The topics that carry one record each, behind the prefix; ends with a NULL record. */
struct ats_record_topic {
    const char *record;
    const char *topic;
};
extern const struct ats_record_topic ats_record_topics[];

/* The id that a record of this schema, which must exist, is framed with: that of its text, unless another is set. Thread: any. */
uint32_t ats_record_schema_id(const char *name);
/* Whether it may be framed with another: not the control log's own records, which must be read before anything in the log is known. */
bool ats_record_schema_takes_id(const char *name);
/* From here on this process frames with that id, which a Schema Registry gave. One for all threads and writers: the control log says it
   of a record, whoever writes that. */
void ats_record_schema_set_id(const char *name, uint32_t schema_id);

#endif
