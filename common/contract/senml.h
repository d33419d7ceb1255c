/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A SenML pack (RFC 8428), resolved: each record has its whole name, its time and its unit, and the records of one sensor and one time
 * are an event. A reader of JSON or CBOR adds the records one by one as they stand. Internal to common/contract.
 *
 * Thread: one at a time. Owns: all its memory, made once; spans point into the payload and into the pack, until the next begin.
 */
#ifndef ATS_CONTRACT_SENML_H
#define ATS_CONTRACT_SENML_H

#include "common/base/limits.h"
#include "common/contract/batch.h"
#include "common/contract/given.h"

/* In the order of the names in senml.c's table. */
enum ats_senml_label {
    ATS_SENML_BVER,
    ATS_SENML_BN,
    ATS_SENML_BT,
    ATS_SENML_BU,
    ATS_SENML_BV,
    ATS_SENML_BS,
    ATS_SENML_N,
    ATS_SENML_U,
    ATS_SENML_V,
    ATS_SENML_VS,
    ATS_SENML_VB,
    ATS_SENML_VD,
    ATS_SENML_S,
    ATS_SENML_T,
    ATS_SENML_UT,
    ATS_SENML_LABEL_COUNT,
};

/* A record as it stands; of a label that it has not the kind is NOTHING. */
struct ats_senml_raw {
    struct ats_given fields[ATS_SENML_LABEL_COUNT];
    struct ats_span bytes;
};

struct ats_senml_record {
    struct ats_span name;
    size_t sensor_len; /* of the name, up to its last ':' or '/' and with it */
    struct ats_span unit;
    int64_t time_us;
    struct ats_given value;
    struct ats_given sum;
    struct ats_span bytes;
};

struct ats_senml_event {
    uint16_t begin; /* in `order` */
    uint16_t count;
};

struct ats_senml {
    struct ats_verdict *verdict;
    int64_t now_ms;
    /* What stood last in the pack so far. */
    struct ats_given bases[ATS_SENML_N];
    int64_t version;
    size_t seen; /* records, for telling */
    /* What came of it. */
    size_t record_count; /* past ATS_SENML_RECORDS_MAX they are counted alone */
    struct ats_senml_record records[ATS_SENML_RECORDS_MAX];
    uint16_t order[ATS_SENML_RECORDS_MAX]; /* by time, sensor, place in the pack */
    uint16_t spare[ATS_SENML_RECORDS_MAX];
    size_t event_count;
    struct ats_senml_event events[ATS_BATCH_ITEMS_MAX];
    /* Names; texts that had escapes, and bytes that were written as texts: the payload twice at most. */
    size_t text_len;
    uint8_t text[2 * ATS_PAYLOAD_MAX + ATS_SENML_RECORDS_MAX * ATS_SENML_NAME_MAX];
};

void ats_senml_begin(struct ats_senml *pack, int64_t now_ms, struct ats_verdict *ret_verdict);
/* False, as below: the verdict says why. */
bool ats_senml_add(struct ats_senml *pack, const struct ats_senml_raw *raw);
/* Finds the events; at least one, at most ATS_BATCH_ITEMS_MAX. */
bool ats_senml_end(struct ats_senml *pack);

/* For readers. */
const char *ats_senml_label_name(enum ats_senml_label label);
/* The label of that name; LABEL_COUNT if there is none. */
enum ats_senml_label ats_senml_label_find(struct ats_span name);
/* That what was read may stand there, and not twice; takes it. */
bool ats_senml_take(struct ats_senml *pack, struct ats_senml_raw *raw, enum ats_senml_label label,
                    struct ats_given given);
/* That a field of that name, which is none of ours, may be passed over. */
bool ats_senml_may_pass(struct ats_senml *pack, struct ats_span name);
/* Sets the verdict `senml`, with the record's number; returns false. */
bool ats_senml_refuse(struct ats_senml *pack, const char *format, ...) ATS_PRINTF(2, 3);
/* Room for a text of at most that length; NULL: there is none, which does not happen to a payload's own texts. */
uint8_t *ats_senml_room(struct ats_senml *pack, size_t len);

/* senml_json.c. */
bool ats_senml_read_json(struct ats_senml *pack, struct ats_span payload, const uint8_t *secret);

/* senml_cbor.c. */
bool ats_senml_read_cbor(struct ats_senml *pack, struct ats_span payload);

/* senml_units.c: a record's unit: a name of SenML's registries, else a code of UCUM. False: it is neither. */
bool ats_senml_unit_read(struct ats_span unit, struct ats_ucum *ret_unit);
/* The same unit as a code of UCUM, as which the names of registry are written; NULL: it is none of them. */
const char *ats_senml_unit_code(struct ats_span unit);

#endif
