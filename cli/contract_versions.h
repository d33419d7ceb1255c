/* SPDX-License-Identifier: Apache-2.0 */
/* Versions of contracts in the control log: which is the newest, and whether a further one may follow. Thread: one. */
#ifndef ATS_CLI_CONTRACT_VERSIONS_H
#define ATS_CLI_CONTRACT_VERSIONS_H

#include "common/contract/compare.h"
#include "common/control/body.h"
#include "common/control/registry.h"

/* The record of NAME@VERSION, or of NAME's highest version, retired or not. NOT_FOUND. */
ATS_MUST_USE enum ats_status ats_contract_version_find(struct ats_store_view *view,
                                                       const char *name,
                                                       struct ats_control_record *ret_record);
/* Both documents of a contract's body, borrowed from it; errors name them as the record's. */
struct ats_contract_texts ats_contract_texts_of(const struct ats_body_contract *body);
/* REFUSED where the record's contract breaks who relies on a published version of the same major: the next lower one, or, of one that
   comes late, the next higher. The text says what breaks, and that a new major is needed. A note where a patch is too little. Of
   another kind's record OK; what else speaks against it is the log's judgement. */
ATS_MUST_USE enum ats_status ats_contract_versions_check(struct ats_store_view *view,
                                                         const struct ats_control_record *record,
                                                         struct ats_error *err);
/* The same of two records that are to be stated together, neither of which is in the log. */
ATS_MUST_USE enum ats_status ats_contract_versions_check_both(const struct ats_control_record *a,
                                                              const struct ats_control_record *b,
                                                              struct ats_error *err);

#endif
