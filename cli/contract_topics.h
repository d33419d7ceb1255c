/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a contract's topics are its own. Thread: one. */
#ifndef ATS_CLI_CONTRACT_TOPICS_H
#define ATS_CLI_CONTRACT_TOPICS_H

#include "common/contract/contract.h"
#include "common/store/store.h"

/* REFUSED where one of its filters is that of another published contract, some version of it: a stream would silently go to
   another Kafka topic. A note where filters have only some topics in common. */
ATS_MUST_USE enum ats_status ats_contract_topics_check(struct ats_store_view *view,
                                                       const struct ats_contract *contract,
                                                       struct ats_error *err);

#endif
