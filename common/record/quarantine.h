/* SPDX-License-Identifier: Apache-2.0 */
/* The value of a record of <prefix>quarantine (schemas/records/quarantine.avsc), from a gate or from a processor. Thread: any. */
#ifndef ATS_RECORD_QUARANTINE_H
#define ATS_RECORD_QUARANTINE_H

#include "common/base/buf.h"

/* The order of the schema's symbols. */
enum ats_quarantine_source { ATS_QUARANTINE_GATE, ATS_QUARANTINE_PROCESSOR };

/* Empty spans and NULL texts that the schema has as nullable become null. */
struct ats_quarantine {
    enum ats_quarantine_source source;
    struct ats_span reason_class;
    struct ats_span rule;
    struct ats_span path;
    struct ats_span text;
    int64_t time_ms;
    struct ats_span device;
    struct ats_span contract; /* name@version */
    struct ats_span topic;    /* MQTT */
    struct ats_span gate;
    struct ats_span journal; /* 16 hexadecimal digits */
    uint64_t position;       /* 0: none */
    const char *input_topic; /* Kafka; NULL: none, partition and offset are null too */
    int32_t input_partition;
    int64_t input_offset;
    struct ats_span payload;
    uint32_t item;       /* of a payload of several events, from 0 */
    uint32_t item_count; /* 0: it is one event, item and count are null */
};

/* Appends the framed value; the buffer's status tells whether it fitted. */
void ats_quarantine_encode(const struct ats_quarantine *quarantine, struct ats_buf *out);
/* Borrows from the framed value; where a dead letter came from is left out. MALFORMED. */
ATS_MUST_USE enum ats_status ats_quarantine_decode(struct ats_span value,
                                                   struct ats_quarantine *ret_quarantine);

#endif
