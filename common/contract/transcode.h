/* SPDX-License-Identifier: Apache-2.0 */
/* The hot path: JSON that fits a plan becomes Avro. Internal to common/contract. Thread: any. */
#ifndef ATS_CONTRACT_TRANSCODE_H
#define ATS_CONTRACT_TRANSCODE_H

#include "common/contract/plan.h"

struct ats_transcode_options {
    const uint8_t
        *secret; /* ATS_JSON_SECRET_SIZE bytes that a payload's sender does not know; borrowed */
    bool ignore_unknown; /* fields that the schema does not have are passed over, else refused */
    bool plain_integers; /* 5.0 is no integer; so Avro wants its defaults */
};

/* The leaves of what is written, as ats_plan_decode() would read them from it. */
struct ats_transcode_leaves {
    struct ats_leaf
        *leaves;  /* room for them all; texts are borrowed from the JSON text and the plan */
    size_t count; /* of the plan */
    bool
        whole; /* set: all are there; else what was written must be decoded (escaped texts, defaults) */
};

/*
 * Appends the Avro encoding of the JSON text to `out`. INVALID: see the verdict; `out` is as before. MEMORY or LIMIT: of `out`. While
 * at work it may take twice its maximum of memory: fields that come in another order than the schema's are copied. `leaves` may be NULL;
 * else the node is the plan's root.
 */
ATS_MUST_USE enum ats_status ats_transcode(const struct ats_plan_node *node,
                                           const struct ats_transcode_options *options,
                                           struct ats_span text, struct ats_buf *out,
                                           struct ats_transcode_leaves *leaves,
                                           struct ats_verdict *ret_verdict);

#endif
