/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The formats of payloads: each takes a payload apart into events, and makes framed Avro of one that holds the contract's rules. One
 * ops struct in a file of its own each (format_*.c); batch.c chooses and drives them. Internal to common/contract.
 *
 * Thread: the ops structs are immutable; a batch belongs to one at a time.
 */
#ifndef ATS_CONTRACT_FORMAT_H
#define ATS_CONTRACT_FORMAT_H

#include "common/base/buf.h"
#include "common/contract/verdict.h"

struct ats_batch;
struct ats_odcs;

enum ats_format_id {
    ATS_FORMAT_JSON, /* the default */
    ATS_FORMAT_AVRO,
    ATS_FORMAT_AVRO_CONFLUENT,
    ATS_FORMAT_TEXT,
    ATS_FORMAT_SENML_JSON,
    ATS_FORMAT_SENML_CBOR,
    ATS_FORMAT_COUNT,
};

struct ats_format {
    const char *name; /* as contracts write it */
    const char *const
        *content_types; /* of MQTT 5 that choose it, without parameters; ends with NULL */
    /* Finds the events of the batch's payload, which is neither empty nor too long unless the format is JSON: sets `items`, `count` and
       `single`. INVALID: the payload as a whole is refused. */
    enum ats_status (*open)(struct ats_batch *batch, struct ats_verdict *ret_verdict);
    /* Appends one event to `out`, framed. As ats_contract_admit(), but for what `out` holds after a failure. */
    enum ats_status (*admit)(const struct ats_batch *batch, size_t index, struct ats_buf *out,
                             struct ats_verdict *ret_verdict);
};

extern const struct ats_format ats_format_json;
extern const struct ats_format ats_format_avro;
extern const struct ats_format ats_format_avro_confluent;
extern const struct ats_format ats_format_text;
extern const struct ats_format ats_format_senml_json;
extern const struct ats_format ats_format_senml_cbor;

const struct ats_format *ats_format_at(enum ats_format_id id);
/* Which of the contract's formats a publish with that content type has; an empty one chooses the first. INVALID: none. */
ATS_MUST_USE enum ats_status ats_format_choose(const struct ats_odcs *odcs,
                                               struct ats_span content_type,
                                               const struct ats_format **ret_format,
                                               struct ats_verdict *ret_verdict);

#endif
