/* SPDX-License-Identifier: Apache-2.0 */
/* What the formats need of a compiled contract. Internal to common/contract. Thread: any; borrowed from the contract. */
#ifndef ATS_CONTRACT_CONTRACT_INTERNAL_H
#define ATS_CONTRACT_CONTRACT_INTERNAL_H

#include "common/contract/odcs.h"
#include "common/contract/plan.h"

const struct ats_plan *ats_contract_plan(const struct ats_contract *contract);
const struct ats_odcs *ats_contract_odcs(const struct ats_contract *contract);
/* Whether an Avro body without framing is one of the contract's, down to its last byte and with finite numbers alone, and passes the
   rules on device, quality and time. INVALID: see the verdict. */
ATS_MUST_USE enum ats_status ats_contract_check_body(const struct ats_contract *contract,
                                                     const struct ats_contract_input *input,
                                                     struct ats_span body,
                                                     struct ats_verdict *ret_verdict);

#endif
