/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record of the quarantine topic as commands show it. What it says is the word of whoever may write to that topic: a gate's seal in it
 * is for the processor group and the gate alone. Thread: one.
 */
#ifndef ATS_CLI_QUARANTINE_RECORD_H
#define ATS_CLI_QUARANTINE_RECORD_H

#include "cli/value_decoder.h"
#include "common/base/buf.h"

/* "PARTITION:OFFSET". */
#define ATS_QUARANTINE_ID_SIZE 40

struct ats_quarantine_record {
    char id[ATS_QUARANTINE_ID_SIZE];
    int64_t
        time_ms;    /* when the gate received it, or the dead letter's input has as its timestamp */
    json_t *fields; /* as schemas/records/quarantine.avsc has them; `payload` in base64 */
    json_t *headers;
};

/* False: it is none. Owns: ats_quarantine_record_fini() releases the members. */
bool ats_quarantine_record_read(struct ats_value_decoder *decoder,
                                const struct ats_kafka_record *record,
                                struct ats_quarantine_record *ret_record);
void ats_quarantine_record_fini(struct ats_quarantine_record *record);
/* A field's text, "" where it is null. */
const char *ats_quarantine_record_text(const struct ats_quarantine_record *record,
                                       const char *field);
/* The same, or an integer, for a list: cut where it is longer than ours are; null for anything else. Owns: a new reference. */
json_t *ats_quarantine_record_field(const struct ats_quarantine_record *record, const char *field);
/* The original bytes. Owns: the buffer. */
ATS_MUST_USE enum ats_status
ats_quarantine_record_payload(const struct ats_quarantine_record *record, struct ats_buf *out);
/* Whether a field's value is the wanted one; "env-sensor" is each version of that contract. */
bool ats_quarantine_is_wanted(struct ats_span value, const char *wanted, bool is_contract);
/* The two numbers of an id. CONFIG. */
ATS_MUST_USE enum ats_status ats_quarantine_id_parse(const char *text, int32_t *ret_partition,
                                                     int64_t *ret_offset, struct ats_error *err);

#endif
