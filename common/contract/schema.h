/* SPDX-License-Identifier: Apache-2.0 */
/* Schema ids and Confluent framing: byte 0, the id as 4 big-endian bytes, the Avro body. Thread: any. */
#ifndef ATS_CONTRACT_SCHEMA_H
#define ATS_CONTRACT_SCHEMA_H

#include "common/base/buf.h"

#define ATS_FRAMING_SIZE 5

/* The first 31 bits of SHA-256 of the stored text: an id that nobody allocates. */
uint32_t ats_schema_id(struct ats_span text);
void ats_framing_put(struct ats_buf *buf, uint32_t schema_id);
/* MALFORMED if the value is too short or its first byte is not 0. */
ATS_MUST_USE enum ats_status ats_framing_get(struct ats_span value, uint32_t *ret_schema_id,
                                             struct ats_span *ret_body);

#endif
