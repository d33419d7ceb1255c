/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an event gives, single value by single value, for formats whose payloads name values and know no records: the plan puts them
 * in order, fills in defaults, and says what is missing. Internal to common/contract. Thread: one at a time.
 */
#ifndef ATS_CONTRACT_GIVEN_H
#define ATS_CONTRACT_GIVEN_H

#include "common/base/clock.h"
#include "common/contract/batch_internal.h"
#include "common/contract/contract_internal.h"

enum ats_given_kind {
    ATS_GIVEN_NOTHING,
    ATS_GIVEN_BOOLEAN,
    ATS_GIVEN_INTEGER, /* exact */
    ATS_GIVEN_REAL,    /* finite */
    ATS_GIVEN_TEXT,    /* good UTF-8 */
    ATS_GIVEN_BYTES,
};

struct ats_given {
    enum ats_given_kind kind;
    union {
        bool boolean;
        int64_t integer;
        double real;
        struct ats_span bytes; /* TEXT, too; borrowed */
    } value;
};

struct ats_given_event {
    struct ats_given leaves[ATS_CONTRACT_LEAVES_MAX];
    char time[ATS_RFC3339_SIZE]; /* what an event time in RFC 3339 borrows */
};

/* An event that gives nothing yet. */
void ats_given_init(struct ats_given_event *event, const struct ats_contract *contract);
/* Fills the contract's device field from who proved itself, and the event time's from `time_us` since 1970, rounded to its unit; where
   the contract names such fields, the device is known, and the event has not given them. */
void ats_given_fill(struct ats_given_event *event, const struct ats_contract_input *input,
                    const struct ats_contract *contract, int64_t time_us);
/* Appends the event, framed, if it holds all the contract's rules. INVALID: see the verdict. What `out` holds after a failure is left open. */
ATS_MUST_USE enum ats_status ats_given_admit(const struct ats_given_event *event,
                                             const struct ats_batch *batch, struct ats_buf *out,
                                             struct ats_verdict *ret_verdict);

#endif
