/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a quarantined event would be admitted if its gate judged it now, by the fleet's verified copy of the control log: what the gate will
 * ask, too, but for its seal, which a gate alone can check. Thread: one.
 */
#ifndef ATS_CLI_QUARANTINE_JUDGE_H
#define ATS_CLI_QUARANTINE_JUDGE_H

#include "common/contract/batch.h"
#include "common/contract/set.h"
#include "common/control/registry.h"
#include "common/record/event.h"

struct ats_quarantine_judge {
    struct ats_store_view *view;        /* borrowed */
    struct ats_contract_set *contracts; /* as the view has them */
    struct ats_batch *batch;
    struct ats_buf value;
};

/* Why not; the reasons of docs/refusals.md. */
struct ats_quarantine_refusal {
    const char *reason; /* NULL: it would be admitted */
    char text[ATS_VERDICT_TEXT_MAX];
};

ATS_MUST_USE enum ats_status ats_quarantine_judge_open(struct ats_quarantine_judge *judge,
                                                       struct ats_store_view *view,
                                                       struct ats_error *err);
void ats_quarantine_judge_close(struct ats_quarantine_judge *judge);
/* MEMORY, or CORRUPT of the copy. */
ATS_MUST_USE enum ats_status ats_quarantine_judge(struct ats_quarantine_judge *judge,
                                                  const struct ats_event *event,
                                                  struct ats_quarantine_refusal *ret_refusal);

#endif
