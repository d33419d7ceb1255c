/* SPDX-License-Identifier: Apache-2.0 */
/* The hot path: JSON that fits a plan becomes Avro. Internal to common/contract. Thread: any. */
#ifndef ATS_CONTRACT_TRANSCODE_H
#define ATS_CONTRACT_TRANSCODE_H

#include "common/contract/plan.h"

/* Checks the whole text, then appends the node's Avro encoding to `out`. INVALID: see the verdict; `out` is as before.
   LIMIT or MEMORY: of `out`. */
ATS_MUST_USE enum ats_status ats_transcode(const struct ats_plan_node *node, bool ignore_unknown,
                                           struct ats_span text, struct ats_buf *out,
                                           struct ats_verdict *ret_verdict);

#endif
