/* SPDX-License-Identifier: Apache-2.0 */
/* A contract of so many fields and a payload that it admits, both made, so that cost can be had over the number of fields. Thread: one. */
#ifndef ATS_BENCH_RECORD_H
#define ATS_BENCH_RECORD_H

#include "common/contract/contract.h"

#define RECORD_FIELDS_MAX 256
/* The payload of ten fields, whose length its first text makes up. */
#define RECORD_BYTES 200

enum record_shape {
    RECORD_PLAIN,       /* fields in the schema's order, few digits */
    RECORD_OTHER_ORDER, /* the last field first */
    RECORD_DIGITS,      /* reals with 17 digits */
};

struct record {
    struct ats_contract *contract;
    char *payload; /* `len` bytes and `room` more */
    size_t len;
    size_t room;
    size_t fields;
};

/* The types go round: four reals, three integers, two texts, a boolean. False: it cannot be made, and says why. */
bool record_make(struct record *record, size_t fields, enum record_shape shape, size_t room);
void record_fini(struct record *record);

#endif
