/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a contract's topics are its own to state, told before the log would refuse it (docs/adr/0028). Thread: one. */
#ifndef ATS_CLI_CONTRACT_TOPICS_H
#define ATS_CLI_CONTRACT_TOPICS_H

#include "common/contract/contract.h"
#include "common/control/registry.h"
#include "common/store/store.h"

/* REFUSED, with what can be done: a filter of it is another contract's, has topics of one that the signer or the approver (NULL:
   not known yet) may not state, or is one too many. What else speaks against it, such as a scope, is the log's judgement. */
ATS_MUST_USE enum ats_status ats_contract_topics_check(struct ats_store_view *view,
                                                       const struct ats_contract *contract,
                                                       const char *signer, const char *approver,
                                                       struct ats_error *err);
/* The same of a record, by its own signer and approver; of another kind's OK. */
ATS_MUST_USE enum ats_status
ats_contract_topics_check_record(struct ats_store_view *view,
                                 const struct ats_control_record *record, struct ats_error *err);
/* The contract that a record of that kind states, for the caller to unref. */
ATS_MUST_USE enum ats_status ats_contract_of_record(const struct ats_control_record *record,
                                                    struct ats_contract **ret_contract,
                                                    struct ats_error *err);

#endif
