/* SPDX-License-Identifier: Apache-2.0 */
/* What batch.c and the formats share. Internal to common/contract. */
#ifndef ATS_CONTRACT_BATCH_INTERNAL_H
#define ATS_CONTRACT_BATCH_INTERNAL_H

#include "common/base/limits.h"
#include "common/contract/batch.h"
#include "common/contract/format.h"

struct ats_senml;

struct ats_batch {
    const struct ats_contract *contract;
    struct ats_contract_input input;
    const struct ats_format *format;
    bool single;
    size_t count;
    struct ats_span items[ATS_BATCH_ITEMS_MAX];
    struct ats_senml *senml; /* of a SenML pack */
    /* The same payload read as another of the contract's formats; NULL in that one itself. */
    struct ats_batch *other;
    struct ats_buf value; /* of an event that is read for the sake of comparison */
};

/* The payload as one event. */
void ats_batch_set_single(struct ats_batch *batch);

#endif
