/* SPDX-License-Identifier: Apache-2.0 */
/* The hot path: JSON that fits a plan becomes Avro. Internal to common/contract. Thread: any. */
#ifndef ATS_CONTRACT_TRANSCODE_H
#define ATS_CONTRACT_TRANSCODE_H

#include "common/contract/plan.h"

/*
 * Appends the Avro encoding of the JSON text to `out`. INVALID: see the verdict; `out` is as before. MEMORY or LIMIT: of `out`, which
 * may need room for twice the encoding where fields come in another order than the schema's.
 */
ATS_MUST_USE enum ats_status ats_transcode(const struct ats_plan_node *node, bool ignore_unknown,
                                           struct ats_span text, struct ats_buf *out,
                                           struct ats_verdict *ret_verdict);

#endif
